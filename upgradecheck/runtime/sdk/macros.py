"""``macros`` in templates."""

from __future__ import annotations

import json
import time
import uuid
from datetime import datetime, timedelta
from random import random
from typing import Any

import dateutil
import pendulum
import yaml

HOME = "airflow.sdk.execution_time.macros"


def ds_add(ds: str, days: int) -> str:
    """A date so many days later."""
    if not days:
        return str(ds)
    return (datetime.strptime(str(ds), "%Y-%m-%d") + timedelta(days)).strftime("%Y-%m-%d")


def ds_format(ds: str, input_format: str, output_format: str) -> str:
    """A date in another form."""
    return datetime.strptime(str(ds), input_format).strftime(output_format)


def ds_format_locale(ds: str, input_format: str, output_format: str, locale: Any = None) -> str:
    """A date in another form, in the words of a language."""
    from babel import Locale
    from babel.dates import LC_TIME, format_datetime

    given = datetime.strptime(str(ds), input_format)
    return str(format_datetime(given, output_format, locale=locale or LC_TIME or Locale("en_US")))


def datetime_diff_for_humans(dt: Any, since: Any = None) -> str:
    """A span in words."""
    found = pendulum.instance(dt).diff_for_humans(pendulum.instance(since) if since is not None else None)
    return str(found)


__all__ = ["datetime_diff_for_humans", "ds_add", "ds_format", "ds_format_locale"]
_ = (dateutil, json, random, time, uuid, yaml)  # templates reach them through ``macros``
