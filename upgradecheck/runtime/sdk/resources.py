"""What a task says it needs of a machine: taken and kept, and nothing is made of it."""

from __future__ import annotations

from typing import Any

HOME = "airflow.sdk.definitions.operator_resources"


class Resources:
    """``resources=`` of an operator."""

    def __init__(self, cpus: Any = None, ram: Any = None, disk: Any = None, gpus: Any = None) -> None:
        self.cpus, self.ram, self.disk, self.gpus = cpus, ram, disk, gpus


def resources(given: Any) -> Resources | None:
    """Of what an operator was given. Raises ``TypeError`` for what it cannot be."""
    return None if given is None else Resources(**given)


__all__ = ["Resources"]
