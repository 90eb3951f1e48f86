"""The template context of a task: the keys of 3.3.2. Dates are there only in a run with a logical date."""

from __future__ import annotations

from typing import Any

import lazy_object_proxy
import pendulum

from upgradecheck.runtime import questions
from upgradecheck.runtime.accessors import ConnectionAccessor, MacrosAccessor, VariableAccessor
from upgradecheck.runtime.asset_events import (
    InletEventsAccessors,
    OutletEventAccessors,
    TriggeringAssetEventsAccessor,
)
from upgradecheck.runtime.current import door
from upgradecheck.runtime.sdk.assets import Asset, AssetAlias, AssetRef
from upgradecheck.runtime.sdk.params import process_params
from upgradecheck.runtime.state_stores import AssetStateStoreAccessors, TaskStateStoreAccessor


def _previous(field: str) -> Any:
    def ask() -> Any:
        found = door().ask(questions.GetPrevSuccessfulDagRun()) or {}
        return pendulum.instance(found[field]) if found.get(field) else None

    return lazy_object_proxy.Proxy(ask)


def build(ti: Any, run: Any) -> dict[str, Any]:
    """The context of a task instance. Raises ``ParamValidationError`` where the run's conf does not fit."""
    task = ti.task
    context: dict[str, Any] = {
        "dag": task.dag,
        "inlets": task.inlets,
        "map_index_template": task.map_index_template,
        "outlets": task.outlets,
        "run_id": ti.run_id,
        "task": task,
        "task_instance": ti,
        "ti": ti,
        "outlet_events": OutletEventAccessors(),
        "inlet_events": InletEventsAccessors(task.inlets),
        "macros": MacrosAccessor(),
        "params": process_params(task.dag, task, run.conf, suppress_exception=False),
        "var": {"json": VariableAccessor(True), "value": VariableAccessor(False)},
        "conn": ConnectionAccessor(),
        "task_state_store": TaskStateStoreAccessor(f"task/{ti.dag_id}/{ti.run_id}/{ti.task_id}/{ti.map_index}"),
        "dag_run": run,
        "partition_key": run.partition_key,
        "partition_date": run.partition_date,
        "triggering_asset_events": TriggeringAssetEventsAccessor(run.stored_events),
        "task_instance_key_str": f"{ti.dag_id}__{ti.task_id}__{run.run_id}",
        "task_reschedule_count": ti.reschedules,
        "prev_start_date_success": _previous("start_date"),
        "prev_end_date_success": _previous("end_date"),
    }
    if any(isinstance(each, Asset | AssetRef | AssetAlias) for each in [*task.inlets, *task.outlets]):
        context["asset_state_store"] = AssetStateStoreAccessors([*task.inlets, *task.outlets])
    if run.logical_date is not None:
        context.update(_dated(ti, run))
    return context


def _dated(ti: Any, run: Any) -> dict[str, Any]:
    date = run.logical_date
    ds, ts = date.strftime("%Y-%m-%d"), date.isoformat()
    nodash = ds.replace("-", "")
    return {
        "logical_date": date,
        "ds": ds,
        "ds_nodash": nodash,
        "task_instance_key_str": f"{ti.dag_id}__{ti.task_id}__{nodash}",
        "ts": ts,
        "ts_nodash": date.strftime("%Y%m%dT%H%M%S"),
        "ts_nodash_with_tz": ts.replace("-", "").replace(":", ""),
        "data_interval_start": run.data_interval_start,
        "data_interval_end": run.data_interval_end,
        "prev_data_interval_start_success": _previous("data_interval_start"),
        "prev_data_interval_end_success": _previous("data_interval_end"),
    }
