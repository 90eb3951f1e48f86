"""What the classes of one file put into attributes of their objects."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache, cached_property

from msgspec import Struct

from upgradecheck.python.scopes import FUNCTIONS, Block, Module, Scope, last_name
from upgradecheck.rulebook.facts import lookup

SELF = "self"  # stands for an object's attributes, as a function's name does for its parameters
_INIT = "__init__"
_MAX_DEPTH = 4
_COMPUTED = {"property", "cached_property"}
_FIELDS = {"dataclass", "define", "frozen", "NamedTuple", "BaseModel", "Struct"}
Part = tuple[ast.expr, Scope]


class Kept(Struct, eq=False, dict=True):
    """The attributes of a module's classes. ``owners``: each parameter → its function's qualified name."""

    module: Module
    owners: dict[ast.AST, str]

    def given(self, owner: ast.ClassDef, attribute: str) -> list[Part]:
        """All that a class, and its ancestors in this file, put into an attribute, or return for it."""
        line = list(self._line(owner, 0))
        found = [one for base in line for one in self._put.get((base, attribute), ())]
        return found or [one for base in line for one in self._computed.get((base, attribute), ())]

    def elsewhere(self, owner: ast.ClassDef, attribute: str) -> str:
        """An attribute as `reach` writes it, where a constructor that nobody wrote or another file may fill it."""
        if attribute in fields(owner):
            return f"{owner.name}.{_INIT}({attribute})"
        return f"{owner.name}.{SELF}({attribute})" if attribute in kept_names() and owner.bases else ""

    def asked(self) -> Iterator[tuple[str, str]]:
        """What other files may put into attributes that this one asks for: class, attribute."""
        for reference in self.module.references:
            if reference.attributes and reference.attributes[0] in kept_names() and reference.text is None:
                owner = self.self_of(reference.nodes[0], reference.scope)
                if owner and owner.bases and not self.given(owner, reference.attributes[0]):
                    yield owner.name, reference.attributes[0]

    def put(self) -> Iterator[tuple[str, str, ast.expr, Scope]]:
        """What is put into attributes that other files may ask for: class, attribute, value."""
        for (owner, attribute), values in self._put.items():
            if attribute in kept_names():
                yield from ((owner.name, attribute, value, scope) for value, scope in values)

    def self_of(self, value: ast.expr, scope: Scope) -> ast.ClassDef | None:
        """The class of whose methods' objects an expression is one, by the first parameter."""
        owner = scope.owner(value.id) if isinstance(value, ast.Name) else None
        bindings = owner.bindings[value.id] if owner and isinstance(value, ast.Name) else []
        around = bindings[0].block.node if len(bindings) == 1 and bindings[0].node in self.owners else None
        return around if isinstance(around, ast.ClassDef) and is_first(bindings[0].node, around) else None

    def _line(self, owner: ast.ClassDef, depth: int) -> Iterator[ast.ClassDef]:
        """A class of this file, and those of this file from which it descends."""
        yield owner
        for name in (base.id for base in owner.bases if isinstance(base, ast.Name)):
            for binding in self.module.scope.bindings.get(name, ()) if depth < _MAX_DEPTH else ():
                if isinstance(binding.node, ast.ClassDef) and binding.node is not owner:
                    yield from self._line(binding.node, depth + 1)

    @cached_property
    def _put(self) -> dict[tuple[ast.ClassDef, str], list[Part]]:
        """What classes put into attributes of ``self``; nothing is only there until something else comes."""
        found: dict[tuple[ast.ClassDef, str], list[Part]] = {}
        for reference in self.module.references:
            attributes, parent = reference.attributes, reference.parent
            if reference.text is None and attributes and (reference.store or attributes[1:] == ("update",)):
                owner = self.self_of(reference.nodes[0], reference.scope)
                value = getattr(parent, "value", None) if reference.store else _taken_over(parent)
                plain = len(attributes) == 1 or not reference.store
                if owner and plain and isinstance(value, ast.expr) and not _is_empty(value):
                    found.setdefault((owner, attributes[0]), []).append((value, reference.scope))
        return found

    @cached_property
    def _computed(self) -> dict[tuple[ast.ClassDef, str], list[Part]]:
        """What the properties of classes return."""
        found: dict[tuple[ast.ClassDef, str], list[Part]] = {}
        for node, scope, block in self.module.kept.get(ast.Return, ()):
            inside = next((part for part in block.chain() if isinstance(part.node, FUNCTIONS)), None)
            owner = inside.parent.node if inside and inside.parent else None
            if inside and isinstance(owner, ast.ClassDef) and node.value is not None:
                decorators = {last_name(one) for one in getattr(inside.node, "decorator_list", ())}
                if decorators & _COMPUTED:
                    found.setdefault((owner, inside.node.name), []).append((node.value, scope))  # type: ignore[attr-defined]
        return found


def fields(owner: ast.ClassDef) -> dict[str, bool]:
    """The fields of a class whose constructor is made of them; and whether each has a default."""
    made = (part.func if isinstance(part, ast.Call) else part for part in (*owner.decorator_list, *owner.bases))
    own = any(isinstance(part, FUNCTIONS) and getattr(part, "name", "") == _INIT for part in owner.body)
    if own or not _FIELDS.intersection(map(last_name, made)):
        return {}
    named = (part for part in owner.body if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name))
    return {part.target.id: part.value is not None for part in named}  # type: ignore[union-attr]


@cache
def kept_names() -> frozenset[str]:
    """The attributes in which objects of the project keep what Airflow hands them."""
    return frozenset(row["name"] for row in lookup("code_places") if row["kind"] == "kept")


def _taken_over(parent: ast.AST | None) -> ast.expr | None:
    """The dictionary that a call of ``update`` is given."""
    return parent.args[0] if isinstance(parent, ast.Call) and len(parent.args) == 1 else None


def _is_empty(value: ast.expr) -> bool:
    return (isinstance(value, ast.Constant) and value.value is None) or (
        isinstance(value, ast.Dict) and not value.keys
    )


def all_parameters(args: ast.arguments) -> list[ast.arg]:
    """All parameters of a function."""
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *filter(None, (args.vararg, args.kwarg))]


def is_first(node: ast.AST, around: ast.ClassDef) -> bool:
    """Whether a parameter is the first of a method of the class around it."""
    return any(isinstance(f, FUNCTIONS) and all_parameters(f.args)[:1] == [node] for f in around.body)


def class_around(block: Block) -> str:
    """The class around a place."""
    return next((b.node.name for b in block.chain() if isinstance(b.node, ast.ClassDef)), "")
