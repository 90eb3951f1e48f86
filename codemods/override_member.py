"""What the project defines for Airflow to call or read: no longer called, or called with other arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec.structs import replace

from upgradecheck import judge
from upgradecheck.linking.triggers import Owned, Titled, Trigger
from upgradecheck.model import Edit, Finding, Fix, NoFix, Runs
from upgradecheck.occurrences import Override
from upgradecheck.python.vocabulary import DEFINED
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._redefine import redefined
from ._rename import Declined
from ._rows import Row, Table

_LACKS = "!"  # in front of a parameter that has to be there
_DEFAULTED = "="  # in front of a parameter with a default


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """What is defined in classes, and under decorators."""
    for row in Table(rule).not_fine(target):
        yield Owned(f"{DEFINED}{row.name}", row.owner) if "." in row.owner else Titled(row.owner)


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to what the project defines."""
    table = Table(rule)

    def handler(use: Override, scene: Scene) -> Iterator[Finding]:
        row = _row(table, use)
        level = judge.severity(_status(row, scene), Runs.IMPORT) if row else None
        if row and level and not _is_served(row, scene):
            found = scene.finding(
                rule, level, _place(row, use), row.subject, _message(row, scene.target), row.cell("advice"),
                row.since(), _fix(row, use, scene),
            )  # fmt: skip
            yield _at_head(found, scene)

    return {Override: handler}


def _status(row: Row, scene: Scene) -> str:
    """What becomes of it on the target; with the provider that takes care of it, it works."""
    kept = row.cell("provider") and scene.project.requires(row.cell("provider"))
    return "warns" if kept else row.status(scene.target)


def _is_served(row: Row, scene: Scene) -> bool:
    """Whether the file names what takes its place, in a name of its own too: it serves both versions."""
    word = row.cell("unless")
    return bool(word) and any(word in name for name in scene.scopes.bound)


def _row(table: Table, use: Override) -> Row | None:
    """The row about a member, of the nearest ancestor that has one that fits."""
    for name in use.names:
        for row in table.of(name):
            if row.name == use.member and _fits(row, use):
                return row
    return None


def _fits(row: Row, use: Override) -> bool:
    """Whether the function has the parameter that the row is about, or lacks the one that has to be there."""
    wanted = row.cell("parameter")
    if not wanted:
        return True
    given = {parameter.arg for parameter in use.parameters}
    if wanted.startswith(_DEFAULTED):
        return wanted[1:] in given and wanted[1:] in _defaulted(use)
    if wanted.startswith(_LACKS):
        return use.function is not None and not use.open and wanted[1:] not in given
    return wanted in given and wanted not in _defaulted(use)  # with a default nobody has to give it


def _defaulted(use: Override) -> set[str]:
    """The names of the parameters with a default."""
    given = use.function.args if use.function else None
    if given is None:
        return set()
    plain = [*given.posonlyargs, *given.args]
    named = (a for a, default in zip(given.kwonlyargs, given.kw_defaults, strict=True) if default is not None)
    return {parameter.arg for parameter in (*plain[len(plain) - len(given.defaults) :], *named)}


def _place(row: Row, use: Override) -> ast.AST:
    """The parameter that is too much, or the member's head."""
    return next((p for p in use.parameters if p.arg == row.cell("parameter").lstrip(_DEFAULTED)), use.node)


def _at_head(found: Finding, scene: Scene) -> Finding:
    """The finding, on the first line of what it is about: nobody needs a whole function underlined."""
    span = found.span
    if span is None or span.line == span.end_line:
        return found
    return replace(found, span=replace(span, end_line=span.line, end_column=len(scene.source.line(span.line)) + 1))


def _message(row: Row, target: str) -> str:
    wanted, what = row.cell("parameter"), f"`{row.subject}`"
    if wanted.startswith(_LACKS):
        return f"{what} has to take `{wanted[1:]}` in Airflow {target}: {row.cell('reason')}"
    if wanted.startswith(_DEFAULTED):
        return f"`{row.label}.{row.name}({wanted[1:]}=)`: since Airflow {row.since()} {row.cell('reason')}"
    if wanted:
        return f"{what} must not ask for `{wanted}` in Airflow {target}: {row.cell('reason')}"
    return f"{what}: since Airflow {row.since()} {row.cell('reason')}"


def _fix(row: Row, use: Override, scene: Scene) -> Fix | NoFix:
    if row.cell("new") and use.function is not None:
        try:
            return redefined(row, use.function, scene)
        except Declined as declined:
            return NoFix(str(declined))
    if row.cell("safety") != "safe" or use.function is None:
        return NoFix("what it does has to be said in another way")
    name = row.cell("parameter")
    if any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(use.function)):
        return NoFix(f"the function uses `{name}`")
    cut = _cut(use.function, name, scene)
    if cut is None:
        return NoFix("where the parameter ends cannot be told")
    return Fix(f"Take {name} out", "safe", "now", (Edit(scene.document.name, *cut, ""),))


def _cut(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str, scene: Scene) -> tuple[int, int] | None:
    """A parameter's place with the comma that parts it from its neighbour; None where comments stand in it."""
    given, text = function.args, scene.source.text
    if given.posonlyargs or given.kwonlyargs or given.vararg or given.kwarg or given.defaults:
        return None
    number = next((number for number, parameter in enumerate(given.args) if parameter.arg == name), None)
    if number is None:
        return None
    start, end = scene.start(given.args[number]), scene.end(given.args[number])
    if number:
        start = scene.end(given.args[number - 1])
    elif len(given.args) > 1:
        end = scene.start(given.args[1])
    return None if "#" in text[start:end] else (start, end)
