"""What attrs says of a field of a DAG whose value has the wrong type (checked: 3.3.2).

Its message is a tuple that shows the field and its validator; where that has an address of the memory, ours is 0x0.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class _Shown:
    """Prints as this text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


class Field(NamedTuple):
    """A field, in the words of ``attrs.Attribute``."""

    kind: str
    type: str
    default: str = "None"
    validator: str = ""
    converter: str = "None"


def _optional(validator: str) -> str:
    return f"<optional validator for {validator} or None>"


def _instance(kind: str) -> str:
    return f"<instance_of validator for type {kind}>"


def _limit(option: str, *more: str) -> Field:
    config = "<airflow.sdk.configuration.AirflowSDKConfigParser object at 0x0>"
    getter = f"functools.partial(<bound method AirflowConfigParser.getint of {config}>, 'core', '{option}_per_dag')"
    validator = _instance("<class 'int'>")
    return Field(
        "<class 'int'>",
        "int",
        f"Factory(factory={getter}, takes_self=False)",
        f"_AndValidator(_validators=({', '.join([validator, *more])}))" if more else validator,
        "<function default_if_none.<locals>.default_if_none_converter at 0x0>",
    )


ALERT = "<class 'airflow.sdk.definitions.deadline.DeadlineAlert'>"
LIST = _instance("<class 'list'>")
FIELDS = {
    "description": Field("<class 'str'>", "str | None", validator=_optional(_instance("<class 'str'>"))),
    "dagrun_timeout": Field(
        "<class 'datetime.timedelta'>",
        "timedelta | None",
        validator=_optional(_instance("<class 'datetime.timedelta'>")),
    ),
    "dag_display_name": Field(
        "<class 'str'>",
        "str",
        "Factory(factory=<function _default_dag_display_name at 0x0>, takes_self=True)",
        _instance("<class 'str'>"),
    ),
    "max_active_tasks": _limit("max_active_tasks"),
    "max_active_runs": _limit("max_active_runs", "<function DAG._validate_max_active_runs at 0x0>"),
    "max_consecutive_failed_dag_runs": _limit("max_consecutive_failed_dag_runs"),
    "deadline": Field(
        ALERT,
        "list[DeadlineAlert] | DeadlineAlert | None",
        validator=_optional(f"<deep_iterable validator for {LIST} iterables of {_instance(ALERT)}>"),
        converter="<function _convert_deadline at 0x0>",
    ),
}


def wrong_type(name: str, value: Any) -> TypeError:
    """The error of a value that a field does not take."""
    field = FIELDS[name]
    shown = (
        f"Attribute(name='{name}', default={field.default}, validator={field.validator}, repr=True, eq=True, "
        "eq_key=None, order=True, order_key=None, hash=None, init=True, metadata=mappingproxy({}), "
        f"type='{field.type}', converter={field.converter}, kw_only=True, inherited=False, on_setattr=None, "
        f"alias='{name}')"
    )
    said = f"'{name}' must be {field.kind} (got {value!r} that is a {type(value)!r})."
    return TypeError(said, _Shown(shown), _Shown(field.kind), value)
