"""The ignore-file: findings that a project lives with, each entry with its reason, in git.

Reading is strict, since a slip here would hide findings or bring them back: whatever is not as it
should be is a `ConfigError` that names file, line and remedy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from upgradecheck.config import ConfigError
from upgradecheck.hints import near

_KEYS = ("rule", "path", "subject", "reason", "until", "owner")
_HEADER = re.compile(r"[ \t]*\[\[[ \t]*([\"']?)ignore\1[ \t]*\]\]")
_STRING_OR_COMMENT = re.compile(
    r"#[^\n]*|\"\"\"(?:\\.|[^\\])*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'", re.DOTALL
)


class Entry(Struct, frozen=True):
    """One ``[[ignore]]``. ``path`` and ``subject`` are globs; ``until`` is the last day on which it holds."""

    line: int
    rule: str
    reason: str
    path: str = ""
    subject: str = ""
    until: date | None = None
    owner: str = ""

    def expired(self, today: date) -> bool:
        """Whether it no longer suppresses."""
        return self.until is not None and self.until < today


def read(path: Path, rules: Collection[str]) -> tuple[Entry, ...]:
    """The entries of an ignore-file; ``rules`` are the ids that exist. Raises `ConfigError`."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}): give read permission") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: it is not UTF-8: save it as UTF-8") from error
    return parse(text, str(path), rules)


def parse(text: str, name: str, rules: Collection[str]) -> tuple[Entry, ...]:
    """The entries in a text. Raises `ConfigError`."""
    import tomli

    try:
        data = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML ({error})") from error
    for key in data:
        if key != "ignore":
            raise ConfigError(f"{name}{_at(text, key)}: unknown key {key!r}: entries start with [[ignore]]")
    tables = data.get("ignore", [])
    starts = list(_headers(text))
    if not isinstance(tables, list) or len(tables) != len(starts):
        raise ConfigError(f"{name}{_at(text, 'ignore')}: write each entry as a table that starts with [[ignore]]")
    ends = [*starts[1:], text.count("\n") + 2]
    places = (_Place(name, text.split("\n"), *bounds) for bounds in zip(starts, ends, strict=False))
    return tuple(_entry(table, place, rules) for table, place in zip(tables, places, strict=True))


class _Place(Struct, frozen=True):
    """The lines of one entry, to say where a slip is."""

    name: str
    lines: list[str]
    start: int
    end: int

    def error(self, what: str, key: str = "") -> ConfigError:
        """The error, at the key's line where the entry has that key, else at its first."""
        own = range(self.start, min(self.end, len(self.lines) + 1))
        pattern = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=") if key else _HEADER
        line = next((number for number in own if pattern.match(self.lines[number - 1])), self.start)
        return ConfigError(f"{self.name}:{line}: {what}")


def _entry(table: dict[str, Any], place: _Place, rules: Collection[str]) -> Entry:
    for key, value in table.items():
        if key not in _KEYS:
            meant = near(key, _KEYS)
            hint = f"did you mean {meant!r}?" if meant else f"known are {', '.join(_KEYS)}"
            raise place.error(f"unknown key {key!r}: {hint}", key)
        if key != "until" and not isinstance(value, str):
            raise place.error(f"{key!r} has to be a string, it is {value!r}", key)
        if isinstance(value, str) and not value.strip():
            raise place.error(f"{key!r} is empty: {_remedy(key)}", key)
    for key in ("rule", "reason"):
        if key not in table:
            raise place.error(f"{key!r} is missing: {_remedy(key)}")
    if table["rule"] not in rules:
        raise place.error(no_rule(table["rule"], rules), "rule")
    return Entry(place.start, **{**table, "until": _until(table.get("until"), place)})


def _remedy(key: str) -> str:
    if key == "reason":
        return "say why the finding is left, so that others can judge it"
    return "name the rule that it is about" if key == "rule" else "leave it out, or say what it is"


def no_rule(name: str, rules: Collection[str]) -> str:
    """What to say to somebody who named a rule that is none."""
    bare, _, subject = name.partition("[")
    meant = near(bare, rules)
    hint = f"did you mean {meant}?" if meant else "`upgradecheck rules` lists them"
    if bare in rules:
        hint = f"write rule = {bare!r} and, on a line of its own, subject = {subject.removesuffix(']')!r}"
    return f"there is no rule {name!r}: {hint}"


def _until(value: Any, place: _Place) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return as_date(str(value))
    except ConfigError as error:
        raise place.error(str(error), "until") from error


def as_date(text: str) -> date:
    """A day as people write it in files and options. Raises `ConfigError`."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise ConfigError(f"'until' is no date ({error}): {text!r}") from error
    raise ConfigError(f"'until' is no date: write {text!r} like 2026-12-31")


def _headers(text: str) -> Iterator[int]:
    """The lines on which entries start: headers that are not part of a string."""

    def blank(match: re.Match[str]) -> str:
        return "\n" * match[0].count("\n") if match[0].startswith(('"""', "'''")) else match[0]

    for number, line in enumerate(_STRING_OR_COMMENT.sub(blank, text).split("\n"), 1):
        if _HEADER.match(line):
            yield number


def _at(text: str, key: str) -> str:
    pattern = re.compile(rf"[\s\[\"']*{re.escape(key)}\b")
    line = next((n for n, line in enumerate(text.split("\n"), 1) if pattern.match(line)), None)
    return f":{line}" if line else ""


# -- writing -----------------------------------------------------------------------------------------------


def added(before: bytes, entry: Entry) -> bytes:
    """An ignore-file with one entry more; what was there stays byte for byte."""
    newline = "\r\n" if b"\r\n" in before else "\n"
    gap = "" if not before else newline if before.endswith(b"\n") else newline * 2
    return before + (gap + newline.join([*_lines(entry), ""])).encode("utf-8")


def _lines(entry: Entry) -> Iterator[str]:
    yield "[[ignore]]"
    for key in _KEYS:
        value = getattr(entry, key)
        if value:
            yield f"{key} = {value if isinstance(value, date) else _quoted(value)}"


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's, but for one character that only TOML has to escape."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
