"""A plan, played in a running deployment: DAGs switched on, runs and asset events made, their ends seen.

Runs inside Airflow, beside its scheduler."""

from __future__ import annotations

import inspect
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from upgradecheck.runtime.real import placing
from upgradecheck.runtime.real.records import DEFAULT_DATE, DONE, of, parsed, raised, said

PAUSE = 0.5
TRIES = 10
ENDS = ("success", "failed", "skipped", "upstream_failed")


class Late(Exception):
    """Something did not come about in time."""


class Refused(Exception):
    """The API would not have it."""


def _only(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if given.get(name) is not None}


def unlocked(do: Callable[[], object], between: Callable[[], object] = bool) -> None:
    """Do it, again and again where SQLite was locked, with what makes that possible. Raises what it raises
    otherwise."""
    for left in reversed(range(TRIES)):
        try:
            do()
            return
        except Exception as error:
            stale = type(error).__name__ == "StaleDataError"  # the scheduler was faster
            locked = stale or "database is locked" in str(error) or str(error).startswith("500 ")
            if not (left and locked):
                raise
            time.sleep(PAUSE)
            between()


class Api:
    """The deployment's API, in which everybody is its administrator."""

    def __init__(self, address: str) -> None:
        self.address, self._token = address, ""

    def post(self, path: str, body: dict[str, Any]) -> None:
        """Raises `Refused`."""
        if not self._token:
            self._token = json.loads(self._send("auth/token", None, {}))["access_token"]
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        unlocked(lambda: self._send(f"api/v2/{path}", json.dumps(body).encode(), headers))

    def _send(self, path: str, data: bytes | None, headers: dict[str, str]) -> str:
        request = urllib.request.Request(f"{self.address}/{path}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            raise Refused(f"{error.code} {error.read().decode('utf-8', 'replace')}") from error


class Conductor:
    """``refused``: runs that could not be made; ``stuck``: what did not come about."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.plan, self.dags, self.limit = job["plan"], job["dags"], job["limit"]
        self.refused: list[dict[str, Any]] = []
        self.stuck = ""
        self.quota: dict[str, int] = self.plan.get("scheduled", {})
        self.bundles, self.versioned = job["bundles"], self.plan.get("bundle") == "versioned"
        self.called = job.get("called", "")
        self.api = Api(os.environ["AIRFLOW__API__BASE_URL"])

    def play(self) -> None:
        """The plan, from its first run to the last."""
        try:
            self.wait("the DAG processor to store the DAGs", self._stored)
            self._switch_on()
            asked = self.plan.get("runs")
            if asked is None:
                asked = [] if self.quota else [{"dag_id": dag_id} for dag_id in self.dags]
            for each in asked:
                self._one(each)
            self.wait("the runs to end", self._over)
            time.sleep(self.plan.get("settle") or 0)
        except Late as late:
            self.stuck = str(late)

    def wait(self, what: str, come: Callable[[], bool]) -> None:
        """Until it has come. Raises `Late`."""
        end = time.monotonic() + self.limit
        while not come():
            if time.monotonic() > end:
                raise Late(f"waited {self.limit:g} s for {what}")
            time.sleep(PAUSE)

    def _stored(self) -> bool:
        table = of("airflow.models.serialized_dag.SerializedDagModel")
        with self.session() as session:
            return set(self.dags) <= set(session.scalars(of("sqlalchemy.select")(table.dag_id)))

    def session(self) -> Any:
        """A session of the metadata database."""
        return of("airflow.settings.Session")()

    def _switch_on(self) -> None:
        """Every DAG is unpaused; of those with a clock only those that the plan names make runs by themselves."""
        table = of("airflow.models.dag.DagModel")
        with self.session() as session:
            for dag in session.scalars(of("sqlalchemy.select")(table).where(table.dag_id.in_(self.dags))):
                dag.is_paused = False
                if dag.dag_id not in self.quota:
                    dag.next_dagrun_create_after = None
            session.commit()

    def _one(self, each: dict[str, Any]) -> None:
        if "wait_for" in each:
            self.wait(f"finished runs: {each['wait_for']}", lambda: self._reached(each["wait_for"]))
        elif "asset" in each:
            self._write(each["asset"])
        elif "deploy" in each:
            self._deploy(Path(each["deploy"]["path"]))
        elif "clear" in each:
            self._clear(each["clear"])
        elif "backfill" in each:
            self._backfill(each["backfill"])
        elif each.get("dag_id") not in self.dags:
            self.refused.append({"dag_id": str(each.get("dag_id")), "error": "no such dag"})
        else:
            self._ask(each)

    def _ask(self, each: dict[str, Any]) -> None:
        """A run, asked of the API as a person asks for it."""
        body = {name: each[name] for name in ("conf", "run_after") if each.get(name) is not None}
        body["logical_date"] = each.get("logical_date", DEFAULT_DATE)
        if each.get("run_id"):
            body["dag_run_id"] = each["run_id"]
        self._asked(each["dag_id"], f"dags/{each['dag_id']}/dagRuns", body)

    def _clear(self, given: dict[str, Any]) -> None:
        """A run, cleared as a person clears it."""
        wanted = parsed(given.get("logical_date") or DEFAULT_DATE)
        runs = [run for run in self._runs() if run.dag_id == given["dag_id"]]
        named = [run for run in runs if run.run_id == given.get("run_id")]
        found = named or [run for run in runs if run.logical_date == wanted]
        if not found:
            self.refused.append({"dag_id": given["dag_id"], "error": "there is no run to clear"})
            return
        body = {"dry_run": False, **_only(given, "run_on_latest_version")}
        run_id = urllib.parse.quote(found[0].run_id)
        self._asked(given["dag_id"], f"dags/{given['dag_id']}/dagRuns/{run_id}/clear", body)

    def _backfill(self, given: dict[str, Any]) -> None:
        """By the function behind the API, which stands in its own way on SQLite: "database is locked"."""
        make = of("airflow.models.backfill._create_backfill")
        kind = of("airflow.models.backfill.ReprocessBehavior")
        wanted = {
            "dag_id": given["dag_id"],
            "from_date": parsed(given["from_date"]),
            "to_date": parsed(given["to_date"]),
            "max_active_runs": 10,
            "reverse": False,
            "dag_run_conf": None,
            "triggering_user_name": None,
            "reprocess_behavior": kind(given.get("reprocess_behavior", "none")),
            "run_on_latest_version": self._on_latest(given),
        }
        known = inspect.signature(make).parameters
        try:
            given_up = partial(unlocked, partial(self._close_backfills, given["dag_id"]))
            unlocked(lambda: make(**{name: value for name, value in wanted.items() if name in known}), given_up)
        except Exception as error:  # what the API would answer
            self.refused.append({"dag_id": given["dag_id"], "error": said(error)})

    def _close_backfills(self, dag_id: str) -> None:
        """One that was begun is over: a DAG may have one at a time."""
        table = of("airflow.models.backfill.Backfill")
        with self.session() as session:
            for row in session.scalars(of("sqlalchemy.select")(table).where(table.dag_id == dag_id)):
                row.completed_at = row.completed_at or of("airflow.utils.timezone.utcnow")()
            session.commit()

    def _on_latest(self, given: dict[str, Any]) -> bool:
        """As it was asked for, else as the DAG and the configuration say, else so."""
        asked: bool | None = given.get("run_on_latest_version")
        try:
            resolve = of("airflow.api_fastapi.common.dagbag.resolve_run_on_latest_version")
        except AttributeError:  # releases before 3.3 know nothing else
            return asked is not False
        with self.session() as session:
            return bool(resolve(asked, given["dag_id"], session, fallback=True))

    def _asked(self, dag_id: str, path: str, body: dict[str, Any]) -> None:
        try:
            self.api.post(path, body)
        except Refused as error:
            self.refused.append({"dag_id": dag_id, "error": said(error)})

    def _deploy(self, path: Path) -> None:
        """Other files, and the DAG processor has stored their DAGs. Raises `Late`."""
        before = of("airflow.utils.timezone.utcnow")()
        for name, folder in self.bundles.items():
            placing.deploy(path, Path(folder), self.called, self.versioned)
            self._have_parsed(name)
        table = of("airflow.models.dag.DagModel")

        def parsed_anew() -> bool:
            with self.session() as session:
                rows = session.scalars(of("sqlalchemy.select")(table).where(table.dag_id.in_(self.dags)))
                return all(row.last_parsed_time > before for row in rows)

        self.wait("the DAG processor to store the deployed DAGs", parsed_anew)
        self._switch_on()  # storing them anew switched their schedules on

    def _have_parsed(self, bundle: str) -> None:
        """Ask for it, file by file, as the button in the interface does."""
        table, asked = of("airflow.models.dag.DagModel"), of("airflow.models.dagbag.DagPriorityParsingRequest")
        with self.session() as session:
            rows = session.scalars(of("sqlalchemy.select")(table).where(table.bundle_name == bundle))
            for file in {row.relative_fileloc for row in rows}:
                session.add(asked(bundle_name=bundle, relative_fileloc=file))
            session.commit()

    def _write(self, given: dict[str, Any]) -> None:
        """An asset event, as a person makes it. Raises `Late` for an asset that no DAG knows."""
        table = of("airflow.models.asset.AssetModel")
        name = given.get("name") or given.get("uri", "")
        with self.session() as session:
            rows = list(session.scalars(of("sqlalchemy.select")(table)))
        number = next((row.id for row in rows if name in (row.name, row.uri)), None)
        if number is None:
            raise Late(f"no DAG knows the asset {name}")
        self.api.post("assets/events", {"asset_id": number, "extra": given.get("extra") or {}})

    def _runs(self) -> list[Any]:
        table = of("airflow.models.dagrun.DagRun")
        with self.session() as session:
            return list(session.scalars(of("sqlalchemy.select")(table).order_by(table.id)))

    def _reached(self, wanted: dict[str, int]) -> bool:
        """So many finished runs of a DAG, or instances of ``dag_id.task_id``."""
        done = Counter(run.dag_id for run in self._runs() if run.state in DONE)
        table = of("airflow.models.taskinstance.TaskInstance")
        with self.session() as session:
            rows = session.execute(of("sqlalchemy.select")(table.dag_id, table.task_id, table.state))
            done.update(f"{dag_id}.{task_id}" for dag_id, task_id, state in rows if state in ENDS)
        return all(done[name] >= number for name, number in wanted.items())

    def _over(self) -> bool:
        """All runs that count are over, and there are as many as were asked for."""
        self._stop_schedules()
        wanted = {**self.quota, **self.plan.get("until", {})}
        return self._reached(wanted) and all(run.state in DONE for run in self.told(self._runs()))

    def _stop_schedules(self) -> None:
        """Schedules that have made their runs make no more."""
        made = Counter(run.dag_id for run in self._runs() if run.run_type == "scheduled")
        enough = [dag_id for dag_id, number in self.quota.items() if made[dag_id] >= number]
        table = of("airflow.models.dag.DagModel")
        with self.session() as session:
            for dag in session.scalars(of("sqlalchemy.select")(table).where(table.dag_id.in_(enough))):
                dag.next_dagrun_create_after = None
            session.commit()

    def told(self, runs: list[Any]) -> list[Any]:
        """Without the runs that a schedule made beyond what was asked for before it could be stopped."""
        left = Counter(self.quota)
        found = []
        for run in runs:
            if run.run_type == "scheduled" and run.dag_id in self.quota:
                left[run.dag_id] -= 1
                if left[run.dag_id] < 0:
                    continue
            found.append(run)
        return found

    def import_errors(self) -> dict[str, str]:
        """Those of the DAG processor, by path."""
        table = of("airflow.models.errors.ParseImportError")
        with self.session() as session:
            rows = session.scalars(of("sqlalchemy.select")(table))
            return {str(row.filename): raised(row.stacktrace) for row in rows}
