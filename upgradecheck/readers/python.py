"""Python files: every way in which code reaches a name that the tables know."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from msgspec.structs import replace

from upgradecheck.linking.guards import Guard
from upgradecheck.model import How, Runs
from upgradecheck.occurrences import SymbolUse
from upgradecheck.python.importcalls import imported
from upgradecheck.python.scopes import (
    Binding,
    Block,
    Reference,
    StringUse,
    chain,
    import_target,
)
from upgradecheck.python.script import qualified_name
from upgradecheck.python.summary import DOTTED
from upgradecheck.python.unbound import free_references
from upgradecheck.rulebook.facts import lookup
from upgradecheck.rulebook.symbols import GONE, Hit
from upgradecheck.scene import Scene


def read(scene: Scene) -> Iterator[SymbolUse]:
    """All uses of known names that are live on the target, in no particular order."""
    yield from _imports(scene)
    yield from _attributes(scene)
    yield from _strings(scene)


def _imports(scene: Scene) -> Iterator[SymbolUse]:
    for node, _, block in scene.scopes.imports:
        for number, alias in enumerate(node.names):
            if alias.name == "*" and isinstance(node, ast.ImportFrom):
                yield from _star(scene, node, alias, block)
                continue
            dotted = alias.name if isinstance(node, ast.Import) else import_target(node, alias.name)
            name = (alias.asname or alias.name).partition(".")[0]
            bound = next(b for b in scope_bindings(scene, name, node) if b.alias == number)
            yield from _imported(scene, dotted, node, alias, block, bound)


def scope_bindings(scene: Scene, name: str, node: ast.AST) -> list[Binding]:
    """The bindings of a name that one statement makes."""
    return [b for b in scene.scopes.bound.get(name, ()) if b.node is node]


def _imported(
    scene: Scene,
    dotted: str,
    node: ast.Import | ast.ImportFrom,
    alias: ast.alias,
    block: Block,
    binding: Binding,
) -> Iterator[SymbolUse]:
    module = dotted if isinstance(node, ast.Import) else node.module or ""
    hit = _foreign(scene, dotted) and scene.symbols.load(dotted, module)
    if hit is None:
        return
    failure = "module" if isinstance(node, ast.Import) or scene.symbols.unloadable(module) else "name"
    if runs := live(scene, block, node.lineno, failure):
        yield SymbolUse(dotted, hit, How.IMPORT, runs, qualified_name(block), alias, block, node, binding=binding)


def _star(scene: Scene, node: ast.ImportFrom, alias: ast.alias, block: Block) -> Iterator[SymbolUse]:
    module = import_target(node, "").rstrip(".")
    if module.partition(".")[0] not in scene.project.foreign:
        return
    runs = live(scene, block, node.lineno, "module")
    hit = scene.symbols.load(module, module)
    binding = scope_bindings(scene, "*", node)[0]
    if runs is None:
        return
    if hit and hit.row.kind == "module":
        yield SymbolUse(module, hit, How.STAR, runs, qualified_name(block), node, block, node, binding)
    if hit is None or hit.status != GONE:
        yield from _names_of_star(scene, module, node, block, runs, binding)


def _names_of_star(
    scene: Scene, module: str, node: ast.ImportFrom, block: Block, runs: Runs, binding: Binding
) -> Iterator[SymbolUse]:
    seen: set[str] = set()
    for reference in (
        r for r in scene.scopes.references if r.scope.owner(r.root) is None
    ):  # builtins can be hidden
        dotted = f"{module}.{reference.root}"
        hit = scene.symbols.find(dotted)
        if hit and hit.symbol == dotted and dotted not in seen:
            seen.add(dotted)
            yield SymbolUse(
                dotted, hit, How.STAR, runs, qualified_name(block), node, block, node, binding, reference
            )


def unbound(scene: Scene) -> Iterator[Reference]:
    """References to names that nothing in the file binds: what a star import may stand for."""
    return free_references(scene.scopes)


def _attributes(scene: Scene) -> Iterator[SymbolUse]:
    for reference in scene.scopes.references:
        if reference.attributes:
            yield from _attribute(scene, reference)


def _attribute(scene: Scene, reference: Reference) -> Iterator[SymbolUse]:
    """The use of a symbol that is reached by attributes; none where one way of reaching it is fine."""
    uses: list[SymbolUse] = []
    for dotted, binding in scene.scopes.targets(reference):
        if not _binding_lives(scene, binding):
            continue
        for found in scene.project.resolve(dotted):
            tail = sum(len(name) + 1 for name in reference.attributes)
            reached = dotted[: len(dotted) - tail] if found.name == dotted else found.base
            hit = _foreign(scene, found.name) and scene.symbols.reach(found.name, reached)
            if hit is None or len(hit.symbol) <= len(reached):
                return  # fine this way, or told where the import stands
            uses += _reached(scene, reference, binding, found.name, hit)
    yield from uses[:1]


def _reached(scene: Scene, reference: Reference, binding: Binding, name: str, hit: Hit) -> Iterator[SymbolUse]:
    line = (reference.text or reference.nodes[0]).lineno
    if runs := live(scene, reference.block, line, "attribute"):
        node = reference.text or node_of(reference, name, hit)
        function = qualified_name(reference.block)
        use = SymbolUse(name, hit, How.ATTRIBUTE, runs, function, node, reference.block)
        yield replace(use, binding=binding, reference=reference)


def node_of(reference: Reference, name: str, hit: Hit) -> ast.expr:
    """The part of an attribute chain that spells the symbol (less what is reached below it)."""
    below = name.count(".") - hit.symbol.count(".") if name.startswith(hit.symbol) else 0
    return reference.nodes[max(len(reference.nodes) - 1 - below, 0)]


def _binding_lives(scene: Scene, binding: Binding) -> bool:
    dotted = _loaded(binding)
    if dotted is None:
        return True
    failure = "name" if binding.kind == "from" else "module"
    line = getattr(binding.node, "lineno", 0)
    if scene.guards.at(binding.block, line, failure) is not Guard.COVERED:
        return True
    return not scene.symbols.broken(dotted) and not scene.guards.skipped(binding.block, line)


def _loaded(binding: Binding) -> str | None:
    """What a binding imports, by a statement or by a call; None where it does something else."""
    if binding.kind in ("import", "from"):
        return binding.target or ""
    value = binding.value
    while isinstance(value, ast.Attribute):
        value = value.value
    found = imported(value) if isinstance(value, ast.Call) else None
    return found[1] if found else None


def _strings(scene: Scene) -> Iterator[SymbolUse]:
    for use in scene.scopes.strings:
        value = use.value
        hit = _foreign(scene, value) if DOTTED.fullmatch(value) else None
        how = _string_kind(use) if hit else None
        if hit is None or how is None:
            continue
        spelled = str(getattr(use.node, "value", value))
        if value != spelled and (len(hit.symbol) <= len(spelled) or how is not How.DYNAMIC):
            continue  # told by the string alone
        if how is How.STRING and hit.row.kind == "module" and hit.symbol == value:
            continue  # a bare module name in a string may be a logger, a label, anything
        if _loads(use):
            hit = scene.symbols.load(value, value) or hit
        elif how is How.DYNAMIC:  # what cannot be imported is looked for as an attribute
            hit = scene.symbols.handed_out(hit.symbol) or hit
        if runs := live(scene, use.block, use.node.lineno, "module"):
            yield SymbolUse(value, hit, how, runs, qualified_name(use.block), use.node, use.block)


def _string_kind(use: StringUse) -> How | None:
    parent = use.parent
    if isinstance(parent, ast.Call):
        kind = _callable_kind(parent.func)
        if kind == "logger":
            return None
        looks_up = kind in ("import", "load")
        if not isinstance(use.node, ast.Constant):
            return How.DYNAMIC if looks_up else None
        named = (k.value for k in parent.keywords if k.arg == "name")
        return How.DYNAMIC if looks_up and any(use.node is a for a in (*parent.args[:1], *named)) else How.STRING
    if isinstance(parent, ast.Expr | ast.Compare | ast.JoinedStr | ast.FormattedValue | ast.arg):
        return None
    if isinstance(parent, ast.Dict) and any(key is use.node for key in parent.keys):
        return None
    return How.STRING


def _loads(use: StringUse) -> bool:
    """Whether a string names the module that a call loads."""
    return isinstance(use.parent, ast.Call) and _callable_kind(use.parent.func) == "load"


def _callable_kind(function: ast.expr) -> str:
    parts = chain(function)
    if parts is None:
        return ""
    last = parts[1][-1] if parts[1] else parts[0].id
    return _string_callables().get(last, "")


@cache
def _string_callables() -> dict[str, str]:
    return {row["callable"]: row["kind"] for row in lookup("string_callables")}


def _foreign(scene: Scene, dotted: str) -> Hit | None:
    if dotted.partition(".")[0] not in scene.project.foreign:
        return None
    return scene.symbols.find(dotted)


def live(scene: Scene, block: Block, line: int, failure: str) -> Runs | None:
    """When the code at a place runs; None where it does not, or its failure is taken care of."""
    guard = scene.guards.at(block, line, failure)
    if guard is Guard.COVERED:
        return None
    if guard is Guard.TYPING:
        return Runs.TYPING
    return scene.project.runs(qualified_name(block))
