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
    texts = {
        path: text for path in files if option["option"] in (text := _text(path)) or option["variable"] in text
    }
    ways = (_variable(texts, option["variable"]), _configured(texts, option), _entry(texts, option))
    return next((value for way in ways for value in way), "")


def _configured(texts: Mapping[Path, str], option: Mapping[str, str]) -> Iterator[str]:
    for text in (text for path, text in texts.items() if path.name == option["file"]):
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        with suppress(configparser.Error):  # it tells nothing then
            parser.read_string(text)
            if value := parser.get(option["section"], option["option"], fallback=""):
                yield value.strip()


def _variable(texts: Mapping[Path, str], variable: str) -> Iterator[str]:
    """``NAME=value`` of shells and lists, ``NAME: value`` of mappings, ``name: NAME`` above ``value:``."""
    assigned = re.compile(rf"^[^#\n]*\b{re.escape(variable)}{_VALUE}", re.MULTILINE)
    for text in texts.values():
        yield from assigned.findall(text)


def _entry(texts: Mapping[Path, str], option: Mapping[str, str]) -> Iterator[str]:
    """``option: value`` of a chart's values, ``"section.option" = "value"`` of a hosted Airflow."""
    name = option["option"]
    entry = re.compile(rf"^[^#\n]*?(?:^\s*|{option['section']}[.-]|[\"']){name}{_VALUE}", re.MULTILINE)
    for text in (text for path, text in texts.items() if path.name != option["file"]):
        yield from entry.findall(text)


def _text(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):  # it tells nothing then
        return path.read_text("utf-8") if path.stat().st_size <= _LARGEST else ""
    return ""
