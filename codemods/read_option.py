"""A configuration option that is gone or renamed, asked for in code: found where nothing is given instead."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache

from msgspec import Struct

from upgradecheck import judge
from upgradecheck.linking.triggers import Ask, Beside, Trigger
from upgradecheck.model import Edit, Finding, Fix, NoFix, Runs
from upgradecheck.occurrences import Call
from upgradecheck.python.argumenttext import item_at
from upgradecheck.python.constants import paired
from upgradecheck.python.spelling import called, in_fstring, literal, other_quote
from upgradecheck.readers.python import live
from upgradecheck.rulebook.facts import Rule, cells, lookup, minors
from upgradecheck.rulebook.symbols import FINE
from upgradecheck.rulebook.verbs import Handler
from upgradecheck.scene import Scene
from upgradecheck.texts.source import Source, decode

from ._rename import Declined, when_runs

_FALLBACK = "fallback"


class Option(Struct, frozen=True):
    """One line of the table.

    ``default`` is Python source: what the option came to where nobody set it; empty where the new has one.
    """

    section: str
    option: str
    statuses: tuple[str, ...]
    new_section: str
    new_option: str
    new_from: str
    new_2x: str
    default: str
    safety: str
    reason: str
    advice: str

    @property
    def name(self) -> str:
        """How people write it."""
        return f"{self.section}.{self.option}"

    @property
    def since(self) -> str:
        """The first minor in which it cannot be read."""
        return next(m for m, status in zip(minors(), self.statuses, strict=True) if status != FINE)


def options(rule: Rule) -> dict[tuple[str, str], Option]:
    """The table, by section and option."""
    found = {}
    for lines in rule.lines.values():
        for line in lines:
            section, option, *rest = cells(line)
            count = len(minors())
            found[section, option] = Option(section, option, tuple(rest[:count]), *rest[count : count + 8])
    return found


class Reader(Struct, frozen=True):
    """What reads options: ``reads`` is how a fallback is written (text, literal, other), ``raises`` what it does
    without."""

    reads: str
    raises: str


@cache
def readers() -> dict[str, Reader]:
    """What reads an option, by name."""
    return {row["callable"]: Reader(row["reads"], row["raises"]) for row in lookup("option_readers")}


def triggers(rule: Rule, target: str) -> Iterator[Trigger]:
    """What reads options, where one of these may be asked for."""
    gone = (option.name for option in options(rule).values() if option.statuses[minors().index(target)] != FINE)
    yield from asking(gone)


def asking(names: Iterable[str]) -> Iterator[Trigger]:
    """What reads options, where one of these ("section.option") may be asked for."""
    told = frozenset(paired(*name.split(".", 1)) for name in names)
    for owner in sorted({name.rpartition(".")[0] for name in readers()}):
        yield Beside(owner, Ask("_questions.asks_for_option", (frozenset(readers()), told)))


def bind(rule: Rule) -> dict[type, Handler]:
    """Listen to calls."""
    known = options(rule)

    def handler(call: Call, scene: Scene) -> Iterator[Finding]:
        reader = next((readers()[name] for name in call.names if name in readers()), None)
        option = known.get(_asked(call, scene)) if reader and call.call else None
        runs = _runs(call, scene, reader.raises) if option and reader else None
        level = judge.severity(option.statuses[minors().index(scene.target)], runs) if option and runs else None
        if option and level and reader:
            yield scene.finding(
                rule, level, call.node, option.name, _message(option, call, reader, scene.target), _advice(option),
                option.since, _fix(option, call, reader.reads, scene),
            )  # fmt: skip

    return {Call: handler}


def _asked(call: Call, scene: Scene) -> tuple[str, str]:
    """Section and option; empty where they cannot be told, or where something is given in their place."""
    return ("", "") if call.open or call.argument(_FALLBACK) else asked(call, scene)


def asked(call: Call, scene: Scene) -> tuple[str, str]:
    """The section and option that a call asks for; empty where they cannot be told."""
    named = {argument.name: argument for argument in call.arguments}
    placed = [argument for argument in call.arguments if argument.position >= 0]
    found = []
    for number, name in enumerate(("section", "key")):
        argument = named.get(name) or next((a for a in placed if a.position == number), None)
        value = scene.values.value(argument.value, argument.scope) if argument and argument.value else None
        found.append(value.lower() if isinstance(value, str) else "")
    return found[0], found[1]


def _runs(call: Call, scene: Scene, raises: str) -> Runs | None:
    """When the call raises; None where that is caught, or where it is asked before whether the option is there."""
    for block in call.block.chain():
        if isinstance(block.node, ast.If | ast.IfExp) and "has_option" in ast.unparse(block.node.test):
            return None
    return live(scene, call.block, call.node.lineno, raises)  # type: ignore[attr-defined]


def _message(option: Option, call: Call, reader: Reader, target: str) -> str:
    gone = f"the option `[{option.section}] {option.option}` is gone in Airflow {target}"
    when = "and the file does not load" if call.runs is Runs.IMPORT else f"when `{call.function}` runs"
    return f"{gone}: unless it is set somewhere, asking for it raises {reader.raises}, {when}"


def _advice(option: Option) -> str:
    new = f"Ask for `[{option.new_section}] {option.new_option}`. " if option.new_section else ""
    return f"{new}{option.advice}".strip() or "Give a `fallback=`, or do without it."


def _fix(option: Option, call: Call, reads: str, scene: Scene) -> Fix | NoFix:
    try:
        if option.safety == "none":
            raise Declined(option.reason or "nothing takes its place")
        edits, does = _edits(option, call, reads, scene)
    except Declined as declined:
        return NoFix(str(declined))
    unsafe = option.safety == "unsafe"
    when = when_runs(option.new_2x, option.new_from, scene.from_version) if option.new_section else "now"
    return Fix(
        does, "unsafe" if unsafe else "safe", when, tuple(edits), caution=option.reason if unsafe else ""
    )  # fmt: skip


def _edits(option: Option, call: Call, reads: str, scene: Scene) -> tuple[list[Edit], str]:
    """The new names, and what the option came to where nobody set it, unless the new one is always there."""
    written = _written(call, scene)
    edits = _renamed(option, written, scene) if option.new_section else []
    if option.new_section and (option.new_2x or not option.default):
        return edits, f"Ask for {option.new_section}.{option.new_option}"
    if not option.default or reads == "other":
        raise Declined("what it came to where nobody set it cannot be written here")
    value = ast.literal_eval(option.default)
    if reads == "text" and {"'", '"', "\\"}.intersection(value):
        raise Declined("what it came to where nobody set it cannot be written here")
    text = f"{written.quote}{value}{written.quote}" if reads == "text" else value
    edits.append(written.edit(scene, written.end, written.end, f", {_FALLBACK}={text}"))
    return edits, f"Give {_FALLBACK}={text}, which it came to before"


class Written(Struct, frozen=True):
    """A call as it is written: its text, read for itself; ``base`` is where that begins in the document."""

    base: int
    source: Source
    call: ast.Call
    quote: str

    @property
    def end(self) -> int:
        """Where the last argument ends, in the call's own text."""
        last = max([*self.call.args, *(k.value for k in self.call.keywords)], key=self._end)
        keyword = next((k for k in self.call.keywords if k.value is last), None)
        start, function = self.source.offset(*_place(keyword or last)), self._end(self.call.func)
        while keyword is None and self.source.text[:start].rstrip()[-1:] == "(" and start > function + 1:
            start = len(self.source.text[:start].rstrip()) - 1
        item = item_at(self.source, start, self._end(last))
        if item is None:
            raise Declined("where its last argument ends cannot be told")
        return item.end

    def _end(self, node: ast.expr) -> int:
        return self.source.offset(node.end_lineno or 0, node.end_col_offset or 0)

    def edit(self, scene: Scene, start: int, end: int, new: str) -> Edit:
        """An edit of a stretch of the call's text."""
        return Edit(scene.document.name, self.base + start, self.base + end, new)


def _place(node: ast.expr | ast.keyword) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _written(call: Call, scene: Scene) -> Written:
    """The call's text. Inside an f-string the tree does not tell where that is, before Python 3.12."""
    assert call.call is not None
    function = call.call.func
    reference = next((r for r in scene.scopes.references if r.nodes[-1] is function), None)
    found = reference and called(scene.source, scene.scopes, reference, call.call)
    if not found or reference is None:
        raise Declined("where the call stands cannot be told")
    source = decode(scene.source.text[slice(*found)].encode())
    tree = ast.parse(source.text, mode="eval").body
    inside = in_fstring(scene.scopes, reference)
    quote = other_quote(scene.source, scene.scopes, reference) if inside else '"'
    if quote is None or not isinstance(tree, ast.Call):
        raise Declined("it is called inside an f-string that is written in parts or with escapes")
    return Written(found[0], source, tree, quote)


def _renamed(option: Option, written: Written, scene: Scene) -> list[Edit]:
    """The section and the option by their new names, where they are written out."""
    given: list[ast.expr] = written.call.args[:2]
    given += [k.value for name in ("section", "key") for k in written.call.keywords if k.arg == name]
    edits = []
    for node, new in zip(given, (option.new_section, option.new_option), strict=False):
        found = literal(written.source, node) if isinstance(node, ast.Constant) else None
        if found is None:
            raise Declined("its name is kept somewhere else, or put together")
        if found[1].lower() != new:
            edits.append(written.edit(scene, found[0], found[0] + len(found[1]), new))
    return edits
