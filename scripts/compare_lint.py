"""Generated configurations, judged by Airflow's own config lint and by upgradecheck: do we miss anything?

    python scripts/compare_lint.py --envs /tmp/airflow-envs [--configs 8] [--releases 2.11.2,3.3.2]

The first configuration sets every option that the lint of a release has a rule for, or that our table knows; the
others set some of them, chosen by chance (always the same), and the last ones set those to the values that a rule
of the lint is about. What the lint says of an empty configuration it says of
every one, so that does not count. Then the safe fixes are made and the lint of the newest release is asked again:
nothing may be left of what we called safe. Exits with 1 where that is not so, or the lint reports what we do not.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from airflow_envs import python_of
from name_tables import ROOT

Option = tuple[str, str]
_PROBE = Path(__file__).resolve().parent / "probe_lint.py"
# What an option is set to, by its name, where a release does not start with "1".
_VALUES = {
    "auth_rate_limited": "False",
    "celery_logging_level": "",
    "colored_console_log": "False",
    "colored_formatter_class": "airflow.utils.log.colored_log.CustomTTYColoredFormatter",
    "colored_log_format": "%%(message)s",
    "executor": "LocalExecutor",
    "fab_logging_level": "WARN",
    "file_parsing_sort_mode": "modified_time",
    "grid_view_sorting_order": "topological",
    "interleave_timestamp_parser": "",
    "log_format": "%%(message)s",
    "logging_config_class": "airflow.config_templates.airflow_local_settings.DEFAULT_LOGGING_CONFIG",
    "logging_level": "INFO",
    "parallelism": "0",
    "remote_logging": "False",
    "simple_log_format": "%%(message)s",
    "sql_alchemy_schema": "",
    "sql_engine_encoding": "utf-8",
    "sql_engine_collation_for_ids": "",
    "stat_name_handler": "",
    "statsd_custom_client_path": "",
    "backend": "",
    "sql_alchemy_conn": "sqlite:////tmp/none.db",
    "statsd_on": "False",
    "task_log_reader": "task",
}
_NOT_SET = {"sql_alchemy_connect_args"}  # 2.x imports what it names when it starts


@dataclass
class Count:
    """What the comparison came to."""

    set_options: int = 0
    by_lint: int = 0
    by_both: int = 0
    by_us_alone: int = 0
    left: int = 0


def ask(python: Path, home: Path, *arguments: str) -> list[list[str]]:
    """What a release says of the configuration in ``home``."""
    done = subprocess.run(
        [str(python), str(_PROBE), *arguments], capture_output=True, text=True, check=False, cwd=home,
        env={**os.environ, "AIRFLOW_HOME": str(home)},
    )  # fmt: skip
    answers = [line for line in done.stdout.splitlines() if line.startswith("ANSWER")]
    if not answers:
        raise SystemExit(f"{python}: no answer\n{done.stderr[-1000:]}")
    found: list[list[str]] = json.loads(answers[0].removeprefix("ANSWER"))
    return found


def write(home: Path, options: Iterable[Option], values: Mapping[Option, str]) -> dict[Option, int]:
    """A configuration that sets options, to the values given where there are any; where each stands."""
    sections: dict[str, list[str]] = {}
    for section, option in sorted(option for option in options if option[1] not in _NOT_SET):
        sections.setdefault(section, []).append(option)
    lines: list[str] = []
    places: dict[Option, int] = {}
    for section, names in sections.items():
        lines.append(f"[{section}]")
        for name in names:
            value = values.get((section, name), _VALUES.get(name, "1"))
            lines.append(f"{name} = {value.replace('%', '%%') if (section, name) in values else value}")
            places[section, name] = len(lines)
        lines.append("")
    (home / "airflow.cfg").write_text("\n".join(lines), "utf-8")
    return places


def ours(home: Path, *arguments: str) -> list[dict[str, object]]:
    """What upgradecheck finds in it."""
    command = [sys.executable, "-m", "upgradecheck", "airflow.cfg", "--format", "json", "--no-cache", *arguments]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def compare(
    releases: dict[str, Path],
    options: list[Option],
    always: dict[str, set[Option]],
    count: Count,
    values: Mapping[Option, str],
) -> list[str]:
    """What is wrong with our answer about one configuration."""
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        places = write(home, options, values)
        found = {(str(f["subject"]), f["line"]) for f in ours(home)}
        count.set_options += len(places)
        reported: set[Option] = set()
        for python in releases.values():
            reported |= {(section, option) for section, option, _ in ask(python, home)}
        for name in always.values():
            reported -= name
        reported &= places.keys()
        both = {option for option in reported if (".".join(option), places[option]) in found}
        count.by_lint += len(reported)
        count.by_both += len(both)
        count.by_us_alone += len({s for s, _ in found} - {".".join(option) for option in reported})
        wrong += [f"not found: {'.'.join(option)}" for option in sorted(reported - both)]
        safe = {str(f["subject"]) for f in ours(home) if f["fix"]["safety"] == "safe"}  # type: ignore[index]
        ours(home, "--fix")
        newest = ask(list(releases.values())[-1], home)
        left = {f"{section}.{option}" for section, option, _ in newest} & safe
        count.left += len(left)
        wrong += [f"left after --fix: {option}" for option in sorted(left)]
    return wrong


@click.command(help=__doc__)
@click.option("--envs", type=click.Path(path_type=Path), required=True, help="Folder of the environments.")
@click.option("--releases", default="2.11.2,3.3.2", show_default=True, help="Releases whose lint is asked.")
@click.option("--configs", default=8, show_default=True, help="How many configurations.")
def main(envs: Path, releases: str, configs: int) -> None:
    """See the module."""
    pythons = {release: python_of(envs / release) for release in releases.split(",")}
    always: dict[str, set[Option]] = {}
    known: set[Option] = set()
    spoken: dict[Option, list[str]] = {}
    for release, python in pythons.items():
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "airflow.cfg").write_text("", "utf-8")
            always[release] = {(section, option) for section, option, _ in ask(python, Path(folder))}
            for section, option, _, *values in ask(python, Path(folder), "--rules"):
                known.add((section, option))
                spoken.setdefault((section, option), []).extend(values)
    table = (ROOT / "rules" / "config_option.csv").read_text("utf-8").splitlines()[1:]
    known |= {(line.split(",")[0], line.split(",")[1]) for line in table}
    chance, count, wrong = random.Random(7), Count(), []
    for number in range(configs):
        chosen = sorted(known) if number == 0 else chance.sample(sorted(known), 40)
        wrong += compare(pythons, chosen, always, count, {})
    by_value = {option: list(dict.fromkeys(values)) for option, values in spoken.items() if values}
    for number in range(max(map(len, by_value.values()), default=0)):
        given = {option: values[number] for option, values in by_value.items() if len(values) > number}
        wrong += compare(pythons, sorted(given), always, count, given)
    print(f"{configs} configurations, {count.set_options} options set; the lint reports {count.by_lint} of them,")
    print(f"upgradecheck {count.by_both} of these and {count.by_us_alone} others; left after --fix: {count.left}")
    print("\n".join(sorted(set(wrong))))
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
