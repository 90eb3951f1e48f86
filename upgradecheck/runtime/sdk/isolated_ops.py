"""Python operators that run their function in another interpreter. Its packages are not here: they are stand-ins,
which check what they are given, render their templates and return what the plan says.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from typing import Any

from upgradecheck.runtime.sdk.exceptions import AirflowException
from upgradecheck.runtime.sdk.python_ops import PythonOperator, _PythonDecoratedOperator
from upgradecheck.runtime.sdk.skipping import BaseBranchOperator
from upgradecheck.runtime.sdk.task_factory import task_decorator_factory

HOME = "airflow.providers.standard.operators.python"
SERIALIZERS = ("pickle", "dill", "cloudpickle")


class _Isolated(PythonOperator):
    _modelled = False

    def __init__(
        self,
        *,
        python_callable: Any,
        serializer: str | None = None,
        string_args: Any = None,
        expect_airflow: bool = True,
        skip_on_exit_code: Any = None,
        env_vars: Any = None,
        inherit_env: bool = True,
        **kwargs: Any,
    ) -> None:
        if not isinstance(python_callable, types.FunctionType) or python_callable.__name__ == "<lambda>":
            raise ValueError(f"{type(self).__name__} only supports functions for python_callable arg")
        if inspect.isgeneratorfunction(python_callable):
            raise ValueError(f"{type(self).__name__} does not support using 'yield' in python_callable")
        super().__init__(python_callable=python_callable, **kwargs)
        if (serializer or "pickle") not in SERIALIZERS:
            names = ", ".join(map(repr, SERIALIZERS))
            raise AirflowException(f"Unsupported serializer {serializer!r}. Expected one of {names}")
        self.serializer = serializer or "pickle"
        self.string_args, self.expect_airflow = string_args or [], expect_airflow
        self.env_vars, self.inherit_env = env_vars, inherit_env
        self.skip_on_exit_code = skip_on_exit_code


class PythonVirtualenvOperator(_Isolated):
    """In a virtual environment that is made for it."""

    template_fields: Any = (
        "requirements",
        "index_urls",
        "index_urls_from_connection_ids",
        "venv_cache_path",
        *PythonOperator.template_fields,
    )
    template_ext: Any = (".txt",)

    def __init__(
        self,
        *,
        python_callable: Any,
        requirements: Any = None,
        python_version: Any = None,
        system_site_packages: bool = True,
        pip_install_options: Any = None,
        index_urls: Any = None,
        index_urls_from_connection_ids: Any = None,
        venv_cache_path: Any = None,
        **kwargs: Any,
    ) -> None:
        major = str(python_version)[0] if python_version else str(sys.version_info.major)
        if major != str(sys.version_info.major) and (kwargs.get("op_args") or kwargs.get("op_kwargs")):
            raise AirflowException(
                "Passing op_args or op_kwargs is not supported across different Python major versions for "
                f"PythonVirtualenvOperator. Please use string_args.Sys version: {sys.version_info}. "
                f"Virtual environment version: {python_version}"
            )
        if python_version is not None and not isinstance(python_version, str):
            raise AirflowException("Passing non-string types (e.g. int or float) as python_version not supported")
        self.requirements = _many(requirements) or []
        self.python_version, self.system_site_packages = python_version, system_site_packages
        self.pip_install_options, self.venv_cache_path = pip_install_options, venv_cache_path
        self.index_urls = _many(index_urls)
        self.index_urls_from_connection_ids = _many(index_urls_from_connection_ids)
        super().__init__(python_callable=python_callable, **kwargs)


def _many(given: Any) -> list[Any] | None:
    if not given:
        return None
    return [given] if isinstance(given, str) else list(given)


class ExternalPythonOperator(_Isolated):
    """In an interpreter that is there."""

    template_fields: Any = ("python", *PythonOperator.template_fields)

    def __init__(self, *, python: str, python_callable: Any, expect_pendulum: bool = False, **kwargs: Any) -> None:
        if not python:
            raise ValueError("Python Path must be defined in ExternalPythonOperator")
        self.python, self.expect_pendulum = python, expect_pendulum
        super().__init__(python_callable=python_callable, **kwargs)


class BranchPythonVirtualenvOperator(BaseBranchOperator, PythonVirtualenvOperator):
    """It chooses what goes on."""


class BranchExternalPythonOperator(BaseBranchOperator, ExternalPythonOperator):
    """It chooses what goes on."""


def _decorated(kind: str, operator: type[Any]) -> Any:
    class Decorated(_PythonDecoratedOperator, operator):  # type: ignore[misc]
        custom_operator_name = f"@task.{kind}"
        template_fields: Any = operator.template_fields
        _modelled = False

    Decorated.__name__ = Decorated.__qualname__ = f"_{operator.__name__}Decorated"

    @functools.wraps(task_decorator_factory)
    def decorator(python_callable: Any = None, multiple_outputs: bool | None = None, **kwargs: Any) -> Any:
        if not callable(python_callable) and python_callable is not None:
            kwargs, python_callable = {"python": python_callable, **kwargs}, None
        return task_decorator_factory(
            python_callable, multiple_outputs=multiple_outputs, decorated_operator_class=Decorated, **kwargs
        )

    return decorator


isolated_tasks = {
    "virtualenv": _decorated("virtualenv", PythonVirtualenvOperator),
    "external_python": _decorated("external_python", ExternalPythonOperator),
    "branch_virtualenv": _decorated("branch_virtualenv", BranchPythonVirtualenvOperator),
    "branch_external_python": _decorated("branch_external_python", BranchExternalPythonOperator),
}

__all__ = [
    "BranchExternalPythonOperator",
    "BranchPythonVirtualenvOperator",
    "ExternalPythonOperator",
    "PythonVirtualenvOperator",
]
