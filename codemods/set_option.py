"""An option of the configuration that is gone, renamed or moved, and that a file sets: in any format."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache

from upgradecheck import judge
from upgradecheck.linking.deployment import Option, Variable
from upgradecheck.linking.triggers import Trigger
from upgradecheck.model import Finding, Fix, NoFix, Runs, Severity
from upgradecheck.rulebook.facts import Rule, lookup, minors, number
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._rename import when_runs
from ._settings import Row, Setting, rows, setting, told_by
from ._values import replaced

_LOST = "broken"
_GONE = "changed"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """None: what Python code sets is not looked at."""
    yield from ()


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to options and variables."""

    def handler(use: Variable | Option, scene: Scene) -> Iterator[Finding]:
        found = setting(use)
        row = rows().get((found.section, found.option)) if found else None
        if found is None or row is None or not told_by(rule, row.rule):
            return
        level = judge.severity(row.status(scene.target), Runs.IMPORT)
        if level and _twin(row, found, scene.target):
            yield _leftover(rule, row, found, scene)
        elif level and (moot := _moot(row, found, scene.target)):
            yield scene.finding(
                rule, Severity.INFO, scene.source.span(use.name.start, use.name.end), row.name, moot,
                _advice(row, found, scene.target), row.since,
                _fix(row, found, scene, row.safety if row.renamed(scene.target) else "safe"),
            )  # fmt: skip
        elif level:
            place = scene.source.span(use.name.start, use.name.end)
            yield scene.finding(
                rule, level, place, row.name, _message(row, scene.target), _advice(row, found, scene.target),
                row.since, _fix(row, found, scene, row.safety),
            )  # fmt: skip

    return {Variable: handler, Option: handler}


def _twin(row: Row, found: Setting, target: str) -> bool:
    """Whether the new option is set beside the old one: that is the one that counts, on every version that knows
    it."""
    return row.renamed(target) and not found.suffix and (row.new_section, row.new_option) in set(found.beside)


def _leftover(rule: Rule, row: Row, found: Setting, scene: Scene) -> Finding:
    """An old option that nothing hangs on any more."""
    use, new = found.use, found.spelled(row.new_section, row.new_option)
    made = found.remove(scene)
    when = when_runs(row.new_2x, row.new_from, scene.from_version)
    fix = NoFix(made) if isinstance(made, str) else Fix(f"Take {row.name} out", "safe", when, made)
    return scene.finding(
        rule, Severity.INFO, scene.source.span(use.name.start, use.name.end), row.name,
        f"`[{row.section}] {row.option}` is left over: `{new}` is set beside it, and that counts on {scene.target}",
        "Take it out once no older version needs it.", row.since, fix,
    )  # fmt: skip


def _moot(row: Row, found: Setting, target: str) -> str:
    """What is to be said of an option that is set to what holds without it; "" where something is lost."""
    lost, renamed = row.status(target) in (_LOST, _GONE), row.renamed(target)
    name = (row.new_section, row.new_option, "3") if renamed else (row.section, row.option, "2")
    default = _defaults().get(name)
    if not lost or default is None or found.value is None or not _same(found.value.value, default):
        return ""
    old = f"`[{row.section}] {row.option}`"
    if renamed:
        new = f"`[{row.new_section}] {row.new_option}`"
        return f"{old} is {new} since Airflow {_new_since(row)}: what is set here is its default"
    return f"{old} is gone since Airflow {row.since}: what is set here was its default"


@cache
def _defaults() -> dict[tuple[str, str, str], str]:
    return {(r["section"], r["option"], r["release"]): r["default"] for r in lookup("option_defaults")}


def _same(written: str, default: str) -> bool:
    """Whether two texts say the same: words in any case, numbers of any form."""
    one, other = written.strip().lower(), default.strip().lower()
    with suppress(ValueError):
        return one == other or float(one) == float(other)
    return False


def _message(row: Row, target: str) -> str:
    old, new = f"`[{row.section}] {row.option}`", f"`[{row.new_section}] {row.new_option}`"
    status = row.status(target)
    if status == _GONE or not row.renamed(target):
        return f"{old} is gone since Airflow {row.since}: what is set here is ignored"
    told = "what is set here is ignored" if status == _LOST else "the old name still counts, with a warning"
    return f"{old} is {new} since Airflow {_new_since(row)}: {told}"


def _new_since(row: Row) -> str:
    return max(row.since, row.new_from, key=number)


def _advice(row: Row, found: Setting, target: str) -> str:
    told = []
    if row.renamed(target):
        told.append(f"Set `{found.spelled(row.new_section, row.new_option)}` instead.")
    elif row.status(target) == _GONE and not row.advice:
        told.append("Take it out.")
    if row.provider and row.renamed(target):
        told.append(f"It is an option of {row.provider}, which has to be installed.")
    return " ".join([*told, *([row.advice] if row.advice else [])]) or "Set it where the target reads it."


def _fix(row: Row, found: Setting, scene: Scene, safety: str) -> Fix | NoFix:
    if safety == "none":
        return NoFix(row.reason or "nothing takes its place")
    renames = row.renamed(scene.target)
    if renames and (rival := found.rival(row)):
        return NoFix(f"{rival} becomes the same option: write one of them by hand")
    values = replaced(found, scene) if renames else ()
    if isinstance(values, str):
        return NoFix(values)
    made = found.move(row.new_section, row.new_option, values, scene) if renames else found.remove(scene)
    if isinstance(made, str):
        return NoFix(made)
    what = f"Set {found.spelled(row.new_section, row.new_option)}" if renames else f"Take {row.name} out"
    early = number(scene.from_version) >= number(minors()[0])
    when = when_runs(row.new_2x, row.new_from, scene.from_version) if renames else "now" if early else "cutover"
    unsafe = safety == "unsafe"
    return Fix(what, "unsafe" if unsafe else "safe", when, made, caution=row.reason if unsafe else "")
