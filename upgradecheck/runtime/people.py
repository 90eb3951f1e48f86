"""Tasks that wait for a person: the answer, or the time by which it should have come (``awaiting_input``)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from upgradecheck.runtime import serde
from upgradecheck.runtime.draft import Draft
from upgradecheck.runtime.events import Answered
from upgradecheck.runtime.indexes import RUN_STATE, STATE
from upgradecheck.runtime.model import TaskInstance
from upgradecheck.runtime.states import RUN_ACTIVE
from upgradecheck.runtime.task_api import AwaitInputTask

WAITS = "awaiting_input"
LATE = {
    "error": "The Human-in-the-loop response timeout has passed without a response.",
    "error_type": "timeout",
}


def wait(draft: Draft, ti: TaskInstance, end: AwaitInputTask) -> None:
    """A task's process ended; a person has to answer."""
    until = draft.world.now + timedelta(seconds=end.timeout) if end.timeout is not None else None
    kept = {"defaults": end.defaults, "params": end.params}
    draft.change(ti, "task", state=WAITS, next_method=end.next_method, next_kwargs=kept, trigger_timeout=until)


def answered(draft: Draft, event: Answered) -> None:
    """The answer came."""
    ti = draft.world.instance(draft.world.runs[event.dag_id, event.run_id], event.task_id, event.map_index)
    if ti is not None and ti.state == WAITS:
        _resume(draft, ti, _answer(draft, event.chosen_options, event.params_input))


def time_out(draft: Draft) -> None:
    """It did not come in time: the defaults are the answer, or there is none."""
    for run in draft.world.runs.members(RUN_STATE, *RUN_ACTIVE):
        for ti in draft.world.instances[run.key].members(STATE, WAITS):
            if ti.trigger_timeout is not None and ti.trigger_timeout < draft.world.now:
                kept = ti.next_kwargs
                late = kept["defaults"] is None
                _resume(draft, ti, LATE if late else _answer(draft, kept["defaults"], kept["params"], late=True))


def _answer(draft: Draft, chosen: list[str], params: dict[str, Any], *, late: bool = False) -> dict[str, Any]:
    at = serde.serialize(draft.world.now)
    by = None if late else {"id": "1", "name": "someone"}
    return {
        "chosen_options": chosen,
        "params_input": params,
        "responded_at": at,
        "responded_by_user": by,
        "timedout": late,
    }


def _resume(draft: Draft, ti: TaskInstance, event: dict[str, Any]) -> None:
    draft.change(ti, "a person", state="scheduled", next_kwargs={"event": event}, trigger_timeout=None)
