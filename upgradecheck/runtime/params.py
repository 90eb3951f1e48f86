"""Params on the server's side: a run's conf over the DAG's params, checked by their schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ParamsRefused(ValueError):
    """A param does not fit."""


def check_params(params: Mapping[str, Mapping[str, Any]], conf: Mapping[str, Any]) -> None:
    """Raises ``ParamsRefused``. A param is {"schema": …} with {"value": …} where it has a default."""
    if not params:
        return
    from jsonschema import FormatChecker, validate
    from jsonschema.exceptions import ValidationError

    for name, param in params.items():
        if name not in conf and "value" not in param:
            raise ParamsRefused(f"Invalid input for param {name}: No value passed and Param has no default value")
        value = conf.get(name, param.get("value"))
        try:
            validate(value, dict(param["schema"]), format_checker=FormatChecker())
        except ValidationError as error:
            raise ParamsRefused(f"Invalid input for param {name}: {error.message}") from error
