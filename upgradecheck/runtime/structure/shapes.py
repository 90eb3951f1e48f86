"""DAGs as they are compared: plain values, each described by a text."""

from __future__ import annotations

from msgspec import Struct


class TaskShape(Struct, frozen=True):
    """A task. ``templates``: the arguments in which templates are rendered; ``refused``: those that its class does
    not take on 3.x, as they are written."""

    operator: str
    upstream: tuple[str, ...] = ()
    arguments: dict[str, str] = {}
    templates: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


class DagShape(Struct, frozen=True):
    """A DAG; ``settings`` are its own arguments."""

    dag_id: str
    schedule: str = ""
    settings: dict[str, str] = {}
    tasks: dict[str, TaskShape] = {}


class Shape(Struct, frozen=True):
    """What a file makes, or why that is not known. ``absent``: packages that stood in for themselves."""

    file: str
    dags: dict[str, DagShape] = {}
    error: str = ""
    absent: tuple[str, ...] = ()
