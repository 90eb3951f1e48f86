"""The examples on the rules' pages: fences, what they promise, and which finding each line expects.

A page holds ``~~~python before`` with, where the rule fixes it, ``~~~python after`` behind it
(``after unsafe`` for what only ``--unsafe-fixes`` writes), and ``~~~python unchanged``.
``# files: a.py, b.py`` as the first line says which (empty) files lie beside it, ``# imports: x.y`` what one imports.
``# expect: RuleId [SEVERITY]`` marks the lines with a finding; tests take the markers out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_FENCE = re.compile(r"~~~(?P<language>\w+) (?P<role>before|after|unchanged)(?P<unsafe> unsafe)?")
_HEADING = re.compile(r"#{2,} +(?P<heading>.+)")
_MARK = re.compile(r"\s*# expect: (?P<rule>\w+)(?: (?P<severity>ERROR|WARNING|INFO))?[ \t]*$")
FILES = {
    "python": "example.py",
    "toml": ".upgradecheck-ignore.toml",
    "airflowignore": ".airflowignore",
    "dockerfile": "Dockerfile",
    "env": "example.env",
    "cron": "crontab",
    "http": "example.http",
    "ini": "airflow.cfg",
    "json": "example.json",
    "procfile": "Procfile",
    "supervisor": "supervisord.conf",
    "terraform": "main.tf",
    "pyproject": "pyproject.toml",
    "requirements": "requirements.txt",
    "shell": "example.sh",
    "yaml": "docker-compose.yaml",
    "answer": "",  # what the metadata database answers: key=value for each column, one answer a line
}


class BadExample(Exception):
    """A page's fences are not as they should be; the message names the line."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that an example announces; no severity: ERROR or WARNING."""

    line: int
    rule_id: str
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A fence's content without its markers, and what they announce."""

    text: str
    expected: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """One case of a page: a text, and what ``--fix`` makes of it (None: the same text)."""

    heading: str
    line: int
    language: str
    before: Text
    after: Text | None = None
    unsafe: bool = False
    unchanged: bool = False

    @property
    def name(self) -> str:
        """A short name for a test's id."""
        words = re.sub(r"\W+", "-", self.heading.lower()).strip("-")
        return f"{words}-{self.line}"


def examples(page: str) -> list[Example]:
    """All examples of a page's text. Raises `BadExample`."""
    found: list[Example] = []
    for heading, line, fence, text in _fences(page):
        language, role = fence["language"], fence["role"]
        if role == "after":
            if not found or found[-1].unchanged or found[-1].after or found[-1].heading != heading:
                raise BadExample(f"line {line}: there is no `before` for this `after`")
            found[-1] = replace(found[-1], after=_text(text), unsafe=bool(fence["unsafe"]))
        else:
            found.append(Example(heading, line, language, _text(text), unchanged=role == "unchanged"))
    for example in found:
        if example.unchanged == bool(example.before.expected):
            raise BadExample(f"line {example.line}: a `before` has to expect something, an `unchanged` must not")
    return found


def _fences(page: str) -> Iterator[tuple[str, int, re.Match[str], str]]:
    """(heading above, line number, opening line, content) of each fence."""
    heading = ""
    lines = iter(enumerate(page.splitlines(keepends=True), 1))
    for number, line in lines:
        if match := _HEADING.match(line):
            heading = match["heading"].strip()
        if not line.startswith("~~~"):
            continue
        fence = _FENCE.fullmatch(line.rstrip())
        if fence is None or fence["language"] not in FILES or (fence["unsafe"] and fence["role"] != "after"):
            raise BadExample(f"line {number}: {line.strip()!r} opens no example")
        content = []
        for _, inner in lines:
            if inner.rstrip() == "~~~":
                break
            content.append(inner)
        else:
            raise BadExample(f"line {number}: the fence is not closed")
        yield heading, number, fence, "".join(content)


def _text(marked: str) -> Text:
    lines, expected = [], []
    for number, line in enumerate(marked.splitlines(), 1):
        mark = _MARK.search(line)
        if mark is None and "# expect" in line:
            raise BadExample(f"{line.strip()!r}: write it like `# expect: RemovedImportRule WARNING`")
        if mark:
            expected.append(Expected(number, mark["rule"], mark["severity"] or ""))
            line = line[: mark.start()]
        lines.append(line + "\n")
    return Text("".join(lines), tuple(expected))
