"""DAG versions: which one a DAG that was parsed anew gets, and which one a run sees
(``SerializedDagModel.write_dag``, ``_verify_integrity_if_dag_changed``, ``clear_task_instances``).

There is no version for a date, only one for a run. A run of a bundle with versions keeps the DAG and the code that
it was made with, until it is cleared on the newest; any other follows whatever is deployed.
"""

from __future__ import annotations

from msgspec.structs import replace

from upgradecheck.runtime.indexes import OF_DAG
from upgradecheck.runtime.model import Dag, Run, World


def numbered(world: World, dag: Dag) -> Dag:
    """The DAG with its number: the old one where nothing but functions changed, or where it was never run."""
    old = world.dags.get(dag.dag_id)
    if old is None:
        return dag
    if old.digest == dag.digest or not _has_run(world, old):
        return replace(dag, version=old.version)
    return replace(dag, version=old.version + 1)


def _has_run(world: World, dag: Dag) -> bool:
    tables = (world.instances[run.key] for run in world.runs.members(OF_DAG, dag.dag_id))
    return any(ti.version == dag.version for table in tables for ti in table.values())


def newest(world: World, run: Run) -> Run:
    """The run, moved to the newest version of its DAG and code."""
    dag = world.dags[run.dag_id]
    code = world.code if world.versioned and not dag.unpinned else run.code
    return replace(run, version=dag.version, followed=dag.version, code=code)


def on_latest(world: World, dag_id: str, asked: bool | None, *, otherwise: bool) -> bool:
    """Does what is done again go on the newest version? As it was asked for, else as the DAG says."""
    wanted = (asked, world.dags[dag_id].rerun_latest)
    return next((each for each in wanted if each is not None), otherwise)
