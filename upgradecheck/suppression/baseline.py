"""The baseline: the findings that were there when the gate was put up, by fingerprint.

JSON with one finding a line, in a stable order, so that git shows what came and what went.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct

from upgradecheck.config import ConfigError
from upgradecheck.model import Finding
from upgradecheck.suppression.ignorefile import no_rule

_VERSION = 1
_KEYS = ("fingerprint", "rule", "file", "subject")
_MARK = re.compile(r'"fingerprint":\s*"([^"]*)"')
_AGAIN = "correct it, or delete it and run `upgradecheck baseline`"


class Recorded(Struct, frozen=True):
    """One finding of the baseline; ``line`` is where it stands in the baseline's file."""

    fingerprint: str
    rule: str
    file: str
    subject: str
    line: int | None = None


def of_finding(finding: Finding) -> Recorded:
    """What the baseline keeps of a finding."""
    return Recorded(finding.fingerprint, finding.rule_id, finding.document, finding.subject)


def read(path: Path, rules: Collection[str]) -> dict[str, Recorded]:
    """The recorded findings by fingerprint; ``rules`` are the ids that exist. Raises `ConfigError`."""
    try:
        text = path.read_text("utf-8")
        data = json.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}): give read permission") from error
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}:{error.lineno}: not valid JSON ({error.msg}): {_AGAIN}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not a baseline ({error}): {_AGAIN}") from error
    if (
        not isinstance(data, dict)
        or sorted(data) != ["findings", "version"]
        or not isinstance(data["findings"], list)
    ):
        raise ConfigError(f"{path}: not a baseline (it has the keys version and findings): {_AGAIN}")
    if data["version"] != _VERSION:
        raise ConfigError(f"{path}: its version is {data['version']!r}, not {_VERSION}: {_AGAIN}")
    lines = {mark: number for number, line in enumerate(text.split("\n"), 1) for mark in _MARK.findall(line)}
    records = [_recorded(item, path, lines, rules) for item in data["findings"]]
    return {record.fingerprint: record for record in records}


def _recorded(item: Any, path: Path, lines: dict[str, int], rules: Collection[str]) -> Recorded:
    line = lines.get(str(item.get("fingerprint"))) if isinstance(item, dict) else None
    place = f"{path}:{line}" if line else str(path)
    if not isinstance(item, dict) or sorted(item) != sorted(_KEYS):
        raise ConfigError(f"{place}: a finding has the keys {', '.join(_KEYS)}, this is {item!r}: {_AGAIN}")
    if not all(isinstance(value, str) and value for value in item.values()):
        raise ConfigError(f"{place}: each key holds a text, this is {item!r}: {_AGAIN}")
    if item["rule"] not in rules:
        raise ConfigError(f"{place}: {no_rule(item['rule'], rules)}")
    return Recorded(**item, line=line)


def content_of(records: Iterable[Recorded]) -> bytes:
    """The baseline's file. (A file name that is no text is written with JSON's escapes.)"""
    unique = {record.fingerprint: record for record in records}
    ordered = sorted(unique.values(), key=lambda r: (r.file, r.rule, r.subject, r.fingerprint))
    rows = [json.dumps({key: getattr(r, key) for key in _KEYS}, ensure_ascii=False) for r in ordered]
    found = "[\n    " + ",\n    ".join(rows) + "\n  ]" if rows else "[]"
    text = f'{{\n  "version": {_VERSION},\n  "findings": {found}\n}}\n'
    return text.encode("utf-8", "backslashreplace")
