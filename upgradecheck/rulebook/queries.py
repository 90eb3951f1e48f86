"""The questions that a rule asks of the metadata database: the SQL that stands beside its page.

``stem.sql`` holds one SELECT after another, each below comments that say what it is::

    -- query: not_json             the name that the rule's table goes by
    -- table: xcom                 where its findings sit; ``item``: in the table of that name, ``*``: in none
    -- dialect: mysql mariadb      for these alone; without the line for all
    -- needs: xcom.value dag       tables and columns without which there is nothing to ask
    -- tell: once                  one finding for all rows together; without the line one for each
    -- keep: payload not_json      only rows in whose column a reading of this name finds something
    -- join: revisions             the row's ``value`` is looked up in the first column of this table

Of the columns, ``item`` is what a row is about, ``amount`` how many there are of it (1, if it is not given),
``value`` the second key into the rule's table; messages may spell any of them.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from msgspec import Struct

from upgradecheck.rulebook.facts import Rule, RuleError

_HEAD = re.compile(r"--\s*(\w+):\s*(.*)")
ITEM = "item"
_KEYS = ("query", "table", "dialect", "needs", "tell", "keep", "join")


class Query(Struct, frozen=True):
    """One question: its SQL, and what has to be known to ask it and to tell of the answer."""

    rule: str
    name: str
    table: str
    sql: str
    dialects: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    once: bool = False
    keep: tuple[str, str] | None = None  # (column, how it is read)
    join: str = ""


@cache
def queries(rule: Rule) -> tuple[Query, ...]:
    """A rule's questions, in order. Raises `RuleError` where its SQL lacks something."""
    path = rule.folder / f"{rule.stem}.sql"
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise RuleError(f"{path}: cannot be read ({error.strerror}): a rule about the database needs it") from error
    _, *blocks = re.split(r"(?m)^(?=-- query:)", text)
    return tuple(_query(rule, block, path) for block in blocks)


def _query(rule: Rule, block: str, path: Path) -> Query:
    lines = block.splitlines()
    found = filter(None, map(_HEAD.match, lines))
    heads = {match[1]: match[2] for match in found}
    name = heads["query"]
    if wrong := [key for key in heads if key not in _KEYS]:
        raise RuleError(f"{path}: query {name!r}: there is no {wrong[0]!r} (known are {', '.join(_KEYS)})")
    if not heads.get("table"):
        raise RuleError(f"{path}: query {name!r} does not say its table: add a line `-- table: …`")
    column, _, reading = heads.get("keep", "").partition(" ")
    return Query(
        rule.id,
        name,
        heads["table"],
        "\n".join(line for line in lines if not line.startswith("--")).strip().removesuffix(";"),
        tuple(heads.get("dialect", "").split()),
        tuple(heads.get("needs", "").split()),
        heads.get("tell", "") == "once",
        (column, reading) if column else None,
        heads.get("join", ""),
    )
