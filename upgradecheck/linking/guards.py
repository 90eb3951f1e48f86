"""Guards for two versions: whether code at a place runs on the target, and what catches its failure.

The one notion of a guard (``try``/``except ImportError``, a version ``if``, ``TYPE_CHECKING``,
``contextlib.suppress``); every rule reads it from here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from upgradecheck.linking.values import UNKNOWN
from upgradecheck.linking.working import work
from upgradecheck.python.fallbacks import all_imported
from upgradecheck.python.handlers import catches, caught_by, expects
from upgradecheck.python.scopes import FUNCTIONS, Block, Reference, chain, last_name

if TYPE_CHECKING:
    from upgradecheck.scene import Scene

_RETRIED = ("attribute", "call", "key")
_SUPPRESS = ("suppress", "raises", "assertRaises")  # contextlib, pytest, unittest
_TERMINATORS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


class Guard(Enum):
    """What a place's guards make of it."""

    NONE = "runs, and a failure is a failure"
    TYPING = "only type checkers see it"
    COVERED = "does not run on the target, or its failure is caught and another branch works"


class Guards:
    """The guards of one file."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._bodies: dict[ast.AST, bool | None] = {}
        self._idle: dict[ast.AST, bool] = {}  # functions that nothing calls on the target
        self._tests: dict[ast.AST, object] = {}
        self._exits: dict[tuple[ast.AST, str], int | None] = {}  # a suite → the line at which it is left

    def at(self, block: Block, line: int, failure: str) -> Guard:
        """The guard of a place; ``failure`` is what goes wrong there (see `caught_by`)."""
        found = Guard.NONE
        for part in block.chain():
            guard = self._part(part, failure)
            if guard is Guard.COVERED or self._after_exit(part, line):
                return Guard.COVERED
            if guard is Guard.TYPING:
                found = guard
            line = getattr(part.node, "lineno", line)
        return found

    def skipped(self, block: Block, line: int) -> bool:
        """Whether a place does not run on the target at all, whatever would happen there."""
        return self.at(block, line, "") is Guard.COVERED

    def reached(self, block: Block) -> bool | None:
        """Whether a place that comes after imports or version tests is reached on the target; None: not known."""
        for part in block.chain():
            node = part.node
            if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Module)):
                break
            taken: object = True
            if isinstance(node, ast.If | ast.IfExp):
                taken = self._test(node.test, part)
            elif hasattr(node, "handlers"):
                taken = self._works(node.body)  # type: ignore[attr-defined]
            if taken is None or taken is UNKNOWN:
                return None
            if bool(taken) is (part.branch in ("handler", "orelse") and not _follows(part)):
                return False
        return True

    def _part(self, block: Block, failure: str) -> Guard:
        node = block.node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return Guard.COVERED if self._is_idle(node) else Guard.NONE
        if isinstance(node, ast.If | ast.IfExp):
            return self._if(node, block, failure)
        if hasattr(node, "handlers"):
            return self._try(node, block.branch, failure)
        if isinstance(node, ast.ExceptHandler) and failure in _RETRIED and expects(node, failure):
            return Guard.COVERED  # the other version's way, tried after this one's
        if isinstance(node, ast.With) and any(self._suppresses(item, failure) for item in node.items):
            return Guard.COVERED
        return Guard.NONE

    def _is_idle(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether only places that do not run on the target call a function that is the file's own (``_name``)."""
        if not function.name.startswith("_") or function.name.endswith("__"):
            return False
        if function not in self._idle:
            self._idle[function] = False  # for one that calls itself
            uses = self._uses.get(function.name, ())
            dead = [self.skipped(use.block, use.nodes[0].lineno) for use in uses]
            self._idle[function] = bool(dead) and all(dead)
        return self._idle[function]

    @cached_property
    def _uses(self) -> dict[str, list[Reference]]:
        """Every mention of a name that is the file's own, alone or as an attribute."""
        found: dict[str, list[Reference]] = {}
        for reference in self.scene.scopes.references:
            for name in {reference.root, *reference.attributes}:
                if name.startswith("_"):
                    found.setdefault(name, []).append(reference)
        return found

    def _if(self, node: ast.If | ast.IfExp, block: Block, failure: str) -> Guard:
        test, negated = node.test, False
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test, negated = test.operand, True
        if last_name(test) == "TYPE_CHECKING":
            return Guard.TYPING if (block.branch == "body") is not negated else Guard.NONE
        value = self._test(node.test, block)
        if value is UNKNOWN and failure in _RETRIED and (block.branch == "body") is negated:
            return Guard.COVERED if self._asks_airflow(test, block) else Guard.NONE
        if value is UNKNOWN or bool(value) is (block.branch == "body"):
            return Guard.NONE
        return Guard.COVERED

    def _asks_airflow(self, test: ast.expr, block: Block) -> bool:
        """Whether a test asks what Airflow has: ``hasattr(DagRun, "x")``. Where it has not is the other version."""
        if not isinstance(test, ast.Call) or last_name(test.func) != "hasattr" or not test.args:
            return False
        scope = block.parent.scope if block.parent else block.scope
        parts = chain(test.args[0])
        if parts is None:
            return False
        targets = self.scene.scopes.targets(Reference(parts[0].id, parts[1], parts[2], scope, block))
        foreign = self.scene.project.foreign
        return bool(targets) and all(dotted.partition(".")[0] in foreign for dotted, _ in targets)

    def _test(self, test: ast.expr, block: Block) -> object:
        if test not in self._tests:
            self._tests[test] = UNKNOWN  # for a test that hangs on itself
            scope = block.parent.scope if block.parent else block.scope
            self._tests[test] = self.scene.values.value(test, scope)
        return self._tests[test]

    def _try(self, node: ast.AST, branch: str, failure: str) -> Guard:
        handlers: list[ast.ExceptHandler] = node.handlers  # type: ignore[attr-defined]
        body: list[ast.stmt] = node.body  # type: ignore[attr-defined]
        if branch == "body":
            catching = [h for h in handlers if failure and catches(h, failure)]
            works = any(self._works(h.body) is not False and not _raises(h.body) for h in catching)
            return Guard.COVERED if works else Guard.NONE
        if branch == "handler":
            guards_import = any(catches(h, "module") for h in handlers)
            return Guard.COVERED if guards_import and self._works(body) else Guard.NONE
        return Guard.COVERED if self._works(body) is False else Guard.NONE

    def _works(self, body: list[ast.stmt]) -> bool | None:
        """Whether the imports in these statements work on the target; None where none can be judged."""
        project = self.scene.project
        return work(all_imported(body), project.resolve, project.foreign, self.scene.symbols)

    def _suppresses(self, item: ast.withitem, failure: str) -> bool:
        call = item.context_expr
        if not isinstance(call, ast.Call) or last_name(call.func) not in _SUPPRESS:
            return False
        return any(last_name(arg) in caught_by(failure) for arg in call.args)

    def _after_exit(self, block: Block, line: int) -> bool:
        """Whether a version test before ``line`` in the same suite left it for good on the target."""
        place = (block.node, block.branch)
        if place not in self._exits:
            self._exits[place] = None  # a test may ask what is here while it is being made out
            self._exits[place] = next(self._leaving(block), None)
        exit_line = self._exits[place]
        return exit_line is not None and exit_line < line

    def _leaving(self, block: Block) -> Iterator[int]:
        """The lines of the version tests in a suite that leave it for good on the target."""
        suite = getattr(block.node, block.branch, None)
        for statement in suite if isinstance(suite, list) else ():
            if isinstance(statement, ast.If):
                inside = Block(block, statement, "body", block.scope)
                value = self._test(statement.test, inside)
                taken = statement.body if value else statement.orelse
                if value is not UNKNOWN and taken and isinstance(taken[-1], _TERMINATORS):
                    yield statement.lineno


def in_function(block: Block) -> bool:
    """Whether a place lies in a function's body."""
    return any(isinstance(part.node, FUNCTIONS) for part in block.chain())


def _follows(block: Block) -> bool:
    """Whether a block is the ``else`` of a ``try``, which runs when its body worked."""
    return hasattr(block.node, "handlers") and block.branch == "orelse"


def _raises(body: list[ast.stmt]) -> bool:
    return isinstance(body[-1], ast.Raise)
