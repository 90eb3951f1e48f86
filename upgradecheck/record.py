"""``upgradecheck ignore`` and ``upgradecheck baseline``: what is left open on purpose, written down."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from upgradecheck import judge, rulings
from upgradecheck.config import CannotCheck, ConfigError, Options
from upgradecheck.discover import Tree, discover, project_of
from upgradecheck.fixes.writing import Write, write_all
from upgradecheck.model import Crashed
from upgradecheck.report import Report
from upgradecheck.rulebook import facts
from upgradecheck.run import check_tree
from upgradecheck.suppression import baseline, ignorefile
from upgradecheck.suppression.ignorefile import Entry
from upgradecheck.suppression.suppress import unjudged

CLEAN, UNCHECKED = 0, 3


class Ignore(Struct, frozen=True):
    """The options of ``upgradecheck ignore`` as they were typed."""

    rule: str
    path: str
    reason: str
    until: str
    owner: str


def ignore(asked: Ignore, today: date) -> str:
    """Append an entry to the ignore-file of the project one stands in; says where. Raises `ConfigError`."""
    root, config = project_of(Path.cwd())
    options = config.merge(Options()) if config else Options()
    rules = frozenset(rule.id for rule in facts.load_all(options.rule_packs))
    entry = _entry(asked, root, rules, today)
    path = root / (options.ignore_file or rulings.IGNORE_FILE)
    before = path.read_bytes() if path.exists() else b""
    for known in ignorefile.read(path, rules) if before else ():
        if (known.rule, known.path, known.subject) == (entry.rule, entry.path, entry.subject):
            raise ConfigError(f"{path}:{known.line}: there is such an entry already: change it there")
    after = ignorefile.added(before, entry)
    written = ignorefile.parse(after.decode("utf-8-sig"), str(path), rules)[-1]
    _write(path, before, after)
    return f"{path}:{written.line}: {asked.rule} is ignored{f' in {entry.path}' if entry.path else ''}"


def _entry(asked: Ignore, root: Path, rules: frozenset[str], today: date) -> Entry:
    rule, subject = judge.split(asked.rule)
    if rule not in rules:
        raise ConfigError(ignorefile.no_rule(rule, rules))
    if "[" in asked.rule and not asked.rule.endswith("]"):
        raise ConfigError(f"{asked.rule!r}: the bracket is not closed: write {rule}[{subject}]")
    if not asked.reason.strip():
        raise ConfigError("--reason is empty: say why the finding is left, so that others can judge it")
    until = ignorefile.as_date(asked.until) if asked.until else None
    if until and until < today:
        raise ConfigError(f"--until {until} has passed: name the last day on which the entry is to hold")
    path = _from_root(asked.path, root) if asked.path else ""
    entry = Entry(0, rule, asked.reason, path, "" if subject == "*" else subject, until, asked.owner)
    try:
        "".join((entry.subject, entry.path, entry.reason, entry.owner)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ConfigError("an ignore-file is UTF-8, and what was typed is not: use a glob in its place") from error
    return entry


def _from_root(path: str, root: Path) -> str:
    """A path or glob as the ignore-file has it: relative to the project root."""
    place = Path(os.path.abspath(path))
    if not place.exists() and not os.path.isabs(path):
        return path
    if not place.is_relative_to(root):
        raise ConfigError(f"--path {path}: it lies outside of the project {root}")
    return place.relative_to(root).as_posix()


def record(options: Options) -> tuple[str, int]:
    """Write today's open findings into each project's baseline; what to say, and the exit code."""
    said, code = [], CLEAN
    for tree in discover(replace(options, ignore=())):
        report = check_tree(tree, lambda stage, done, total: None)
        if not report.checked or any(isinstance(outcome, Crashed) for outcome in report.outcomes):
            code = UNCHECKED
        said.append(_record(tree, report))
    return "\n".join(said), code


def _record(tree: Tree, report: Report) -> str:
    path = rulings.baseline(tree.root, tree.options)
    name = rulings.name(path, tree.root)
    known = rulings.load(tree.root, tree.options)
    options = replace(tree.options, from_version=report.from_version)
    found = [f for f in report.findings if f.document != name]
    found += [s.finding for s in report.suppressed if s.by.kind == "baseline"]
    kept = unjudged(report.outcomes, known, rulings.scope(tree, options), found)
    records = {r.fingerprint: r for r in (*map(baseline.of_finding, found), *kept)}
    new, gone = len(records.keys() - known.recorded.keys()), len(known.recorded.keys() - records.keys())
    if not records and not path.exists():
        return f"{path}: nothing to record, so it is not written"
    before = path.read_bytes() if path.exists() else b""
    _write(path, before, baseline.content_of(records.values()))
    return f"{path}: {len(records)} findings recorded ({new} new, {gone} gone)"


def _write(path: Path, before: bytes, after: bytes) -> None:
    """Write a file as a whole or not at all. Raises `CannotCheck`."""
    new = not path.exists()
    try:
        if new:
            with path.open("xb"):
                pass  # from here on it is there to be replaced
        failed = write_all([Write(path.name, path, before, after)]) if before != after else []
    except OSError as error:
        raise CannotCheck(f"{path}: not written ({error.strerror}): give write permission") from error
    if failed:
        if new:
            path.unlink()
        raise CannotCheck(f"{path}: not written: {failed[0][1]}")
