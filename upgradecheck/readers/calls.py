"""Python files: calls of what the tables know, with their arguments, however the code gets there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from msgspec.structs import replace

from upgradecheck.linking.callees import Callee, Passed
from upgradecheck.occurrences import Call, Form, Place
from upgradecheck.python.flow import SPREAD, callees_of, returned_dict
from upgradecheck.python.flow import SUPER as SUPER_CALL
from upgradecheck.python.scopes import Block, Scope, chain
from upgradecheck.python.script import qualified_name
from upgradecheck.readers.arguments import Arguments
from upgradecheck.readers.python import live
from upgradecheck.rulebook.facts import lookup
from upgradecheck.scene import Scene

_MAPPED = {"partial": Form.MAPPED, "expand": Form.MAPPED, "override": Form.OVERRIDE}
_PARTIAL = frozenset({"functools.partial"})


@lru_cache(maxsize=2)  # several readers and verbs ask for those of one scene
def read(scene: Scene) -> tuple[Call, ...]:
    """All calls that are live on the target, and dictionaries on their way to such calls."""
    return tuple(_read(scene))


def _read(scene: Scene) -> Iterator[Call]:
    decorators = {id(d) for node, _, _ in scene.scopes.functions for d in getattr(node, "decorator_list", ())}
    for call, scope, block in scene.scopes.calls:
        for found in _called(scene, call, scope, block, id(call) in decorators):
            yield found
            yield from _carried(scene, found)
    for function, scope, block in scene.scopes.functions:
        yield from _bare(scene, function, scope, block)
    yield from _passed_on(scene)


def _called(scene: Scene, node: ast.Call, scope: Scope, block: Block, decorates: bool) -> Iterator[Call]:
    form, first, callees = target_of(scene, node, scope, block)
    if not callees:
        return
    runs = live(scene, block, node.lineno, "call")
    if runs is None:
        return
    arguments = Arguments(scene, scope).of_call(node, first)
    yield Call(
        node=node, call=node, names=names_of(scene, callees), form=Form.DECORATOR if decorates else form,
        arguments=tuple(arguments.found), runs=runs, function=qualified_name(block), block=block, scope=scope,
        kept=frozenset().union(*(callee.kept for callee in callees)),
        read=frozenset().union(*(callee.read for callee in callees)),
        direct=all(callee.direct for callee in callees) and form in (Form.CALL, Form.SUPER), open=arguments.open,
    )  # fmt: skip


def target_of(scene: Scene, node: ast.Call, scope: Scope, block: Block) -> tuple[Form, int, tuple[Callee, ...]]:
    """What a call is for: how, the first position that is an argument of it, and the callees."""
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr in _MAPPED:
        inner = _mapped(function.value, scope)
        made = _callees(scene, inner, scope, block) or decorated_as(scene, inner, scope, block)
        if any(scene.classes.kind(callee.name) for callee in made):
            return _MAPPED[function.attr], 0, _foreign(scene, made)
    callees = _callees(scene, function, scope, block) or _by_argument(scene, node, scope, block)
    if callees and {callee.name for callee in callees} <= _PARTIAL and node.args:
        return Form.CALL, 1, _foreign(scene, _callees(scene, node.args[0], scope, block))
    if isinstance(function, ast.Attribute) and function.attr == "__init__":
        return Form.SUPER, int(chain(function) is not None), _foreign(scene, callees)
    return Form.CALL, 0, _foreign(scene, callees)


def _by_argument(scene: Scene, node: ast.Call, scope: Scope, block: Block) -> tuple[Callee, ...]:
    """The method of which an argument alone tells, where nothing shows what the object is."""
    function = node.func
    if not isinstance(function, ast.Attribute) or callees_of(scene.scopes, function, scope, block):
        return ()
    given = {keyword.arg for keyword in node.keywords}
    rows = [row for row in lookup("own_methods") if row["method"] == function.attr and row["argument"] in given]
    told = (row for row in rows if not scene.project.takes(f"{row['method']} {row['argument']}"))
    return tuple(Callee(row["owner"]) for row in told) if rows and _imports_foreign(scene) else ()


def _imports_foreign(scene: Scene) -> bool:
    """Whether the file takes something from a package that the tables know."""
    bound = (binding for bindings in scene.scopes.bound.values() for binding in bindings)
    return any((binding.target or "").partition(".")[0] in scene.project.foreign for binding in bound)


def _mapped(value: ast.expr, scope: Scope) -> ast.expr:
    """What ``.partial(…)``, ``.expand(…)`` and ``.override(…)`` are called on, less such calls before it."""
    while isinstance(value, ast.Call):
        value = value.func
        if isinstance(value, ast.Attribute) and value.attr in _MAPPED:
            value = value.value
    given = assigned(value, scope)
    if isinstance(given, ast.Call) and isinstance(given.func, ast.Attribute) and given.func.attr in _MAPPED:
        return given.func.value
    return value


def assigned(value: ast.expr, scope: Scope) -> ast.expr | None:
    """What a name was given where it is bound, if only there."""
    owner = scope.owner(value.id) if isinstance(value, ast.Name) else None
    bindings = owner.bindings[value.id] if owner and isinstance(value, ast.Name) else []
    return bindings[0].value if len(bindings) == 1 else None


def _foreign(scene: Scene, callees: Iterable[Callee]) -> tuple[Callee, ...]:
    return tuple(callee for callee in callees if callee.name.partition(".")[0] in scene.project.foreign)


def _callees(scene: Scene, function: ast.expr, scope: Scope, block: Block) -> tuple[Callee, ...]:
    found: list[Callee] = []
    for dotted in callees_of(scene.scopes, function, scope, block):
        if dotted == SUPER_CALL:
            found += _bases(scene, block)
        else:
            found += scene.project.called(dotted)
    return tuple(dict.fromkeys(found)) or _partial(scene, function, scope, block)


def _partial(scene: Scene, function: ast.expr, scope: Scope, block: Block) -> tuple[Callee, ...]:
    """What a name comes to that stands for ``partial(…)``: its first positions are taken."""
    made = assigned(function, scope)
    if not isinstance(made, ast.Call) or not made.args:
        return ()
    parts = callees_of(scene.scopes, made.func, scope, block)
    inner = _callees(scene, made.args[0], scope, block) if parts and _PARTIAL.issuperset(parts) else ()
    return tuple(replace(callee, direct=callee.direct and len(made.args) == 1) for callee in inner)


def _bases(scene: Scene, block: Block) -> Iterator[Callee]:
    """What ``super().__init__`` comes to in a method."""
    around = next((b for b in block.chain() if isinstance(b.node, ast.ClassDef)), None)
    if around is None or not isinstance(around.node, ast.ClassDef):
        return
    if around.parent is scene.scopes.root:
        yield from scene.project.called(f"{SUPER_CALL}:{around.node.name}")
        return
    for base in around.node.bases:
        for dotted in callees_of(scene.scopes, base, around.scope.parent or around.scope, around):
            yield from scene.project.called(dotted)


def decorated_as(scene: Scene, function: ast.expr, scope: Scope, block: Block) -> tuple[Callee, ...]:
    """What the decorators of a function of this file make of it."""
    owner = scope.owner(function.id) if isinstance(function, ast.Name) else None
    bindings = owner.bindings[function.id] if owner and isinstance(function, ast.Name) else []
    found: list[Callee] = []
    for binding in bindings:
        for decorator in getattr(binding.node, "decorator_list", ()):
            inner = decorator.func if isinstance(decorator, ast.Call) else decorator
            found += _foreign(scene, _callees(scene, inner, scope, block))
    return tuple(found)


def decorated(scene: Scene, node: ast.Call, scope: Scope, block: Block) -> bool:
    """Whether a call makes a task of a function of this file: ``f(…)``, ``f.partial(…)``, ``f.override(…)(…)``."""
    inner = node.func
    while isinstance(inner, ast.Attribute | ast.Call) and not isinstance(inner, ast.Name):
        inner = inner.func if isinstance(inner, ast.Call) else inner.value
    made = decorated_as(scene, inner, scope, block)
    return any(scene.classes.kind(callee.name) == "decorator" for callee in made)


def names_of(scene: Scene, callees: Iterable[Callee]) -> tuple[str, ...]:
    """The callees' lines of descent."""
    return scene.classes.of_all(callee.name for callee in callees)


def _bare(scene: Scene, node: ast.AST, scope: Scope, block: Block) -> Iterator[Call]:
    """Decorators without parentheses."""
    for decorator in getattr(node, "decorator_list", ()):
        if isinstance(decorator, ast.Call):
            continue
        callees = _foreign(scene, _callees(scene, decorator, scope, block))
        runs = live(scene, block, decorator.lineno, "call") if callees else None
        if runs is not None:
            names, function = names_of(scene, callees), qualified_name(block)
            yield Call(decorator, None, names, Form.DECORATOR, (), runs, function, block, scope)


@cache
def carriers() -> dict[str, str]:
    """Arguments whose value is a dictionary of further arguments, and what gets these."""
    return {row["argument"]: row["callable"] for row in lookup("argument_carriers") if row["kind"] == "entries"}


def _carried(scene: Scene, found: Call) -> Iterator[Call]:
    """The dictionaries among a call's arguments whose entries are arguments of other calls."""
    for argument in found.arguments:
        target = carriers().get(argument.name)
        if target is None or argument.value is None or not scene.classes.kind(found.names[0]):
            continue
        entries = Arguments(scene, argument.scope).of_dict(argument.value)
        yield Call(
            argument.node, None, scene.classes.lineage(target), Form.DEFAULTS, tuple(entries.found), found.runs,
            found.function, found.block, found.scope, open=entries.open,
        )  # fmt: skip


def _passed_on(scene: Scene) -> Iterator[Call]:
    """Module-level dictionaries, and those that functions return, that other files pass to what the tables know."""
    scope = scene.scopes.scope
    for name, bindings in scope.bindings.items():
        if len(bindings) != 1:
            continue
        value = bindings[0].value
        if isinstance(value, ast.Dict | ast.Call | ast.BinOp) and (uses := scene.project.passed(name)):
            yield from _uses(scene, value, Arguments(scene, scope).of_holder(bindings[0], None), uses)
            continue
        uses = scene.project.passed(f"{name}()") if bindings[0].kind == "def" else ()
        if uses and (made := returned_dict(bindings[0].node)):
            yield from _uses(scene, made, Arguments(scene, scope).of_dict(made, Place.RETURNED), uses)


def _uses(scene: Scene, value: ast.expr, entries: Arguments, uses: Iterable[Passed]) -> Iterator[Call]:
    root = scene.scopes.root
    for use in uses:
        carried = carriers().get(use.how)
        form = Form.PASSED if use.how == SPREAD else Form.DEFAULTS
        names = scene.classes.lineage(carried or use.callee.name)
        runs = live(scene, root, value.lineno, "call")
        if runs is not None:
            yield Call(
                value, None, names, form, tuple(entries.found), runs, "", root, scene.scopes.scope,
                use.callee.kept, use.callee.read, direct=False, open=True,
            )  # fmt: skip
