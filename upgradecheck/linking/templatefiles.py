"""Which files of a project are templates: those that an operator names, and what these take in.

A file that nobody names may be one too (names are put together, folders are listed), but that is a guess, and told
as one. A file that the project's own code renders, or that belongs to another tool, is none of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from fnmatch import translate
from functools import cached_property

from upgradecheck.linking.project import Project
from upgradecheck.linking.templatetexts import TemplateTexts
from upgradecheck.python.filenames import ANY, Named
from upgradecheck.rulebook.facts import below, endings, lookup

_OWN_RENDERER = frozenset({"jinja2"})
_OTHER_TOOLS = ("dbt_project.yml",)


class Standing(str, Enum):
    """How sure it is that a file is a template of a task."""

    SURE = "an operator names it"
    NAMED = "code names it"
    NOBODY = "nothing names it"
    OTHER = "something else renders it"


class TemplateFiles:
    """Answers from a project's summaries."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.texts = project.linked(TemplateTexts)
        self._names: dict[str, list[str]] = {}
        for file in project.summaries:
            if file.endswith(endings()):
                self._names.setdefault(file.rpartition("/")[2], []).append(file)

    def standing(self, file: str) -> Standing:
        """Whether a file is a template of a task."""
        ways = self._named.get(file, {})
        if Standing.SURE in ways.values():
            return Standing.SURE
        if Standing.OTHER in ways.values() or self._is_of_another_tool(file):
            return Standing.OTHER
        alone = {row["ending"] for row in lookup("template_endings") if row["alone"] == "yes"}
        return Standing.NAMED if ways else Standing.NOBODY if file.endswith(tuple(alone)) else Standing.OTHER

    def taken(self) -> dict[str, set[str]]:
        """File → the templates that it names for sure, or takes in."""
        found: dict[str, set[str]] = {}
        for template, ways in self._named.items():
            for file, standing in ways.items():
                if standing is Standing.SURE:
                    found.setdefault(file, set()).add(template)
        return found

    def rendered(self, file: str) -> tuple[tuple[str, str], ...]:
        """The templates that a file names for sure, and each key of the context that they ask for."""
        found, pending = set[str](), [file]
        while pending:
            fresh = self._edges.get(pending.pop(), set()) - found
            found |= fresh
            pending += fresh
        words = ((name, word) for name in sorted(found) for word in self.project.summaries[name].words)
        return tuple((name, word[1:-1]) for name, word in words if word.startswith("["))

    @cached_property
    def _edges(self) -> dict[str, set[str]]:
        return self.taken()

    def _is_of_another_tool(self, file: str) -> bool:
        folders = file.split("/")[:-1]
        above = ("/".join([*folders[:end], name]) for end in range(len(folders) + 1) for name in _OTHER_TOOLS)
        return any(path in self.project.summaries for path in above)

    @cached_property
    def _named(self) -> dict[str, dict[str, Standing]]:
        """Template → the files that name it, and how."""
        found: dict[str, dict[str, Standing]] = {}
        includes: list[tuple[str, str]] = []
        for file, summary in self.project.summaries.items() if self._names else ():
            own = any(below(name, _OWN_RENDERER) for name in summary.uses) if summary.files else False
            for one in summary.files:
                for template in self._files(file, one.pattern):
                    if file.endswith(endings()):
                        includes.append((file, template))
                        continue
                    standing = self._standing(file, one, own)
                    if found.setdefault(template, {}).get(file) is not Standing.SURE:
                        found[template][file] = standing
        self._pass_on(found, includes)
        return found

    def _pass_on(self, found: dict[str, dict[str, Standing]], includes: list[tuple[str, str]]) -> None:
        """What a template takes in stands as it does."""
        for _ in range(len(includes)):
            before = sum(map(len, found.values()))
            for file, template in includes:
                ways = found.get(file, {})
                standing = next((s for s in Standing if s in ways.values()), None)
                if standing and standing is not Standing.NOBODY and template != file:
                    found.setdefault(template, {}).setdefault(file, standing)
            if sum(map(len, found.values())) == before:
                return

    def _standing(self, file: str, one: Named, own: bool) -> Standing:
        vague = not one.pattern.rpartition("/")[2].rpartition(".")[0].strip(ANY)
        if one.slot and one.callee and self.texts.renders(file, one.callee, one.slot, from_files=True):
            return Standing.NAMED if vague and "/" not in one.pattern.strip("/*") else Standing.SURE
        return Standing.OTHER if own else Standing.NAMED

    def _files(self, file: str, pattern: str) -> Iterator[str]:
        """The files that a name may mean: one beside the file, else those whose path ends so."""
        name = re.sub(r"^(\./|/)+|(?<=/)\./", "", pattern)
        while name.startswith("../"):
            name = name[3:]
        folder = file.rpartition("/")[0]
        beside = f"{folder}/{name}" if folder else name
        if ANY not in name:
            found = self._names.get(name.rpartition("/")[2], [])
            yield from [beside] if beside in found else [f for f in found if f == name or f.endswith(f"/{name}")]
            return
        if not name.strip("*/.") or name.lstrip("*") in endings():
            return
        meant = re.compile(f"(?:.*/)?{translate(name)}")
        yield from (f for found in self._names.values() for f in found if meant.match(f))
