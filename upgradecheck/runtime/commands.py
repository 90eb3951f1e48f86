"""What the scheduler asks for. The executor performs it, and answers with an event."""

from __future__ import annotations

from msgspec import Struct


class StartTask(Struct, frozen=True):
    """Run a task instance in a process of its own."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int


class StartTrigger(Struct, frozen=True):
    """Wait for a deferred task's event."""

    number: int


class StopTrigger(Struct, frozen=True):
    """Nobody waits for it any more."""

    number: int


class StopTask(Struct, frozen=True):
    """End a task's process: its instance was cleared or skipped."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int


class CallBack(Struct, frozen=True):
    """Run a DAG's callbacks."""

    dag_id: str
    run_id: str
    success: bool
    reason: str
    task_id: str | None = None
    map_index: int = -1


class CallBackOfTask(Struct, frozen=True):
    """Run a task's callbacks where its own process cannot: in the DAG processor."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    kind: str


Command = StartTask | StartTrigger | StopTrigger | StopTask | CallBack | CallBackOfTask
