"""How many DAG files load and run on the target: now, after safe fixes, or when a person has been at them.

A DAG file *loads* when no ERROR strikes while it, or anything of the project that it imports, is
loaded; it *runs* when none strikes in task code either.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from upgradecheck.linking.project import Project
from upgradecheck.model import Finding, Fix, Runs, Severity
from upgradecheck.readiness.dagfiles import imports, reached, reverse

State = Literal["ready", "ready_after_fixes", "waiting"]
STATES: tuple[State, ...] = ("ready", "ready_after_fixes", "waiting")
NOBODY = "(no owner)"
_SAFETY = ("none", "unsafe", "safe")


class DagFile(Struct, frozen=True, array_like=True):
    """One DAG file: whether it loads, and loads and runs; as it is, and after safe fixes."""

    document: str
    loads: bool
    ready: bool
    loads_after_fixes: bool
    ready_after_fixes: bool
    owners: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """When it will be ready."""
        return "ready" if self.ready else "ready_after_fixes" if self.ready_after_fixes else "waiting"


class Blocker(Struct, frozen=True, array_like=True):
    """A place with an ERROR, and the number of DAG files that wait for it. ``fix`` is the least safe one."""

    document: str
    line: int | None
    subjects: tuple[str, ...]
    rule_ids: tuple[str, ...]
    stops: Literal["load", "run"]
    fix: Literal["safe", "unsafe", "none"]
    holds_back: int


class Readiness(Struct, frozen=True, array_like=True):
    """``blockers`` are those of the project as it is, the one that holds back most first."""

    files: tuple[DagFile, ...] = ()
    blockers: tuple[Blocker, ...] = ()

    @property
    def states(self) -> Counter[State]:
        """DAG files by state."""
        return Counter(file.state for file in self.files)

    @property
    def by_owner(self) -> dict[str, Counter[State]]:
        """The same for each owner, who has most first; a file with several owners counts for each."""
        found: defaultdict[str, Counter[State]] = defaultdict(Counter)
        for file in self.files:
            for owner in file.owners or (NOBODY,):
                found[owner][file.state] += 1
        if found.keys() <= {NOBODY}:
            return {}
        return dict(sorted(found.items(), key=lambda item: (-item[1].total(), item[0])))

    def joined(self, other: Readiness) -> Readiness:
        """With another project's."""
        return Readiness((*self.files, *other.files), ranked((*self.blockers, *other.blockers)))


class Held(Struct, frozen=True):
    """What holds back which DAG files."""

    loading: frozenset[str]
    running: frozenset[str]
    blockers: tuple[Blocker, ...]


def assess(now: Held, after: Held, dags: Iterable[str]) -> Readiness:
    """The readiness of these DAG files, from what holds them back as they are and after safe fixes."""
    files = [
        DagFile(
            dag, dag not in now.loading, dag not in now.running, dag not in after.loading, dag not in after.running
        )
        for dag in sorted(dags)
    ]
    return Readiness(tuple(files), now.blockers)


def held(project: Project, dags: frozenset[str], findings: Iterable[Finding]) -> Held:
    """What the ERRORs among these findings hold back."""
    errors: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.severity is Severity.ERROR and finding.runs is not Runs.PROGRAM:
            errors[finding.document].append(finding)
    loaders, runners = reverse(imports(project, later=False)), reverse(imports(project, later=True))
    loading: set[str] = set()
    running: set[str] = set()
    blockers: list[Blocker] = []
    for document, found in errors.items():
        waiting = reached([document], runners) & dags
        at_load = [finding for finding in found if not finding.runs.later]
        loading |= reached([document], loaders) & dags if at_load else set()
        running |= waiting
        blockers += _blockers(at_load, "load", len(waiting))
        blockers += _blockers([f for f in found if f.runs.later], "run", len(waiting))
    return Held(frozenset(loading), frozenset(running), ranked(b for b in blockers if b.holds_back))


def _blockers(findings: Sequence[Finding], stops: Literal["load", "run"], holds_back: int) -> list[Blocker]:
    """One blocker for each line."""
    lines: defaultdict[int | None, list[Finding]] = defaultdict(list)
    for finding in findings:
        lines[finding.span.line if finding.span else None].append(finding)
    return [
        Blocker(
            found[0].document,
            line,
            tuple(dict.fromkeys(f.subject for f in found)),
            tuple(dict.fromkeys(f.rule_id for f in found)),
            stops,
            min((_safety(f) for f in found), key=_SAFETY.index),
            holds_back,
        )
        for line, found in lines.items()
    ]


def _safety(finding: Finding) -> Literal["safe", "unsafe", "none"]:
    return finding.fix.safety if isinstance(finding.fix, Fix) else "none"


def ranked(blockers: Iterable[Blocker]) -> tuple[Blocker, ...]:
    """Who holds back most DAG files first; then what no fix helps, and what stops them from loading."""
    return tuple(
        sorted(blockers, key=lambda b: (-b.holds_back, _SAFETY.index(b.fix), b.stops, b.document, b.line or 0))
    )


def owned(readiness: Readiness, owners_of: dict[str, tuple[str, ...]]) -> Readiness:
    """With the owners of each file."""
    return replace(
        readiness, files=tuple(replace(f, owners=owners_of.get(f.document, ())) for f in readiness.files)
    )
