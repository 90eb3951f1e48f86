"""Hold what we say of a metadata database against what the migration of real Airflow 3.x does to it.

    python scripts/check_metadata_db.py --envs /tmp/airflow-envs --server sqlite --server postgresql

For each server and release: a database that Airflow 2.x made and ran example DAGs on, and for each case of
``metadata_cases.py`` a copy of it with rows that make it hard, our findings, its migration, and then: did what we
call an ERROR stop it, did nothing else, has what we warned of come about. Servers are our own
(``database_servers.py``).
Exits with 1 where we and Airflow disagree, with 3 where an environment or a server could not be had.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from airflow_envs import EnvironmentFailed, python_of
from database_servers import Server, server
from metadata_cases import CASES, Case, opened
from rich.console import Console
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from upgradecheck import check
from upgradecheck.config import Options

# release: the Python that it runs on, and until when its dependencies may have been released
RELEASES = {
    "2.6.3": ("3.10", "2023-08-01"),
    "2.9.3": ("3.11", "2024-08-01"),
    "2.11.2": ("3.11", ""),
    "3.3.2": ("3.11", ""),
}
TARGET = "3.3.2"
DAGS = ("example_bash_operator", "example_xcom", "example_short_circuit_operator")
# the others are about what runs after the migration
ABOUT_MIGRATION = {
    "DatabaseRevisionRule", "DatabaseServerRule", "DatasetUriRule", "LeftoverTableRule", "OrphanRowRule",
    "PendingRunRule", "XcomValueRule",
}  # fmt: skip
_PROBE = Path(__file__).resolve().parent / "probe_migration.py"


@dataclass(frozen=True)
class Tried:
    """A case: what we said of its database, and why the migration stopped ("" where it did not)."""

    case: Case
    address: str
    said: tuple[tuple[str, str], ...]
    stopped: str = ""

    @property
    def errors(self) -> set[str]:
        """The rules that say that the migration stops."""
        return {rule for rule, severity in self.said if severity == "ERROR" and rule in ABOUT_MIGRATION}


def environment(envs: Path, release: str) -> Path:
    """The interpreter of an Airflow with drivers for all servers. Raises `EnvironmentFailed`."""
    folder, (python, until) = envs / release, RELEASES[release]
    if not python_of(folder).exists():
        before = ["--exclude-newer", until] if until else []
        extra = ["apache-airflow-providers-fab"] if release >= "2.11" else []
        wanted = [f"apache-airflow=={release}", "psycopg2-binary", "mysqlclient", "pymysql", *extra]
        wanted += ["aiomysql", "asyncpg"] * (release >= "3")  # without them 3.x does not start on these servers
        install = ["uv", "pip", "install", "--quiet", "--python", str(python_of(folder)), *before, *wanted]
        for command in (["uv", "venv", "--quiet", "--python", python, str(folder)], install):
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                raise EnvironmentFailed(f"{release}: {done.stderr.strip()[-300:]}")
    return python_of(folder)


def fill(python: Path, release: str, address: str) -> None:
    """Make Airflow's tables, users and connections, and run example DAGs. Raises `EnvironmentFailed`."""
    with tempfile.TemporaryDirectory(prefix="airflow-") as home:
        env = {
            **os.environ, "AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "True",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": address, "PYTHONWARNINGS": "ignore",
        }  # fmt: skip
        first = "upgrade" if release == "2.6.3" else "migrate"
        user = "users create -u admin -p admin -r Admin -e a@example.org -f a -l b"
        commands = [f"db {first}", "sync-perm", user, "dags reserialize"]
        if first == "migrate":  # before, the upgrade makes these connections
            commands.append("connections create-default-connections")
        for words in (*commands, *(f"dags test {dag} 2024-01-01" for dag in DAGS)):
            command = [str(python), "-m", "airflow", *words.split()]
            done = subprocess.run(command, check=False, capture_output=True, text=True, env=env)
            if done.returncode:
                raise EnvironmentFailed(f"{release}: airflow {words}: {done.stderr.strip()[-300:]}")


def cases(on: Server, base: str, only: tuple[str, ...]) -> Iterator[Tried]:
    """A changed copy for each case that this database can have, with what we say of it."""
    for case in CASES:
        if (only and case.name not in only) or on.dialect in case.unless:
            continue
        name = f"{base}_{case.name}"
        address = on.copy(base, name)
        try:
            with opened(create_engine(address, poolclass=NullPool)) as rows:
                if case.needs and not rows.has(case.needs):
                    continue
                case.change(rows)
        except SQLAlchemyError as error:
            raise EnvironmentFailed(f"{name}: {str(error)[:300]}") from error
        yield Tried(case, address, tuple(said(address)))


def said(address: str) -> Iterator[tuple[str, str]]:
    """(rule, severity) of what we find in a database, beside an empty project."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "dag.py").touch()
        report = check([folder], Options(cache=False, metadata_db=address, run_all=True, jobs=1))
        yield from ((finding.rule_id, finding.severity.value) for finding in report.findings)


def migrated(python: Path, tried: list[Tried]) -> Iterator[Tried]:
    """The same after their databases went through the migration."""
    addresses = "".join(f"{_of_airflow(each.address)}\n" for each in tried)
    with tempfile.TemporaryFile("w+") as log:
        command = [str(python), str(_PROBE)]
        done = subprocess.run(command, input=addresses, stdout=subprocess.PIPE, stderr=log, text=True, check=False)
    told = {line["address"]: line["stopped"] for line in map(json.loads, done.stdout.splitlines())}
    for each in tried:
        if (address := _of_airflow(each.address)) not in told:
            raise EnvironmentFailed(f"{each.case.name}: the migration gave no answer")
        yield Tried(each.case, each.address, each.said, told[address])


def _of_airflow(address: str) -> str:
    """The address with the driver that Airflow asks for."""
    return address.replace("+pymysql", "+mysqldb")


def verdict(tried: Tried) -> str:
    """What is wrong about what we said; "" for nothing."""
    if tried.stopped and not tried.errors:
        return f"it stopped, and we said nothing of that: {tried.stopped}"
    if tried.errors and not tried.stopped:
        return f"it went through, and {', '.join(sorted(tried.errors))} said ERROR"
    if not tried.stopped and tried.case.after:
        with opened(create_engine(tried.address, poolclass=NullPool)) as rows:
            if not tried.case.after(rows):
                return "what we warned of has not come about"
        if tried.case.rule and tried.case.rule not in {rule for rule, _ in tried.said}:
            return f"{tried.case.rule} said nothing"
    return ""


def drop(on: Server, tried: list[Tried]) -> None:
    """Away with the copies."""
    for each in tried:
        name = each.address.rpartition("/")[2].removesuffix(".db")
        on.drop(name)


@click.command()
@click.option("--envs", type=click.Path(path_type=Path), required=True, help="Where environments are, or are made.")
@click.option("--server", "dialects", multiple=True, default=("sqlite", "postgresql"), show_default=True)
@click.option("--release", "releases", multiple=True, default=("2.6.3", "2.9.3", "2.11.2"), show_default=True)
@click.option("--case", "only", multiple=True, help="Only these cases.")
def main(envs: Path, dialects: tuple[str, ...], releases: tuple[str, ...], only: tuple[str, ...]) -> None:
    """Compare; print a line for each case."""
    console, wrong = Console(soft_wrap=True, highlight=False), 0
    if not shutil.which("uv"):
        raise click.ClickException("uv is needed to make environments")
    try:
        for dialect in dialects:
            with server(dialect) as on:
                for release in releases:
                    base = f"base_{release.replace('.', '')}"
                    fill(environment(envs, release), release, on.create(base))
                    tried = list(cases(on, base, only))
                    for each in migrated(environment(envs, TARGET), tried):
                        fault = verdict(each)
                        wrong += bool(fault)
                        fate = "stops" if each.stopped else "goes through"
                        console.print(f"{dialect} {release} {each.case.name}: {fate}; {fault or 'as we said'}")
                    drop(on, tried)
    except (EnvironmentFailed, FileNotFoundError) as error:
        console.print(f"not checked: {error}")
        sys.exit(3)
    console.print(f"{wrong} disagreements")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
