"""The metadata database: rules' questions asked in time, their rows judged, an outcome for each table."""

from __future__ import annotations

import ast
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from upgradecheck import judge
from upgradecheck.config import Options
from upgradecheck.linking.asked import Asked
from upgradecheck.linking.project import Project
from upgradecheck.model import (
    DATABASE,
    Checked,
    Crashed,
    Document,
    Finding,
    NoFix,
    Outcome,
    Severity,
    Skipped,
    Unparsable,
)
from upgradecheck.occurrences import Row
from upgradecheck.python.scopewalk import scan
from upgradecheck.python.summary import EMPTY
from upgradecheck.readers.addresses import Limits, NotRead
from upgradecheck.readers.databases import Database
from upgradecheck.readers.metadata_db import Answer, answers
from upgradecheck.report import fingerprinted, once_a_line
from upgradecheck.rulebook.queries import ITEM, Query, queries
from upgradecheck.ruleset import Ruleset, ruleset
from upgradecheck.scene import Scene
from upgradecheck.texts.source import decode

if TYPE_CHECKING:
    from upgradecheck.discover import Tree

WHOLE = f"{DATABASE}*"
KIND = "database"
LIMITS = Limits()
_SPARE = 5  # seconds beyond all limits, after which a driver is no longer waited for


def look(tree: Tree, options: Options) -> list[Outcome]:
    """An outcome for each table of the metadata database. Raises `facts.RuleError`, `ConfigError`."""
    rules = ruleset(options)
    asked = [query for rule in rules.rules if rule.reads == KIND for query in queries(rule)]
    if not asked:
        return [Skipped(WHOLE, "no rule about the metadata database was asked for")]
    found: list[Answer] = []
    outcomes: list[Outcome] = []
    for answer in _in_time(lambda: _ask(options.metadata_db, asked), LIMITS):
        if isinstance(answer, NotRead):
            outcomes.append(_unread(WHOLE, "The metadata database was not checked", answer.why, answer.remedy))
        else:
            found.append(answer)
    project = Project(dict.fromkeys(tree.documents, EMPTY), rules.symbols.packages)
    return [*outcomes, *_by_table(found, project, rules)]


def _ask(address: str, asked: Iterable[Query]) -> Iterator[Answer]:
    with closing(Database(address, LIMITS)) as database:
        yield from answers(database, asked)


def _in_time(ask: Callable[[], Iterator[Answer]], limits: Limits) -> Iterator[Answer | NotRead]:
    """What is asked in a thread of its own, which is left behind where not even the driver comes back in time."""
    queue: SimpleQueue[Answer | NotRead | BaseException | None] = SimpleQueue()

    def work() -> None:
        try:
            for answer in ask():
                queue.put(answer)
            queue.put(None)
        except BaseException as error:  # it is told, or raised, where it is waited for
            queue.put(error)

    threading.Thread(target=work, daemon=True).start()
    patience = limits.connect + limits.statement + _SPARE
    while True:
        try:
            answer = queue.get(timeout=patience)
        except Empty:
            yield NotRead(
                f"the server did not answer within {patience:g} seconds", "see whether it is up, and try again"
            )
            return
        if isinstance(answer, BaseException) and not isinstance(answer, NotRead):
            raise answer
        if answer is not None:
            yield answer
        if not isinstance(answer, Answer):
            return


def _by_table(found: list[Answer], project: Project, rules: Ruleset) -> Iterator[Outcome]:
    """What was found in each table, and which questions to it were not answered."""
    rows: dict[str, list[Row]] = {}
    reasons: dict[str, str] = {}
    for answer in found:
        named = answer.query.table != ITEM
        if answer.failed is None and answer.passed:
            reasons.setdefault(answer.query.table, answer.passed)
        elif answer.failed is None and named:
            rows.setdefault(answer.query.table, [])
        for row in answer.rows:
            rows.setdefault(row.table, []).append(row)
    failed = [answer for answer in found if answer.failed]
    yield from _failed(failed)
    known = {*rows, *(answer.query.table for answer in failed), ITEM}
    yield from (Skipped(f"{DATABASE}{table}", reason) for table, reason in reasons.items() if table not in known)
    for table, some in rows.items():
        yield judged(f"{DATABASE}{table}", some, project, rules)


def _failed(answers: list[Answer]) -> Iterator[Outcome]:
    """One outcome for all questions to a table that were not answered."""
    by_table: dict[str, list[Answer]] = {}
    for answer in answers:
        by_table.setdefault("*" if answer.query.table == ITEM else answer.query.table, []).append(answer)
    for table, group in by_table.items():
        why, remedy = group[0].failed or ("", "")
        whose = ", ".join(sorted({answer.query.rule for answer in group}))
        what = "The metadata database" if table == "*" else f"The table {table}"
        yield _unread(f"{DATABASE}{table}", f"{what} was not checked by {whose}", why, remedy)


def judged(name: str, rows: Iterable[Row], project: Project, rules: Ruleset) -> Outcome:
    """What the rules that asked have to say to a table's rows."""
    options, source, tree = rules.options, decode(b""), ast.Module([], [])
    scene = Scene(
        Document("", name, KIND), source, tree, scan(tree), Asked(project, name), rules.symbols,
        options.target, options.from_version, options.bridge, options.settings,
    )  # fmt: skip
    by_id = {rule.id: rule for rule in rules.rules}
    deselected = options.deselected_in(name)
    found: list[Finding] = []
    rule_id = ""
    try:
        for row in rows:
            for rule, handler in rules.listeners(rules.every).handlers.get(Row, ()):
                rule_id = rule.id
                found += handler(row, scene) if rule.id == row.rule else ()
    except Exception as error:  # a bug in a rule: the other tables go on; the error's text may hold a value
        return Crashed(name, rule_id, "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__)
    found = [f for f in found if judge.wanted(f, by_id[f.rule_id], rules.select, deselected)]
    return Checked(name, tuple(fingerprinted(once_a_line(found), {})))


def _unread(name: str, what: str, why: str, remedy: str) -> Unparsable:
    finding = Finding(
        rule_id=judge.UNREADABLE,
        severity=Severity.ERROR,
        subject=name,
        message=f"{what}: {why}",
        advice=f"{remedy[:1].upper()}{remedy[1:]}.",
        since="",
        document=name,
        span=None,
        fix=NoFix("nothing was read"),
    )
    return Unparsable(name, f"{why}: {remedy}", fingerprinted([finding], {})[0])
