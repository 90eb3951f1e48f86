"""What a project sets an option to, as far as its own files tell: its configuration, else what starts it.

Not a reader of these formats: it looks for one option by name, where a value stands right behind it.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_LARGEST = 2_000_000  # bytes: what is larger is data
_VALUE = r"[\"']?\s*,?\s*(?:[\"']?value\b[\"']?)?\s*[:=]?\s*[\"']?(\w+)"


def settings_of(files: Sequence[Path], options: Iterable[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    """(option, value) of those of these options that these files set; where several do, the first found."""
    found = {option["option"]: setting(files, option) for option in options}
    return tuple((option, value) for option, value in found.items() if value)


def setting(files: Sequence[Path], option: Mapping[str, str]) -> str:
    """The value of an option (its ``section``, ``option``, ``variable``, ``file``), "" where no file tells it."""
    ways = (_variable(files, option["variable"]), _configured(files, option), _entry(files, option))
    return next((value for way in ways for value in way), "")


def _configured(files: Iterable[Path], option: Mapping[str, str]) -> Iterator[str]:
    for path in (path for path in files if path.name == option["file"]):
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        with suppress(configparser.Error):  # it tells nothing then
            parser.read_string(_text(path))
            if value := parser.get(option["section"], option["option"], fallback=""):
                yield value.strip()


def _variable(files: Iterable[Path], variable: str) -> Iterator[str]:
    """``NAME=value`` of shells and lists, ``NAME: value`` of mappings, ``name: NAME`` above ``value:``."""
    assigned = re.compile(rf"^[^#\n]*\b{re.escape(variable)}{_VALUE}", re.MULTILINE)
    for path in files:
        if variable in (text := _text(path)):
            yield from assigned.findall(text)


def _entry(files: Iterable[Path], option: Mapping[str, str]) -> Iterator[str]:
    """``option: value`` of a chart's values, ``"section.option" = "value"`` of a hosted Airflow."""
    name = option["option"]
    entry = re.compile(rf"^[^#\n]*?(?:^\s*|{option['section']}[.-]|[\"']){name}{_VALUE}", re.MULTILINE)
    for path in (path for path in files if path.name != option["file"]):
        if name in (text := _text(path)):
            yield from entry.findall(text)


def _text(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):  # it tells nothing then
        return path.read_text("utf-8") if path.stat().st_size <= _LARGEST else ""
    return ""
