"""Params: values with a JSON schema."""

from __future__ import annotations

import copy
import json
from collections.abc import ItemsView, Iterator, Mapping, MutableMapping, ValuesView
from typing import Any

from upgradecheck.runtime.sdk.exceptions import ParamValidationError
from upgradecheck.runtime.sdk.names import NOTSET, is_arg_set

HOME = "airflow.sdk.definitions.param"


class Param:
    """One value, its description and its schema."""

    __version__ = 1

    def __init__(
        self, default: Any = NOTSET, description: str | None = None, source: str | None = None, **kwargs: Any
    ) -> None:
        if is_arg_set(default):
            self._check_json(default)
        self.value, self.description, self.source = default, description, source
        self.schema: dict[str, Any] = kwargs.pop("schema") if "schema" in kwargs else kwargs

    def __copy__(self) -> Param:
        return Param(self.value, self.description, schema=self.schema, source=self.source)

    @staticmethod
    def _check_json(value: Any) -> None:
        try:
            json.dumps(value)
        except Exception:  # whatever a value's own code raises: it is not JSON
            raise ParamValidationError(
                f"All provided parameters must be json-serializable. The value '{value}' is not serializable."
            ) from None

    def resolve(self, value: Any = NOTSET, suppress_exception: bool = False) -> Any:
        """The value, checked. Raises ``ParamValidationError``."""
        from jsonschema import FormatChecker, validate
        from jsonschema.exceptions import ValidationError

        if is_arg_set(value):
            self._check_json(value)
        final = value if is_arg_set(value) else self.value
        if not is_arg_set(final):
            if suppress_exception:
                return None
            raise ParamValidationError("No value passed and Param has no default value")
        try:
            validate(final, self.schema, format_checker=FormatChecker())
        except ValidationError as error:
            if suppress_exception:
                return None
            raise ParamValidationError(error) from None
        self.value = final
        return final

    @property
    def has_value(self) -> bool:
        """Is there a value that says something?"""
        return is_arg_set(self.value) and self.value is not None

    def dump(self) -> dict[str, Any]:
        """As a dictionary."""
        return {**self.__dict__, "value": self.value if is_arg_set(self.value) else None}

    def serialize(self) -> dict[str, Any]:
        """As an XCom keeps it."""
        return dict(vars(self))

    @staticmethod
    def deserialize(data: dict[str, Any], version: int) -> Param:
        """Out of an XCom."""
        value, schema = data["value"], data["schema"]
        return Param(value, description=data.get("description"), schema=schema, source=data.get("source"))


class ParamsDict(MutableMapping[str, Any]):
    """Params by name; reading one checks it."""

    def __init__(self, dict_obj: Mapping[str, Any] | None = None, suppress_exception: bool = False) -> None:
        items = dict_obj._params.items() if isinstance(dict_obj, ParamsDict) else (dict_obj or {}).items()
        self._params: dict[str, Param] = {k: v if isinstance(v, Param) else Param(v) for k, v in items}
        self.suppress_exception = suppress_exception

    def __bool__(self) -> bool:
        return bool(self._params)

    def __copy__(self) -> ParamsDict:
        return ParamsDict(self._params, self.suppress_exception)

    def __deepcopy__(self, memo: Any) -> ParamsDict:
        return ParamsDict(copy.deepcopy(self._params, memo), self.suppress_exception)

    def __eq__(self, other: object) -> bool:
        return self.dump() == (other.dump() if isinstance(other, ParamsDict) else other)

    def __contains__(self, key: object) -> bool:
        return key in self._params

    def __len__(self) -> int:
        return len(self._params)

    def __delitem__(self, key: str) -> None:
        del self._params[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __repr__(self) -> str:
        return repr(self.dump())

    def __setitem__(self, key: str, value: Any) -> None:
        if isinstance(value, Param):
            self._params[key] = value
        elif key in self._params:
            try:
                self._params[key].resolve(value=value, suppress_exception=self.suppress_exception)
            except ParamValidationError as error:
                raise ParamValidationError(f"Invalid input for param {self._params[key]}: {error}") from None
        else:
            self._params[key] = Param(value)

    def __getitem__(self, key: str) -> Any:
        return self._params[key].resolve(suppress_exception=self.suppress_exception)

    def get_param(self, key: str) -> Param:
        """The param itself."""
        return self._params[key]

    def items(self) -> ItemsView[str, Any]:
        """Names and params, not values: as in Airflow."""
        return ItemsView(self._params)

    def values(self) -> ValuesView[Any]:
        """The params, not their values: as in Airflow."""
        return ValuesView(self._params)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Take others in; params replace params, values are checked against them."""
        if len(args) == 1 and not kwargs and isinstance(args[0], ParamsDict):
            return super().update(args[0]._params)
        return super().update(*args, **kwargs)

    def dump(self) -> dict[str, Any]:
        """The values; None where one does not fit."""
        return {key: param.resolve(suppress_exception=True) for key, param in self._params.items()}

    def validate(self) -> dict[str, Any]:
        """The values. Raises ``ParamValidationError``."""
        found = {}
        for key, param in self._params.items():
            try:
                found[key] = param.resolve(suppress_exception=self.suppress_exception)
            except ParamValidationError as error:
                raise ParamValidationError(f"Invalid input for param {key}: {error}") from None
        return found

    def filter_params_by_source(self, params: Any, source: str) -> ParamsDict:
        """Those of one source."""
        return ParamsDict({k: p for k, p in params._params.items() if p.source == source})


class ResolveMixin:
    """A value that only a running task knows."""

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        """The tasks and keys it is made from."""
        raise NotImplementedError

    def resolve(self, context: Any) -> Any:
        """The value, in a task's context."""
        raise NotImplementedError


class DagParam(ResolveMixin):
    """A param of the DAG as an argument of a task."""

    def __init__(self, current_dag: Any, name: str, default: Any = NOTSET) -> None:
        if is_arg_set(default):
            current_dag.params[name] = default
        self._name, self._default, self.current_dag = name, default, current_dag

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        """No task."""
        return iter(())

    def resolve(self, context: Any) -> Any:
        """Of the run's conf, else the default, else the param."""
        conf = context["dag_run"].conf or {}
        if self._name in conf:
            return conf[self._name]
        if is_arg_set(self._default):
            return self._default
        if self._name in context["params"]:
            return context["params"][self._name]
        from upgradecheck.runtime.sdk.exceptions import AirflowException

        raise AirflowException(f"No value could be resolved for parameter {self._name}")


def process_params(dag: Any, task: Any, conf: dict[str, Any] | None, *, suppress_exception: bool) -> dict[str, Any]:
    """DAG's defaults, the task's, then the run's conf over both. Raises ``ParamValidationError``."""
    params = ParamsDict(suppress_exception=suppress_exception)
    params.update(copy.deepcopy(dag.params))
    if task.params:
        params.update(task.params)
    if conf:
        params.update(conf)
    return params.validate()


__all__ = ["DagParam", "Param", "ParamsDict", "ResolveMixin"]
HOMES = {"ResolveMixin": "airflow.sdk.definitions._internal.mixins"}
