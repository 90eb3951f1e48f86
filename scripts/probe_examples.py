"""Run example texts in the running interpreter and say what became of each: runs inside an Airflow environment.

Reads a JSON list of ``{"text", "lines"}`` from the file given first, writes one JSON object a text to the
file given second: the error and warnings of the whole text, and of each of those lines by itself.
Standard library only, and nothing of this repository: the environment holds Airflow and no more.
"""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.machinery
import json
import os
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

_FILE = "<example>"


class Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands in for packages that examples name and the environment lacks (``mylib``)."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Any module but Airflow's own: this finder comes last."""
        if name.partition(".")[0] == "airflow" or not _asked_by_example():
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def exec_module(self, module: types.ModuleType) -> None:
        """A module that has every name, each a class that takes and has anything."""
        members = {"__init__": lambda self, *args, **kwargs: None, "__getattr__": lambda self, name: _nothing}
        anything = type("Anything", (), members)
        module.__dict__["__getattr__"] = lambda name: anything


def _nothing(*args: object, **kwargs: object) -> None:
    """A method of what stands in for something."""


def _asked_by_example() -> bool:
    """Whether the example itself imports, not a module of Airflow that tries what there is."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame:
        if "importlib" not in frame.f_code.co_filename and frame.f_code.co_filename != __file__:
            return frame.f_code.co_filename == _FILE
        frame = frame.f_back
    return False


def outcome(action: Callable[[], None]) -> dict[str, Any]:
    """What running something leads to: error, the example's line it came from, Airflow's warnings by line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        error, line, path = "", 0, []
        try:
            action()
        except SyntaxError as raised:
            error, line = f"SyntaxError: {raised.msg}", raised.lineno or 0
            path = [line]
        except BaseException as raised:  # whatever an example does: it becomes its outcome
            frames = traceback.extract_tb(raised.__traceback__)
            error = f"{type(raised).__name__}: {raised}"[:300]
            path = [frame.lineno or 0 for frame in frames if frame.filename == _FILE]
            line = path[-1] if path else 0
    ours = [(w.lineno, str(w.message)[:200]) for w in caught if w.filename == _FILE and _is_airflows(w.category)]
    return {"error": error, "line": line, "path": path, "warnings": ours}


def _is_airflows(category: type[Warning]) -> bool:
    return any(kind.__module__.partition(".")[0] == "airflow" for kind in category.__mro__)


def whole(text: str) -> dict[str, Any]:
    """Load the text as Airflow loads a DAG file."""
    return outcome(lambda: _execute(compile(text, _FILE, "exec", dont_inherit=True), _namespace()))


def one_line(text: str, line: int) -> dict[str, Any]:
    """Do what one line does with names: its import by itself, else the names it reaches through imports."""
    tree = ast.parse(text)
    for node in _imports(tree):
        if node.lineno <= line <= (node.end_lineno or 0):
            node.names = [alias for alias in node.names if alias.lineno == line] or node.names
            return outcome(partial(_execute, _compiled(node), _namespace()))
    return outcome(partial(_reach, list(_names(tree, line)), _imported(tree)))


def _imports(tree: ast.Module) -> list[ast.Import | ast.ImportFrom]:
    found = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    return [node for node in found if getattr(node, "module", "") != "__future__"]


def _imported(tree: ast.Module) -> dict[str, Any]:
    """What the file's imports bind, as far as they work."""
    namespace = _namespace()
    for node in _imports(tree):
        outcome(partial(_execute, _compiled(node), namespace))
    return namespace


def _compiled(node: ast.stmt) -> types.CodeType:
    return compile(ast.Module([node], []), _FILE, "exec", dont_inherit=True)


def _names(tree: ast.Module, line: int) -> Iterator[ast.expr]:
    """Dotted names on a line whose root an import binds, and strings that name something of Airflow."""
    bound = {(a.asname or a.name).partition(".")[0] for node in _imports(tree) for a in node.names}
    for node in ast.walk(tree):
        if getattr(node, "lineno", 0) != line:
            continue
        if isinstance(node, ast.Constant) and str(node.value).startswith("airflow."):
            yield node
        elif isinstance(node, ast.Attribute):
            root = node.value
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and root.id in bound:
                yield node


def _reach(names: list[ast.expr], namespace: dict[str, Any]) -> None:
    for name in names:
        if isinstance(name, ast.Constant):
            module, _, attribute = str(name.value).rpartition(".")
            getattr(importlib.import_module(module), attribute)
        else:
            eval(compile(ast.Expression(name), _FILE, "eval", dont_inherit=True), namespace)


def _execute(code: types.CodeType, namespace: dict[str, Any]) -> None:
    exec(code, namespace)


def _namespace() -> dict[str, Any]:
    module = types.ModuleType("example")
    sys.modules["example"] = module
    return module.__dict__


def forked(action: Callable[[], dict[str, Any]], prepare: Callable[[], None]) -> dict[str, Any]:
    """Run in a child process, so that no example sees what another has imported."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        prepare()
        os.write(writer, json.dumps(action()).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return json.loads(told) if told else {"error": "the process died", "line": 0, "path": [], "warnings": []}


def no_database() -> Callable[[], None]:
    """What Airflow 3 does to the process that loads DAG files: its metadata database is out of reach."""
    try:
        supervisor = importlib.import_module("airflow.sdk.execution_time.supervisor")
    except ImportError:  # Airflow 2 does nothing of the kind
        return lambda: None
    importlib.import_module("airflow.settings")
    return cast("Callable[[], None]", supervisor.block_orm_access)


def main() -> None:
    """Try every text and line, each in a process of its own."""
    sys.meta_path.append(Stubs())
    airflow, prepare = importlib.import_module("airflow"), no_database()
    with open(sys.argv[2], "w", encoding="utf-8") as told:
        told.write(json.dumps({"version": airflow.__version__}) + "\n")
        for asked in json.loads(Path(sys.argv[1]).read_text("utf-8")):
            text = asked["text"]
            found: dict[str, Any] = {"whole": forked(partial(whole, text), prepare), "lines": {}}
            for line in asked["lines"]:
                found["lines"][line] = forked(partial(one_line, text, line), prepare)
            told.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
