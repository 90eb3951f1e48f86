"""A class that gives way to another one with other arguments: its calls are rewritten together with its import."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache

from msgspec import Struct

from upgradecheck.model import Edit
from upgradecheck.occurrences import Argument
from upgradecheck.python.argumenttext import key_place, without
from upgradecheck.python.scopes import Reference
from upgradecheck.readers.arguments import Arguments
from upgradecheck.readers.calls import carriers
from upgradecheck.rulebook.facts import lookup
from upgradecheck.rulebook.symbols import Hit
from upgradecheck.scene import Scene

from ._heirs import Heir, heir_of, uses_of
from ._inherited import inherited, text_at
from ._rename import Declined

_ADDED = "+"
_MAPPED = frozenset({"partial"})


class Mapping(Struct, frozen=True):
    """``new``: the argument's new name, or ``name[key]`` for an entry of a dictionary; "" where it goes.

    An ``argument`` that is a number is what stands at that position: it stays there, and is ``new``.
    """

    argument: str
    new: str
    safety: str
    reason: str


@cache
def _mappings() -> dict[str, tuple[Mapping, ...]]:
    found: dict[str, tuple[Mapping, ...]] = {}
    for row in lookup("successor_arguments"):
        mapping = Mapping(row["argument"], row["new"], row["safety"], row["reason"])
        found[row["old"]] = (*found.get(row["old"], ()), mapping)
    return found


def succeeds(symbol: str) -> bool:
    """Whether the table says how the arguments of a class become those of its successor."""
    return symbol in _mappings()


def rewritten_calls(scene: Scene, hit: Hit, references: Iterable[Reference]) -> list[Edit]:
    """The edits to the arguments of all calls of a class. Raises `Declined` where one cannot be told."""
    calls = {call.func: call for call, _, _ in scene.scopes.calls}
    mappings = {mapping.argument: mapping for mapping in _mappings()[hit.symbol]}
    taken = _taken(scene, mappings)
    edits: list[Edit] = []
    for reference in references:
        if reference.text is None and not reference.store:
            members = scene.classes.parameters(hit.row.new) or ()
            if heir := heir_of(scene, reference, mappings, members):
                edits += _of_heir(scene, hit, mappings, heir, frozenset(taken))
                continue
            made = _calls_of(calls, reference)
            _no_attribute(scene, mappings, made[-1])
            edits += _of_calls(scene, hit, mappings, made, frozenset(taken))
            edits += _spelled_out(scene, mappings, made, taken)
    return edits


def _of_heir(
    scene: Scene, hit: Hit, mappings: dict[str, Mapping], heir: Heir, taken: frozenset[str]
) -> Iterator[Edit]:
    """What a class that stands on the old one hands on, and what those who make it give it for the old one."""
    calls = {call.func: call for call, _, _ in scene.scopes.calls}
    open_names = frozenset(mappings) - heir.own if heir.passes else frozenset[str]()
    if heir.call:
        yield from _edits(scene, hit, mappings, [heir.call], open_names)
    if open_names & taken:
        raise Declined("what its heir takes from default_args is not plain to see")
    if any(not name.startswith(_ADDED) for name in open_names):
        filled = heir.own.union(f"{_ADDED}{mappings[name].new}" for name in heir.own.intersection(mappings))
        rest = {name: mapping for name, mapping in mappings.items() if name not in filled}
        for reference in uses_of(scene, heir):
            made = _calls_of(calls, reference)
            _plain(rest, made)
            _no_attribute(scene, mappings, made[-1])
            yield from _edits(scene, hit, rest, made, frozenset(), heir.own)


def _no_attribute(scene: Scene, mappings: dict[str, Mapping], call: ast.Call) -> None:
    for reference in scene.scopes.references:
        name = reference.attributes[0] if reference.attributes else ""
        if name in mappings and any(call in (b.value, b.context) for b in scene.scopes.bindings(reference)):
            raise Declined(f"`{name}` is read from the object as well")


def _calls_of(calls: dict[ast.expr, ast.Call], reference: Reference) -> list[ast.Call]:
    """The call of a class; of ``partial`` and then of ``expand`` where it is mapped."""
    call = calls.get(reference.nodes[-1])
    if call is None or len(reference.attributes) > 1 or not set(reference.attributes) <= _MAPPED:
        raise Declined("the class is used otherwise than by calling it, and its successor takes other arguments")
    if not reference.attributes:
        return [call]
    mapped = [
        c for f, c in calls.items() if isinstance(f, ast.Attribute) and f.value is call and f.attr == "expand"
    ]
    if not mapped:
        raise Declined("the class is mapped in a way that is not plain to see")
    return [call, *mapped]


def _taken(scene: Scene, mappings: dict[str, Mapping]) -> dict[str, Argument]:
    """The old arguments that the calls take from default_args."""
    found = inherited(scene, mappings)
    for name in found:
        if "[" in mappings[name].new or not mappings[name].new or mappings[name].safety == "none":
            raise Declined(f"`{name}` is a key of a dictionary here: it may reach the class that way")
    return found


def _defaults(scene: Scene) -> Arguments:
    """What dictionaries of defaults hold that this document gives to anybody."""
    together = Arguments(scene, scene.scopes.scope)
    for call, scope, _ in scene.scopes.calls:
        for keyword in call.keywords:
            if keyword.arg in carriers():
                defaults = Arguments(scene, scope).of_dict(keyword.value)
                together.found += defaults.found
                together.open = together.open or defaults.open
    return together


def _spelled_out(
    scene: Scene, mappings: dict[str, Mapping], calls: list[ast.Call], taken: dict[str, Argument]
) -> Iterator[Edit]:
    """What a call takes from default_args under an old name is given to it under the new one."""
    given = {keyword.arg for call in calls for keyword in call.keywords}
    scope = next(scope for call, scope, _ in scene.scopes.calls if call is calls[0])
    for name, argument in taken.items():
        new = mappings[name].new
        if given.isdisjoint({name, new}):
            yield _added(scene, calls[0], f"{new}={text_at(scene, argument, scope)}")


def _of_calls(
    scene: Scene, hit: Hit, mappings: dict[str, Mapping], calls: list[ast.Call], taken: frozenset[str]
) -> Iterator[Edit]:
    _plain(mappings, calls)
    yield from _edits(scene, hit, mappings, calls, taken)


def _plain(mappings: dict[str, Mapping], calls: list[ast.Call]) -> None:
    if any(keyword.arg is None for call in calls for keyword in call.keywords) or not _placed(mappings, calls):
        raise Declined("the class is called with arguments that are not plain to see")


def _edits(
    scene: Scene, hit: Hit, mappings: dict[str, Mapping], calls: list[ast.Call], taken: frozenset[str],
    own: frozenset[str] = frozenset(),
) -> Iterator[Edit]:  # fmt: skip
    """The edits to what calls give; ``taken`` they get from elsewhere, ``own`` is for a class in between."""
    given = {keyword.arg: keyword for call in calls for keyword in call.keywords if keyword.arg}
    accepted = scene.classes.parameters(hit.row.new)
    for name in given:
        if name not in mappings and name not in own and (accepted is None or name not in accepted):
            raise Declined(f"it is not known what became of the argument `{name}`")
    _entries_are_plain(mappings, calls)
    yield from _entries(scene, mappings, given)
    for name, mapping in mappings.items():
        if name.startswith(_ADDED):
            if name[1:] not in given and not any(
                m.new == name[1:] and (m.argument in given or m.argument in taken) for m in mappings.values()
            ):
                yield _added(scene, calls[0], f"{name[1:]}={mapping.new}")
        elif name in given and "[" not in mapping.new:
            yield _edit(scene, given[name], mapping, given)


def _placed(mappings: dict[str, Mapping], calls: list[ast.Call]) -> bool:
    """Whether all arguments by position are the same ones for the successor."""
    positions = (position for call in calls for position in enumerate(call.args))
    return all(str(number) in mappings and not isinstance(value, ast.Starred) for number, value in positions)


def _entries_are_plain(mappings: dict[str, Mapping], calls: list[ast.Call]) -> None:
    for keyword in (keyword for call in calls[1:] for keyword in call.keywords):
        if keyword.arg in mappings and "[" in mappings[keyword.arg].new:
            raise Declined(f"`{keyword.arg}` is mapped, and would become one entry of a dictionary")


def _edit(scene: Scene, keyword: ast.keyword, mapping: Mapping, given: dict[str, ast.keyword]) -> Edit:
    if mapping.safety == "none":
        raise Declined(mapping.reason)
    if not mapping.new:
        return _cut(scene, keyword)
    if mapping.new in given:
        raise Declined(f"`{mapping.new}` is given as well")
    found = key_place(scene.source, keyword)
    assert found is not None
    return Edit(scene.document.name, *found, mapping.new)


def _entries(scene: Scene, mappings: dict[str, Mapping], given: dict[str, ast.keyword]) -> Iterator[Edit]:
    """Arguments that become entries of one dictionary: the first one makes room for it, the others go."""
    moved = [(given[name], m.new) for name, m in mappings.items() if name in given and "[" in m.new]
    if not moved:
        return
    target = moved[0][1].partition("[")[0]
    if target in given:
        raise Declined(f"`{target}` is given as well")
    moved.sort(key=lambda item: (item[0].lineno, item[0].col_offset))
    items = [f'"{new.partition("[")[2][:-1]}": {scene.text(keyword.value)}' for keyword, new in moved]
    yield scene.edit(moved[0][0], f"{target}={{{', '.join(items)}}}")
    for keyword, _ in moved[1:]:
        yield _cut(scene, keyword)


def _cut(scene: Scene, keyword: ast.keyword) -> Edit:
    found = without(scene.source, keyword, keyword.value)
    if found is None:
        raise Declined("where the argument ends cannot be told")
    return Edit(scene.document.name, *found, "")


def _added(scene: Scene, call: ast.Call, text: str) -> Edit:
    """A further argument, behind the first one."""
    if not call.keywords:
        raise Declined("the class is called without arguments")
    if _defaults(scene).open:
        raise Declined("what the class takes from default_args is not plain to see")
    first = call.keywords[0]
    at = scene.end(first)
    indent = scene.source.text[scene.source.starts[first.lineno - 1] : scene.start(first)]
    own_line = first.lineno > call.lineno and not indent.strip()
    between = f",{scene.source.newline}{indent}" if own_line else ", "
    return Edit(scene.document.name, at, at, f"{between}{text}")
