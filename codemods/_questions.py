"""What triggers ask about a file and its project (`triggers.Ask`): apart, since a file that they pass over should
not load the verbs that would have read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain

from upgradecheck.linking.callees import Callees
from upgradecheck.linking.project import Project
from upgradecheck.python.called import UNTOLD
from upgradecheck.python.constants import FIRST, MADE, MANY, PAIR, PLAIN, may_be
from upgradecheck.python.vocabulary import DEFINED
from upgradecheck.rulebook.facts import lookup

_ANY_TWO = f"{PAIR}="


def renders(keys: frozenset[str], project: Project, file: str) -> bool:
    """Whether a template that a file names asks for one of these keys."""
    if not project.summaries[file].files:
        return False
    from upgradecheck.linking.templatefiles import TemplateFiles

    return any(key in keys for _, key in project.linked(TemplateFiles).rendered(file))


def changes_at_import(changing: frozenset[str], project: Project, file: str) -> bool:
    """Whether a file calls one of these while it is loaded."""
    callers = [
        caller
        for caller, dotted in project.summaries[file].calls
        if dotted in changing or any(name in changing for name in _names(dotted, project, file))
    ]
    if not callers:
        return False
    from upgradecheck.linking.running import Running  # for a small file not worth the time

    return any(project.linked(Running).at_import(file, caller) for caller in callers)


def gives(owners: frozenset[str], names: frozenset[str], project: Project, file: str) -> bool:
    """Whether a file may give one of these arguments to an owner."""
    return not names.isdisjoint(_given(owners, project, file))


def asks_for_option(readers: frozenset[str], options: frozenset[str], project: Project, file: str) -> bool:
    """Whether a file may ask one of these readers for one of these options (`constants.paired`)."""
    callees = project.linked(Callees)
    for dotted, words in project.summaries[file].given.items():
        told = _ANY_TWO in words or not options.isdisjoint(words)
        if told and dotted != UNTOLD and not readers.isdisjoint(one.name for one in callees.called(file, dotted)):
            return True
    return False


def _names(dotted: str, project: Project, file: str) -> list[str]:
    """What a called name that the project may give a meaning comes to."""
    if dotted[0] == ":" or dotted.partition(".")[0] in project.foreign:
        return []
    return [found.name for found in project.resolve(file, dotted)]


def is_given_by_position(names: frozenset[str], project: Project, file: str) -> bool:
    """Whether a file calls, with arguments by position, a function of its own with a parameter of such a name."""
    summary = project.summaries[file]
    placed = {callee.rpartition(".")[2].lstrip(":") for callee in summary.filled if callee.startswith(":")}
    return any(
        function.rpartition(".")[2] in placed and not names.isdisjoint(name.rstrip("=") for name in parameters)
        for function, parameters in summary.reach.parameters.items()
    )


def dates_may_matter(
    owners: frozenset[str], schedules: frozenset[str], never: frozenset[str], project: Project, file: str
) -> bool:
    """Whether some DAG of a file may have an interval, and something may ask for its dates, or wait for them.

    ``owners``: what makes DAGs; ``schedules``: the arguments that give an interval; ``never``: how words tell of
    values that are none.
    """
    words = project.summaries[file].words
    asked = not _asked().isdisjoint(words) or renders(interval_keys(), project, file)
    if not asked and not project.watched:
        return False
    if not asked and not _may_make(project.watched, frozenset(words)):
        return False
    given = frozenset(_given(owners, project, file))
    made = given.union(word for word in words if word.startswith(DEFINED))
    waited = asked or _may_make(project.watched, made)
    return waited and _may_have_interval(schedules, never, given)


def may_be_no_json(
    owners: frozenset[str], names: frozenset[str], inside: frozenset[str], project: Project, file: str
) -> bool:
    """Whether a file may give one of these arguments to an owner with a value that is no JSON.

    ``inside``: classes whose objects may stand in it, and are judged by what they are given.
    """
    words = project.summaries[file].words
    if FIRST not in names and not any(name in words for name in names):
        return False
    starts = tuple(f"{name}=" for name in names)
    given = (word.partition("=") for word in _given(owners, project, file) if word.startswith(starts))
    return any(_is_open(kind, inside) for _, _, kind in given)


def _is_open(kind: str, inside: frozenset[str]) -> bool:
    """Whether words that tell this of a value leave open that it is no JSON."""
    if kind[:1] == PLAIN[0] and kind[-1:] == PLAIN[1]:
        return not inside.issuperset(filter(None, kind[1:-1].split(",")))
    return kind in ("", MADE, MANY, bytes.__name__)


def _given(owners: frozenset[str], project: Project, file: str) -> Iterator[str]:
    """The words for what a file may give to these, or to what descends from them."""
    callees = project.linked(Callees)
    for dotted, words in project.summaries[file].given.items():
        called = [] if dotted == UNTOLD else [project.lineage(one.name) for one in callees.called(file, dotted)]
        if not called or not owners.isdisjoint(chain.from_iterable(called)):
            yield from words


@cache
def _asked() -> frozenset[str]:
    """As words tell of these keys."""
    return frozenset(f"[{key}]" for key in interval_keys())


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


def _may_make(dag_ids: Iterable[str], words: frozenset[str]) -> bool:
    """Whether by these words a file may make one of these DAGs: as a class, or as a function of this name."""
    return any(
        f"{DEFINED}{dag_id}" in words or any(may_be(name, dag_id, words) for name in ("dag_id", FIRST))
        for dag_id in dag_ids
    )
