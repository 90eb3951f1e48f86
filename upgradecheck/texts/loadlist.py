"""Which files a folder's ignore-file keeps from being loaded, in either of the syntaxes that it can have.

Folders are walked from the top down: a folder that is left out is not looked into, patterns count from
their own folder on downwards. Regular expressions are searched for in the path below the top; of globs the
last one that fits decides, those with a slash start at their own folder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from msgspec import Struct

from upgradecheck.rulebook.facts import lookup, number

REGEXP, GLOB = "regexp", "glob"
KIND = "loadlist"
_COMMENT = re.compile(r"\s*#.*")
_LOOKAROUND = re.compile(r"\(\?<?[=!]")
_META = re.compile(r"[\\^$+(){}|]")


class Line(Struct, frozen=True):
    """A pattern, and the line that it stands on."""

    pattern: str
    number: int


class IgnoreFile(Struct, frozen=True):
    """An ignore-file's patterns; ``folder`` and ``top`` end in a slash, "" for the root."""

    folder: str
    top: str
    lines: tuple[Line, ...]


def syntax(version: str, settings: Iterable[tuple[str, str]]) -> str:
    """How a version reads ignore-files: as the project sets it, else by default."""
    rows = [row for row in lookup("ignore_syntax") if number(row["since"]) <= number(version)]
    option = rows[-1] if rows else lookup("ignore_syntax")[0]
    value = dict(settings).get(option["option"], "").lower()
    return value if value in (REGEXP, GLOB) else option["syntax"]


def ignore_files(texts: Mapping[str, str]) -> dict[str, IgnoreFile]:
    """Folder → its ignore-file, from the texts of all of a project's."""
    folders = {name: folder_of(name) for name in texts}
    return {
        folder: IgnoreFile(folder, top_of(folder, texts), lines_of(texts[name])) for name, folder in folders.items()
    }


def lines_of(text: str) -> tuple[Line, ...]:
    """The patterns of an ignore-file."""
    bare = ((_COMMENT.sub("", line), number) for number, line in enumerate(text.splitlines(), 1))
    return tuple(Line(pattern, number) for pattern, number in bare if pattern)


def folder_of(name: str) -> str:
    """The folder that a file lies in, with a slash at the end; "" for the root."""
    return name[: name.rfind("/") + 1]


def top_of(folder: str, ignore_files: Iterable[str]) -> str:
    """The folder that is loaded as a whole: the uppermost one around that has an ignore-file."""
    around = [other for name in ignore_files if folder.startswith(other := folder_of(name))]
    return min([folder, *around], key=len)


def left_out(names: Iterable[str], files: Mapping[str, IgnoreFile], syntax: str) -> frozenset[str]:
    """Those of the names that are not loaded. ``files``: folder → its ignore-file."""
    if not files:
        return frozenset()
    known: dict[str, bool] = {}
    return frozenset(name for name in names if _hidden(name, files, syntax, known))


def _hidden(path: str, files: Mapping[str, IgnoreFile], syntax: str, known: dict[str, bool]) -> bool:
    """Whether a file, or a folder (it ends in a slash), is left out, by itself or with a folder around it."""
    if path not in known:
        folder = folder_of(path.rstrip("/"))
        known[path] = (bool(folder) and _hidden(folder, files, syntax, known)) or _matched(path, files, syntax)
    return known[path]


def _matched(path: str, files: Mapping[str, IgnoreFile], syntax: str) -> bool:
    matched = False
    for file in _around(path, files):
        for line in file.lines:
            if syntax == REGEXP:
                found = _regexp(line.pattern)
                matched = matched or bool(found and found(path[len(file.top) :].rstrip("/")))
            elif (decided := _glob(line.pattern)(path, file.folder)) is not None:
                matched = decided
    return matched


def _around(path: str, files: Mapping[str, IgnoreFile]) -> Iterator[IgnoreFile]:
    """The ignore-files that a path falls under, from the top down."""
    folders = [path[: found.end()] for found in re.finditer("/", path.rstrip("/"))]
    for folder in ("", *folders):
        file = files.get(folder)
        if file and path.startswith(file.top):
            yield file


@lru_cache(maxsize=1000)
def _regexp(pattern: str) -> Callable[[str], object] | None:
    """None for a pattern that is none: it is passed over in Airflow, too (RE2 knows no lookaround)."""
    if _LOOKAROUND.search(pattern):
        return None
    try:
        return re.compile(pattern).search
    except re.error:
        return None


@lru_cache(maxsize=1000)
def _glob(pattern: str) -> Callable[[str, str], bool | None]:
    """(path, folder of the ignore-file) → whether the pattern leaves it out, takes it in again, or says nothing."""
    from pathspec import GitIgnoreSpec

    try:
        found = next(iter(GitIgnoreSpec.from_lines([pattern]).patterns), None)
    except ValueError:
        found = None
    if found is None or found.include is None or pattern.strip() == "/":
        return lambda path, folder: None
    match, include = found.match_file, found.include
    bare = pattern.lstrip("!").rstrip()
    here = pattern.startswith("/") or "/" in pattern.rstrip("/")

    def decide(path: str, folder: str) -> bool | None:
        if bare.endswith("/") and not path.endswith("/"):
            return None
        last = path.rstrip("/").rfind("/") + 1
        return include if match(path[len(folder) if here else last :]) else None

    return decide


def as_globs(pattern: str) -> list[str]:
    """Globs that may stand for a regular expression, the likelier first; whether they do has to be tried."""
    body = pattern.removeprefix("^").removesuffix("$")
    glob = body.replace("\\.", "\0").replace(".*", "*").replace("\0", ".")
    if not glob.strip("*/") or _META.search(glob):
        return []
    deep = glob.replace("/*", "/**/*")
    if pattern.startswith("^"):
        return [f"/{glob}", f"/{deep}", f"/{glob}*"]
    return [glob, f"**/{glob}", deep, f"**/{deep}", f"*{glob}", f"{glob}*", f"*{glob}*"]
