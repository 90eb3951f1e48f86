"""Hold the tables about deployments against a folder of facts: has each row of it a line of a table, or a reason?

    python scripts/check_deployment_facts.py ../facts [--show]

The folder holds options, commands, endpoints, metrics, providers and tables of the database as JSON. A row is
covered where a rule's table (or a lookup) has a line about it; `deployment_reasons.csv` beside this script says of
the others why there is none. No Airflow is asked.
Exits with 1 where a row has neither, or a reason is about nothing.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import click
from name_tables import ROOT

Facts = dict[str, Any]
_RULES = ROOT / "rules"


@dataclass(frozen=True)
class Row:
    """A fact: the file and part it stands in, its name, and the tables that have a line about it."""

    part: str
    name: str
    tables: tuple[str, ...]


@cache
def lines(table: str) -> tuple[dict[str, str], ...]:
    """A table's lines."""
    with (_RULES / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def told(*found: tuple[str, bool]) -> tuple[str, ...]:
    """The tables of which something was found."""
    return tuple(table for table, there in found if there)


def option(name: str) -> tuple[str, ...]:
    """Who tells of an option that is set."""
    known = [f"{row['section']}.{row['option']}" for row in lines("config_option")]
    values = [f"{row['section']}.{row['option']}" for row in lines("config_value")]
    left_out = [row["option"] for row in lines("implicit_auth_manager")]
    return told(
        ("config_option", name in known),
        ("config_value", name in values),
        ("implicit_auth_manager", name in left_out),
    )


def config(facts: Facts) -> Iterator[Row]:
    """Options and their values."""
    for part in (
        "options",
        "old_aliases_of_2_x",
        "provider_options",
        "added",
        "options_that_came_and_went_within_3_x",
    ):
        for fact in facts[part]:
            kind = f"{part}/{fact['status']}" if part == "options" else part
            yield Row(f"config/{kind}", fact["option"], option(fact["option"]))
    values = {(f"{row['section']}.{row['option']}", row["value"]) for row in lines("config_value")}
    for fact in facts["invalid_values"]:
        name, value = fact["option"], fact["value"]
        there = (name, value) in values or ((name, "") in values and value.startswith("<"))
        patterns = any(one == name and fnmatchcase(value, pattern) for one, pattern in values if pattern)
        yield Row("config/invalid_values", f"{name}={value}", told(("config_value", there or patterns)))
    for part in ("breaking_flagged", "removed_options_it_does_not_know", "rename_targets_that_do_not_exist"):
        yield from (Row(f"config/{part}", name, option(name)) for name in facts["official_lint"][part])


def cli(facts: Facts) -> Iterator[Row]:
    """Commands and their options."""
    commands = {row["command"] for row in lines("removed_command")}
    flags = {(row["command"], row["flag"]) for row in lines("removed_flag")}
    successors = {(row["command"], row["flag"]) for row in lines("tables/successor_flags")}
    hidden = {row["command"] for row in lines("hidden_value") if "command" in row}

    def gone(command: str) -> bool:
        parts = command.split()
        return any(" ".join(parts[:end]) in commands for end in range(2, len(parts) + 1))

    for fact in facts["commands_gone"]:
        yield Row("cli/commands_gone", fact["command"], told(("removed_command", gone(fact["command"]))))
    asked = [(f["command"], f["flag"]) for f in facts["flags_gone"]]
    asked += [(f["command"], f["flag"]) for f in facts["values_gone_or_required_changed"]]
    asked += [(f["command"], flag) for f in facts["gone_within_3_x"] for flag in f["flags_gone"]]
    for command, flag in asked:
        found = told(("removed_flag", (command, flag) in flags), ("removed_command", gone(command)))
        yield Row("cli/flags_gone", f"{command} {flag}", found)
    for part, command in (
        ("webserver_to_api_server_flags", "airflow webserver"),
        ("dags_backfill_to_backfill_create_flags", "airflow dags backfill"),
    ):
        for flag in facts[part]:
            found = told(("successor_flags", (command, flag) in successors), ("removed_command", gone(command)))
            yield Row(f"cli/{part}", flag, found)
    for fact in facts["values_hidden_by_default"]:
        yield Row(
            "cli/values_hidden_by_default", fact["command"], told(("hidden_value", fact["command"] in hidden))
        )
    yield from (Row("cli/commands_new", fact["command"], ()) for fact in facts["commands_new"])
    yield from (Row("cli/flags_new", f"{fact['command']} {fact['flag']}", ()) for fact in facts["flags_new"])


def rest(facts: Facts) -> Iterator[Row]:
    """Endpoints, what they take and give, and the client's classes."""
    paths = {row["path"] for row in lines("tables/routes")}
    fields = {(row["path"], row["field"]) for row in lines("rest_field")}
    client = {row["old"] for row in lines("rest_client")}
    for fact in (*facts["v1_only"], *facts["same_path"]):
        path = (fact.get("path") or fact["v1"]).lstrip("/")
        yield Row("rest/paths", f"{fact['method']} {path}", told(("routes", path in paths)))
        for kind in ("query_gone", "body_gone", "body_required_new", "response_gone"):
            for field in fact.get(kind, ()):
                tail = path.removeprefix("api/v1/")
                there = any((tail, part) in fields for part in field.replace("[]", "").split("."))
                yield Row(f"rest/{kind}", f"{fact['method']} {path} {field}", told(("rest_field", there)))
    yield from (Row("rest/v2_only", f"{f['method']} {f['path']}", ()) for f in facts["v2_only"])
    for fact in facts["v2_removed_within_3x"]:
        yield Row("rest/v2_removed_within_3x", fact["path"], told(("routes", fact["path"].lstrip("/") in paths)))
    for fact in facts["v2_fields_removed_within_3x"]:
        yield Row("rest/v2_fields_removed_within_3x", f"{fact['method']} {fact['path']} {fact['part']}", ())
    for fact in facts["python_client"]["api_classes_changed"]:
        there = any(fact["old_class"] == name.rpartition(".")[2] or fact["old_module"] in name for name in client)
        yield Row("rest/api_classes_changed", fact["old_class"], told(("rest_client", there)))


def metrics(facts: Facts) -> Iterator[Row]:
    """Metrics."""
    known = {row["metric"] for row in lines("metric_name")}
    for fact in facts["gone_or_renamed"]:
        name = fact["metric"].partition(".{")[0].partition(".<")[0]
        yield Row("metrics/gone_or_renamed", fact["metric"], told(("metric_name", name in known)))
    yield from (Row("metrics/legacy_to_tagged", fact["legacy"], ()) for fact in facts["legacy_to_tagged"])
    yield Row("metrics/timers", "timers", option("metrics.timer_unit_consistency"))


def providers(facts: Facts) -> Iterator[Row]:
    """Providers, and extras of Airflow."""
    known = {row["package"] for row in lines("tables/providers")}
    asked = {(row["package"], row["extra"]) for row in lines("outdated_requirement")}
    for fact in facts["providers"].values():
        yield Row("providers/providers", fact["package"], told(("providers", fact["package"] in known)))
    for extra in facts["airflow"]["extras_successor"]:
        yield Row("providers/extras", extra, told(("outdated_requirement", ("apache-airflow", extra) in asked)))
    for fact in facts["renamed"]:
        yield Row("providers/renamed", fact["old"], told(("outdated_requirement", (fact["old"], "") in asked)))
    for package in facts["airflow"]["installed_with_a_plain_install"]["2.11.2"]:
        name = f"apache-airflow-providers-{package}"
        there = name in {row["package"] for row in lines("missing_requirement")}
        still = package in facts["airflow"]["installed_with_a_plain_install"]["3.x"]
        yield Row(f"providers/preinstalled{'_still' if still else ''}", name, told(("missing_requirement", there)))


def database(facts: Facts) -> Iterator[Row]:
    """Tables and columns of the metadata database."""
    text = "\n".join(path.read_text("utf-8") for path in _RULES.glob("*.sql"))
    for table in facts["dropped"]:
        yield Row("database/dropped", table, told(("a rule's .sql", table in text)))
    yield from (Row("database/new", table, ()) for table in facts["new"])
    for table, columns in facts["columns"].items():
        for column in columns["gone"]:
            yield Row("database/columns_gone", f"{table}.{column}", told(("a rule's .sql", f".{column}" in text)))


FILES = {
    "config-changes": config, "cli-changes": cli, "rest-changes": rest, "metrics-changes": metrics,
    "provider-min-versions": providers, "db-schema-diff": database,
}  # fmt: skip


def rows(folder: Path) -> list[Row]:
    """All facts of a folder."""
    found: list[Row] = []
    for name, reader in FILES.items():
        found += reader(json.loads((folder / f"{name}.json").read_text("utf-8")))
    return found


def reasons() -> list[dict[str, str]]:
    """Why some rows have no line: part and name as patterns, and the reason."""
    with (Path(__file__).parent / "deployment_reasons.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def reason(row: Row, known: Iterable[dict[str, str]]) -> dict[str, str] | None:
    """The first reason that is about a row."""
    return next((r for r in known if fnmatchcase(row.part, r["part"]) and fnmatchcase(row.name, r["name"])), None)


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--show", is_flag=True, help="Tell each row with its table or its reason.")
def main(folder: Path, show: bool) -> None:
    """Compare, and tell."""
    known, used, left = reasons(), set[str](), 0
    count = Counter[tuple[str, str]]()
    for row in rows(folder):
        why = None if row.tables else reason(row, known)
        used.add(why["part"] + why["name"]) if why else None
        state = "table" if row.tables else "reason" if why else "neither"
        count[row.part, state] += 1
        left += state == "neither"
        if show or state == "neither":
            told_by = ", ".join(row.tables) or (why["reason"] if why else "nothing tells of it")
            print(f"{row.part} {row.name}: {told_by}")
    idle = [one for one in known if one["part"] + one["name"] not in used]
    for one in idle:
        print(f"{one['part']} {one['name']}: the reason is about no row")
    for (part, state), number in sorted(count.items()):
        print(f"{part:45} {state:8} {number}")
    print(f"{sum(count.values())} facts, {left} with neither line nor reason")
    sys.exit(1 if left or idle else 0)


if __name__ == "__main__":
    main()
