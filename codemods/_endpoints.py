"""Endpoints of the REST API in what shells run and in what variables are set to."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck.linking.deployment import ShellCommand, Variable
from upgradecheck.linking.endpoints import Endpoint
from upgradecheck.model import Runs
from upgradecheck.rulebook.routes import find
from upgradecheck.scene import Scene
from upgradecheck.texts.formats import speaks
from upgradecheck.texts.texts import Text

_MEMORY = "names an endpoint of its own"


def endpoints(use: ShellCommand | Variable, scene: Scene) -> Iterator[Endpoint]:
    """The addresses in one command or value; those that might be anybody's where Airflow is named beside them."""
    for text in _texts(use):
        for found in find(text.value):
            name = use.name.value if isinstance(use, Variable) else ""
            if found.route.own or speaks(f"{name} {text.value}") or _told(scene):
                yield Endpoint(found, text.part(found.start, found.end), Runs.IMPORT)


def _told(scene: Scene) -> bool:
    """Whether the file names an address elsewhere that no other API has."""
    if _MEMORY not in scene.memory:
        scene.memory[_MEMORY] = any(found.route.own for found in find(scene.source.text))
    return bool(scene.memory[_MEMORY])


def _texts(use: ShellCommand | Variable) -> list[Text]:
    if use.written is not None:
        return [use.written]
    if isinstance(use, Variable):
        return [use.value] if use.value is not None else []
    return [word for word in use.words if word is not None]
