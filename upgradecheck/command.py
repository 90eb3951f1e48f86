"""``upgradecheck check``: run, print the report where it belongs, decide the exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from upgradecheck import judge
from upgradecheck.config import CannotCheck, ConfigError, Options
from upgradecheck.report import Report

CLEAN, FOUND, UNCHECKED = 0, 1, 3
_GARBAGE = 50_000  # new objects until garbage is looked for: a tree in the making is many of them, and none is any
FORMATS = ("text", "json", "report", "sarif", "github", "markdown")


@dataclass(frozen=True, slots=True)
class Asked:
    """The command's options as they were typed."""

    paths: tuple[str, ...]
    run_all: bool
    form: str
    output: str | None
    target: str
    from_version: str
    exclude: tuple[str, ...]
    force_exclude: bool
    ignore: tuple[str, ...]
    changed_since: str
    annotate_since: str
    staged: bool
    select: tuple[str, ...]
    deselect: tuple[str, ...]
    bridge: bool
    fix: bool
    unsafe_fixes: bool
    diff: bool
    fail_on: str | None
    rule_packs: tuple[str, ...]
    stdin_filename: str
    statistics: bool
    jobs: int
    no_cache: bool
    no_progress: bool
    color: str
    quiet: bool
    verbose: bool

    @property
    def summary(self) -> bool:
        """Whether the text has one."""
        return not (self.quiet or self.statistics)

    def options(self) -> Options:
        """What the run needs to know. Raises `ConfigError` for options that contradict each other."""
        if self.unsafe_fixes and not (self.fix or self.diff):
            raise ConfigError("--unsafe-fixes goes with --fix or --diff")
        if self.stdin_filename and self.paths != ("-",):
            raise ConfigError("--stdin-filename goes with '-' as the only path")
        if "-" in self.paths and len(self.paths) > 1:
            raise ConfigError("'-' (standard input) goes with no other path")
        if self.staged and self.changed_since:
            raise ConfigError("--staged and --changed-since exclude each other")
        if "-" in self.paths and (self.staged or self.changed_since):
            raise ConfigError("'-' (standard input) goes without --staged and --changed-since")
        if self.statistics and self.form not in ("text", "json", "report"):
            raise ConfigError("--statistics comes as --format text or json")
        if self.annotate_since and self.form != "github":
            raise ConfigError("--annotate-since goes with --format github")
        if self.jobs < 0:
            raise ConfigError("--jobs is 0 (all cores) or more")
        same = {f.name: getattr(self, f.name) for f in fields(Options) if f.name in Asked.__slots__}
        return Options(
            **{**same, "fail_on": self.fail_on or ""},
            stdin_name=self.stdin_filename,
            cache=not self.no_cache,
            readiness=self.form in ("report", "markdown") or (self.form == "text" and self.summary),
            patches=self.form == "sarif",
        )


def perform(asked: Asked) -> int:
    """One run of the command; returns its exit code. Raises `ConfigError`."""
    before = gc.get_threshold()
    gc.set_threshold(_GARBAGE)
    gc.disable()  # a run that the cache answers makes no garbage; `run` turns it on for work
    try:
        return _perform(asked)
    finally:
        gc.enable()
        gc.set_threshold(*before)


def _perform(asked: Asked) -> int:
    options = asked.options()
    report, fixed = _stdin(asked, options) if asked.paths == ("-",) else (_run(asked, options), None)
    text = render(report, asked)
    if fixed is not None:
        _print(fixed)
    if asked.output:
        _write(asked.output, text)
    elif fixed is not None:
        sys.stderr.write(text)
    else:
        _print(text if asked.form == "text" else _bytes(text))
    _note(report, asked)
    return exit_code(report)


def _bytes(text: str) -> bytes:
    """UTF-8, whatever the terminal has; a file name that is none comes as JSON writes it, ``\\udcff``."""
    return text.encode("utf-8", "backslashreplace")


def _print(report: str | bytes) -> None:
    """Write to standard output. Raises `CannotCheck` where it cannot be written to."""
    try:
        if isinstance(report, str):
            sys.stdout.write(report)
        else:
            sys.stdout.flush()
            sys.stdout.buffer.write(report)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough: the exit code still tells what was found
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more at its end
        raise CannotCheck(f"the report could not be written to standard output: {error.strerror}") from error


def _note(report: Report, asked: Asked) -> None:
    """Words for people, where they do not end up in the report."""
    notes = list(report.notes)
    if asked.form == "sarif":
        from upgradecheck.reports.sarif import limits

        notes += filter(None, [limits(len(report.findings) + len(report.suppressed))])
    if notes:
        from upgradecheck.reports.words import printable

        for note in notes:
            print(f"upgradecheck: {printable(note)}", file=sys.stderr)


def _run(asked: Asked, options: Options) -> Report:
    from upgradecheck.run import run

    with _progress(asked) as progress:
        return run(options, progress)


def _stdin(asked: Asked, options: Options) -> tuple[Report, bytes | None]:
    """Check the text on standard input. With ``--fix`` it is handed back, to be printed in the report's place."""
    from upgradecheck.run import run_text

    report, text = run_text(options, sys.stdin.buffer.read(), asked.stdin_filename or "stdin.py")
    return report, text if asked.fix and not asked.diff else None


class _progress:
    """A progress bar on stderr, on a terminal, for work that takes over a second."""

    def __init__(self, asked: Asked) -> None:
        self.wanted = sys.stderr.isatty() and not (asked.no_progress or asked.quiet or os.environ.get("CI"))
        self.bar: object = None

    def __enter__(self) -> Callable[[str, int, int], None]:
        if not self.wanted:
            return lambda stage, done, total: None
        from upgradecheck.reports.progress import Bar

        self.bar = bar = Bar()
        return bar.show

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()  # type: ignore[attr-defined]


def render(report: Report, asked: Asked) -> str:
    """The report in the format asked for."""
    if asked.statistics:
        from upgradecheck.reports import statistics

        return statistics.render(report, asked.form)
    if asked.form == "text":
        from upgradecheck.reports import text

        return text.render(report, asked)
    if asked.form in ("json", "report"):
        from upgradecheck.reports import json

        return json.findings(report) if asked.form == "json" else json.whole(report)
    return _for_platforms(report, asked)


def _for_platforms(report: Report, asked: Asked) -> str:
    from upgradecheck.reports import github, markdown, sarif

    if asked.form == "sarif":
        return sarif.render(report)
    if asked.form == "markdown":
        return markdown.render(report)
    if not asked.annotate_since:
        return github.render(report)
    from upgradecheck.changes import changed_lines
    from upgradecheck.reports.words import located

    names = {located(finding) for finding in report.findings}
    return github.render(report, changed_lines(Path.cwd(), asked.annotate_since, names))


def _write(output: str, text: str) -> None:
    try:
        Path(output).write_bytes(_bytes(text))
    except OSError as error:
        raise ConfigError(f"--output {output}: {error.strerror}") from error


def exit_code(report: Report) -> int:
    """0 nothing at or above, 1 findings, 3 something could not be checked (or found) and nothing worse."""
    unchecked = set(report.unchecked)
    found = (f for f in report.findings if f.document not in unchecked)
    if any(judge.at_least(finding, report.fail_on) for finding in found):
        return FOUND
    return UNCHECKED if unchecked or not (report.checked or report.selection) else CLEAN
