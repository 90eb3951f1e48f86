"""What a project sets an option to, as far as its own files tell: its configuration, else what starts it.

Not a reader of these formats: it looks for one option by name, where a value stands right behind it.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

_STARTS = ("Dockerfile*", "*compose*.y*ml", "values*.y*ml", ".env", "*.env")


def settings_of(root: Path, options: Iterable[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    """(option, value) of those of these options that the project sets; where several do, the first found."""
    found = {option["option"]: setting(root, option) for option in options}
    return tuple((option, value) for option, value in found.items() if value)


def setting(root: Path, option: Mapping[str, str]) -> str:
    """The value of an option (its ``section``, ``option``, ``variable``, ``file``), "" where no file tells it."""
    return next(_from_environment(root, option["variable"]), "") or next(_configured(root, option), "")


def _configured(root: Path, option: Mapping[str, str]) -> Iterator[str]:
    for path in sorted((*root.glob(option["file"]), *root.glob(f"*/{option['file']}"))):
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        with suppress(OSError, UnicodeDecodeError, configparser.Error):  # it tells nothing then
            parser.read_string(path.read_text("utf-8"))
            if value := parser.get(option["section"], option["option"], fallback=""):
                yield value.strip()


def _from_environment(root: Path, variable: str) -> Iterator[str]:
    """``NAME=value`` of shells, Dockerfiles and lists, ``NAME: value`` of mappings."""
    assigned = re.compile(rf"^[^#\n]*\b{re.escape(variable)}[\"']?\s*[:=]?\s*[\"']?(\w+)", re.MULTILINE)
    for pattern in _STARTS:
        for path in sorted((*root.glob(pattern), *root.glob(f"*/{pattern}"))):
            with suppress(OSError, UnicodeDecodeError):  # it tells nothing then
                yield from assigned.findall(path.read_text("utf-8"))
