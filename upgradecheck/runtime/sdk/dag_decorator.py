"""``@dag``."""

from __future__ import annotations

import functools
import inspect
import sys
from typing import Any

from upgradecheck.runtime.sdk.dag import DAG

HOME = "airflow.sdk"


def dag(dag_id_or_func: Any = None, **decorator_kwargs: Any) -> Any:
    """A function that makes tasks, as a DAG of them; its arguments become params."""
    from upgradecheck.runtime.sdk.xcom_arg import RETURN_KEY, PlainXComArg

    def wrapper(function: Any) -> Any:
        named = dag_id_or_func if isinstance(dag_id_or_func, str) and dag_id_or_func.strip() else function.__name__
        dag_id = decorator_kwargs.pop("dag_id", named)

        @functools.wraps(function)
        def factory(*args: Any, **kwargs: Any) -> DAG:
            bound = inspect.signature(function).bind(*args, **kwargs)
            bound.apply_defaults()
            with DAG(dag_id, **decorator_kwargs) as made:
                made.doc_md = made.doc_md or function.__doc__
                back = sys._getframe().f_back
                made.fileloc = back.f_code.co_filename if back else ""
                returned = function(**{name: made.param(name, value) for name, value in bound.arguments.items()})
                if isinstance(returned, PlainXComArg) and returned.key == RETURN_KEY:
                    made.add_result(returned)
            return made

        return factory

    return wrapper(dag_id_or_func) if callable(dag_id_or_func) else wrapper


__all__ = ["dag"]
