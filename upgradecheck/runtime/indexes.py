"""The tables of a world, and by what their entries are grouped."""

from __future__ import annotations

from typing import Any

from upgradecheck.runtime.tables import Table

STATE, TASK, TASK_STATE = range(3)  # of task instances
RUN_STATE, OF_DAG, DAG_STATE, DATED = range(4)  # of runs
AT, OF_TASK = range(2)  # of XComs


def runs() -> Table[tuple[str, str], Any]:
    """Runs, in each group those first that come first."""
    return Table(
        lambda key, run: run.state,
        lambda key, run: run.dag_id,
        lambda key, run: (run.dag_id, run.state),
        lambda key, run: (run.dag_id, run.logical_date),
        rank=lambda run: (run.run_after, run.number),
    )


def instances() -> Table[tuple[str, int], Any]:
    """Task instances of a run, in each group those first that matter most."""
    return Table(
        lambda key, ti: ti.state,
        lambda key, ti: ti.task_id,
        lambda key, ti: (ti.task_id, ti.state),
        rank=lambda ti: -ti.priority,
    )


def xcoms() -> Table[tuple[str, int, str], Any]:
    """XComs of a run."""
    return Table(lambda key, stored: key[:2], lambda key, stored: (key[0], key[2]))
