"""Answers of a metadata database, as the rules' pages write them: given to the rule that asked."""

from __future__ import annotations

import shlex

from upgradecheck import database
from upgradecheck.config import Options
from upgradecheck.linking.project import Project
from upgradecheck.model import Finding
from upgradecheck.occurrences import Row
from upgradecheck.report import findings_of
from upgradecheck.rulebook.facts import Rule, minors
from upgradecheck.ruleset import ruleset


def row(rule: Rule, line: str) -> Row:
    """``query=… item=… value=…`` as the reader would hand it on."""
    cells = dict(word.split("=", 1) for word in shlex.split(line))
    query, item, value = cells.pop("query"), cells.pop("item"), cells.pop("value", "")
    return Row(rule.id, query, "t", item, value, int(cells.pop("amount", 1)), tuple(cells.items()))


def judged(rule: Rule, line: str, target: str = "") -> list[Finding]:
    """What the rule finds in an answer."""
    rules = ruleset(
        Options(
            metadata_db="x", target=target or minors()[-1], from_version="2.11", select=(rule.id,), run_all=True
        )
    )
    outcome = database.judged("db:t", [row(rule, line)], Project({}, rules.symbols.packages), rules)
    assert not hasattr(outcome, "traceback"), outcome
    return list(findings_of(outcome))
