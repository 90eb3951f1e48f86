"""``conf``: the options of 3.3.2 with their defaults; the environment may say otherwise."""

from __future__ import annotations

import csv
import json
import os
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from upgradecheck.runtime import dialect
from upgradecheck.runtime.sdk.exceptions import AirflowConfigException

HOME = "airflow.sdk.configuration"
NO_DATABASE = "airflow-db-not-allowed:///"


class Configuration:
    """Reads options as Airflow does: the environment first, then ``rules/tables/conf_defaults.csv``."""

    def __init__(self) -> None:
        self.defaults: dict[tuple[str, str], str] = {}
        self.homes: dict[tuple[str, str], tuple[str, str]] = {}  # where an older name leads

    def load(self, tables: Path) -> None:
        """Read the table."""
        with (tables / "conf_defaults.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                section, _, option = row["home"].partition(".")
                name = row["section"], row["option"]
                if section:
                    self.homes[name] = (section, option)
                else:
                    self.defaults[name] = row["default"]

    def get(self, section: str, key: str, **kwargs: Any) -> Any:
        """Text. Raises ``AirflowConfigException`` for an option that is not there."""
        asked = self.homes.get((section.lower(), key.lower()), (section.lower(), key.lower()))
        section, key = asked
        if asked == ("database", "sql_alchemy_conn"):
            return NO_DATABASE
        for name in (asked, *(old for old, home in self.homes.items() if home == asked)):
            if (variable := _variable(*name)) in os.environ:
                return os.environ[variable]
        for defaults in (dialect.current().options, self.defaults):
            if asked in defaults:
                return defaults[asked]
        if "fallback" in kwargs:
            return kwargs["fallback"]
        raise AirflowConfigException(f"section/key [{section}/{key}] not found in config")

    def getboolean(self, section: str, key: str, **kwargs: Any) -> bool:
        """True or false."""
        value = str(self.get(section, key, **kwargs)).lower().split("#")[0].strip()
        if value in ("t", "true", "1"):
            return True
        if value in ("f", "false", "0"):
            return False
        raise _failed("value to bool", section, key, value)

    def getint(self, section: str, key: str, **kwargs: Any) -> int:
        """A number."""
        value = self._given("int", section, key, **kwargs)
        try:
            number = float(value)
        except ValueError:
            raise _failed("value to int", section, key, value) from None
        if number != int(number):
            raise _failed("value to int", section, key, value)
        return int(number)

    def getfloat(self, section: str, key: str, **kwargs: Any) -> float:
        """A number."""
        value = self._given("float", section, key, **kwargs)
        try:
            return float(value)
        except ValueError:
            raise _failed("value to float", section, key, value) from None

    def _given(self, kind: str, section: str, key: str, **kwargs: Any) -> Any:
        value = self.get(section, key, **kwargs)
        if value is None:
            raise AirflowConfigException(
                f'Failed to convert value None to {kind}. Please check "{key}" key in "{section}" section is set.'
            )
        return value

    def getlist(self, section: str, key: str, delimiter: str = ",", **kwargs: Any) -> Any:
        """Words between commas."""
        value = self.get(section, key, **kwargs)
        if value is None or isinstance(value, list):
            return value
        return [word.strip() for word in value.split(delimiter)] if value else []

    def getjson(self, section: str, key: str, fallback: Any = None, **kwargs: Any) -> Any:
        """What a text of JSON says."""
        value = self.get(section, key, **{**kwargs, "fallback": None})
        if not value:
            return fallback
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise AirflowConfigException(f"Unable to parse [{section}] {key!r} as valid json") from error

    def gettimedelta(self, section: str, key: str, fallback: Any = None, **kwargs: Any) -> Any:
        """Seconds, as a span."""
        value = self.get(section, key, **{**kwargs, "fallback": fallback})
        if not value:
            return fallback
        try:
            return timedelta(seconds=int(value))
        except ValueError:
            raise _failed("value to int", section, key, value) from None

    def getimport(self, section: str, key: str, **kwargs: Any) -> Any:
        """The object of that dotted name; None where the option is empty."""
        name = self.get(section, key, **kwargs)
        if not name:
            return None
        module, _, member = name.rpartition(".")
        try:
            return getattr(import_module(module), member)
        except (ImportError, AttributeError):
            raise AirflowConfigException(
                f'The object could not be loaded. Please check "{key}" key in "{section}" section. '
                f'Current value: "{name}".'
            ) from None

    def getsection(self, section: str, **kwargs: Any) -> dict[str, Any] | None:
        """All options of a section, numbers and truths as such; None where there is no such section."""
        names = {option: self.get(section, option) for one, option in self.defaults if one == section}
        start = _variable(section, "")
        names |= {
            name.removeprefix(start).lower(): value for name, value in os.environ.items() if name.startswith(start)
        }
        return {option: _read(value) for option, value in names.items()} or None

    def as_dict(self, *args: Any, **kwargs: Any) -> dict[str, dict[str, Any]]:
        """All sections."""
        found: dict[str, dict[str, Any]] = {}
        for section, option in self.defaults:
            found.setdefault(section, {})[option] = self.get(section, option)
        return found

    def get_mandatory_value(self, section: str, key: str, **kwargs: Any) -> str:
        """Text. Raises ``ValueError`` for None."""
        value = self.get(section, key, **kwargs)
        if value is None:
            raise ValueError(f"The value {section}/{key} should be set!")
        return str(value)

    def get_mandatory_list_value(self, section: str, key: str, **kwargs: Any) -> list[str]:
        """Words between commas. Raises ``ValueError`` for None."""
        value: list[str] | None = self.getlist(section, key, **kwargs)
        if value is None:
            raise ValueError(f"The value {section}/{key} should be set!")
        return value

    def has_option(self, section: str, key: str, **kwargs: Any) -> bool:
        """Is it there?"""
        try:
            self.get(section, key)
        except AirflowConfigException:
            return False
        return True


def _variable(section: str, key: str) -> str:
    """The variable of the environment that sets an option."""
    return f"AIRFLOW__{section.replace('.', '_').replace('-', '_').upper()}__{key.upper()}"


def _failed(doing: str, section: str, key: str, value: Any) -> AirflowConfigException:
    return AirflowConfigException(
        f'Failed to convert {doing}. Please check "{key}" key in "{section}" section. Current value: "{value}".'
    )


def _read(value: str) -> Any:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(value)
    return {"t": True, "true": True, "f": False, "false": False}.get(value.lower(), value)


conf = Configuration()

__all__ = ["conf"]
HOMES = {"conf": "airflow.sdk"}
ALSO = {"airflow.configuration.conf": conf}
