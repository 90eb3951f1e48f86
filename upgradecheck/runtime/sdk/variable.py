"""Variables, through the task API."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from upgradecheck.runtime import questions, task_api
from upgradecheck.runtime.current import Refused, door, in_task, invalid
from upgradecheck.runtime.sdk.exceptions import AirflowRuntimeError, ErrorType
from upgradecheck.runtime.sdk.names import NOTSET

HOME = "airflow.sdk.definitions.variable"


class ErrorResponse:
    """What a refusal carries."""

    def __init__(self, error: ErrorType, detail: Any) -> None:
        self.error, self.detail = error, detail


def refused(error: Refused) -> AirflowRuntimeError:
    """A refusal of the task API as the SDK raises it."""
    return AirflowRuntimeError(ErrorResponse(ErrorType(error.error), error.detail))


def _missing(key: str) -> AirflowRuntimeError:
    detail = {"message": f"Variable {key} not found"}
    return AirflowRuntimeError(ErrorResponse(ErrorType.VARIABLE_NOT_FOUND, detail))


@dataclass
class Variable:
    """A value that a deployment keeps by name."""

    key: str
    value: Any = None
    description: str | None = None

    @classmethod
    def get(cls, key: str, default: Any = NOTSET, deserialize_json: bool = False) -> Any:
        """The value. Raises ``AirflowRuntimeError`` where there is none and no default; a text that is no JSON is
        logged, and counts as none (checked)."""
        found = os.environ.get(f"AIRFLOW_VAR_{str(key).upper()}")
        if found is None:
            found = door().ask(questions.GetVariable(str(key))) if in_task() else PARSING.get(key)
        if found is not None:
            with suppress(json.JSONDecodeError):
                return json.loads(found) if deserialize_json else found
        if default is NOTSET:
            raise _missing(key)
        return default

    @classmethod
    def keys(cls, prefix: str | None = None) -> Any:
        """The names."""
        return door().ask(questions.GetVariableKeys(prefix))

    @classmethod
    def set(cls, key: str, value: Any, description: str | None = None, serialize_json: bool = False) -> None:
        """Keep a text. Raises ``ValidationError`` for anything else but None, which is kept as "None" (checked)."""
        text = json.dumps(value, indent=2) if serialize_json else value
        if not isinstance(text, str | None):
            raise invalid("PutVariable", "value", "Input should be a valid string", "string_type", text)
        if in_task():
            door().ask(task_api.PutVariable(key, str(text)))
        else:
            PARSING[key] = str(text)

    @classmethod
    def delete(cls, key: str) -> None:
        """Forget one."""
        if in_task():
            door().ask(task_api.DeleteVariable(key))
        else:
            PARSING.pop(key, None)


PARSING: dict[str, str] = {}
"""What the plan gives: files read variables while they are loaded, too."""


class ModelVariable(Variable):
    """``airflow.models.Variable``: another name for the default."""

    @classmethod
    def get(cls, key: str, default_var: Any = NOTSET, deserialize_json: bool = False, team_name: Any = None) -> Any:
        """As ``airflow.sdk.Variable.get``."""
        return Variable.get(key, default_var, deserialize_json)

    @classmethod
    def setdefault(cls, key: str, default: Any, description: Any = None, deserialize_json: bool = False) -> Any:
        """The value, set where there is none."""
        found = Variable.get(key, None, deserialize_json)
        if found is None:
            Variable.set(key, default, serialize_json=deserialize_json)
            return default
        return found


ModelVariable.__name__ = ModelVariable.__qualname__ = "Variable"
__all__ = ["Variable"]
ALSO = {"airflow.models.variable.Variable": ModelVariable}
