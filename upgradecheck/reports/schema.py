"""The JSON Schema of ``--format json`` and ``--format report``, published as ``findings.schema.json``."""

from __future__ import annotations

from typing import Any, get_args

from upgradecheck.model import CATEGORY, Runs, Severity, SuppressedBy
from upgradecheck.readiness.readiness import STATES
from upgradecheck.readings import State

_TEXT = {"type": "string"}
_PLACE = {"type": ["integer", "null"], "minimum": 1}
_COUNT = {"type": "integer", "minimum": 0}


def _object(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _counts() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": _COUNT}


def _fix() -> dict[str, Any]:
    described = {
        "safety": {"enum": ["safe", "unsafe"]},
        "description": _TEXT,
        "when": {"enum": ["now", "cutover"]},
        "caution": _TEXT,
    }
    none = {"safety": {"const": "none"}, "reason": _TEXT, "when": {"const": "cutover"}}
    return {"oneOf": [_object(described, ("caution",)), _object(none, ("when",))]}


def _finding() -> dict[str, Any]:
    return _object(
        {
            "rule_id": {"type": "string", "pattern": "^[A-Za-z0-9]+Rule$"},
            "severity": {"enum": [s.value for s in Severity]},
            "dag_id": {"type": ["string", "null"]},
            "file": _TEXT,
            "line": _PLACE,
            "column": _PLACE,
            "end_line": _PLACE,
            "end_column": _PLACE,
            "cell": _PLACE,
            "subject": _TEXT,
            "message": _TEXT,
            "advice": _TEXT,
            "category": {"enum": list(CATEGORY.values())},
            "since": _TEXT,
            "fix": {"$ref": "#/$defs/fix"},
            "runs": {"enum": [r.value for r in Runs]},
            "fingerprint": _TEXT,
            "url": _TEXT,
        }
    )


def _suppressed() -> dict[str, Any]:
    """A finding with one key more."""
    finding = _finding()
    by = {
        "kind": {"enum": list(get_args(SuppressedBy))},
        "reason": _TEXT,
        "file": _TEXT,
        "line": _PLACE,
        "until": {"type": "string", "format": "date"},
        "owner": _TEXT,
    }
    return _object({**finding["properties"], "suppression": _object(by, ("until", "owner"))})


def _readiness() -> dict[str, Any]:
    states: dict[str, Any] = dict.fromkeys(STATES, _COUNT)
    texts = {"type": "array", "items": _TEXT}
    blocker = {
        "file": _TEXT,
        "line": _PLACE,
        "subjects": texts,
        "rule_ids": texts,
        "stops": {"enum": ["load", "run"]},
        "fix": {"enum": ["safe", "unsafe", "none"]},
        "holds_back": _COUNT,
    }
    flag = {"type": "boolean"}
    file = {
        "file": _TEXT,
        "owners": texts,
        "state": {"enum": list(STATES)},
        "loads": flag,
        "loads_after_fixes": flag,
    }
    counts = dict.fromkeys(("dag_files", "load", "load_after_fixes", *STATES), _COUNT)
    return _object(
        {
            **counts,
            "owners": {"type": "array", "items": _object({"owner": _TEXT, **states})},
            "blockers": {"type": "array", "items": _object(blocker)},
            "files": {"type": "array", "items": _object(file)},
        }
    )


def _version() -> dict[str, Any]:
    return _object({"version": _TEXT, "source": _TEXT})


def _outcome() -> dict[str, Any]:
    kinds = ["checked", "passed", "skipped", "unparsable", "crashed"]
    properties = {
        "file": _TEXT,
        "outcome": {"enum": kinds},
        "reason": _TEXT,
        "error": _TEXT,
        "rule_id": _TEXT,
        "traceback": _TEXT,
    }
    return _object(properties, ("reason", "error", "rule_id", "traceback"))


def _reading() -> dict[str, Any]:
    states = list(get_args(State))
    properties = {"reader": _TEXT, "state": {"enum": states}, "files": _COUNT, "about": _COUNT, "reason": _TEXT}
    return _object(properties, ("reason",))


def _verdict() -> dict[str, Any]:
    states = {"enum": ["same", "changed", "not_compared"]}
    return _object({"file": _TEXT, "state": states, "reason": _TEXT}, ("reason",))


def _report() -> dict[str, Any]:
    summary = dict.fromkeys(("errors", "warnings", "infos", "fixable", "fixable_unsafe"), _COUNT)
    return _object(
        {
            "version": _TEXT,
            "target": _version(),
            "from": _version(),
            "selection": _TEXT,
            "summary": _object({**summary, "suppressed": _counts(), "outcomes": _counts()}),
            "findings": {"$ref": "#/$defs/findings"},
            "suppressed": {"type": "array", "items": {"$ref": "#/$defs/suppressed"}},
            "readiness": {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/readiness"}]},
            "fixed": {"type": "array", "items": _object({"file": _TEXT, "findings": {"type": "integer"}})},
            "not_written": {"type": "array", "items": _object({"file": _TEXT, "reason": _TEXT})},
            "outcomes": {"type": "array", "items": _outcome()},
            "verified": {"type": "array", "items": _verdict()},
            "notes": {"type": "array", "items": _TEXT},
            "readers": {"type": "array", "items": _reading()},
            "advice": _TEXT,
        },
        ("advice", "readers", "verified"),
    )


def document() -> dict[str, Any]:
    """The schema: a list of findings, or a report that holds one."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "upgradecheck --format json | report",
        "description": "Generated by python -m upgradecheck.devtools; do not edit.",
        "oneOf": [{"$ref": "#/$defs/findings"}, {"$ref": "#/$defs/report"}],
        "$defs": {
            "findings": {"type": "array", "items": {"$ref": "#/$defs/finding"}},
            "finding": _finding(),
            "suppressed": _suppressed(),
            "fix": _fix(),
            "readiness": _readiness(),
            "report": _report(),
        },
    }
