"""``upgradecheck replay``: options in, report out, exit code."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from upgradecheck.config import CannotCheck, ConfigError
from upgradecheck.proof import check_extra
from upgradecheck.rulebook.facts import lookup, own_rules

if TYPE_CHECKING:
    from upgradecheck.runtime.plan import Plan

CLEAN, FOUND, UNCHECKED = 0, 1, 3


def perform(paths: tuple[str, ...], form: str, output: str, **given: Any) -> int:
    """Replay, print, and say how it went: 0 all well, 1 something fails on 3.x, 3 something could not be
    replayed."""
    check_extra("replay")
    from upgradecheck.runtime.plan import Plan, PlanError, read

    for path in paths:
        if not Path(path).exists():
            raise ConfigError(f"{path}: no such file or folder")
    try:
        plan = read(Path(given["plan"])) if given["plan"] else Plan()
        engine = _real if given["engine"] == "airflow" else _modelled
        found = {**engine([Path(path) for path in paths], plan, given), "executed": given["execute"]}
    except PlanError as error:
        raise ConfigError(str(error)) from error
    text = FORMATS[form](found)
    if output:
        Path(output).write_text(text, "utf-8")
    else:
        click.echo(text, nl=False)
    return exit_code(found)


def _modelled(files: list[Path], plan: Plan, given: dict[str, Any]) -> dict[str, Any]:
    """By the embedded runtime. Raises `ConfigError`, `PlanError`."""
    from upgradecheck.runtime.plan import parsed
    from upgradecheck.runtime.replay import Options, replay
    from upgradecheck.runtime.report import document

    if given["airflow_python"]:
        raise ConfigError("--airflow-python goes with --engine airflow")
    options = Options(
        plan=plan,
        execute=given["execute"],
        allowed=given["allow"],
        seconds=given["timeout"],
        from_date=parsed(given["from_date"]),
        to_date=parsed(given["to_date"]),
        runs=given["runs"],
        tables=str(own_rules() / "tables"),
    )
    with _configured(files) as settings:
        plain = replay(files, options)
        found = {**document(plain), **({"settings": settings} if settings else {})}
        if given["against"]:
            found["against"] = _compared(files, options, plain, given["against"])
    return found


@contextmanager
def _configured(files: list[Path]) -> Iterator[dict[str, str]]:
    """What the project's own files say of the options that decide which runs there are; the environment has them
    for as long as this lasts, unless it says otherwise itself."""
    found = {row["variable"]: value for row, value in _settings(files) if row["variable"] not in os.environ}
    os.environ.update(found)
    try:
        yield found
    finally:
        for variable in found:
            del os.environ[variable]


def _settings(files: list[Path]) -> list[tuple[dict[str, str], str]]:
    """Options and values; nothing for what lies in no project."""
    from upgradecheck.config import Options, nearest
    from upgradecheck.discover import checkout, discover
    from upgradecheck.linking.settings import setting

    folders = [path.resolve() if path.is_dir() else path.resolve().parent for path in files]
    if not all(checkout(folder) or nearest(folder, {}) for folder in folders):
        return []
    trees = discover(Options(paths=tuple(map(str, files))))
    configuring = [path for tree in trees for path in tree.configuring]
    found = [(row, setting(configuring, row)) for row in lookup("project_settings")]
    return [(row, value) for row, value in found if value.lower() in ("true", "false")]


def _real(files: list[Path], plan: Plan, given: dict[str, Any]) -> dict[str, Any]:
    """By a real Airflow. Raises `ConfigError`, `PlanError`, `CannotCheck`."""
    from upgradecheck.runtime.finder import VERSION
    from upgradecheck.runtime.real.engine import replay
    from upgradecheck.runtime.real.environment import NoAirflow, interpreter

    for option in ("from_date", "to_date", "runs", "against", "allow"):
        if given[option]:
            name = option.replace("_", "-")
            raise ConfigError(
                f"--{name} is for the embedded runtime: --engine airflow has a clock of its own, and no wall"
            )
    try:
        return replay(
            files, plan, given["execute"], given["timeout"], interpreter(given["airflow_python"], VERSION)
        )
    except NoAirflow as error:
        raise CannotCheck(str(error)) from error


def _compared(files: list[Path], options: Any, plain: Any, release: str) -> dict[str, Any]:
    from upgradecheck.runtime.against import RELEASES, compare

    if release not in RELEASES:
        raise ConfigError(f"--against {release}: replay compares with {', '.join(RELEASES)}")
    return compare(files, options, plain)


def _json(found: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n"


def _text(found: dict[str, Any]) -> str:
    from upgradecheck.reports.replay import text

    return text(found)


def _page(found: dict[str, Any]) -> str:
    from upgradecheck.reports.replaypage import render

    return render(msgspec.json.decode(msgspec.json.encode(found)))


FORMATS = {"text": _text, "json": _json, "html": _page}


def exit_code(found: dict[str, Any]) -> int:
    """The worst that was found."""
    if found["not_modelled"] or found.get("stuck"):
        return UNCHECKED
    failed = any(
        run.get("state") == "failed" or "error" in run for dag in found["dags"].values() for run in dag["runs"]
    )
    return FOUND if found["import_errors"] or failed else CLEAN
