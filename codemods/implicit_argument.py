"""An argument that is left out, and whose default is another one now: found in the calls that leave it out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec.structs import replace

from upgradecheck import judge
from upgradecheck.linking.triggers import Lacking, Trigger
from upgradecheck.model import Edit, Finding, Fix, Need, NoFix
from upgradecheck.occurrences import Call, Form
from upgradecheck.python.argumenttext import further
from upgradecheck.readers.arguments import Arguments
from upgradecheck.readers.calls import assigned, carriers
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene

from ._inner import runs_in_another
from ._names import names_at
from ._rename import Declined, is_free
from ._rows import Row, Table
from ._schedules import kind_of

_MAKING = (Form.CALL, Form.DECORATOR, Form.SUPER)
_LATER = "functools.partial"


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """The argument, where a call of its owner lacks it."""
    yield from (Lacking(row.name, owner) for owner in rule.lines for row in Table(rule).of(owner))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    table = Table(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        for row in (row for name in call.names for row in table.of(name)):
            level = judge.severity(row.status(scene.target), call.runs)
            started = level and _left_out(row, call, scene) and _given(row.cell("requires"), call, scene)
            if level and call.call and started:
                message = f"`{row.label}` without `{row.name}`: {row.cell('reason')}"
                yield replace(
                    scene.finding(
                        rule, level, call.call.func, row.subject, message, row.cell("advice"), row.since(),
                        _fix(row, call.call, started, scene),
                    ),
                    setting=row.cell("setting"),
                )  # fmt: skip

    return {Call: handler}


def _left_out(row: Row, call: Call, scene: Scene) -> bool:
    """Whether it is plain to see that the argument is not given, and that this matters."""
    names = {row.name, *row.cell("otherwise").split()}
    given = {argument.name for argument in call.arguments}
    hidden = any(argument.position >= int(row.cell("position")) for argument in call.arguments)
    if call.open or hidden or call.form not in _MAKING or not names.isdisjoint(given | call.kept | call.read):
        return False
    if call.call is None or _called_later(call.call, call, scene) or _set_later(row.name, scene):
        return False
    if runs_in_another(call, scene):
        return False
    kinds = row.cell("kinds").split()
    beside = (argument for argument in call.arguments if argument.name in row.cell("beside").split())
    return not kinds or any(kind_of(argument.value, argument.scope, scene) in kinds for argument in beside)


def _called_later(node: ast.Call, call: Call, scene: Scene) -> bool:
    """Whether the call is but a part of one: of ``partial``, or of what it made."""
    function = assigned(node.func, call.scope)
    return isinstance(function, ast.Call) or _LATER in names_at(node.func, call.scope, scene)


def _set_later(name: str, scene: Scene) -> bool:
    """Whether the attribute of that name is set somewhere in the file."""
    return any(use.store and use.attributes[-1:] == (name,) for use in scene.scopes.references)


def _given(name: str, call: Call, scene: Scene) -> str:
    """Whether a call gets an argument, itself or through a dictionary of defaults: "yes", "perhaps", "" for no."""
    if not name or call.argument(name) is not None:
        return "yes"
    dictionaries = [argument for argument in call.arguments if argument.name in carriers()]
    entries = [Arguments(scene, d.scope).of_dict(d.value) for d in dictionaries if d.value is not None]
    if any(found.name == name for dictionary in entries for found in dictionary.found):
        return "yes"
    unseen = any(dictionary.open for dictionary in entries) or not call.kept.isdisjoint({name, *carriers()})
    return "perhaps" if unseen or scene.scopes.gives(name) else ""


def _fix(row: Row, call: ast.Call, started: str, scene: Scene) -> Fix | NoFix:
    if row.cell("safety") == "none":
        return NoFix(row.cell("caution"))
    if started == "perhaps":
        return NoFix(f"whether it gets `{row.cell('requires')}`, which goes with it, is not plain to see")
    text = f"{row.name}={row.cell('write')}"
    place = further(scene.source, call, text)
    if place is None:
        return NoFix("where the arguments end cannot be told")
    try:
        needs = _needs(row.cell("import"), call, scene)
    except Declined as declined:
        return NoFix(str(declined))
    edits = (Edit(scene.document.name, place[0], place[0], place[1]),)
    safety = "safe" if row.cell("safety") == "safe" else "unsafe"
    caution = row.cell("caution") if safety == "unsafe" else ""
    return Fix(f"Write {text}", safety, "now", edits, needs, caution=caution)  # type: ignore[arg-type]


def _needs(dotted: str, call: ast.Call, scene: Scene) -> tuple[Need, ...]:
    """The import of what the new argument is made with, beside the first one of the file."""
    module, _, name = dotted.rpartition(".")
    if not name:
        return ()
    first = next((node for node, _, block in scene.scopes.imports if block is scene.scopes.root), None)
    if first is None or first.lineno > call.lineno or not is_free(scene, name, dotted):
        raise Declined(f"`{name}` means something else in this file")
    return (Need(module, name, name, scene.start(first)),)
