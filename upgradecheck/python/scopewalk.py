"""One pass over a tree, with an explicit stack (deep trees are normal in generated code), in source order."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import Any

from upgradecheck.python.annotations import chains_in
from upgradecheck.python.constants import argued, member, members, put, words
from upgradecheck.python.dynamic import attributes_by_string, reached_in_import, spelled_by_calls
from upgradecheck.python.entries import side_by_side
from upgradecheck.python.heard import hear
from upgradecheck.python.scopes import (
    Binding,
    Block,
    Module,
    Reference,
    Scope,
    bind,
    chain,
    import_target,
)
from upgradecheck.python.stack import Stack


@lru_cache(maxsize=2)  # as `source.parse_text`
def scan(tree: ast.Module) -> Module:
    """The scopes of a module, with their bindings, and all references."""
    module = Walk(tree).module
    for reference in attributes_by_string(module):
        module.references.append(reference)
        module.words.update(member(reference.attributes[-1]))
    module.strings += spelled_by_calls(module)
    return module


class Walk(Stack):
    """Fills a `Module`. Each ``_on_…`` method handles one node type and pushes its children."""

    def __init__(self, tree: ast.Module) -> None:
        super().__init__()
        scope = Scope("module", None)
        self.module = Module(scope, Block(None, tree, "body", scope))
        self._push_all(tree.body, scope, self.module.root, tree)
        handlers, stack = _HANDLERS, self.stack
        while stack:
            node, scope, block, parent = stack.pop()
            if handler := handlers.get(type(node)):
                handler(self, node, scope, block, parent)
            elif node is not None:  # a list's gap: the key of ``{**more}``
                self._children(node, scope, block)

    def _bind(
        self, scope: Scope, block: Block, name: str, kind: str, node: ast.AST, target: str | None = None,
        alias: int = 0, value: ast.expr | None = None, context: ast.expr | None = None,
    ) -> None:  # fmt: skip
        binding = Binding(name, kind, target, node, block, alias, value, scope, context)
        self.module.bound.setdefault(name, []).append(binding)
        bind(scope, binding)

    # -- names ------------------------------------------------------------------------------------

    def _on_name(self, node: ast.Name, scope: Scope, block: Block, parent: ast.AST) -> None:
        context = type(node.ctx)
        store = context is not ast.Load
        self.module.references.append(Reference(node.id, (), (node,), scope, block, store, None, parent))
        if context is ast.Store:
            self._bind(scope, block, node.id, "other", node)

    def _on_attribute(self, node: ast.Attribute, scope: Scope, block: Block, parent: ast.AST) -> None:
        found = chain(node)
        called = parent if isinstance(parent, ast.Call) and parent.func is node else None
        if found is None:
            self.module.words.update(members("", (node.attr,), called))
            self._on_kept(node, scope, block, parent)
            if use := reached_in_import(node, scope, block):
                self.module.strings.append(use)
            return
        root, attributes, nodes = found
        self.module.words.update(members(root.id, attributes, called))
        store = not isinstance(node.ctx, ast.Load)
        self.module.references.append(Reference(root.id, attributes, nodes, scope, block, store, None, parent))

    def _on_constant(self, node: ast.Constant, scope: Scope, block: Block, parent: ast.AST) -> None:
        if isinstance(value := node.value, str):
            hear(self.module, value, node, scope, block, parent)

    def _on_elsewhere(self, node: Any, scope: Scope, block: Block, parent: ast.AST) -> None:
        scope.elsewhere.update(dict.fromkeys(node.names, type(node).__name__.lower()))

    # -- imports ----------------------------------------------------------------------------------

    def _on_import(self, node: ast.Import, scope: Scope, block: Block, parent: ast.AST) -> None:
        self.module.imports.append((node, scope, block))
        for number, alias in enumerate(node.names):
            top = alias.name.partition(".")[0]
            target = alias.name if alias.asname else top
            self._bind(scope, block, alias.asname or top, "import", node, target=target, alias=number)

    def _on_import_from(self, node: ast.ImportFrom, scope: Scope, block: Block, parent: ast.AST) -> None:
        self.module.imports.append((node, scope, block))
        for number, alias in enumerate(node.names):
            kind, bound = "star" if alias.name == "*" else "from", alias.asname or alias.name
            self._bind(scope, block, bound, kind, node, target=import_target(node, alias.name), alias=number)

    # -- definitions ------------------------------------------------------------------------------

    def _on_function(self, node: Any, scope: Scope, block: Block, parent: ast.AST) -> None:
        self._bind(scope, block, node.name, "def", node)
        inner = Scope("function", scope)
        self._push_all(node.body, inner, self._body(node, scope, block, inner), node)
        self._parameters(node.args, scope, inner, block)
        self._annotation(node.returns, scope, block, node)
        self._push_all(getattr(node, "type_params", ()), inner, block, node)
        self._push_all(node.decorator_list, scope, block, node)

    def _on_lambda(self, node: ast.Lambda, scope: Scope, block: Block, parent: ast.AST) -> None:
        inner = Scope("function", scope)
        self.stack.append((node.body, inner, self._body(node, scope, block, inner), node))
        self._parameters(node.args, scope, inner, block)

    def _body(self, node: ast.AST, scope: Scope, block: Block, inner: Scope) -> Block:
        self.module.functions.append((node, scope, block))
        body = self.module.bodies[node] = Block(block, node, "body", inner)
        return body

    def _parameters(self, args: ast.arguments, scope: Scope, inner: Scope, block: Block) -> None:
        named = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        for arg in [*named, *filter(None, (args.vararg, args.kwarg))]:
            self._bind(inner, block, arg.arg, "other", arg)
            self._annotation(arg.annotation, scope, block, arg)
        defaults = [*args.defaults, *(d for d in args.kw_defaults if d is not None)]
        self._push_all(defaults, scope, block, args)

    def _on_class(self, node: ast.ClassDef, scope: Scope, block: Block, parent: ast.AST) -> None:
        self._bind(scope, block, node.name, "class", node)
        self.module.classes.append((node, scope, block))
        inner = Scope("class", scope)
        self._push_all(node.body, inner, Block(block, node, "body", inner), node)
        self._push_all([*node.decorator_list, *node.bases, *node.keywords], scope, block, node)
        self._push_all(getattr(node, "type_params", ()), scope, block, node)

    def _on_comprehension(self, node: Any, scope: Scope, block: Block, parent: ast.AST) -> None:
        inner = Scope("comprehension", scope)
        first = node.generators[0]
        parts = [first.target, *first.ifs]
        self.module.kept.setdefault(ast.comprehension, []).extend((part, inner, block) for part in node.generators)
        for generator in node.generators[1:]:
            parts += [generator.target, generator.iter, *generator.ifs]
        parts += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._push_all(parts, inner, block, node)
        self.stack.append((first.iter, scope, block, node))

    # -- statements -------------------------------------------------------------------------------

    def _on_assign(self, node: ast.Assign, scope: Scope, block: Block, parent: ast.AST) -> None:
        self.stack.append((node.value, scope, block, node))
        for target in node.targets:
            pairs = side_by_side(target, node.value)
            for name, value in pairs:
                self._assign(name, scope, block, "assign" if name is target else "other", value=value)
            if not pairs:
                self.stack.append((target, scope, block, node))
            if isinstance(target, ast.Subscript):
                self.module.items[target] = node.value
                self.module.loose.update(words(target.slice, node.value))

    def _assign(self, target: ast.Name, scope: Scope, block: Block, kind: str, value: ast.expr) -> None:
        self.module.references.append(Reference(target.id, (), (target,), scope, block, store=True))
        self._bind(scope, block, target.id, kind, target, value=value)
        if target.id == "__all__" and scope.kind == "module":
            self._exports(value)

    def _exports(self, value: ast.expr) -> None:
        if isinstance(value, ast.List | ast.Tuple):
            names = [e.value for e in value.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
            self.module.exports = (*(self.module.exports or ()), *names)

    def _on_aug_assign(self, node: ast.AugAssign, scope: Scope, block: Block, parent: ast.AST) -> None:
        if isinstance(node.target, ast.Name) and node.target.id == "__all__":
            self._exports(node.value)
        self._children(node, scope, block)

    def _on_ann_assign(self, node: ast.AnnAssign, scope: Scope, block: Block, parent: ast.AST) -> None:
        if isinstance(node.target, ast.Name) and node.value is not None:
            self._assign(node.target, scope, block, "assign", value=node.value)
        else:
            self.stack.append((node.target, scope, block, node))
        if node.value is not None:
            self.stack.append((node.value, scope, block, node))
        self._annotation(node.annotation, scope, block, node)

    def _on_call(self, node: ast.Call, scope: Scope, block: Block, parent: ast.AST) -> None:
        self.module.calls.append((node, scope, block))
        stack = self.stack
        if node.args or node.keywords:
            self.module.argued[node] = argued(node, parent)
            self.module.loose.update(put(node))
            stack.extend([(keyword.value, scope, block, keyword) for keyword in reversed(node.keywords)])
            stack.extend([(value, scope, block, node) for value in reversed(node.args)])
        stack.append((node.func, scope, block, node))

    def _on_many(self, node: Any, scope: Scope, block: Block, parent: ast.AST) -> None:
        self.stack.extend([(value, scope, block, node) for value in reversed(node.elts)])

    def _on_expression(self, node: ast.Expr, scope: Scope, block: Block, parent: ast.AST) -> None:
        self.stack.append((node.value, scope, block, node))

    def _on_dict(self, node: ast.Dict, scope: Scope, block: Block, parent: ast.AST) -> None:
        self.module.loose.update(*map(words, node.keys, node.values))
        self._on_kept(node, scope, block, parent)

    def _on_kept(self, node: ast.AST, scope: Scope, block: Block, _: ast.AST) -> None:
        self.module.kept.setdefault(type(node), []).append((node, scope, block))
        self._children(node, scope, block)

    def _on_if(self, node: Any, scope: Scope, block: Block, parent: ast.AST) -> None:
        for name in ("orelse", "body"):
            part, inside = getattr(node, name), Block(block, node, name, scope)
            self._push_all(part if isinstance(part, list) else [part], scope, inside, node)
        self.stack.append((node.test, scope, block, node))

    def _on_try(self, node: Any, scope: Scope, block: Block, parent: ast.AST) -> None:
        self._push_all(node.finalbody, scope, block, node)
        self._push_all(node.orelse, scope, Block(block, node, "orelse", scope), node)
        for handler in reversed(node.handlers):
            if handler.name:
                self._bind(scope, block, handler.name, "other", handler)
            inside = Block(Block(block, node, "handler", scope), handler, "body", scope)
            self._push_all(handler.body, scope, inside, handler)
            if handler.type is not None:
                self.stack.append((handler.type, scope, block, handler))
        self._push_all(node.body, scope, Block(block, node, "body", scope), node)

    def _on_with(self, node: Any, scope: Scope, block: Block, parent: ast.AST) -> None:
        self._push_all(node.body, scope, Block(block, node, "body", scope), node)
        self._push_all(node.items, scope, block, node)

    def _on_withitem(self, node: ast.withitem, scope: Scope, block: Block, parent: ast.AST) -> None:
        target = node.optional_vars
        if isinstance(target, ast.Name):
            self.module.references.append(Reference(target.id, (), (target,), scope, block, store=True))
            self._bind(scope, block, target.id, "with", target, context=node.context_expr)
        elif target is not None:
            self.stack.append((target, scope, block, node))
        self.stack.append((node.context_expr, scope, block, node))

    def _on_match_name(self, node: Any, scope: Scope, block: Block, parent: ast.AST) -> None:
        if name := getattr(node, "name", None) or getattr(node, "rest", None):
            self._bind(scope, block, name, "other", node)
        self._children(node, scope, block)

    def _on_named(self, node: ast.NamedExpr, scope: Scope, block: Block, parent: ast.AST) -> None:
        self._bind(scope, block, node.target.id, "walrus", node.target)
        self.stack.append((node.value, scope, block, node))

    # -- annotations ------------------------------------------------------------------------------

    def _annotation(self, node: ast.expr | None, scope: Scope, block: Block, parent: ast.AST) -> None:
        if node is not None:
            self.stack.append((node, scope, block, parent))
        for part in ast.walk(node) if node is not None else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                for root, rest, nodes in chains_in(part.value):
                    self.module.references.append(Reference(root.id, rest, nodes, scope, block, text=part))


_KEPT = (ast.Return, ast.Subscript, ast.Compare, ast.BinOp, ast.For, ast.AsyncFor, ast.Match)
_HANDLERS: dict[type, Any] = {
    ast.Name: Walk._on_name,
    ast.Attribute: Walk._on_attribute,
    ast.Constant: Walk._on_constant,
    **dict.fromkeys((ast.Global, ast.Nonlocal), Walk._on_elsewhere),
    ast.Import: Walk._on_import,
    ast.ImportFrom: Walk._on_import_from,
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef), Walk._on_function),
    ast.Lambda: Walk._on_lambda,
    ast.ClassDef: Walk._on_class,
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), Walk._on_comprehension),
    ast.Assign: Walk._on_assign,
    ast.AugAssign: Walk._on_aug_assign,
    ast.AnnAssign: Walk._on_ann_assign,
    ast.Call: Walk._on_call,
    ast.Dict: Walk._on_dict,
    **dict.fromkeys((ast.List, ast.Tuple, ast.Set), Walk._on_many),
    ast.Expr: Walk._on_expression,
    **dict.fromkeys(_KEPT, Walk._on_kept),
    **dict.fromkeys((ast.If, ast.IfExp), Walk._on_if),
    **dict.fromkeys((ast.Try, getattr(ast, "TryStar", ast.Try)), Walk._on_try),
    **dict.fromkeys((ast.With, ast.AsyncWith), Walk._on_with),
    ast.withitem: Walk._on_withitem,
    **dict.fromkeys((ast.MatchAs, ast.MatchStar, ast.MatchMapping), Walk._on_match_name),
    ast.NamedExpr: Walk._on_named,
}
