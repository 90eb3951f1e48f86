"""Python files: templates that code renders itself, with a task's context."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.linking.places import is_whole
from upgradecheck.python.flow import callees_of
from upgradecheck.python.scopes import Block, Scope, last_name
from upgradecheck.readers.calls import assigned
from upgradecheck.readers.contexts import Reader
from upgradecheck.scene import Scene

Rendered = tuple[ast.expr, Scope, Block]
_BY_OPERATOR = "render_template"
_BY_TEMPLATE = "render"
_MAKERS = ("jinja2.Template", "jinja2.environment.Template")
_FROM_TEXT = "from_string"


def by_operators(scene: Scene) -> Iterator[Rendered]:
    """What an operator's own method renders: as Airflow does, and what is missing raises."""
    contexts = Reader(scene, frozenset())
    for node, scope, block in scene.scopes.calls:
        named = isinstance(node.func, ast.Attribute) and node.func.attr == _BY_OPERATOR
        if named and len(node.args) == 2 and is_whole(contexts.holds(node.args[1], scope)):
            yield node.args[0], scope, block


def by_code(scene: Scene) -> Iterator[Rendered]:
    """What Jinja renders by itself: what is missing is left empty."""
    contexts = Reader(scene, frozenset())
    for node, scope, block in scene.scopes.calls:
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr == _BY_TEMPLATE:
            made = assigned(function.value, scope) or function.value
            given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg is None)]
            whole = any(is_whole(contexts.holds(value, scope)) for value in given)
            if whole and isinstance(made, ast.Call) and made.args and _is_template(scene, made, scope, block):
                yield made.args[0], scope, block


def _is_template(scene: Scene, made: ast.Call, scope: Scope, block: Block) -> bool:
    callees = callees_of(scene.scopes, made.func, scope, block)
    return last_name(made.func) == _FROM_TEXT or not set(callees).isdisjoint(_MAKERS)
