"""Makes DAGs of texts that are no DAG files: runs inside an Airflow environment, from its plugins folder.

Each text is one trial: its operators, task functions and operator classes become tasks of a DAG that runs once.
Lines that would fail before the one on trial are caught. Standard library and Airflow only.
"""

from __future__ import annotations

import ast
import inspect
import sys
import types
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

from airflow.sdk import DAG, Asset, BaseOperator  # type: ignore[import-not-found]
from airflow.sdk.bases.decorator import _TaskDecorator  # type: ignore[import-not-found]

# what other rules tell of, and examples begin with
sys.modules["airflow.datasets"] = types.ModuleType("airflow.datasets")
sys.modules["airflow.datasets"].Dataset = Asset  # type: ignore[attr-defined]
_START = datetime(2026, 1, 1, tzinfo=timezone.utc)
_WHOLE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.With, ast.If, ast.For, ast.While, ast.Try)


class Quiet(ast.NodeTransformer):
    """Catches what the simple statements of some lines raise."""

    def __init__(self, lines: list[int]) -> None:
        self.lines = lines

    def visit(self, node: ast.AST) -> Any:
        """A statement, in a ``try`` if it begins on one of the lines."""
        self.generic_visit(node)
        if not isinstance(node, ast.stmt) or isinstance(node, _WHOLE):
            return node
        if not any(node.lineno <= line <= (node.end_lineno or 0) for line in self.lines):
            return node
        caught = ast.ExceptHandler(ast.Name("Exception", ast.Load()), None, [ast.Pass()])
        held = ast.Try([node], [caught], [], [])
        return ast.fix_missing_locations(ast.copy_location(held, node))


def trial(name: str, text: str, quiet: list[int], path: str, fail: bool, by_asset: bool) -> DAG:
    """The DAG of one trial; with ``fail`` its tasks fail by themselves, for the sake of their callbacks."""
    schedule = [Asset("trial")] if by_asset else "@once"
    tree = Quiet(quiet).visit(ast.parse(text))
    namespace: dict[str, Any] = {"__name__": "example"}
    with DAG(name, schedule=schedule, start_date=_START) as dag:
        exec(compile(tree, path, "exec"), namespace)
    for other in {value for value in namespace.values() if isinstance(value, DAG)} | _registered() - {dag}:
        for task in other.tasks:
            task._dag = None
            dag.add_task(task)
    with dag:
        for key, value in list(namespace.items()):
            _offer(dag, key, value)
    for task in dag.tasks if fail else ():
        task.pre_execute = _fail
        task.on_failure_callback = task.on_failure_callback or [f for f in namespace.values() if _is_callback(f)]
    return dag


def _is_callback(value: Any) -> bool:
    """Whether a function is one that a text only hands out to whoever makes a DAG."""
    return inspect.isfunction(value) and [*inspect.signature(value).parameters] == ["context"]


def _registered() -> set[DAG]:
    """The DAGs that were entered by a ``with``; they are no DAGs of this file any more."""
    from airflow.sdk.definitions._internal.contextmanager import DagContext  # type: ignore[import-not-found]

    found = {dag for dag, _ in DagContext.autoregistered_dags}
    DagContext.autoregistered_dags.clear()
    return found


def _fail(context: Any) -> None:
    raise RuntimeError("on purpose")


def _offer(dag: DAG, name: str, value: Any) -> None:
    """A task of a function or class that the text itself makes none of."""
    if isinstance(value, _TaskDecorator) and not any(task.startswith(name) for task in dag.task_ids):
        value(**dict.fromkeys(_asked(value.function, _context_keys()), "x"))
    own = inspect.isclass(value) and issubclass(value, BaseOperator) and value.__module__ == "example"
    if own and not any(type(task) is value for task in dag.tasks):
        value(task_id=name, **dict.fromkeys(_asked(value.__init__, {"task_id"}), "x"))


def _context_keys() -> set[str]:
    from airflow.sdk.definitions.context import Context  # type: ignore[import-not-found]

    return set(Context.__annotations__)


def _asked(function: Callable[..., Any], given: set[str]) -> Iterator[str]:
    """The parameters that have no default and that nobody else gives."""
    for parameter in inspect.signature(function).parameters.values():
        named = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        if named and parameter.default is parameter.empty and parameter.name not in {"self", *given}:
            yield parameter.name
