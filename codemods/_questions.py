"""What triggers ask about a file and its project (`triggers.Ask`): apart, since a file that they pass over should
not load the verbs that would have read it."""

from __future__ import annotations

from functools import cache

from upgradecheck.linking.project import Project
from upgradecheck.linking.templatefiles import TemplateFiles
from upgradecheck.python.constants import FIRST, may_be
from upgradecheck.rulebook.facts import lookup


def renders(keys: frozenset[str], project: Project, file: str) -> bool:
    """Whether a template that a file names asks for one of these keys."""
    return any(key in keys for _, key in project.linked(TemplateFiles).rendered(file))


def dates_may_matter(schedules: frozenset[str], never: frozenset[str], project: Project, file: str) -> bool:
    """Whether some DAG of a file may have an interval, and something may ask for its dates, or wait for them.

    ``schedules``: the arguments that give one; ``never``: how words tell of values that are none.
    """
    words = frozenset(project.summaries[file].words)
    if not _may_have_interval(schedules, never, words):
        return False
    return (
        any(f"[{key}]" in words for key in interval_keys())
        or renders(interval_keys(), project, file)
        or any(_may_make(dag_id, words) for dag_id in project.watched)
    )


@cache
def interval_keys() -> frozenset[str]:
    """The keys of a context that tell of an interval."""
    return frozenset(row["key"] for row in lookup("interval_keys"))


def _may_have_interval(schedules: frozenset[str], never: frozenset[str], words: frozenset[str]) -> bool:
    """Whether a file says of its schedules anything but what is none, or of another kind."""
    given = [
        value for name, equals, value in (word.partition("=") for word in words) if equals and name in schedules
    ]
    return not given or not never.issuperset(given)


def _may_make(dag_id: str, words: frozenset[str]) -> bool:
    """Whether a file may make a DAG of this id: as a class, or as a function of this name."""
    return dag_id in words or any(may_be(name, dag_id, words) for name in ("dag_id", FIRST))
