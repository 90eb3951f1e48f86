"""Which keys of the context a task uses: in its templates, in what it calls, in operators of the project."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import jinja2
import jinja2.meta

from upgradecheck.runtime import dialect

CALLBACKS = ("execute", "failure", "success", "retry", "skipped")
DEPTH = 6


def used(task: Any, env: jinja2.Environment) -> set[str]:
    """Names that templates and code of a task take from the context (and others: the caller knows the keys)."""
    found: set[str] = set()
    for text in _texts([_field(task, name) for name in task.template_fields], DEPTH):
        found |= _names(text, env)
    found |= set(_of_operator(task))
    own = set(getattr(task, "op_kwargs", None) or ())
    for function, is_method in _functions(task):
        found |= (set() if is_method else _parameters(function) - own) | set(_subscripts(function))
    return found


def _of_operator(task: Any) -> Iterator[str]:
    """What the operator's own code asks for."""
    kind = task.operator_class if task.is_mapped else type(task)
    names = {f"{base.__module__}.{base.__name__}" for base in kind.__mro__}
    for operator, argument, key in dialect.current().operator_keys:
        if operator in names and (not argument or _field(task, argument)):
            yield key


def _field(task: Any, name: str) -> Any:
    """The field's content, of a mapped task what all its instances have."""
    return task.partial_kwargs.get(name) if task.is_mapped else getattr(task, name, None)


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and depth:
        for item in value.values():
            yield from _texts(item, depth - 1)
    elif isinstance(value, list | tuple | set) and depth:
        for item in value:
            yield from _texts(item, depth - 1)


def _names(text: str, env: jinja2.Environment) -> set[str]:
    try:
        return jinja2.meta.find_undeclared_variables(env.parse(text)) - set(env.globals)
    except jinja2.TemplateError:  # rendering it tells
        return set()


def _functions(task: Any) -> Iterator[tuple[FunctionType, bool]]:
    """(function, is it a method): what the task calls, its callbacks, the methods of operators of the project."""
    given = task.partial_kwargs if task.is_mapped else vars(task)
    called = [given.get("python_callable")]
    for name in CALLBACKS:
        callbacks = given.get(f"on_{name}_callback")
        called += callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    yield from ((inspect.unwrap(each), False) for each in called if isinstance(each, FunctionType))
    kind = task.operator_class if task.is_mapped else type(task)
    for base in kind.__mro__:
        if not base.__module__.startswith(("airflow.", "upgradecheck.")) and base is not object:
            yield from ((each, True) for each in vars(base).values() if isinstance(each, FunctionType))


def _parameters(function: FunctionType) -> set[str]:
    wanted = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {name for name, each in inspect.signature(function).parameters.items() if each.kind in wanted}


def _subscripts(function: FunctionType) -> Iterator[str]:
    """``context["ds"]``, ``kwargs.get("ds")``: keys that are texts, in a function that is given something."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):  # no source, or a lambda in the middle of a call
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            yield str(node.slice.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            first = node.args[0]
            if node.func.attr in ("get", "pop") and isinstance(first, ast.Constant):
                yield str(first.value)
