"""Options: what the command line and ``[tool.upgradecheck]`` ask for, checked and frozen."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from upgradecheck.hints import near

FAIL_ON = ("error", "warning", "info", "never")
CONFIG_FILES = ("upgradecheck.toml", "pyproject.toml")
_GLOB = re.compile(r"[*?\[]")
_KEYS: dict[str, type] = {
    "paths": list,
    "exclude": list,
    "target": str,
    "from": str,
    "fail-on": str,
    "select": list,
    "deselect": list,
    "rule-packs": list,
    "bridge": bool,
    "ignore-file": str,
    "baseline": str,
    "owners": dict,
    "decisions": dict,
    "per-file-deselect": dict,
}
_TEXTS = {
    "owners": "one team, as a string, for each glob",
    "decisions": "what was decided, as a string, for each setting",
    "per-file-deselect": "a list of rules for each glob",
}


class ConfigError(Exception):
    """A wrong option or configuration; the message names the place and the remedy (exit code 2)."""


class CannotCheck(Exception):
    """What was asked for cannot be checked here; the message says why and what would help (exit code 3)."""


class Options(Struct, frozen=True):
    """What one run was asked for. Empty values mean: take the configuration's, else the default."""

    paths: tuple[str, ...] = ()
    stdin_name: str = ""
    run_all: bool = False
    metadata_db: str = ""  # its address, password and all: goes into no output, and no cache
    beside: bool = True  # whether what is no file of the project (its database) is looked at as well
    target: str = ""
    from_version: str = ""
    exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    select: tuple[str, ...] = ()
    deselect: tuple[str, ...] = ()
    rule_packs: tuple[str, ...] = ()
    bridge: bool = False
    pins: tuple[tuple[str, str], ...] = ()  # for bridges: (distribution, specifiers in the requirements)
    settings: tuple[tuple[str, str], ...] = ()  # for ignore-files: (option, what the project sets it to)
    ignore: tuple[str, ...] = ()
    ignore_file: str = ""
    baseline: str = ""
    changed_since: str = ""
    staged: bool = False
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    fail_on: str = ""
    jobs: int = 0
    cache: bool = True
    progress: bool = False
    readiness: bool = False
    patches: bool = False  # what each safe fix alone would change
    owners: tuple[tuple[str, str], ...] = ()
    decisions: tuple[tuple[str, str], ...] = ()  # (setting, what was decided)
    per_file_deselect: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def deselected_in(self, name: str) -> tuple[str, ...]:
        """The selectors that count for nothing in a file."""
        fitting = (selectors for pattern, selectors in self.per_file_deselect if meets(name, pattern))
        return (*self.deselect, *(selector for selectors in fitting for selector in selectors))

    @property
    def deselected_anywhere(self) -> tuple[str, ...]:
        """The selectors that count for nothing in some file."""
        return (*self.deselect, *(selector for _, selectors in self.per_file_deselect for selector in selectors))


class Config(Struct, frozen=True):
    """A ``[tool.upgradecheck]`` table and the folder it rules."""

    root: Path
    values: dict[str, Any]
    file: Path

    def merge(self, options: Options) -> Options:
        """Options with the gaps filled from here."""
        taken: dict[str, Any] = {}
        for key, value in self.values.items():
            name = {"from": "from_version"}.get(key, key.replace("-", "_"))
            if not getattr(options, name):
                taken[name] = _frozen(value)
        if "rule_packs" in taken:
            taken["rule_packs"] = tuple(str(self.root / pack) for pack in taken["rule_packs"])
        return replace(options, **taken)


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple((key, _frozen(item)) for key, item in value.items())
    return tuple(value) if isinstance(value, list) else value


def nearest(folder: Path, seen: dict[Path, Config | None]) -> Config | None:
    """The configuration in force in a folder: its own or the nearest above. Raises `ConfigError`."""
    if folder not in seen:
        own = read(folder)
        parent = folder.parent
        seen[folder] = own or (None if parent == folder else nearest(parent, seen))
    return seen[folder]


def read(folder: Path) -> Config | None:
    """The configuration that stands in a folder itself. Raises `ConfigError`."""
    own = folder / "upgradecheck.toml"
    if own.is_file():
        return Config(folder, _checked(own, _load(own)), own)
    shared = folder / "pyproject.toml"
    try:
        if not shared.is_file() or b"upgradecheck" not in shared.read_bytes():
            return None
    except OSError as error:
        raise ConfigError(f"{shared}: cannot be read ({error.strerror}): give read permission") from error
    tools = _load(shared).get("tool")
    table = tools.get("upgradecheck") if isinstance(tools, dict) else None
    return None if table is None else Config(folder, _checked(shared, table), shared)


def meets(name: str, pattern: str) -> bool:
    """Whether a file meets a glob: by its path, a folder above it, or its bare name."""
    bare = pattern.rstrip("/").removeprefix("./")
    if bare.startswith("**/") and meets(name, bare[len("**/") :]):
        return True
    if not _GLOB.search(bare):  # the usual case, and there may be hundreds of patterns for thousands of files
        return bare in (name, name.rpartition("/")[2]) or name.startswith(f"{bare}/")
    return fnmatch(name, bare) or fnmatch(name, f"{bare}/*") or fnmatch(name.rpartition("/")[2], bare)


def _load(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML ({error})") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}): give read permission") from error
    if not text:
        return {}  # it marks the root, and says nothing
    import tomli

    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML ({error})") from error


def _checked(path: Path, table: Any) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: [tool.upgradecheck] has to be a table")
    return _checked_table(path, table)


def _checked_table(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    for key, value in table.items():
        if key not in _KEYS:
            meant = near(key, _KEYS)
            hint = f"did you mean {meant!r}?" if meant else f"known are {', '.join(sorted(_KEYS))}"
            place = " in [tool.upgradecheck]" if path.name != CONFIG_FILES[0] else ""
            if not place and key == "tool":
                hint = "here the keys stand at the top, without [tool.upgradecheck]"
            raise ConfigError(f"{path}: unknown key {key!r}{place}: {hint}")
        if not isinstance(value, _KEYS[key]):
            raise ConfigError(f"{path}: {key!r} has to be {_name(_KEYS[key])}, it is {value!r}")
        if isinstance(value, list) and not all(isinstance(item, str) for item in value):
            raise ConfigError(f"{path}: {key!r} has to be a list of strings")
        if isinstance(value, dict) and not all(_fits(key, item) for item in value.values()):
            raise ConfigError(f"{path}: {key!r} has to hold {_TEXTS[key]}")
    if table.get("fail-on", "error") not in FAIL_ON:
        raise ConfigError(f"{path}: 'fail-on' is one of {', '.join(FAIL_ON)}")
    return dict(table)


def _fits(key: str, item: Any) -> bool:
    """Whether an entry of a table is what that key's entries are."""
    if key != "per-file-deselect":
        return isinstance(item, str)
    return isinstance(item, list) and all(isinstance(selector, str) for selector in item)


def _name(kind: type) -> str:
    names: dict[object, str] = {list: "a list of strings", bool: "true or false", dict: "a table"}
    return names.get(kind, "a string")
