"""What a verb may look at: one parsed document, the tables, and the project as that document sees it."""

from __future__ import annotations

import ast
from functools import cached_property

from msgspec import Struct

from upgradecheck.linking.asked import Asked
from upgradecheck.linking.classes import Classes
from upgradecheck.linking.dictionaries import Dictionaries
from upgradecheck.linking.guards import Guards
from upgradecheck.linking.values import Values
from upgradecheck.model import Document, Edit, Finding, Fix, NoFix, Runs, Severity, Span
from upgradecheck.python import script
from upgradecheck.python.loops import Containers
from upgradecheck.python.nodes import nodes
from upgradecheck.python.scopes import Module, function_name
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.symbols import Symbols
from upgradecheck.texts.source import Source


class Scene(Struct, eq=False, dict=True):
    """One document, parsed, in its project."""

    document: Document
    source: Source
    tree: ast.Module
    scopes: Module
    project: Asked
    symbols: Symbols
    target: str
    from_version: str
    bridge: bool = False
    settings: tuple[tuple[str, str], ...] = ()
    content: tuple[str, object] = ("", None)  # as what it is read that is no code, and what the parser makes of it

    @cached_property
    def guards(self) -> Guards:
        """The document's guards for two versions."""
        return Guards(self)

    @cached_property
    def classes(self) -> Classes:
        """Lines of descent of what the document calls."""
        return self.symbols.linked(Classes)

    @cached_property
    def dictionaries(self) -> Dictionaries:
        """The document's named dictionaries."""
        return Dictionaries(self)

    @cached_property
    def values(self) -> Values:
        """What the document's expressions come to."""
        return Values(self)

    @cached_property
    def containers(self) -> Containers:
        """The document's lists and dictionaries that are written out."""
        return Containers(self.scopes)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes of the document's tree."""
        return nodes(self.tree)

    @cached_property
    def memory(self) -> dict[object, object]:
        """What verbs worked out once for many uses."""
        return {}

    def close(self) -> None:
        """Forget what was worked out, which points back here: without it nothing waits to be found as garbage."""
        vars(self).clear()

    def start(self, node: ast.AST) -> int:
        """The offset at which a node begins."""
        return self.source.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        """The offset behind a node."""
        return self.source.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def text(self, node: ast.AST) -> str:
        """A node's source text."""
        return self.source.text[self.start(node) : self.end(node)]

    def span(self, node: ast.AST) -> Span:
        """A node's lines and columns."""
        return self.source.span(self.start(node), self.end(node))

    def edit(self, node: ast.AST, new: str) -> Edit:
        """Replace a node's text."""
        return Edit(self.document.name, self.start(node), self.end(node), new)

    @cached_property
    def _bodies(self) -> list[tuple[tuple[int, int], tuple[int, int], str]]:
        """The bodies of all functions, and of programs: first and last place, qualified name."""
        found = [(*self._reach(node.body[0], node.body[-1]), script.MAIN) for node in script.programs(self.tree)]
        for node, _, _ in self.scopes.functions:
            body: ast.AST = node.body if isinstance(node, ast.Lambda) else node.body[0]  # type: ignore[attr-defined]
            found.append((*self._reach(body, node), function_name(self.scopes, node)))
        return found

    def _reach(self, first: ast.AST, last: ast.AST) -> tuple[tuple[int, int], tuple[int, int]]:
        start, end = self.span(first), self.span(last)
        return (start.line, start.column), (end.end_line, end.end_column)

    def runs(self, line: int, column: int) -> Runs:
        """When the code at a place runs."""
        around = [body for body in self._bodies if body[0] <= (line, column) < body[1]]
        return self.project.runs(max(around)[2]) if around else Runs.IMPORT

    def exported(self, name: str) -> bool:
        """Whether others may get a module-level name from this document, so that it has to stay."""
        public = not name.startswith("_") and self.project.installed()
        return public or self.offered(name)

    def offered(self, name: str) -> bool:
        """Whether something in the project shows that others get a module-level name from this document."""
        package = self.document.name.endswith("__init__.py")
        return package or name in (self.scopes.exports or ()) or self.project.used_elsewhere(name)

    def finding(
        self,
        rule: Rule,
        severity: Severity,
        place: ast.AST | Span | None,
        subject: str,
        message: str,
        advice: str,
        since: str,
        fix: Fix | NoFix,
        runs: Runs = Runs.IMPORT,
    ) -> Finding:
        """A finding of this document at a place, or about all of it (``runs``: where that does not say when).

        Under ``--bridge`` a fix for the cutover is only announced."""
        if self.bridge and isinstance(fix, Fix) and fix.when == "cutover":
            reason = f"only at the cutover: it would not run on Airflow {self.from_version}"
            fix = NoFix(f"{reason} ({fix.description})", "cutover")
        span = self.span(place) if isinstance(place, ast.AST) else place
        return Finding(rule.id, severity, subject, message, advice, since, self.document.name, span, fix, runs=runs)
