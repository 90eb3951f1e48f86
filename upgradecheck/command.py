"""``upgradecheck check``: run, print the report where it belongs, decide the exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from upgradecheck import judge
from upgradecheck.commandline import CommandLine
from upgradecheck.config import CannotCheck, ConfigError, Options
from upgradecheck.model import Crashed
from upgradecheck.report import Report
from upgradecheck.unchanged import Watch, may_answer

CLEAN, FOUND, UNCHECKED = 0, 1, 3
_GARBAGE = 50_000  # new objects until garbage is looked for: a tree in the making is many of them, and none is any
FORMATS = ("text", "json", "report", "sarif", "github", "markdown", "html")


def perform(asked: CommandLine, typed: Sequence[str] = ()) -> int:
    """One run of the command; returns its exit code. Raises `ConfigError`.

    ``typed``: the words of the command, where its answer is to be kept for the next time (see `unchanged`).
    """
    before = gc.get_threshold()
    gc.set_threshold(_GARBAGE)
    gc.disable()  # a run that the cache answers makes no garbage; `run` turns it on for work
    try:
        return _perform(asked, Watch(typed) if may_answer(typed) else None)
    finally:
        gc.enable()
        gc.set_threshold(*before)


def _perform(asked: CommandLine, watch: Watch | None) -> int:
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
    code = exit_code(report)
    if watch and code != UNCHECKED and not report.notes:
        watch.keep(_bytes(text), code)
    return code


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


def _note(report: Report, asked: CommandLine) -> None:
    """Words for people, where they do not end up in the report."""
    notes = list(report.notes)
    if asked.form == "json" or asked.statistics:
        crashed = (outcome for outcome in report.outcomes if isinstance(outcome, Crashed))
        notes += [f"{one.document}: {one.rule_id} crashed; --format report has the traceback" for one in crashed]
    if asked.form == "sarif":
        from upgradecheck.reports.sarif import limits

        notes += filter(None, [limits(len(report.findings) + len(report.suppressed))])
    if notes:
        from upgradecheck.reports.words import printable

        for note in notes:
            print(f"upgradecheck: {printable(note)}", file=sys.stderr)


def _run(asked: CommandLine, options: Options) -> Report:
    from upgradecheck.run import run

    proof = None
    if asked.verify:
        from upgradecheck.proof import verifier

        proof = verifier(options.jobs)
    with _progress(asked) as progress:
        return run(options, progress, proof)


def _stdin(asked: CommandLine, options: Options) -> tuple[Report, bytes | None]:
    """Check the text on standard input. With ``--fix`` it is handed back, to be printed in the report's place."""
    from upgradecheck.run import run_text

    report, text = run_text(options, sys.stdin.buffer.read(), asked.stdin_filename or "stdin.py")
    return report, text if asked.fix and not asked.diff else None


class _progress:
    """A progress bar on stderr, on a terminal, for work that takes over a second."""

    def __init__(self, asked: CommandLine) -> None:
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


def render(report: Report, asked: CommandLine) -> str:
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


def _for_platforms(report: Report, asked: CommandLine) -> str:
    if asked.form == "html":
        from upgradecheck.reports import html

        return html.render(report)
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
    from upgradecheck.fixes.writing import put_whole

    try:
        put_whole(Path(output), _bytes(text))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise ConfigError(f"--output {output}: {error.strerror}: name a file in a folder that exists") from error
    except OSError as error:
        raise CannotCheck(f"--output {output}: the report could not be written: {error.strerror}") from error


def exit_code(report: Report) -> int:
    """0 nothing at or above, 1 findings, 3 something could not be checked (or found) and nothing worse."""
    unchecked = set(report.unchecked)
    found = (f for f in report.findings if f.rule_id != judge.UNREADABLE or f.document not in unchecked)
    if any(judge.at_least(finding, report.fail_on) for finding in found):
        return FOUND
    return UNCHECKED if unchecked or not (report.checked or report.selection) else CLEAN
