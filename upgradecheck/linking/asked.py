"""A project as one file sees it, with a note of every question that was asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from upgradecheck.linking.callees import Callee, Callees, Family, Passed
from upgradecheck.linking.methods import Methods
from upgradecheck.linking.project import Project, Resolved
from upgradecheck.linking.running import Running
from upgradecheck.linking.templatefiles import Standing, TemplateFiles
from upgradecheck.linking.templatetexts import TemplateTexts
from upgradecheck.model import Runs
from upgradecheck.python.flow import Given

CONCERNED = "concerned"  # no question to a project: `stages` asks it again

_T = TypeVar("_T")


class Asked:
    """A project as one file sees it: passes each question on and keeps the answer.

    The kept answers are part of the file's cache key: as long as they do not change, nothing that
    changed elsewhere in the project can change the file's findings.
    """

    def __init__(self, project: Project, file: str) -> None:
        self._project = project
        self._callees: Callees = project.linked(Callees)
        self._methods: Methods = project.linked(Methods)
        self._running: Running = project.linked(Running)
        self._templates: TemplateFiles = project.linked(TemplateFiles)
        self._texts: TemplateTexts = project.linked(TemplateTexts)
        self.file = file
        self.answers: dict[str, str] = {}

    @property
    def foreign(self) -> frozenset[str]:
        """Top-level packages that are never the project's own."""
        return self._project.foreign

    def resolve(self, dotted: str) -> tuple[Resolved, ...]:
        """See `Project.resolve`."""
        if dotted.partition(".")[0] in self._project.foreign:
            return (Resolved(dotted, dotted),)
        return self._note(f"resolve {dotted}", self._project.resolve(self.file, dotted))

    def requires(self, package: str) -> bool:
        """See `Project.requires`."""
        return self._note(f"requires {package}", self._project.requires(self.file, package))

    def imports_below(self, module: str) -> bool:
        """See `Project.imports_below`."""
        return self._note(f"below {module}", self._project.imports_below(self.file, module))

    def used_elsewhere(self, name: str) -> bool:
        """See `Project.used_elsewhere`."""
        return self._note(f"used {name}", self._project.used_elsewhere(self.file, name))

    def awaited(self, name: str) -> bool:
        """See `Project.awaited`."""
        return self._note(f"awaited {name}", self._project.awaited(self.file, name))

    def installed(self) -> bool:
        """See `Project.installed`."""
        return self._note("installed", self._project.installed(self.file))

    def constant(self, dotted: str) -> tuple[str, str] | None:
        """See `Project.constant`."""
        return self._note(f"constant {dotted}", self._project.constant(self.file, dotted))

    def runs(self, function: str) -> Runs:
        """See `Running.runs`."""
        return self._note(f"runs {function}", self._running.runs(self.file, function))

    def holds(self, function: str) -> tuple[tuple[str, str], ...]:
        """See `Running.holds`."""
        return self._note(f"holds {function}", self._running.holds(self.file, function))

    def named(self, function: str) -> tuple[tuple[str, bool], ...]:
        """See `Running.named`."""
        return self._note(f"named {function}", self._running.named(self.file, function))

    def templated(self, dotted: str) -> tuple[str, ...]:
        """See `Methods.templated`."""
        return self._note(f"templated {dotted}", self._methods.templated(self.file, dotted))

    def given(self, what: str) -> str:
        """See `Running.given`."""
        return self._note(f"given {what}", self._running.given(self.file, what))

    def standing(self) -> Standing:
        """See `TemplateFiles.standing`."""
        return self._note("standing", self._templates.standing(self.file))

    def takes(self, method: str) -> bool:
        """See `Methods.takes`."""
        return self._note(f"takes {method}", self._methods.takes(self.file, method))

    def watchers(self, dag_id: str) -> tuple[str, ...]:
        """See `Project.watchers`."""
        return self._note(f"watchers {dag_id}", self._project.watchers(self.file, dag_id))

    def shown_elsewhere(self) -> tuple[str, ...]:
        """See `TemplateTexts.elsewhere`."""
        return self._note("shown", self._texts.elsewhere(self.file))

    def renders(self, callee: str, slot: str) -> bool:
        """See `TemplateTexts.renders`."""
        return self._note(f"renders {callee} {slot}", self._texts.renders(self.file, callee, slot))

    def rendered(self) -> tuple[tuple[str, str], ...]:
        """See `TemplateFiles.rendered`."""
        return self._note("rendered", self._templates.rendered(self.file))

    def bases(self, dotted: str) -> tuple[str, ...]:
        """See `Project.bases`."""
        if dotted.partition(".")[0] in self._project.foreign:
            return (dotted,)
        return self._note(f"bases {dotted}", self._project.bases(self.file, dotted))

    def called(self, dotted: str) -> tuple[Callee, ...]:
        """See `Callees.called`."""
        if dotted.partition(".")[0] in self._project.foreign:
            return (Callee(dotted.removesuffix(".__init__")),)
        return self._note(f"called {dotted}", self._callees.called(self.file, dotted))

    def family(self, dotted: str) -> Family | None:
        """See `Callees.family`."""
        if dotted.partition(".")[0] in self._project.foreign:
            return Family((dotted,), frozenset())
        return self._note(f"family {dotted}", self._callees.family(self.file, dotted))

    def behind(self, name: str) -> tuple[tuple[str, ...], ...]:
        """See `Callees.behind`."""
        return self._note(f"behind {name}", self._callees.behind(self.file, name))

    def passed(self, name: str) -> tuple[Passed, ...]:
        """See `Callees.passed`."""
        return self._note(f"passed {name}", self._callees.passed(self.file, name))

    def only_passed(self, name: str) -> bool:
        """See `Callees.only_passed`."""
        return self._note(f"only_passed {name}", self._callees.only_passed(self.file, name))

    def results(self, function: str) -> tuple[tuple[str, str, str], ...]:
        """See `Callees.results`."""
        return self._note(f"results {function}", self._callees.results(self.file, function))

    def calls_of(self, function: str) -> tuple[Given, ...]:
        """See `Callees.calls_of`."""
        return self._note(f"calls_of {function}", self._callees.calls_of(self.file, function))

    def home(self, dotted: str) -> tuple[str, str]:
        """See `Callees.home`."""
        return self._note(f"home {dotted}", self._callees.home(self.file, dotted))

    def keys(self, dotted: str) -> tuple[str, ...] | None:
        """See `Callees.keys`."""
        return self._note(f"keys {dotted}", self._callees.keys(self.file, dotted))

    def files(self, folder: str) -> tuple[str, ...]:
        """All files below a folder (it ends in a slash, "" for the root) that the project is made of, in order."""
        found = self._files(folder)
        self.answers[f"files {folder}"] = _digest(found)
        return found

    def _files(self, folder: str) -> tuple[str, ...]:
        return tuple(sorted(name for name in self._project.summaries if name.startswith(folder)))

    def again(self, question: str) -> str:
        """The answer to a question that an earlier run noted."""
        kind, _, argument = question.partition(" ")
        alone = {
            "installed": self._project.installed,
            "standing": self._templates.standing,
            "rendered": self._templates.rendered,
            "shown": self._texts.elsewhere,
        }
        if kind in alone:
            return _stable(alone[kind](self.file))
        if kind == "renders":
            callee, _, slot = argument.partition(" ")
            return _stable(self._texts.renders(self.file, callee, slot))
        if kind == "files":
            return _digest(self._files(argument))
        return _stable(self._asks[kind](self.file, argument))

    @cached_property
    def _asks(self) -> dict[str, Callable[[str, str], object]]:
        """What answers each question about a name."""
        return {
            "resolve": self._project.resolve,
            "used": self._project.used_elsewhere,
            "constant": self._project.constant,
            "awaited": self._project.awaited,
            "runs": self._running.runs,
            "holds": self._running.holds,
            "named": self._running.named,
            "templated": self._methods.templated,
            "given": self._running.given,
            "watchers": self._project.watchers,
            "bases": self._project.bases,
            "called": self._callees.called,
            "family": self._callees.family,
            "behind": self._callees.behind,
            "passed": self._callees.passed,
            "only_passed": self._callees.only_passed,
            "keys": self._callees.keys,
            "results": self._callees.results,
            "home": self._callees.home,
            "calls_of": self._callees.calls_of,
            "requires": self._project.requires,
            "takes": self._methods.takes,
            "below": self._project.imports_below,
        }

    def concerning(self, rules: int) -> int:
        """The rules that may find something in the file, which also hangs on the rest of the project."""
        return self._note(CONCERNED, rules)

    def _note(self, question: str, answer: _T) -> _T:
        self.answers[question] = _stable(answer)
        return answer


def _digest(names: tuple[str, ...]) -> str:
    import hashlib

    return hashlib.sha256("\n".join(names).encode("utf-8", "surrogateescape")).hexdigest()


def _stable(answer: object) -> str:
    """An answer as text: the same in every process (sets have no order of their own)."""
    if isinstance(answer, tuple):
        return f"({', '.join(map(_stable, answer))})"
    if isinstance(answer, Callee):
        return f"{answer.name} {sorted(answer.kept)} {sorted(answer.read)} {answer.direct}"
    if isinstance(answer, Family):
        return f"{answer.names} {sorted(answer.members)}"
    if isinstance(answer, Passed):
        return f"{_stable(answer.callee)} {answer.how}"
    return repr(answer)
