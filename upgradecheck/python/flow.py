"""How values pass through one file: which functions hand their arguments on, which dictionaries go where.

Part of a file's summary: no rule and no other file is involved.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

from upgradecheck.python.entries import merged
from upgradecheck.python.handed import Forward, Forwards
from upgradecheck.python.scopes import (
    Binding,
    Block,
    Module,
    Reference,
    Scope,
    chain,
    followable,
    last_name,
    qualified_name,
)
from upgradecheck.python.unbound import is_builtin

SPREAD = "**"
SUPER = "super"
_OWN = ("def", "class")
_MAX_DEPTH = 4


Given: TypeAlias = tuple[tuple[str, str], ...]
"""What one call gives: (name or position of an argument, its source if it is a plain constant, else "")."""


class Flow(Struct, frozen=True, array_like=True):
    """What the rest of the project may ask about values.

    ``forwards``: each class's ``__init__`` and each function with ``**kwargs``, by qualified name → what it
    does with them, and the callees that get the rest (dotted, ":name" for own, "super" for the bases).
    ``passes``: (dictionary, or "name()" for what a function gives; callee, "**" or the argument's name) → how many
    mentions of it do nothing else; names as in ``forwards``.
    ``loads``: how often the file mentions each name of another module otherwise than by calling it.
    ``dicts``: keys of the module-level dictionaries that are plain to see.
    ``results``: (function, callee, argument) for each result of a function that is an argument to follow.
    ``given``: each called function → what its calls give it, each way once.
    ``named``: the ids of DAGs and tasks that calls name, as constants, to wait for them or to start them.
    """

    forwards: dict[str, Forward]
    passes: dict[tuple[str, str, str], int]
    loads: dict[str, int]
    dicts: dict[str, tuple[str, ...]]
    results: frozenset[tuple[str, str, str]] = frozenset()
    given: dict[str, tuple[Given, ...]] = {}
    named: tuple[str, ...] = ()


EMPTY_FLOW = Flow({}, {}, {}, {})


def flow(module: Module, carriers: frozenset[str], results: frozenset[str], names: frozenset[str]) -> Flow:
    """A file's flow. ``carriers``: arguments whose value is a dictionary of further arguments; ``results``:
    arguments whose value is followed back to the function that made it; ``names``: those that name what is made
    elsewhere."""
    forwards = Forwards.of(module)
    passes: Counter[tuple[str, str, str]] = Counter()
    seen: set[ast.expr] = set()
    for node, scope, block in module.calls:
        for keyword in node.keywords:
            how = keyword.arg or SPREAD
            if how != SPREAD and how not in carriers:
                continue
            callees = callees_of(module, node.func, scope, block)
            if how == SPREAD and callees:
                forwards.hand_on(node, keyword.value, scope, callees)
            for made in _makers(module, keyword.value, scope, block):
                passes.update((made, callee, how) for callee in callees)
            sources = list(_sources(module, keyword.value, scope, block)) if callees else []
            for callee in callees:
                for part, what in sources:
                    passes[(what, callee, how)] += callee == callees[0] and part not in seen
            seen.update(part for part, _ in sources)
    dicts = _dicts(module)
    further = frozenset(_results(module, results))
    named = tuple(sorted(set(_named(module, names))))
    return Flow(forwards.found, dict(passes), _loads(module), dicts, further, _given(module), named)


def _named(module: Module, arguments: frozenset[str]) -> Iterator[str]:
    for node, _, _ in module.calls:
        for keyword in node.keywords:
            if keyword.arg in arguments:
                values = getattr(keyword.value, "elts", [keyword.value])
                yield from (v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str))


def _given(module: Module) -> dict[str, tuple[Given, ...]]:
    found: dict[str, dict[Given, None]] = {}
    for node, scope, block in module.calls:
        if last_name(node.func)[:1].isupper() or not (node.args or node.keywords):
            continue  # a class, or nothing to tell
        for callee in callees_of(module, node.func, scope, block):
            if callee.partition(".")[0] not in sys.stdlib_module_names:
                found.setdefault(callee, {})[given(node)] = None
    return {callee: tuple(ways) for callee, ways in found.items()}


def given(call: ast.Call) -> Given:
    """What a call gives; ``*`` and ``**`` for what is unpacked there."""
    placed = [("*" if isinstance(a, ast.Starred) else str(n), _source(a)) for n, a in enumerate(call.args)]
    return (*placed, *((keyword.arg or SPREAD, _source(keyword.value)) for keyword in call.keywords))


def _source(value: ast.expr) -> str:
    plain = isinstance(value, ast.Constant) and (value.value is None or isinstance(value.value, int))
    return repr(value.value) if plain else ""  # type: ignore[attr-defined]


def _results(module: Module, arguments: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    for node, scope, block in module.calls:
        for keyword in node.keywords:
            value = made_by(scope, keyword.value) if keyword.arg in arguments else None
            if value is not None:
                for callee in callees_of(module, node.func, scope, block):
                    for function in callees_of(module, value.func, scope, block):
                        yield function, callee, str(keyword.arg)


def made_by(scope: Scope, value: ast.expr) -> ast.Call | None:
    """The call that an expression is, or that gave a name its value."""
    if isinstance(value, ast.Name) and (owner := scope.owner(value.id)):
        bindings = owner.bindings[value.id]
        value = bindings[0].value or bindings[0].context or value if len(bindings) == 1 else value
    return value if isinstance(value, ast.Call) else None


def callees_of(module: Module, function: ast.expr, scope: Scope, block: Block) -> list[str]:
    """What a called expression may stand for: dotted, ":qualified" for the file's own, "super". Kept, once told."""
    told = module.callees.get(function)
    if told is None:
        told = module.callees[function] = _callees_of(module, function, scope, block)
    return told


def _callees_of(module: Module, function: ast.expr, scope: Scope, block: Block) -> list[str]:
    if isinstance(function, ast.Attribute) and _is_super(function):
        return [SUPER]
    parts = chain(function)
    if parts is None:
        return []
    root, attributes, nodes = parts
    owner = scope.owner(root.id)
    bindings = owner.bindings[root.id] if owner else []
    tail = "".join(["." + name for name in attributes])
    if len(bindings) == 1 and not _is_none(bindings[0]):
        only = bindings[0]
        if only.kind in _OWN:
            return [f":{'.'.join(filter(None, (qualified_name(only.block), root.id)))}{tail}"]
        return [target + tail for target in module.follow(only)]
    reference = Reference(root.id, attributes, nodes, scope, block)
    if owner is None:
        return _starred(module, reference)
    bindings = _callable(module, reference)
    own = [binding for binding in bindings if binding.kind in _OWN]
    found = [":" + ".".join(filter(None, (qualified_name(b.block), root.id, *attributes))) for b in own]
    followed = [module.follow(binding) for binding in bindings if binding not in own]
    return [*found, *(target + tail for targets in followed for target in targets if all(followed))]


def _starred(module: Module, reference: Reference) -> list[str]:
    """What a name that nothing here binds may be, if star imports bring it."""
    if is_builtin(reference.root):
        return []
    tail = ".".join((reference.root, *reference.attributes))
    return [f"{star.target[:-1]}{tail}" for star in module.scope.bindings.get("*", ()) if star.target]


def _callable(module: Module, reference: Reference) -> list[Binding]:
    """What a called name may stand for: not for nothing, as in ``except ImportError: X = None``."""
    found = module.bindings(reference)
    if found and all(map(_is_none, found)) and (owner := reference.scope.owner(reference.root)):
        found = owner.bindings[reference.root]
    return [binding for binding in found if not _is_none(binding)]


def _is_none(binding: Binding) -> bool:
    return isinstance(binding.value, ast.Constant) and binding.value.value is None


def _is_super(function: ast.Attribute) -> bool:
    inner = function.value
    called = isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "super"
    return called and function.attr == "__init__"


def _sources(
    module: Module, value: ast.expr, scope: Scope, block: Block, depth: int = 0
) -> Iterator[tuple[ast.expr, str]]:
    """The module-level dictionaries whose entries an expression takes over, and where it names them."""
    for part in merged(value):
        yield from ((part, what) for what in _names(module, part, scope, block))
        owner = scope.owner(part.id) if isinstance(part, ast.Name) else None
        bindings = owner.bindings[part.id] if owner and isinstance(part, ast.Name) else []
        if owner and len(bindings) == 1 and bindings[0].value and depth < _MAX_DEPTH:
            yield from _sources(module, bindings[0].value, owner, block, depth + 1)


def _makers(module: Module, value: ast.expr, scope: Scope, block: Block) -> list[str]:
    """The functions of other modules whose result an expression is, as "name()"."""
    call = made_by(scope, value)
    return [f"{name}()" for name in callees_of(module, call.func, scope, block) if name[0] != ":"] if call else []


def _names(module: Module, value: ast.expr, scope: Scope, block: Block) -> list[str]:
    """The module-level names, own or imported, that an expression is."""
    parts = chain(value)
    if parts is None:
        return []
    root, attributes, nodes = parts
    owner = scope.owner(root.id)
    if owner is module.scope and not attributes and all(b.kind == "assign" for b in owner.bindings[root.id]):
        return [f":{root.id}"]
    return _imported(module, Reference(root.id, attributes, nodes, scope, block))


def _dicts(module: Module) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, bindings in module.scope.bindings.items():
        if len(bindings) == 1 and (keys := keys_of(bindings[0].value)) is not None:
            found[name] = keys
    return found


def keys_of(value: ast.expr | None) -> tuple[str, ...] | None:
    """The keys of a dictionary that is written out; None for anything else."""
    if isinstance(value, ast.Dict):
        keys = [key.value for key in value.keys if isinstance(key, ast.Constant)]
        return tuple(key for key in keys if isinstance(key, str))
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict":
        return tuple(keyword.arg for keyword in value.keywords if keyword.arg)
    return None


def returned_keys(function: ast.AST) -> tuple[str, ...] | None:
    """The keys of `returned_dict`."""
    return keys_of(returned_dict(function))


def returned_dict(function: ast.AST) -> ast.expr | None:
    """The dictionary that a function returns, if it returns one that is written out, and only that."""
    if not isinstance(function, ast.FunctionDef) or function.decorator_list:
        return None
    ways = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    way = ways[0] if len(ways) == 1 else None
    if isinstance(way, ast.Name):
        made = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == way.id]
        gives = [s for s in function.body if isinstance(s, ast.Assign) and s.targets == made[:1]]
        way = gives[0].value if len(made) == 2 and gives else None
    return way if keys_of(way) is not None else None


def _loads(module: Module) -> dict[str, int]:
    found: dict[str, int] = {}
    known = None if "*" in module.scope.bindings else followable(module)
    for reference in module.references:
        if reference.store or (known is not None and reference.root not in known):
            continue
        parent = reference.parent
        if type(parent) is ast.Call and parent.func is reference.nodes[-1] and not reference.attributes:
            continue
        for name in _imported(module, reference):
            found[name] = found.get(name, 0) + 1
    return found


def _imported(module: Module, reference: Reference) -> list[str]:
    """The names of other modules that a reference may stand for."""
    targets = module.targets(reference)
    if not targets and reference.scope.owner(reference.root) is None:
        return _starred(module, reference)
    return [target for target, _ in targets]
