"""What ``except`` clauses catch."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.python.scopes import FUNCTIONS, Block, last_name

_SUPPRESS = "suppress"
_EVERYTHING = {"Exception", "BaseException"}
CATCHES = {
    "module": {"ModuleNotFoundError", "ImportError", *_EVERYTHING},
    "name": {"ImportError", *_EVERYTHING},
    "attribute": {"AttributeError", *_EVERYTHING},
    "call": {"TypeError", *_EVERYTHING},
    "key": {"KeyError", "LookupError", *_EVERYTHING},
    "": set[str](),
}


def caught_by(failure: str) -> set[str]:
    """The exceptions that catch what goes wrong: a key of `CATCHES`, or the names of what is raised."""
    return CATCHES[failure] if failure in CATCHES else {*failure.split(), *_EVERYTHING}


def catches(handler: ast.ExceptHandler, failure: str) -> bool:
    """Whether a handler catches what goes wrong: see `caught_by`."""
    return handler.type is None or not caught_by(failure).isdisjoint(caught(handler))


def expects(handler: ast.ExceptHandler, failure: str) -> bool:
    """Whether a handler is there for what goes wrong, and not for anything."""
    return not (CATCHES[failure] - _EVERYTHING).isdisjoint(caught(handler))


def caught(handler: ast.ExceptHandler) -> list[str]:
    """The names of what a handler catches; none where it catches everything."""
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [last_name(kind) for kind in types if kind is not None]


def harmless(block: Block) -> bool:
    """Whether an import that fails in this block does not stop the file."""
    node = block.node
    if isinstance(node, ast.If) and block.branch == "body":
        return last_name(node.test) == "TYPE_CHECKING"
    catching = [handler for handler in getattr(node, "handlers", ()) if catches(handler, "module")]
    return block.branch == "body" and bool(catching) and not isinstance(catching[0].body[-1], ast.Raise)


def caught_around(block: Block) -> Iterator[list[list[str]]]:
    """What each ``try`` and ``suppress`` around catches, up to the function that the block stands in; an empty list
    of names catches everything."""
    for part in block.chain():
        node = part.node
        if isinstance(node, FUNCTIONS):
            return
        if part.branch == "body" and hasattr(node, "handlers"):
            yield [caught(handler) for handler in node.handlers]
        elif part.branch == "body" and isinstance(node, ast.With | ast.AsyncWith):
            made = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
            yield [[last_name(kind) for kind in one.args] for one in made if last_name(one.func) == _SUPPRESS]
