"""``@asset``: a function, its asset and its DAG at once."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from upgradecheck.runtime.sdk.assets import Asset, AssetAll
from upgradecheck.runtime.sdk.dag import DAG
from upgradecheck.runtime.sdk.python_ops import PythonOperator

HOME = "airflow.sdk"
OF_THE_DAG = {
    *("is_paused_upon_creation", "dag_display_name", "description", "params", "on_success_callback"),
    *("on_failure_callback", "access_control", "owner_links", "tags"),
}
WILDCARDS: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
NO_INLETS = ("self", "context", "outlet_events")


class _AssetMainOperator(PythonOperator):
    """The one task: its parameters name other assets, itself, the context."""

    def __init__(self, *, definition_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._definition_name = definition_name

    def _arguments(self, context: Any) -> Iterator[tuple[str, Any]]:
        from upgradecheck.runtime.asset_events import asset_key

        for name, parameter in inspect.signature(self.python_callable).parameters.items():
            if parameter.default is not inspect.Parameter.empty:
                yield name, parameter.default
            elif name == "context":
                yield name, context
            elif name == "outlet_events":
                yield name, context["outlet_events"]
            else:
                yield name, asset_key(self._definition_name if name == "self" else name, None).to_asset()

    def determine_kwargs(self, context: Any) -> Mapping[str, Any]:
        """The assets that it names. Raises ``AirflowRuntimeError`` for one that nobody knows."""
        return dict(self._arguments(context))


def _check_parameter(name: str, parameter: inspect.Parameter) -> None:
    if stars := WILDCARDS.get(parameter.kind):
        raise TypeError(f"wildcard '{stars}{name}' is not supported in @asset")
    if parameter.kind is parameter.POSITIONAL_ONLY and parameter.default is parameter.empty:
        raise TypeError(f"positional-only argument '{name}' without a default is not supported in @asset")


def _make_task(definition: Any, function: Any) -> None:
    outlets = list(definition.iter_outlets())
    if getattr(function, "_is_task_decorator", False):
        if "outlets" in function.kwargs:
            raise TypeError("@task decorator with 'outlets' argument is not supported in @asset")
        function.kwargs["outlets"] = outlets
        function()
        return
    parameters = inspect.signature(function).parameters.items()
    for name, parameter in parameters:
        _check_parameter(name, parameter)
    names = [n for n, p in parameters if n not in NO_INLETS and p.default is inspect.Parameter.empty]
    _AssetMainOperator(
        task_id=function.__name__,
        inlets=[Asset.ref(name=name) for name in names],
        outlets=outlets,
        python_callable=function,
        definition_name=definition.name,
    )


class AssetDefinition(Asset):
    """An asset that a function makes."""

    def iter_outlets(self) -> Iterator[Any]:
        """Itself."""
        yield self


class MultiAssetDefinition(AssetAll):
    """Several assets that a function makes."""

    name: str

    def iter_outlets(self) -> Iterator[Any]:
        """They."""
        yield from self.objects


class _Factory:
    OWN: tuple[str, ...] = ()

    def __init__(self, *, schedule: Any, dag_id: str | None = None, **given: Any) -> None:
        self.schedule, self.dag_id = schedule, dag_id
        self.own = {name: given.pop(name) for name in self.OWN if name in given}
        for name in given:
            if name not in OF_THE_DAG:
                raise TypeError(f"{type(self).__qualname__}.__init__() got an unexpected keyword argument {name!r}")
        self.given = given

    def _dag(self, default: str) -> DAG:
        return DAG(self.dag_id or default, schedule=self.schedule, catchup=False, auto_register=True, **self.given)

    @staticmethod
    def _check(function: Any) -> None:
        if function.__name__ != function.__qualname__:
            raise ValueError("nested function not supported")


class asset(_Factory):
    """``@asset(schedule=…)``."""

    OWN = ("name", "uri", "group", "extra", "watchers")

    def __init__(self, *, schedule: Any, dag_id: str | None = None, **given: Any) -> None:
        super().__init__(schedule=schedule, dag_id=dag_id, **given)

    def __call__(self, f: Any) -> AssetDefinition:
        """The asset; its DAG registers itself."""
        self._check(f)
        name = self.own.get("name") or f.__name__
        uri = self.own.get("uri")
        fields = {key: self.own[key] for key in ("group", "extra", "watchers") if key in self.own}
        made = AssetDefinition(name=name, uri=name if uri is None else str(uri), **fields)
        with self._dag(name):
            _make_task(made, f)
        return made

    class multi(_Factory):
        """``@asset.multi(schedule=…, outlets=…)``."""

        def __init__(self, *, schedule: Any, outlets: Any, dag_id: str | None = None, **given: Any) -> None:
            super().__init__(schedule=schedule, dag_id=dag_id, **given)
            self.outlets = outlets

        def __call__(self, f: Any) -> MultiAssetDefinition:
            """The assets; their DAG registers itself."""
            self._check(f)
            if not self.outlets:
                raise ValueError("no outlets provided")
            made = MultiAssetDefinition(*self.outlets)
            made.name = f.__name__
            with self._dag(f.__name__):
                _make_task(made, f)
            return made


__all__ = ["asset"]
