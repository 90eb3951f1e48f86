"""A DAG that asks a running task for keys and members: runs inside an Airflow environment, from its DAGs folder.

Reads ``{"keys": [...], "members": {object: [...]}, "templates": [...]}`` from the file that ``PROBE_ASKS`` names;
``python probe_context.py`` runs it once; what became of each is written to the folder that ``PROBE_OUT`` names (a
task may run in a module or process of its own). Standard library and Airflow only.
"""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.python import PythonOperator  # type: ignore[import-not-found]
from airflow.sdk import DAG  # type: ignore[import-not-found]

ASKS = json.loads(Path(os.environ["PROBE_ASKS"]).read_text("utf-8"))


def tell(name: str, found: dict[str, Any]) -> None:
    """Write down what was found."""
    (Path(os.environ["PROBE_OUT"]) / f"{name}.json").write_text(json.dumps(found), "utf-8")


def keys(**context: Any) -> None:
    """Ask for each key, in every way."""
    found = {}
    for key in ASKS["keys"]:
        try:
            context[key]
            item = "there"
        except KeyError:
            item = "KeyError"
        found[key] = [item, context.get(key) is not None, key in context]
    tell("keys", found)


def members(**context: Any) -> None:
    """Reach each member, ``a.b`` too."""
    asked = [(name, member) for name, several in ASKS["members"].items() for member in several]
    tell("members", {f"{name}.{member}": _has(context[name], member) for name, member in asked})


def _has(value: Any, dotted: str) -> bool:
    for part in dotted.split("."):
        if not hasattr(value, part):
            return False
        value = getattr(value, part)
    return True


def function(code: str) -> Any:
    """The function ``f`` of a piece of code."""
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    return namespace["f"]


with DAG("probe_context", schedule="@daily", start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)) as dag:
    PythonOperator(task_id="keys", python_callable=keys)
    PythonOperator(task_id="members", python_callable=members)
    for key in ASKS["keys"]:
        PythonOperator(task_id=f"given-{key}", python_callable=function(f"def f({key}): ..."))
        kept = function(f"def f({key}=None): assert {key} is None")
        PythonOperator(task_id=f"default-{key}", python_callable=kept)
    for number, template in enumerate(ASKS["templates"]):
        PythonOperator(
            task_id=f"template-{number}", python_callable=function("def f(text): ..."), op_args=[template]
        )

if __name__ == "__main__":
    run = dag.test(logical_date=datetime(2026, 1, 2, tzinfo=timezone.utc))
    states = {
        f"task {one.task_id}": str(getattr(one.state, "value", one.state)) for one in run.get_task_instances()
    }
    tell("states", states)
