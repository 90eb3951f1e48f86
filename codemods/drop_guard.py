"""A guard for two versions, of which the project runs only one from now on: the imports of its live branch stay."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from msgspec.structs import replace

from upgradecheck.linking.triggers import Named, Trigger
from upgradecheck.model import Edit, Finding, Fix, NoFix, Severity
from upgradecheck.occurrences import ImportGuard
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rename import Declined

_IMPORTS = (ast.Import, ast.ImportFrom)


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """Whatever imports from a package of the table may be guarded."""
    yield Named(frozenset(rule.lines.tops()))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to guards around imports."""

    def handler(guard: ImportGuard, scene: Scene) -> Iterator[Finding]:
        names = ", ".join(sorted(_bound(guard.live)))
        versions = (
            scene.target if scene.target == scene.from_version else f"{scene.from_version} and {scene.target}"
        )
        found = scene.finding(
            rule, Severity.INFO, guard.node, names,
            f"This guard chooses where `{names}` comes from, and Airflow {versions} runs one of its branches only",
            f"Keep only `{ast.unparse(guard.live[0])}`" + " and what follows it." * (len(guard.live) > 1),
            "", _plan(guard, scene),
        )  # fmt: skip
        line = scene.source.line(guard.node.lineno)
        end = replace(found.span, end_line=guard.node.lineno, end_column=len(line) + 1) if found.span else None
        yield replace(found, span=end)

    return {ImportGuard: handler}


def _bound(branch: list[ast.stmt]) -> set[str]:
    imports = [node for node in branch if isinstance(node, _IMPORTS)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def _plan(guard: ImportGuard, scene: Scene) -> Fix | NoFix:
    try:
        _is_plain(guard)
        edit = _unwrapped(guard, scene)
    except Declined as declined:
        return NoFix(str(declined))
    return Fix("Keep the imports of the branch that runs", "safe", "now" if guard.settled else "cutover", (edit,))


def _is_plain(guard: ImportGuard) -> None:
    """Nothing is lost with the other branch. Raises `Declined`."""
    node = guard.node
    if not all(isinstance(statement, _IMPORTS) for statement in (*guard.live, *guard.dead)):
        raise Declined("the guard does more than import")
    if isinstance(node, ast.Try) and (node.orelse or node.finalbody):
        raise Declined("the guard has an `else` or a `finally`")
    if "*" in _bound(guard.live) or _bound(guard.live) != _bound(guard.dead):
        raise Declined("its branches import different names")


def _unwrapped(guard: ImportGuard, scene: Scene) -> Edit:
    """The live branch's lines in place of the guard, indented as it is. Comments go with their lines."""
    text, node = scene.source.text, guard.node
    start, first = scene.start(node), scene.start(guard.live[0])
    outer, inner = _margin(scene, start), _margin(scene, first)
    if outer is None or inner is None or text.startswith("elif", start):
        raise Declined("its branches stand on a line with other code")
    last, end = _with_comment(text, scene.end(guard.live[-1])), _with_comment(text, scene.end(node))
    head, *rest = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text[first:last])
    lines = (outer + line[len(inner) :] if line.startswith(inner) else line for line in rest)
    return Edit(scene.document.name, start, end, head + "".join(lines))


def _with_comment(text: str, end: int) -> int:
    """The end of the line, if nothing but a comment follows."""
    rest = re.compile(r"[^\r\n]*").match(text, end)
    return rest.end() if rest and not rest[0].partition("#")[0].strip() else end


def _margin(scene: Scene, start: int) -> str | None:
    """What stands before a place on its line, if it is nothing but blanks."""
    line, column = scene.source.span(start, start).line, scene.source.span(start, start).column
    margin = scene.source.line(line)[: column - 1]
    return None if margin.strip() else margin
