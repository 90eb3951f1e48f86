"""A pattern of the loader's ignore-file that the target reads in another syntax, if that changes what is loaded.

Files are counted by the patterns alone: which of them make DAGs, Airflow finds out by looking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from upgradecheck import judge
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, NoFix, Runs
from upgradecheck.occurrences import LoadPattern
from upgradecheck.rulebook.facts import Rule, lookup
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene
from upgradecheck.texts.loadlist import GLOB, REGEXP, IgnoreFile, Line, as_globs, left_out, syntax

_CALLED = {REGEXP: "a regular expression", GLOB: "a glob"}
_NAMED = 3


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: nothing in code concerns it."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to patterns."""

    def handler(use: LoadPattern, scene: Scene) -> Iterator[Finding]:
        old, new = (syntax(version, scene.settings) for version in (scene.from_version, scene.target))
        if old == new:
            return
        names = tuple(name for name in scene.project.files(use.file.folder) if name.endswith(".py"))
        lost = _alone(use, names, old) - _left_out(use.file, names, new)
        won = _alone(use, names, new) - _left_out(use.file, names, old)
        severity = judge.severity("changed", Runs.IMPORT)
        if severity is not None and (lost or won):
            row = next(row for row in lookup("ignore_syntax") if row["syntax"] == new)
            yield scene.finding(
                rule, severity, use.span, use.pattern, _message(use.pattern, old, new, row["since"], lost, won),
                _advice(use, names, old, new, row), row["since"],
                NoFix("what a pattern is meant to leave out, a person decides"),
            )  # fmt: skip

    return {LoadPattern: handler}


@lru_cache(maxsize=4)
def _left_out(file: IgnoreFile, names: tuple[str, ...], syntax: str) -> frozenset[str]:
    return left_out(names, {file.folder: file}, syntax)


def _alone(use: LoadPattern, names: Iterable[str], syntax: str, pattern: str = "") -> frozenset[str]:
    """What the pattern leaves out by itself."""
    file = IgnoreFile(use.file.folder, use.file.top, (Line(pattern or use.pattern, 1),))
    return left_out(names, {file.folder: file}, syntax)


def _message(pattern: str, old: str, new: str, since: str, lost: frozenset[str], won: frozenset[str]) -> str:
    told = [f"{_some(lost)} it leaves out now will be looked at for DAGs"] if lost else []
    told += [f"{_some(won)} will no longer be looked at"] if won else []
    read = f"`{pattern}` is read as {_CALLED[new]} from Airflow {since} on, no longer as {_CALLED[old]}"
    return f"{read}: {', and '.join(told)}"


def _some(names: frozenset[str]) -> str:
    first = ", ".join(sorted(names)[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{'a file' if len(names) == 1 else f'{len(names)} files'} ({first}{more})"


def _advice(use: LoadPattern, names: tuple[str, ...], old: str, new: str, row: dict[str, str]) -> str:
    keep = f"keep the old syntax with [{row['section']}] {row['option']} = {old} or {row['variable']}={old}"
    wanted = _alone(use, names, old)
    globs = as_globs(use.pattern) if new == GLOB else []
    same = next((glob for glob in globs if _alone(use, names, new, glob) == wanted), "")
    write = f"Write `{same}`, which leaves out the same files" if same else f"Write it as {_CALLED[new]}"
    return f"{write}, at the cutover; or {keep}."
