"""Hold the examples on the rules' pages against real Airflow: does `before` fail as the message says, `after` not?

    python scripts/check_examples.py --envs /tmp/airflow-envs
    python scripts/check_examples.py --python /opt/airflow3/bin/python --python-2x /opt/airflow2/bin/python

Exits with 1 where an example and Airflow disagree, with 3 where an environment could not be had.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from airflow_envs import EnvironmentFailed, ensure, python_of
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.examples import FILES, Example, Text, examples
from upgradecheck import check
from upgradecheck.config import Options
from upgradecheck.model import Finding, Fix
from upgradecheck.rulebook import facts, symbols
from upgradecheck.rulebook.facts import Rule

_PROBE = Path(__file__).resolve().parent / "probe_examples.py"
_AT_LOAD = (
    "and with it every file that imports this one",
    "when the file is loaded",
    "and the file does not load",
    ": the call fails",
    "was not checked",
)
_GONE = ("is gone in", "was not checked")
_WARNS = ("is deprecated since",)


@dataclass
class Case:
    """One text of a page, what upgradecheck says about it, and what Airflow makes of it."""

    rule: Rule
    example: Example
    role: str
    text: Text
    findings: tuple[Finding, ...]
    found: dict[str, Any] = field(default_factory=dict)

    @property
    def about_names(self) -> bool:
        """Whether each line with a finding fails or warns by itself; a call needs what comes before it."""
        return self.rule.header[:2] in (("old", "kind"), ())

    @property
    def others(self) -> set[int]:
        """The lines of which other rules have something to say."""
        if self.role == "before" or self.about_names:
            return set()
        return {f.span.line for f in findings_in((), self.example, self.text) if f.span}

    def said_at(self, line: int) -> bool:
        """Whether a finding says that this line, or the call that begins there, fails when the file is loaded."""
        if line in self.at_load or "SyntaxError" in self.found["whole"]["error"]:
            return line in self.at_load
        calls = [node for node in ast.walk(ast.parse(self.text.text)) if isinstance(node, ast.Call)]
        ends = [call.end_lineno or line for call in calls if call.lineno == line]
        return any(line <= said <= max([line, *ends]) for said in self.at_load)

    @property
    def lines(self) -> list[int]:
        """The lines that Airflow can speak about: those with findings; what a fix wrote, in functions too."""
        if self.role == "after":
            return [n for n, line in enumerate(self.text.text.splitlines(), 1) if "airflow." in line]
        return sorted({f.span.line for f in self.findings if f.span and "was not checked" not in f.message})

    @property
    def at_load(self) -> set[int]:
        """The lines that fail, as their findings say, when the file is loaded."""
        said = [f for f in self.findings if any(words in f.message for words in _AT_LOAD)]
        return {f.span.line for f in said if f.span}


def cases(stems: Sequence[str]) -> Iterator[Case]:
    """Every text of every page that is about Airflow."""
    for rule in facts.load():
        if (stems and rule.stem not in stems) or "suppression" in rule.tags:
            continue  # what is said about suppressions, Airflow cannot judge
        for example in (example for example in examples(rule.text) if example.language == "python"):
            role = "unchanged" if example.unchanged else "before"
            yield Case(rule, example, role, example.before, findings_in((rule.id,), example, example.before))
            if example.after:
                found = findings_in((rule.id,), example, example.after)
                yield Case(rule, example, "after", example.after, found)


def findings_in(rules: tuple[str, ...], example: Example, text: Text) -> tuple[Finding, ...]:
    """What these rules, or all of them, find in a text."""
    with tempfile.TemporaryDirectory(prefix="check-examples-") as folder:
        Path(folder, FILES[example.language]).write_bytes(text.text.encode())
        return check([folder], Options(select=rules, cache=False, jobs=1)).findings


def providers(every: Sequence[Case]) -> set[str]:
    """The distributions that the examples' replacements come from."""
    rows = [symbols.parse(line) for c in every for f in c.findings for line in c.rule.lines.get(f.subject, ())]
    return {row.provider for row in rows if row.provider}


def run(python: Path, every: Sequence[Case]) -> str:
    """Let Airflow load the texts; the answers go into the cases. Returns its version."""
    with tempfile.TemporaryDirectory(prefix="check-examples-") as scratch:
        asked, told = Path(scratch) / "asked.json", Path(scratch) / "told.jsonl"
        asked.write_text(json.dumps([{"text": c.text.text, "lines": c.lines} for c in every]), "utf-8")
        environment = {**os.environ, "AIRFLOW_HOME": scratch, "PYTHONPATH": ""}
        command = [str(python), str(_PROBE), str(asked), str(told)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
        if done.returncode or not told.exists():
            raise EnvironmentFailed(f"{python}: {done.stderr.strip()[-500:]}")
        version, *answers = [json.loads(line) for line in told.read_text("utf-8").splitlines()]
    for case, answer in zip(every, answers, strict=True):
        case.found = answer
    return str(version["version"])


def disagreements(case: Case) -> Iterator[str]:
    """Where Airflow 3 does otherwise than the page and the findings say."""
    whole = case.found["whole"]
    if case.role != "before":
        expected = {line.line for line in case.text.expected} | case.others
        if whole["error"] and whole["line"] not in expected:
            yield f"line {whole['line']}: {whole['error']}"
        for answer in (whole, *case.found["lines"].values()):
            yield from (f"line {n}: warns: {text}" for n, text in answer["warnings"] if n not in expected)
        for line, answer in case.found["lines"].items():
            if answer["error"] and int(line) not in expected:
                yield f"line {line}: {answer['error']}"
        return
    if bool(whole["error"]) != bool(case.at_load):
        yield f"the file loads: {whole['error'] or 'yes'}; the findings say otherwise"
    elif whole["error"] and not any(map(case.said_at, whole["path"])):
        yield f"line {whole['line']} fails, no finding says so: {whole['error']}"
    for finding in case.findings if case.about_names else ():
        yield from wrong(finding, case)


def wrong(finding: Finding, case: Case) -> Iterator[str]:
    """Whether Airflow does with the line of a finding what the finding says."""
    if finding.span is None or finding.span.line not in case.lines:
        return
    answer = case.found["lines"][str(finding.span.line)]
    place = f"line {finding.span.line}: `{finding.subject}`"
    if any(words in finding.message for words in _GONE):
        if not answer["error"].startswith(("ImportError", "ModuleNotFoundError", "AttributeError", "NameError")):
            yield f"{place} is there: {answer['error'] or 'no error'}"
    elif answer["error"]:
        yield f"{place} is gone: {answer['error']}"
    elif any(words in finding.message for words in _WARNS) and not answer["warnings"]:
        yield f"{place} does not warn"


def disagreements_2x(case: Case, every: Sequence[Case]) -> Iterator[str]:
    """Whether what is to be migrated runs on 2.x, and whether a fix that promises to do so does."""
    if case.role == "after":
        before = next(c for c in every if c.example is case.example and c.role == "before")
        if any(not isinstance(f.fix, Fix) or f.fix.when != "now" for f in before.findings):
            return
    error, line = case.found["whole"]["error"], case.found["whole"]["line"]
    # what today's providers no longer hold, and what only 1.10 had, is found but has no safe fix
    old = {f.span.line for f in case.findings if f.span and not (isinstance(f.fix, Fix) and f.fix.safety == "safe")}
    if error and not (line in old and error.startswith(("ImportError", "ModuleNotFoundError", "SyntaxError"))):
        yield f"on 2.x, line {line}: {error}"


def show(console: Console, version: str, every: Sequence[Case], bad: Sequence[tuple[Case, str]]) -> None:
    """A line for each rule, then what disagrees."""
    table = Table("rule", "texts", "agree", title=f"Airflow {version}", title_justify="left")
    for rule in dict.fromkeys(case.rule.stem for case in every):
        mine = [case for case in every if case.rule.stem == rule]
        wrong_ones = {id(case) for case, _ in bad if case.rule.stem == rule}
        table.add_row(rule, str(len(mine)), str(len(mine) - len(wrong_ones)))
    console.print(table)
    for case, text in bad:
        place = f"rules/{case.rule.stem}.md:{case.example.line} {case.role} ({case.example.heading})"
        console.print(f"{place}: {text}", markup=False, soft_wrap=True)


def environment(envs: Path | None, python: Path | None, every: Sequence[Case]) -> Path:
    """The interpreter with Airflow: the one that was named, else that of a made environment."""
    if python:
        return python
    if envs is None:
        raise click.UsageError("name an interpreter with --python, or a folder with --envs")
    version = facts.lookup("releases")[-1]["release"]
    return python_of(ensure(envs, version, providers(every), f"{sys.version_info[0]}.{sys.version_info[1]}"))


@click.command()
@click.option("--envs", type=click.Path(file_okay=False, path_type=Path), help="Where environments are kept.")
@click.option("--python", type=click.Path(exists=True, path_type=Path), help="An interpreter with Airflow 3.")
@click.option(
    "--python-2x", type=click.Path(exists=True, path_type=Path), help="One with Airflow 2: `before` loads?"
)
@click.argument("stems", nargs=-1)
def main(envs: Path | None, python: Path | None, python_2x: Path | None, stems: tuple[str, ...]) -> None:
    """Compare the examples of all rules, or of these stems, with Airflow."""
    console = Console()
    every = list(cases(stems))
    try:
        version = run(environment(envs, python, every), every)
        bad = [(case, text) for case in every for text in disagreements(case)]
        show(console, version, every, bad)
        if python_2x:
            old = [case for case in every if case.role != "unchanged" and not case.rule.least_from]
            version = run(python_2x, old)
            more = [(case, text) for case in old for text in disagreements_2x(case, old)]
            show(console, version, old, more)
            bad += more
    except EnvironmentFailed as error:
        console.print(str(error), style="red", markup=False)
        sys.exit(3)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
