"""How values pass through one file: which functions hand their arguments on, which dictionaries go where.

Part of a file's summary: no rule and no other file is involved.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from typing import Any

from upgradecheck.scopes import FUNCTIONS, Block, Module, Reference, Scope, chain, qualified_name

SPREAD = "**"
SUPER = "super"
Forward = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Flow:
    """What the rest of the project may ask about values.

    ``forwards``: each class's ``__init__`` and each function with ``**kwargs``, by qualified name → the
    parameters it keeps for itself, the strings in its body, and the callees that get the rest
    (dotted, ":name" for own, "super" for the bases).
    ``passes``: (dictionary, callee, "**" or the argument's name) → how often; names as in ``forwards``.
    ``loads``: how often the file reads each dictionary that it passes, or that it defines.
    ``dicts``: keys of the module-level dictionaries that are plain to see.
    """

    forwards: dict[str, Forward]
    passes: dict[tuple[str, str, str], int]
    loads: dict[str, int]
    dicts: dict[str, tuple[str, ...]]

    def to_json(self) -> list[Any]:
        """Plain lists, for the cache."""
        return [self.forwards, [[*key, count] for key, count in self.passes.items()], self.loads, self.dicts]


EMPTY_FLOW = Flow({}, {}, {}, {})


def flow_from_json(data: list[Any]) -> Flow:
    """The reverse of `Flow.to_json`."""
    forwards, passes, loads, dicts = data
    return Flow(
        {name: (tuple(p), tuple(m), tuple(c)) for name, (p, m, c) in forwards.items()},
        {(what, callee, how): count for what, callee, how, count in passes},
        loads,
        {name: tuple(keys) for name, keys in dicts.items()},
    )


def flow(module: Module, carriers: frozenset[str]) -> Flow:
    """A file's flow. ``carriers``: arguments whose value is a dictionary of further arguments."""
    forwards = _functions(module)
    passes: Counter[tuple[str, str, str]] = Counter()
    for node, scope, block in module.calls:
        for keyword in node.keywords:
            how = keyword.arg or SPREAD
            if how != SPREAD and how not in carriers:
                continue
            for callee in callees_of(module, node.func, scope, block):
                if how == SPREAD:
                    _forward(forwards, node, keyword.value, block, callee)
                for what in _names(module, keyword.value, scope, block):
                    passes[(what, callee, how)] += 1
    dicts = _dicts(module)
    wanted = {what for what, _, _ in passes} | {f":{name}" for name in dicts}
    return Flow(forwards, dict(passes), _loads(module, wanted), dicts)


def callees_of(module: Module, function: ast.expr, scope: Scope, block: Block) -> list[str]:
    """What a called expression may stand for: dotted, ":qualified" for the file's own, "super"."""
    if isinstance(function, ast.Attribute) and _is_super(function):
        return [SUPER]
    parts = chain(function)
    if parts is None:
        return []
    root, attributes, nodes = parts
    owner = scope.owner(root.id)
    found: list[str] = []
    for binding in owner.bindings[root.id] if owner else []:
        if binding.kind in ("def", "class"):
            inside = qualified_name(binding.block)
            found.append(":" + ".".join(filter(None, (inside, root.id, *attributes))))
    return found or [t for t, _ in module.targets(Reference(root.id, attributes, nodes, scope, block))]


def _is_super(function: ast.Attribute) -> bool:
    inner = function.value
    called = isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "super"
    return called and function.attr == "__init__"


def _functions(module: Module) -> dict[str, Forward]:
    found: dict[str, Forward] = {}
    for node, scope, block in module.functions:
        if not isinstance(node, ast.FunctionDef):
            continue
        method = scope.kind == "class" and node.name == "__init__"
        if (scope.kind == "module" and node.args.kwarg and not node.decorator_list) or method:
            name = ".".join(filter(None, (qualified_name(block), _class_of(block) if method else "", node.name)))
            found[name] = (_parameters(node.args, method), _strings(node), ())
    return found


def _class_of(block: Block) -> str:
    return ".".join(b.node.name for b in block.chain() if isinstance(b.node, ast.ClassDef))


def _parameters(args: ast.arguments, method: bool) -> tuple[str, ...]:
    named = [*args.posonlyargs, *args.args, *args.kwonlyargs][1 if method else 0 :]
    return tuple(arg.arg for arg in named)


def _strings(node: ast.AST) -> tuple[str, ...]:
    found = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return tuple(sorted(value for value in found if value.isidentifier()))


def _forward(forwards: dict[str, Forward], call: ast.Call, value: ast.expr, block: Block, callee: str) -> None:
    """Note that the function around a call hands its ``**kwargs`` on, beside what the call names itself."""
    around = next((b.node for b in block.chain() if isinstance(b.node, FUNCTIONS)), None)
    if not isinstance(around, ast.FunctionDef) or not isinstance(value, ast.Name):
        return
    if around.args.kwarg is None or around.args.kwarg.arg != value.id:
        return
    own = ".".join(filter(None, (_class_of(block), around.name)))
    if own in forwards:
        parameters, strings, callees = forwards[own]
        named = {keyword.arg for keyword in call.keywords if keyword.arg}
        forwards[own] = (parameters, tuple(sorted(named.union(strings))), tuple(dict.fromkeys([*callees, callee])))


def _names(module: Module, value: ast.expr, scope: Scope, block: Block) -> list[str]:
    """The module-level names, own or imported, that an expression is."""
    parts = chain(value)
    if parts is None:
        return []
    root, attributes, nodes = parts
    owner = scope.owner(root.id)
    if owner is module.scope and not attributes and all(b.kind == "assign" for b in owner.bindings[root.id]):
        return [f":{root.id}"]
    return [target for target, _ in module.targets(Reference(root.id, attributes, nodes, scope, block))]


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


def _loads(module: Module, wanted: set[str]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for reference in module.references:
        if reference.store:
            continue
        owner = reference.scope.owner(reference.root)
        if owner is module.scope and f":{reference.root}" in wanted:
            found[f":{reference.root}"] += 1
        elif owner is not None:
            found.update(target for target, _ in module.targets(reference) if target in wanted)
    return dict(found)
