"""A plan, played in a running deployment: DAGs switched on, runs and asset events made, their ends seen.

Runs inside Airflow, beside its scheduler."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from typing import Any

from upgradecheck.runtime.real.records import DEFAULT_DATE, DONE, of, raised, said

PAUSE = 0.5


class Late(Exception):
    """Something did not come about in time."""


class Refused(Exception):
    """The API would not have it."""


class Api:
    """The deployment's API, in which everybody is its administrator."""

    def __init__(self, address: str) -> None:
        self.address, self._token = address, ""

    def post(self, path: str, body: dict[str, Any]) -> None:
        """Raises `Refused`."""
        if not self._token:
            self._token = json.loads(self._send("auth/token", None, {}))["access_token"]
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        self._send(f"api/v2/{path}", json.dumps(body).encode(), headers)

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
        elif "clear" in each or "backfill" in each:
            given = each.get("clear") or each["backfill"]
            self.refused.append(
                {"dag_id": given["dag_id"], "error": "clears and backfills are replayed without Airflow"}
            )
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
        try:
            self.api.post(f"dags/{each['dag_id']}/dagRuns", body)
        except Refused as error:
            self.refused.append({"dag_id": each["dag_id"], "error": said(error)})

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
        done = Counter(run.dag_id for run in self._runs() if run.state in DONE)
        return all(done[dag_id] >= number for dag_id, number in wanted.items())

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
