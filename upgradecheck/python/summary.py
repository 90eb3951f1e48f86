"""One file in short: what its names stand for, what it reaches, what it calls. No rule is involved.

A summary is small, picklable and cached by content; linking works on summaries alone.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable
from functools import cache

from msgspec import Struct, field
from msgspec.structs import astuple

from upgradecheck.python.called import always, argued, calls, decorators, filled
from upgradecheck.python.fallbacks import Fallback, fallbacks
from upgradecheck.python.filenames import Named, named
from upgradecheck.python.flow import EMPTY_FLOW, Flow, flow
from upgradecheck.python.given import Asking, reach
from upgradecheck.python.handlers import harmless
from upgradecheck.python.plainvalues import constants
from upgradecheck.python.reach import Reach
from upgradecheck.python.scopes import (
    Module,
    Reference,
    chain,
    followable,
    import_target,
)
from upgradecheck.python.scopewalk import scan
from upgradecheck.python.script import qualified_name
from upgradecheck.python.shown import Show, shown
from upgradecheck.python.sight import Sight
from upgradecheck.python.vocabulary import words_of
from upgradecheck.rulebook.facts import lookup

_CODE = ("argument", "positions", "entries")
DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


class Summary(Struct, frozen=True, array_like=True):
    """What the rest of the project may ask of a file.

    ``exports``: each module-level name → the dotted names it may stand for (none: the file's own).
    ``uses``: every dotted name that the file imports or reaches. Leading dots: relative to the file.
    ``strings``: constants that look like a dotted name. ``constants``: source of plain module-level values,
    and of what functions without parameters return ("name()").
    ``classes``: each module-level class → its bases, dotted, ":name" for own.
    ``directives``: its text may hold comments that suppress findings.
    ``calls``: (qualified name of the calling function, "" at module level; dotted callee, ":name" for own).
    ``imports``: (that function; dotted), less what only type checkers see and what may fail without harm.
    ``decorators``: each decorated function, by qualified name → its decorators, as in ``calls``.
    ``members``: each module-level class → the names that it, or its methods on ``self``, define.
    ``words``: names of arguments, keys of dictionaries, also with "=" and what their value is, "0" for what a call
    gets first (see `constants`);
    attributes with a dot before them; names of members and of decorated functions, with "def "; in brackets: keys
    of a task's context, as strings or parameters; with "$": programs that a string may start;
    words of strings that are spelled as constants are.
    ``flow``: how values pass through.
    ``reach``: what is called later, and what gets what.
    ``filled``: callees, as in ``calls`` ("?" for those not told) → the most arguments that they get by position.
    ``files``: the names of template files that it gives to calls, or takes in.
    ``requires``: packages that its text names, whatever for, and variables that it asks for (see `borrowed`).
    ``shown``: what calls get of other files' constants and of parameters.
    ``given``: callees, as in ``filled`` → the ``words`` for the arguments that they get; "?" is for entries, too.
    ``fallbacks``: what is imported where another import fails.
    ``always``: callees, as in ``calls`` → the names of arguments that each call of them in this file gives.
    """

    exports: dict[str, tuple[str, ...]]
    stars: tuple[str, ...]
    all: tuple[str, ...] | None
    uses: tuple[str, ...]
    strings: tuple[str, ...]
    constants: dict[str, str]
    calls: tuple[tuple[str, str], ...]
    classes: dict[str, tuple[str, ...]]
    imports: tuple[tuple[str, str], ...] = ()
    decorators: dict[str, tuple[str, ...]] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    flow: Flow = EMPTY_FLOW
    directives: bool = False
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
    filled: dict[str, int] = field(default_factory=dict)
    reach: Reach = Reach()
    always: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[Named, ...] = ()
    requires: tuple[str, ...] = ()
    shown: tuple[Show, ...] = ()
    given: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fallbacks: tuple[Fallback, ...] = ()


EMPTY = Summary({}, (), None, (), (), {}, (), {})


def summarise(tree: ast.Module) -> Summary:
    """A parsed file's summary."""
    module = scan(tree)
    sight = Sight(module)
    found = reach(sight, asking())
    given = argued(module)
    stars = tuple(
        import_target(node, "").rstrip(".") or "." * node.level
        for node, _, _ in module.imports
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    )
    return Summary(
        exports=_exports(module),
        stars=stars,
        all=module.exports,
        uses=_uses(module, stars),
        strings=_shared(use.value for use in module.strings if DOTTED.fullmatch(use.value)),
        constants=constants(module),
        calls=calls(module),
        classes=_classes(module),
        imports=_imports(module),
        decorators=decorators(module),
        words=_shared(words_of(module, found, asking().keys).union(*given.values())),
        flow=flow(module, carriers("entries"), carriers("result"), carriers("name")),
        members=_members(module),
        filled=filled(module),
        reach=found,
        always=always(module),
        files=named(module),
        shown=tuple(sorted(set(shown(sight)), key=astuple)),
        fallbacks=fallbacks(module),
        given={callee: tuple(map(sys.intern, words)) for callee, words in given.items() if words},
    )


def _shared(names: Iterable[str]) -> tuple[str, ...]:
    """Names, each once; those that many files have are kept once. (A set of them takes five times the room.)"""
    return tuple(sorted(map(sys.intern, set(names))))


@cache
def carriers(kind: str) -> frozenset[str]:
    """Arguments whose value is followed: a dictionary of ``entries``, the ``result`` of a function, a ``name``."""
    return frozenset(row["argument"] for row in lookup("argument_carriers") if row["kind"] == kind)


@cache
def asking() -> Asking:
    """What the tables say of code that is called later."""
    rows = lookup("code_places")
    code, positions, entries = (frozenset(r["name"] for r in rows if r["kind"] == kind) for kind in _CODE)
    makers = frozenset(row["name"].rpartition(".")[2] for row in rows if row["kind"] == "given")
    keys = frozenset(row["key"] for row in lookup("context_keys"))
    templated = frozenset(row["name"] for row in rows if row["kind"] == "templated")
    watching = frozenset(row["name"] for row in rows if row["kind"] == "watching")
    packages = frozenset(row["name"].partition(".")[0] for row in rows if row["kind"] == "decorator")
    return Asking(code, positions, entries, keys, makers, templated, watching, packages)


def _exports(module: Module) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, bindings in module.scope.bindings.items():
        if name != "*":
            targets = [target for b in bindings for target in module.follow(b)]
            plain = len(targets) >= len(bindings)
            found[name] = tuple(dict.fromkeys(targets)) if plain else ()
    return found


def _uses(module: Module, stars: tuple[str, ...]) -> tuple[str, ...]:
    uses: set[str] = set(stars)
    for node, _, _ in module.imports:
        for alias in node.names:
            if alias.name != "*":
                uses.add(alias.name if isinstance(node, ast.Import) else import_target(node, alias.name))
    known = followable(module)
    for reference in module.references:
        if reference.attributes and reference.root in known:
            uses.update([target for target, _ in module.targets(reference)])
        if stars and reference.scope.owner(reference.root) is None:
            tail = ".".join((reference.root, *reference.attributes))
            uses.update(f"{star}.{tail}" for star in stars)
    return _shared(uses)


def _classes(module: Module) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for node, scope, block in module.classes:
        if scope.kind != "module":
            continue
        bases: list[str] = []
        for base in node.bases:
            parts = chain(base)
            if parts is not None:
                root, attributes, nodes = parts
                targets = module.targets(Reference(root.id, attributes, nodes, scope, block))
                bases += [dotted for dotted, _ in targets] or [":" + ".".join((root.id, *attributes))]
        found[node.name] = tuple(bases)
    return found


def _members(module: Module) -> dict[str, tuple[str, ...]]:
    names = {node: node.name for node, scope, _ in module.classes if scope.kind == "module"}
    found: dict[str, set[str]] = {name: set() for name in names.values()}
    for name, bindings in module.bound.items() if names else ():
        for binding in bindings:
            if binding.scope and binding.scope.kind == "class" and binding.block.node in names:
                found[names[binding.block.node]].add(name)
    for reference in module.references if names else ():
        if reference.store and len(reference.attributes) == 1 and reference.root == "self":
            for name in [names[b.node] for b in reference.block.chain() if b.node in names]:
                found[name].add(reference.attributes[0])
    return {name: tuple(sorted(members)) for name, members in found.items() if members}


def _imports(module: Module) -> tuple[tuple[str, str], ...]:
    found: set[tuple[str, str]] = set()
    for node, _, block in module.imports:
        if not any(harmless(part) for part in block.chain()):
            caller = qualified_name(block)
            for alias in node.names:
                dotted = alias.name if isinstance(node, ast.Import) else import_target(node, alias.name)
                found.add((caller, dotted.removesuffix("*").rstrip(".") or dotted))
    return tuple(sorted(found))
