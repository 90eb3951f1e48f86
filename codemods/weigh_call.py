"""A call of a method that is there, but takes some arguments no longer, or in another way."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from upgradecheck import judge
from upgradecheck.linking.triggers import Shared, Trigger
from upgradecheck.model import Edit, Finding, Fix, NoFix, Runs
from upgradecheck.occurrences import Member
from upgradecheck.python.argumenttext import further
from upgradecheck.python.callshape import KINDS, MANY, NONE, OTHER, TEXT, UNTOLD, entries
from upgradecheck.python.scopes import Scope
from upgradecheck.readers.calls import assigned
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._around import parents
from ._fails import FAILS
from ._rename import when_runs
from ._rows import Row, Table

_SPREAD = "**"
_COUNTS = {"list": (MANY, UNTOLD), "none": (NONE, UNTOLD), "some": (TEXT, MANY, OTHER, UNTOLD), "": KINDS}
_SOME = "some"  # any value but None, and but what an `or` behind the call gives as well
_UNTOLD = "?"


class Given(Struct, frozen=True):
    """What a call gives: name of the argument → "list", "none" or "" for anything else. ``call`` is None in a
    template; ``open``: there may be more; ``behind``: what an ``or`` behind the call gives in its place."""

    values: dict[str, str]
    call: ast.Call | None = None
    open: bool = False
    behind: ast.expr | None = None


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The methods, called with such arguments."""
    for row in Table(rule).not_fine(target):
        name = row.cell("argument")
        places = (str(n) for n, placed in enumerate(row.cell("positions").split()) if placed == name)
        yield Shared(row.name, row.owner, giving=entries((name, *places), _COUNTS[row.cell("kind")]))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to members of objects."""
    table = Table(rule)

    def handler(use: Member, scene: Scene) -> Iterator[Finding]:
        rows = next(filter(None, (table.of(owner) for owner in use.names)), ())
        for row in (row for row in rows if row.name == use.member):
            given = _given(use, row, scene)
            level = judge.severity(row.status(scene.target), use.runs)
            if given and level and _meets(row, given):
                what = f"{row.label}.{row.name}({row.cell('argument')}=)"
                runs = use.runs if given.call is None else Runs.IMPORT
                told = _message(row, what, use, scene.target)
                yield scene.finding(
                    rule,
                    level,
                    use.node,
                    what,
                    told,
                    row.cell("advice"),
                    row.since(),
                    _fix(row, given, scene),
                    runs,
                )

    return {Member: handler}


def _given(use: Member, row: Row, scene: Scene) -> Given | None:
    """The arguments of the call; None where the member is not called."""
    names = row.cell("positions").split()
    if isinstance(use.node, ast.Constant):
        found = zip(use.given or (), use.values, strict=True)
        told = {names[0] if name == "0" else name: kind for name, kind in found}
        return None if use.given is None else Given(told)
    for call, scope, _ in scene.scopes.calls:
        if call.func is use.node:
            apart = _taken_apart(call, scene)
            values = dict(zip(names, (_kind(value, scope, apart) for value in call.args), strict=False))
            values |= {k.arg or _SPREAD: _kind(k.value, scope, apart) for k in call.keywords}
            starred = any(isinstance(value, ast.Starred) for value in call.args)
            more = {_UNTOLD: ""} if len(call.args) > len(names) else {}
            return Given({**values, **more}, call, starred or _SPREAD in values, _behind(call, scene))
    return None


def _behind(call: ast.Call, scene: Scene) -> ast.expr | None:
    parent = parents(scene).get(call)
    if not (isinstance(parent, ast.BoolOp) and isinstance(parent.op, ast.Or)) or call is parent.values[-1]:
        return None
    return parent.values[parent.values.index(call) + 1]


def _kind(value: ast.expr, scope: Scope, apart: int) -> str:
    made = assigned(value, scope) if isinstance(value, ast.Name) else value
    if isinstance(made, ast.List | ast.Tuple | ast.ListComp | ast.Set):
        several = getattr(made, "elts", ())
        plain = not any(isinstance(one, ast.Starred) for one in several)
        return "" if plain and apart and len(several) == apart else "list"
    return "none" if isinstance(made, ast.Constant) and made.value is None else ""


def _taken_apart(call: ast.Call, scene: Scene) -> int:
    """Of how many values the code takes each one by its place (``[0]``, ``a, b = …``): where one was missing, that
    raised before."""
    parent = parents(scene).get(call)
    if isinstance(parent, ast.Subscript) and isinstance(parent.slice, ast.Constant) and parent.slice.value == 0:
        return 1
    target = parent.targets[0] if isinstance(parent, ast.Assign) and len(parent.targets) == 1 else None
    if not isinstance(target, ast.Tuple | ast.List) or any(isinstance(one, ast.Starred) for one in target.elts):
        return 0
    return len(target.elts)


def _meets(row: Row, given: Given) -> bool:
    """Whether the argument is given as the row says, and none of those that would make it fine."""
    name, kind = row.cell("argument"), row.cell("kind")
    there = name in given.values and (_matters(name, given) if kind == _SOME else kind in ("", given.values[name]))
    without = row.cell("unless").split()
    return there and not any(other in given.values for other in without) and not (without and given.open)


def _matters(name: str, given: Given) -> bool:
    """Whether an argument's value would be missed: not where it is None, nor where an ``or`` comes to the same."""
    if given.values[name] == "none":
        return False
    value = next((k.value for k in given.call.keywords if k.arg == name), None) if given.call else None
    if value is None or given.behind is None:
        return True
    empty = isinstance(value, ast.List | ast.Dict | ast.Tuple | ast.Constant) and not ast.literal_eval(value)
    return not empty and ast.dump(value) != ast.dump(given.behind)


def _message(row: Row, what: str, use: Member, target: str) -> str:
    if row.status(target) == "broken":
        return f"`{what}`: {row.cell('reason')}, and {FAILS.get(use.runs, 'the task fails')}"
    return f"`{what}` does something else since Airflow {row.since()}: {row.cell('reason')}"


def _fix(row: Row, given: Given, scene: Scene) -> Fix | NoFix:
    text = row.cell("write")
    if not text:
        return NoFix("what the call is for is for a person to say")
    place = further(scene.source, given.call, text) if given.call else None
    if place is None or given.open:
        return NoFix("where the arguments end cannot be told")
    edit = Edit(scene.document.name, place[0], place[0], place[1])
    when = when_runs(row.cell("new_2x"), "", scene.from_version)
    return Fix(f"Add {text}", "unsafe", when, (edit,), caution=row.cell("caution"))
