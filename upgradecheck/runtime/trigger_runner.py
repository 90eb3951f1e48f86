"""The triggerer: one trigger in one event loop, whose time is the world's."""

from __future__ import annotations

import asyncio
import importlib
import json
import selectors
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from upgradecheck.runtime import context as contexts
from upgradecheck.runtime import serde, task_api
from upgradecheck.runtime.current import door
from upgradecheck.runtime.instance import Instance, RunRecord
from upgradecheck.runtime.loader import DAGS
from upgradecheck.runtime.sdk.triggers import BaseTaskEndEvent


class VirtualSelector(selectors.DefaultSelector):
    """Where a loop would wait for so many seconds, the world's clock is asked to go on."""

    def select(self, timeout: float | None = None) -> Any:
        """What is ready by then."""
        if timeout is not None and timeout > 0:
            door().sleep(timeout)
        return super().select(0 if timeout is not None else None)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on the world's clock."""

    def __init__(self) -> None:
        super().__init__(VirtualSelector())

    def time(self) -> float:
        """Now."""
        return door().monotonic()


def load_class(classpath: str) -> Any:
    """A trigger's class. Raises ``ImportError``, as for a class that only the DAG file has."""
    module, _, name = classpath.rpartition(".")
    if module.startswith("unusual_prefix_"):
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)
    return getattr(importlib.import_module(module), name)


async def _first(trigger: Any) -> Any:
    async for event in trigger.run():
        return event
    return None


def _render(trigger: Any, startup: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Fill in the templates of a task that started here: those of its fields that the trigger was given."""
    task = DAGS[startup["dag_id"]].get_task(startup["ti"]["task_id"])
    ti = Instance(startup["ti"], task)
    context = contexts.build(ti, RunRecord(startup["run"]))
    fields = tuple(name for name in task.template_fields if name in given and hasattr(trigger, name))
    trigger._do_render_template_fields(trigger, fields, context, task.dag.get_template_env(), set())


def run_trigger(startup: Mapping[str, Any]) -> None:
    """Run it to its first event, and tell."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    try:
        kwargs = serde.deserialize(startup["kwargs"], lambda name: True)
        trigger = load_class(startup["classpath"])(**kwargs)
        if startup.get("ti"):
            _render(trigger, startup, kwargs)
        event = loop.run_until_complete(_first(trigger))
    except BaseException as error:  # a trigger that dies: its task goes on with TaskDeferralError
        door().tell(task_api.FiredEvent(error=f"{type(error).__name__}: {error}"))
        return
    door().tell(_said(event))


def plain(payload: Any) -> Any:
    """A payload after it went through the triggerer's own form: pendulum's dates come out as plain ones
    (checked)."""
    if isinstance(payload, Mapping):
        return {key: plain(value) for key, value in payload.items()}
    if isinstance(payload, list | tuple):
        return type(payload)(plain(value) for value in payload)
    if isinstance(payload, datetime):
        return datetime.fromtimestamp(payload.timestamp(), timezone.utc)
    return payload


def _said(event: Any) -> task_api.FiredEvent:
    if event is None:
        return task_api.FiredEvent(error="trigger exited without sending an event")
    if isinstance(event, BaseTaskEndEvent):
        # ``XComModel.set`` makes JSON of what is stored as JSON: a reader gets the text of the value
        xcoms = {key: json.dumps(value) for key, value in (event.xcoms or {}).items()}
        return task_api.FiredEvent(state=event.task_instance_state, xcoms=xcoms)
    return task_api.FiredEvent(payload=serde.serialize(plain(event.payload)))
