"""What differs between two shapes of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from upgradecheck.runtime.structure.shapes import DagShape, Shape, TaskShape

MOST = 80  # characters of a value that are shown


class Difference(Struct, frozen=True):
    """``what``: such as "argument retries"; ``words``: the names by which a fix may have announced it; ``value``:
    it is that of an argument. ``before`` and ``after`` are "" where there is nothing."""

    dag_id: str
    task_id: str
    what: str
    before: str
    after: str
    words: tuple[str, ...] = ()
    value: bool = False

    def told(self, hidden: Callable[[str], str] = str) -> str:
        """In words. ``hidden``: hides secrets in ``name=value``."""
        where = f"task {self.task_id} of DAG {self.dag_id}" if self.task_id else f"DAG {self.dag_id}"
        one, two = (hidden(f"{self.what}={value}").removeprefix(f"{self.what}=") for value in self.values)
        one, two = _short(one, two), _short(two, one)
        if one and two:
            return f"{where}: {self.what} was {one} and became {two}"
        if one or two:
            return f"{where}: {self.what} is {'gone' if one else 'new'} ({one or two})"
        return self.what

    @property
    def values(self) -> tuple[str, str]:
        """Before and after."""
        return self.before, self.after


def _short(text: str, other: str) -> str:
    """A long text from shortly before the place where it leaves the other one."""
    if len(text) <= MOST:
        return text
    pairs = enumerate(zip(text, other, strict=False))
    same = next((place for place, (one, two) in pairs if one != two), min(len(text), len(other)))
    start = max(same - MOST // 4, 0)
    end = start + MOST
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def differences(before: Shape, after: Shape) -> Iterator[Difference]:
    """In the order of DAGs and tasks. A file that no longer loads is one difference."""
    if after.error and not before.error:
        yield Difference("", "", f"{after.file} no longer loads: {after.error}", "", "", ())
        return
    for dag_id in sorted({*before.dags, *after.dags}):
        one, two = before.dags.get(dag_id), after.dags.get(dag_id)
        if one is None or two is None:
            yield Difference(dag_id, "", "the DAG", _id(one), _id(two))
        else:
            yield from _dag(one, two)


def _id(shape: DagShape | None) -> str:
    return shape.dag_id if shape else ""


def _dag(before: DagShape, after: DagShape) -> Iterator[Difference]:
    dag_id = before.dag_id
    if before.schedule != after.schedule:
        yield Difference(dag_id, "", "schedule", before.schedule, after.schedule)
    for name, one, two in _pairs(before.settings, after.settings):
        yield Difference(dag_id, "", f"argument {name}", one, two, (name,), value=True)
    for task_id in sorted({*before.tasks, *after.tasks}):
        first, second = before.tasks.get(task_id), after.tasks.get(task_id)
        if first is None or second is None:
            yield Difference(dag_id, task_id, "the task", _operator(first), _operator(second))
        else:
            yield from _task(dag_id, task_id, first, second)


def _operator(task: TaskShape | None) -> str:
    return task.operator if task else ""


def _task(dag_id: str, task_id: str, before: TaskShape, after: TaskShape) -> Iterator[Difference]:
    if before.operator != after.operator:
        words = (before.operator, before.operator.rpartition(".")[2])
        yield Difference(dag_id, task_id, "its class", before.operator, after.operator, words)
    if before.upstream != after.upstream:
        yield Difference(dag_id, task_id, "upstream", _names(before.upstream), _names(after.upstream))
    for name, one, two in _pairs(before.arguments, after.arguments):
        kind = "template" if name in {*before.templates, *after.templates} else "argument"
        yield Difference(dag_id, task_id, f"{kind} {name}", one, two, (name,), value=True)
    for name in sorted(set(after.refused) - set(before.refused)):
        yield Difference(dag_id, task_id, "an argument that its class does not take", "", name)


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "nothing"


def _pairs(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name in sorted({*before, *after}):
        one, two = before.get(name, ""), after.get(name, "")
        if one != two:
            yield name, one, two
