"""Guards that import for two versions: which branch the project's versions take."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.linking.values import UNKNOWN, Values, release
from upgradecheck.occurrences import ImportGuard
from upgradecheck.python.handlers import catches
from upgradecheck.python.scopes import Block, import_target
from upgradecheck.rulebook.facts import minors, number
from upgradecheck.scene import Scene

Branches = tuple[list[ast.stmt], list[ast.stmt]]


def read(scene: Scene) -> Iterator[ImportGuard]:
    """Every ``try`` or version ``if`` that imports known names in two ways, one of which is settled."""
    seen: set[int] = set()
    for _, _, block in scene.scopes.imports:
        node, around = block.node, block.parent
        if around is None or id(node) in seen or not isinstance(node, ast.Try | ast.If) or block.branch != "body":
            continue
        seen.add(id(node))
        branches = _branches(node)
        if branches and not scene.guards.skipped(around, node.lineno):
            yield from _settled(scene, node, around, branches)


def _settled(scene: Scene, node: ast.Try | ast.If, around: Block, branches: Branches) -> Iterator[ImportGuard]:
    taken = _taken(scene, node, around, branches, scene.target)
    if taken is None or not all(_there(scene, branches[taken], scene.target)):
        return
    came = min(scene.from_version, minors()[-1], key=number)
    before = _taken(scene, node, around, branches, came) if came in minors() else None
    yield ImportGuard(node, around, branches[taken], branches[not taken], taken == before)


def _branches(node: ast.Try | ast.If) -> Branches | None:
    """What runs first and what runs instead; None unless both import."""
    if isinstance(node, ast.If):
        other = node.orelse
    else:
        handlers = [handler for handler in node.handlers if catches(handler, "module")]
        other = handlers[0].body if len(node.handlers) == len(handlers) == 1 else []
    return (node.body, other) if _imports(node.body) and _imports(other) else None


def _imports(body: list[ast.stmt]) -> list[str]:
    """The dotted names that the statements of a branch import."""
    return [
        alias.name if isinstance(node, ast.Import) else import_target(node, alias.name)
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]


def _taken(scene: Scene, node: ast.Try | ast.If, around: Block, branches: Branches, version: str) -> int | None:
    """The number of the branch that a version ends up in; None where that cannot be told."""
    if isinstance(node, ast.If):
        return _tested(scene, node.test, around, version)
    there = _there(scene, branches[0], version)
    if all(there):
        return 0
    return 1 if False in there else None


def _tested(scene: Scene, test: ast.expr, around: Block, version: str) -> int | None:
    """As `_taken`, for a test that another major version decides otherwise."""
    full = release(version)
    older = f"{number(full)[0] - 1}.0.0"
    now, then = (Values(scene, known).value(test, around.scope) for known in (full, older))
    if UNKNOWN in (now, then) or bool(now) is bool(then):
        return None
    return 0 if now else 1


def _there(scene: Scene, branch: list[ast.stmt], version: str) -> list[bool | None]:
    return [scene.symbols.there(dotted, version) for dotted in _imports(branch)]
