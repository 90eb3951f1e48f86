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
}
_TEXTS = {
    "owners": "one team, as a string, for each glob",
    "decisions": "what was decided, as a string, for each setting",
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
        return tuple(value.items())
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
    table = _load(shared).get("tool", {}).get("upgradecheck")
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
    import tomli

    try:
        return tomli.loads(path.read_text("utf-8"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML ({error})") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}): give read permission") from error


def _checked(path: Path, table: Any) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: [tool.upgradecheck] has to be a table")
    return _checked_table(path, table)


def _checked_table(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    for key, value in table.items():
        if key not in _KEYS:
            meant = near(key, _KEYS)
            hint = f"did you mean {meant!r}?" if meant else f"known are {', '.join(sorted(_KEYS))}"
            raise ConfigError(f"{path}: unknown key {key!r} in [tool.upgradecheck]: {hint}")
        if not isinstance(value, _KEYS[key]):
            raise ConfigError(f"{path}: {key!r} has to be {_name(_KEYS[key])}, it is {value!r}")
        if isinstance(value, list) and not all(isinstance(item, str) for item in value):
            raise ConfigError(f"{path}: {key!r} has to be a list of strings")
        if isinstance(value, dict) and not all(isinstance(text, str) for text in value.values()):
            raise ConfigError(f"{path}: {key!r} has to hold {_TEXTS[key]}")
    if table.get("fail-on", "error") not in FAIL_ON:
        raise ConfigError(f"{path}: 'fail-on' is one of {', '.join(FAIL_ON)}")
    return dict(table)


def _name(kind: type) -> str:
    names: dict[object, str] = {list: "a list of strings", bool: "true or false", dict: "a table"}
    return names.get(kind, "a string")
