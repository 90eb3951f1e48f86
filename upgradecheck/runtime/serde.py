"""XCom values as stored JSON and back (Airflow's ``sdk.serde``): JSON as it is, the rest with class and version."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import importlib
import math
import re
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

import pendulum

CLASS, VERSION, DATA, SCHEMA = "__classname__", "__version__", "__data__", "__id__"
PRIMITIVES = (int, bool, float, str)
DEPTH = 900
DATES = (datetime.date, datetime.datetime, datetime.timedelta, pendulum.DateTime, pendulum.Date)
OLDER_NAMES = {
    **{name: f"builtins.{name}" for name in ("tuple", "set", "frozenset")},
    **{name: f"datetime.{name}" for name in ("timedelta", "datetime")},
}
ZONES = (pendulum.FixedTimezone, pendulum.Timezone, zoneinfo.ZoneInfo)


def qualname(value: Any) -> str:
    """``module.Class`` of a value or class."""
    kind = value if isinstance(value, type) else type(value)
    return f"{kind.__module__}.{kind.__qualname__}"


def encode(name: str, version: int, data: Any) -> dict[str, Any]:
    """The stored form of what is not JSON."""
    return {CLASS: name, VERSION: version, DATA: data}


def serialize(value: Any, depth: int = 0) -> Any:
    """JSON. Raises ``TypeError``, ``AttributeError``, ``RecursionError``, ``ValueError`` as Airflow does."""
    if depth > DEPTH:
        raise RecursionError("maximum recursion depth reached for serialization")
    if value is None:
        return None
    if isinstance(value, list):
        return [serialize(item, depth + 1) for item in value]
    if isinstance(value, dict):
        if CLASS in value or SCHEMA in value:
            raise AttributeError(f"reserved key {CLASS} or {SCHEMA} found in dict to serialize")
        return {str(key): serialize(item, depth + 1) for key, item in value.items()}
    return _other(value, depth)


def _other(value: Any, depth: int) -> Any:
    named = isinstance(value, tuple) and hasattr(value, "_fields")
    name = "builtins.tuple" if named else qualname(value)
    if name in ("builtins.tuple", "builtins.set", "builtins.frozenset"):
        return encode(name, 1, [serialize(item, depth + 2) for item in value])
    for kinds, version, convert in KNOWN:
        if type(value) in kinds:
            return encode(name, version, serialize(convert(value), depth + 1))
    if hasattr(type(value), "model_dump") and hasattr(type(value), "model_fields"):
        return encode(name, 1, serialize(value.model_dump(mode="json"), depth + 1))
    if isinstance(value, PRIMITIVES):
        return value.value if isinstance(value, enum.Enum) else _finite(value)
    return _object(value, name, depth)


def _finite(value: Any) -> Any:
    value = next(kind(value) for kind in (bool, int, float, str) if isinstance(value, kind))
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("Out of range float values are not JSON compliant")
    return value


def _object(value: Any, name: str, depth: int) -> Any:
    version = getattr(type(value), "__version__", 0)
    if type(value).__module__ == "numpy":
        return encode(name, 1, value.tolist())
    if hasattr(value, "serialize"):
        data = value.serialize()
        return encode(name, version, serialize(data, depth + 1) if isinstance(data, dict) else data)
    if dataclasses.is_dataclass(value):
        return encode(name, version, serialize(dataclasses.asdict(value), depth + 1))  # type: ignore[arg-type]
    if hasattr(type(value), "__attrs_attrs__"):
        fields = {field.name: getattr(value, field.name) for field in type(value).__attrs_attrs__ if field.init}
        return encode(name, version, serialize(fields, depth + 1))
    raise TypeError(
        f"Cannot serialize object of type {type(value)}. Give it a `serialize()` method and a "
        "`deserialize(data, version)` staticmethod, or decorate the class with @dataclass or @attr.define."
    )


def _date(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return {"timestamp": value.timestamp(), "tz": _zone(value.tzinfo) if value.tzinfo else None}
    return value.total_seconds() if isinstance(value, datetime.timedelta) else value.isoformat()


def _zone_name(zone: Any) -> Any:
    if isinstance(zone, pendulum.FixedTimezone):
        return "UTC" if zone.offset == 0 else zone.offset
    for attribute in ("key", "name", "zone"):
        if hasattr(zone, attribute):
            return getattr(zone, attribute)
    return None


def _zone(zone: Any) -> tuple[Any, str, int, bool]:
    if (name := _zone_name(zone)) is not None:
        return name, qualname(zone), 1, True
    if zone.utcoffset(None) == datetime.timedelta(0):
        return "UTC", "pendulum.tz.timezone.FixedTimezone", 1, True
    return "", "", 0, False


def _decimal(value: decimal.Decimal) -> int | float:
    exponent = value.as_tuple().exponent
    return int(value) if isinstance(exponent, int) and exponent >= 0 else float(value)


KNOWN: tuple[tuple[tuple[type, ...], int, Callable[[Any], Any]], ...] = (
    (DATES, 2, _date),
    (ZONES, 1, _zone_name),
    ((decimal.Decimal,), 1, _decimal),
    ((uuid.UUID,), 1, str),
)


def deserialize(stored: Any, allowed: Callable[[str], bool] | None = None) -> Any:
    """The value. Raises ``ImportError`` for a class that may not be loaded."""
    if stored is None or isinstance(stored, PRIMITIVES):
        return stored
    if isinstance(stored, list):
        return [deserialize(item, allowed) for item in stored]
    stored = _renewed(stored)
    if CLASS not in stored or VERSION not in stored:
        return {str(key): deserialize(item, allowed) for key, item in stored.items()}
    return _decoded(stored[CLASS], stored[VERSION], stored.get(DATA), allowed)


def _renewed(stored: dict[str, Any]) -> Any:
    """What an older release wrote, as it is written now (``_convert`` of ``airflow.sdk.serde``)."""
    if "__type" not in stored or "__var" not in stored:
        return stored
    kind, data = stored["__type"], stored["__var"]
    return data if kind == "dict" else encode(OLDER_NAMES.get(kind, kind), 0, data)


def _decoded(name: str, version: int, data: Any, allowed: Callable[[str], bool] | None) -> Any:
    if not name:
        raise TypeError("classname cannot be empty")
    inner = deserialize(data, allowed)
    builtin = {"builtins.tuple": tuple, "builtins.set": set, "builtins.frozenset": frozenset}
    if name in builtin:
        return builtin[name](inner)
    for kinds, _, _ in KNOWN:
        for kind in kinds:
            if qualname(kind) == name:
                return _known(kind, inner)
    if name.startswith("numpy."):
        numpy = importlib.import_module("numpy")
        return getattr(numpy, name.rpartition(".")[2])(inner) if name != "numpy.ndarray" else numpy.array(inner)
    if not (allowed or may_load)(name):
        raise ImportError(
            f"{name} was not found in allow list for deserialization imports. To allow it, add it to "
            "allowed_deserialization_classes in the configuration"
        )
    return _loaded(name, version, inner)


def _known(kind: Any, data: Any) -> Any:
    if kind in (datetime.datetime, pendulum.DateTime):
        zone = pendulum.timezone(data["tz"][0]) if data["tz"] else None  # whatever class it had
        return kind.fromtimestamp(float(data["timestamp"]), tz=zone)
    if kind is datetime.timedelta:
        return datetime.timedelta(seconds=float(data))
    if kind in (datetime.date, pendulum.Date):
        return kind.fromisoformat(data)
    if kind in ZONES:
        return _known_zone(data, qualname(kind))
    return kind(str(data))


def _known_zone(name: Any, kind: str) -> Any:
    return zoneinfo.ZoneInfo(name) if kind.endswith("ZoneInfo") else pendulum.timezone(name)


def may_load(name: str) -> bool:
    """``[core] allowed_deserialization_classes`` and its regular expressions."""
    import fnmatch

    from upgradecheck.runtime.sdk.configuration import conf

    given = conf.get("core", "allowed_deserialization_classes").split()
    patterns = conf.get("core", "allowed_deserialization_classes_regexp").split()
    return any(fnmatch.fnmatch(name, each) for each in given) or any(re.fullmatch(each, name) for each in patterns)


def _loaded(name: str, version: int, data: Any) -> Any:
    module, _, short = name.rpartition(".")
    try:
        kind = getattr(importlib.import_module(module), short)
    except AttributeError as error:
        raise ImportError(f'Module "{module}" does not define a "{short}" attribute/class') from error
    if hasattr(kind, "deserialize"):
        return kind.deserialize(data, version)
    if hasattr(kind, "model_validate"):
        return kind.model_validate(data)
    return kind(**data)
