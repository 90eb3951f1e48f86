"""A URI of an asset that lacks what its provider asks for: where the asset is made, that raises."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from upgradecheck import judge
from upgradecheck.linking.parameters import possible
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, NoFix
from upgradecheck.occurrences import Argument, Call, Place
from upgradecheck.python.vocabulary import SCHEME
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._fails import FAILS
from ._rows import Row, Table

_URI, _NAME, _FIRST = "uri", "name", 0
_AT_LEAST = "+"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The schemes."""
    yield from (f"{row.name}{SCHEME}" for row in Table(rule).not_fine(target))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        argument = _uri(call) if any(table.of(name) for name in call.names) else None
        row = argument and _refused(table, call, argument, scene)
        if not row or not argument:
            return
        known = _is_used(row, scene)
        level = judge.severity(row.status(scene.target) if known else "warns", call.runs)
        if level:
            yield scene.finding(
                rule, level, argument.node, f"{row.label}.{row.name}", _message(row, call, known, scene.target),
                f"Write {row.cell('needs')} behind `{row.name}{SCHEME}`.", row.since(),
                NoFix("what is missing in the URI only you know"),
            )  # fmt: skip

    return {Call: handler}


def _uri(call: Call) -> Argument | None:
    """The argument that is the URI: the first one, where nothing else is given as a name."""
    named = call.argument(_URI)
    first = (a for a in call.arguments if a.place is Place.POSITION and a.position == _FIRST)
    return named or (None if call.argument(_NAME) else next(first, None))


def _refused(table: Table, call: Call, argument: Argument, scene: Scene) -> Row | None:
    """The row about a scheme whose provider refuses the URI, or one that it may be."""
    values = possible(scene, argument.value, argument.scope) if argument.value else []
    rows = {row.name: row for name in call.names for row in table.of(name)}
    for value in values:
        scheme = value.partition(":")[0].lower() if isinstance(value, str) and ":" in value else ""
        if scheme in rows and not _has_all(str(value), rows[scheme].cell("parts")):
            return rows[scheme]
    return None


def _has_all(uri: str, parts: str) -> bool:
    """Whether a URI has a host, and as many parts in its path as it has to."""
    try:
        split = urlsplit(uri)
    except ValueError:  # no URI at all: nothing is known of it
        return True
    count = split.path.rstrip("/").count("/")
    enough = any(count >= int(p[:-1]) if p.endswith(_AT_LEAST) else count == int(p) for p in parts.split())
    return bool(split.netloc) and enough


def _is_used(row: Row, scene: Scene) -> bool:
    """Whether the project shows that it has the provider."""
    return scene.project.requires(row.cell("provider")) or scene.project.imports_below(row.cell("module"))


def _message(row: Row, call: Call, known: bool, target: str) -> str:
    what = f"a URI with the scheme `{row.name}` needs {row.cell('needs')}"
    fails = FAILS.get(call.runs, "what makes it fails")
    if known:
        return f"{what}: Airflow {target} raises ValueError, and {fails}"
    return f"{what}: Airflow {target} raises ValueError where {row.cell('provider')} is installed"
