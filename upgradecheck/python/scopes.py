"""The one resolver: which binding a name in a Python file stands for.

`scopewalk.scan` fills these values from a tree. They know Python's scoping rules and nothing
else: no project, no rules, no Airflow. The summary and the reader both stand on it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from upgradecheck.python.importcalls import imported

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_FOLLOWED = frozenset({ast.Name, ast.Attribute, ast.Call})
_NAMED = (*FUNCTIONS, ast.ClassDef)


class Block(Struct, eq=False):
    """A run of statements that is entered on a condition: a branch, a function, a class.

    ``branch`` names the part of ``node``: ``body``, ``orelse``, ``handler``, ``finalbody``.
    """

    parent: Block | None
    node: ast.AST
    branch: str
    scope: Scope
    qualified: str | None = None  # as `qualified_name` told
    runs_in: str | None = None  # as `script.qualified_name` told

    def chain(self) -> Iterator[Block]:
        """This block and all around it, innermost first."""
        block: Block | None = self
        while block is not None:
            yield block
            block = block.parent


class Binding(Struct, eq=False):
    """A place where a name gets its value.

    ``target`` is the dotted name that an import (or a plain alias ``x = a.b``) stands for; leading
    dots mark a relative import. None: something of this file's own, or nothing we can follow.
    ``context`` is what a ``with`` statement enters to give the name its value.
    """

    name: str
    kind: str  # import | from | star | def | class | assign | walrus | with | other
    target: str | None
    node: ast.AST
    block: Block
    alias: int = 0
    value: ast.expr | None = None
    scope: Scope | None = None
    context: ast.expr | None = None


class Scope(Struct, eq=False):
    """A namespace; ``kind`` is module, class, function or comprehension."""

    kind: str
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)  # names declared global or nonlocal

    def owner(self, name: str) -> Scope | None:
        """The scope in which ``name``, read here, is bound; None for builtins and star imports."""
        scope: Scope | None = self
        here = True
        while scope is not None:
            if scope.elsewhere and scope.elsewhere.get(name) == "global":
                root = scope.module()
                return root if name in root.bindings else None
            if name in scope.bindings and (here or scope.kind != "class"):
                return scope
            here = False
            scope = scope.parent
        return None

    def module(self) -> Scope:
        """The module's scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


class Reference(Struct, eq=False):
    """A name that is read, written or deleted, with the attributes that follow it: ``root.a.b``.

    ``nodes`` are the ``ast`` nodes of the root and of each longer chain; ``parent`` is what the longest
    stands in. ``text`` is None for code, and the string constant for a name inside a string annotation.
    """

    root: str
    attributes: tuple[str, ...]
    nodes: tuple[ast.expr, ...]
    scope: Scope
    block: Block
    store: bool = False
    text: ast.Constant | None = None
    parent: ast.AST | None = None


class StringUse(Struct, eq=False):
    """A string, and the call or statement in which it stands.

    ``value`` is another than the string where attributes follow (``import_module("a.b").c``), or a package
    stands beside it; ``node`` is no constant where the string is put together.
    """

    value: str
    node: ast.expr
    block: Block
    scope: Scope
    parent: ast.AST


class Module(Struct, eq=False):
    """All that a file's scopes say. ``imports`` are all import statements, in source order."""

    scope: Scope
    root: Block
    imports: list[tuple[ast.Import | ast.ImportFrom, Scope, Block]] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    strings: list[StringUse] = field(default_factory=list)
    calls: list[tuple[ast.Call, Scope, Block]] = field(default_factory=list)
    classes: list[tuple[ast.ClassDef, Scope, Block]] = field(default_factory=list)
    functions: list[tuple[ast.AST, Scope, Block]] = field(default_factory=list)
    bodies: dict[ast.AST, Block] = field(default_factory=dict)  # of functions
    exports: tuple[str, ...] | None = None  # __all__, where it is plain to see
    words: set[str] = field(default_factory=set)  # of attributes: see `Summary`
    argued: dict[ast.Call, list[str]] = field(default_factory=dict)  # the words for what each call gets
    loose: set[str] = field(default_factory=set)  # those for entries of dictionaries
    bound: dict[str, list[Binding]] = field(default_factory=dict)  # every binding of every scope, by name
    items: dict[ast.Subscript, ast.expr] = field(default_factory=dict)  # what is assigned to each item
    kept: dict[type, list[tuple[Any, Scope, Block]]] = field(default_factory=dict)  # nodes of some types
    spoken: set[str] = field(default_factory=set)  # strings, and the words of those that may be templates
    asked: set[str] = field(default_factory=set)  # of these, those that are no attribute in a template
    phrases: set[str] = field(default_factory=set)  # strings of several words, or first in a list of words
    slashed: list[StringUse] = field(default_factory=list)  # with a slash in them
    callees: dict[ast.expr, list[str]] = field(default_factory=dict)  # what `flow.callees_of` has told
    _told: dict[Reference, list[tuple[str, Binding]]] = field(default_factory=dict)

    def __del__(self) -> None:
        """Cut the circles of scopes and bindings: looking for them as garbage costs as much as parsing."""
        for bindings in self.bound.values():
            for binding in bindings:
                if binding.scope is not None:
                    binding.scope.bindings.clear()

    def gives(self, name: str) -> bool:
        """Whether some call or dictionary of the file has an argument or entry of this name."""
        return name in self.loose or any(name in words for words in self.argued.values())

    def bindings(self, reference: Reference) -> list[Binding]:
        """What the root of a reference may stand for: the nearest binding before it, where order decides."""
        scope = reference.scope.owner(reference.root)
        if scope is None:
            return []
        found = scope.bindings[reference.root]
        if len(found) == 1 or all(b.kind in ("import", "from") for b in found):
            return found
        if scope is not reference.scope:
            return found
        here = _position(reference.nodes[0])
        before = [b for b in found if _position(b.node) <= here and not (b.value and _spans(b.value, here))]
        return before[-1:] or found

    def targets(self, reference: Reference) -> list[tuple[str, Binding]]:
        """The dotted names that a reference may stand for, with the bindings they come from.

        Empty as soon as one of the bindings cannot be followed: nothing is guessed.
        """
        owner = reference.scope.owner(reference.root)
        bindings = owner.bindings[reference.root] if owner else []
        if len(bindings) == 1 and bindings[0].target is not None:
            return [(".".join((bindings[0].target, *reference.attributes)), bindings[0])]
        told = self._told.get(reference)
        if told is None:
            told = self._told[reference] = self._targets(reference, 0) if owner else []
        return told

    def _targets(self, reference: Reference, depth: int) -> list[tuple[str, Binding]]:
        tail = "".join(["." + name for name in reference.attributes])
        found: list[tuple[str, Binding]] = []
        for binding in self.bindings(reference):
            followed = [binding.target] if binding.target is not None else self.follow(binding, depth)
            if not followed:
                return []
            found += [(target + tail, binding) for target in followed]
        return found

    def follow(self, binding: Binding, depth: int = 0) -> list[str]:
        """The dotted names that one binding may stand for, through plain aliases (``x = a.b``)."""
        if binding.target is not None:
            return [binding.target]
        if isinstance(binding.value, ast.Call) and (found := imported(binding.value)):
            return [found[1]]
        parts = chain(binding.value) if binding.value is not None and depth < 5 else None
        if parts is None or binding.scope is None:
            return []
        root, attributes, nodes = parts
        alias = Reference(root.id, attributes, nodes, binding.scope, binding.block)
        return [target for target, _ in self._targets(alias, depth + 1)]


def _spans(value: ast.expr, here: tuple[int, int]) -> bool:
    return _position(value) <= here < (value.end_lineno or 0, value.end_col_offset or 0)


def _position(node: ast.AST) -> tuple[int, int]:
    return (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))


def chain(node: ast.expr) -> tuple[ast.Name, tuple[str, ...], tuple[ast.expr, ...]] | None:
    """``a.b.c`` as (root name node, attributes, nodes from root outwards); None if the root is no name."""
    if isinstance(node, ast.Name):
        return node, (), (node,)
    nodes: list[ast.expr] = []
    while isinstance(node, ast.Attribute):
        nodes.append(node)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    nodes.reverse()
    return node, tuple([attribute.attr for attribute in nodes]), (node, *nodes)  # type: ignore[attr-defined]


def last_name(node: ast.expr) -> str:
    """The last part of a name or of a chain of attributes; "" for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def returned(node: ast.AST) -> ast.expr | None:
    """The expression that a function without parameters returns, if it does nothing else."""
    if not isinstance(node, ast.FunctionDef) or any(vars(node.args).values()) or node.decorator_list:
        return None
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None


def followable(module: Module) -> frozenset[str]:
    """The names that may stand for something dotted somewhere in a module; others are not worth following."""
    return frozenset(
        name
        for name, bindings in module.bound.items()
        if any(b.target is not None or type(b.value) in _FOLLOWED for b in bindings)
    )


def import_target(node: ast.ImportFrom, name: str) -> str:
    """The dotted name that ``from … import name`` binds; relative imports keep their dots. Kept once."""
    prefix = "." * node.level + (node.module or "")
    return sys.intern(f"{prefix}{name}" if prefix.endswith(".") else f"{prefix}.{name}")


def qualified_name(block: Block) -> str:
    """The functions and classes around a block, dotted; "" at module level or in a class body. Kept."""
    while block.parent is not None and not isinstance(block.node, _NAMED):
        block = block.parent
    if block.qualified is None:
        block.qualified = _qualified_name(block)
    return block.qualified


def function_name(module: Module, node: ast.AST) -> str:
    """The qualified name of a function of a module."""
    return qualified_name(module.bodies[node])


def _qualified_name(block: Block) -> str:
    names = [b.node for b in block.chain() if isinstance(b.node, _NAMED)]
    if not any(isinstance(node, FUNCTIONS) for node in names):
        return ""
    return ".".join(getattr(node, "name", "") or f"<lambda {node.lineno}>" for node in reversed(names))


def bind(scope: Scope, binding: Binding) -> None:
    """Enter a binding where Python would: in the scope itself, or in the one declared ``global``."""
    home = scope
    while home.kind == "comprehension" and binding.kind == "walrus" and home.parent:
        home = home.parent
    if home.elsewhere.get(binding.name) == "global":
        home = home.module()
    elif home.elsewhere.get(binding.name) == "nonlocal" and home.parent:
        home = home.parent.owner(binding.name) or home
    home.bindings.setdefault(binding.name, []).append(binding)
