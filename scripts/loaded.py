"""What real Airflow said of a project's files, and how findings compare with it.

An oracle writes one JSON line a file: `id` (the file), `ok`, `dags` ({id: {tasks, edges}}) and, where the file does
not load, `exc` with `type`, `msg` and `repo_frame` ("file:line" of the innermost frame inside the project).
"""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Finding = dict[str, Any]


@dataclass(frozen=True, order=True)
class Place:
    """Where the project's code was when a load failed, and what was raised."""

    file: str
    line: int
    message: str = field(compare=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Loaded:
    """The results of one load of a project: raw, by file."""

    results: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Loaded:
        """The results in a file of JSON lines."""
        lines = path.read_text("utf-8").splitlines()
        return cls({result["id"]: result for result in map(json.loads, lines)})

    @property
    def good(self) -> set[str]:
        """The files that load."""
        return {name for name, result in self.results.items() if result["ok"]}

    def stops(self, names: Iterable[str]) -> dict[Place, list[str]]:
        """The distinct places that stop these files, each with the files it stops."""
        found: dict[Place, list[str]] = defaultdict(list)
        for name in sorted(names):
            if name in self.results and not self.results[name]["ok"]:
                found[_place(name, self.results[name])].append(name)
        return found

    def shapes(self, name: str) -> dict[str, tuple[list[str], str]]:
        """The DAGs of a file: tasks and edges."""
        dags = self.results[name].get("dags") or {}
        return {dag: (shape["tasks"], shape["edges"]) for dag, shape in dags.items()}


def _place(name: str, result: dict[str, Any]) -> Place:
    raised = result.get("exc") or {}
    file, _, line = raised.get("repo_frame", "").rpartition(":")
    kind = raised.get("type", result.get("stage", "?")).rpartition(".")[2]
    message = f"{kind}: {raised.get('msg', '').splitlines()[0][:200] if raised.get('msg') else ''}"
    return Place(file or name, int(line) if line.isdigit() else 0, message)


def statements(source: str, line: int) -> list[tuple[int, int]]:
    """First and last lines of what a traceback means by a line.

    That is the statement (of a compound one: its head) which holds the line, for a traceback names one line of it
    and a finding another; and the heads of this file's functions that it calls: a decorator that makes a DAG of a
    function does so when the function is called, in no frame of the project's.
    """
    try:
        nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    except (SyntaxError, ValueError):
        return [(line, line)]
    holding = [node for node in nodes if _head(node)[0] <= line <= _head(node)[1]]
    if not holding:
        return [(line, line)]
    inner = holding[-1]  # walk goes outside in
    calls = (node.func for node in ast.walk(inner) if isinstance(node, ast.Call))
    called = {function.id for function in calls if isinstance(function, ast.Name)}
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef) and node.decorator_list)
    return [_head(node) for node in (inner, *(f for f in functions if f.name in called))]


def _head(node: ast.stmt) -> tuple[int, int]:
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    body = getattr(node, "body", None)
    return first, max(first, body[0].lineno - 1) if body else node.end_lineno or first


@dataclass
class Named:
    """Whether findings name the places that stop files: on the line, only elsewhere in the file, or not at all."""

    on_line: list[Place] = field(default_factory=list)
    elsewhere: list[Place] = field(default_factory=list)
    silent: list[Place] = field(default_factory=list)


def named(places: Iterable[Place], findings: list[Finding], folder: Path) -> Named:
    """Sort the places by what ERROR findings say of them."""
    lines: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for finding in findings:
        if finding["severity"] == "ERROR" and finding["line"]:
            lines[finding["file"]].append((finding["line"], finding["end_line"]))
    sorted_out = Named()
    for place in sorted(places):
        path = folder / place.file
        source = path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
        wanted = statements(source, place.line)
        if any(start <= last and end >= first for start, end in lines[place.file] for first, last in wanted):
            sorted_out.on_line.append(place)
        else:
            (sorted_out.elsewhere if lines[place.file] else sorted_out.silent).append(place)
    return sorted_out


def about_a_name(place: Place) -> bool:
    """Whether what was raised says that a name of Airflow's is gone."""
    kind, _, message = place.message.partition(": ")
    of_module = kind == "AttributeError" and message.startswith("module ")
    return "airflow" in message and (kind in ("ModuleNotFoundError", "ImportError") or of_module)
