"""Commands that Python code runs, word by word, each with its place in the string that spells it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.linking.deployment import ShellCommand
from upgradecheck.model import Runs
from upgradecheck.python.spelling import literal
from upgradecheck.scene import Scene
from upgradecheck.texts.texts import Text


def read(scene: Scene, value: ast.expr, text: str, runs: Runs) -> Iterator[ShellCommand]:
    """The commands of an argument: a text for a shell (it comes to ``text``), or a list of words."""
    from upgradecheck.readers.shell import commands, read_text  # its parser, only where something is run

    if isinstance(value, ast.List | ast.Tuple):
        found = commands([_word(scene, part) for part in value.elts])
    else:
        found = read_text(_word(scene, value) or _somewhere(scene, value, text))
    for use in found:
        if isinstance(use, ShellCommand):
            yield ShellCommand(use.words, use.entry, runs)


def _word(scene: Scene, node: ast.expr) -> Text | None:
    """A string that is written out; None for any other expression."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return None
    found = literal(scene.source, node)
    if found is None or "\r" in found[1]:
        return _somewhere(scene, node, node.value)
    return Text(node.value, found[0], found[0] + len(node.value))


def _somewhere(scene: Scene, node: ast.expr, text: str) -> Text:
    """A text of which only the expression that makes it is known."""
    return Text(text, scene.start(node), scene.end(node), (), False)
