"""The metadata database: asks what rules ask of it, and tells the rows, or why there are none.

Only what a rule's SQL calls by a name passes on; what a column holds as a lump is read here and let go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from upgradecheck.occurrences import Row
from upgradecheck.readers.addresses import NotRead
from upgradecheck.readers.databases import Database
from upgradecheck.readers.stored import reading
from upgradecheck.rulebook.facts import lookup
from upgradecheck.rulebook.queries import ITEM, Query

_SHOWN = 3
_NONE = "none"


class Answer(Struct, frozen=True):
    """What became of one question: its rows; or that it does not concern this database, or why it got no answer."""

    query: Query
    rows: tuple[Row, ...] = ()
    passed: str = ""
    failed: tuple[str, str] | None = None  # (why, remedy)


def answers(database: Database, asked: Iterable[Query]) -> Iterator[Answer]:
    """An answer to each question. Raises `NotRead` for a database that is none of Airflow's, or that went away."""
    tables = database.columns()
    require_known(tables)
    for query in asked:
        if reason := _passed(query, database.dialect, tables):
            yield Answer(query, passed=reason)
            continue
        try:
            yield Answer(query, tuple(_rows(query, database)))
        except NotRead as error:
            if error.final:
                raise
            yield Answer(query, failed=(error.why, error.remedy))


def require_known(tables: dict[str, frozenset[str]]) -> None:
    """Raises `NotRead` where the tables are not those of a metadata database."""
    own = [row["table"] for row in lookup("database_tables") if row["role"] == "own"]
    if not tables:
        raise NotRead(
            "the database is empty, or the user sees none of its tables", "correct the address or the rights"
        )
    if missing := [table for table in own if table not in tables]:
        remedy = "name the database (and schema) that sql_alchemy_conn of Airflow names"
        raise NotRead(f"it is no metadata database of Airflow: there is no table {missing[0]!r}", remedy)


def _passed(query: Query, dialect: str, tables: dict[str, frozenset[str]]) -> str:
    """Why a question does not concern this database; "" where it does."""
    if query.dialects and dialect not in query.dialects:
        return f"only asked of {', '.join(query.dialects)}"
    for need in query.needs:
        table, _, column = need.partition(".")
        if table not in tables or (column and column not in tables[table]):
            return f"this database has no {need}"
    return ""


def _rows(query: Query, database: Database) -> Iterator[Row]:
    found = (row for row in map(dict, database.select(query.sql)) if _kept(query, row))
    rows = (_row(query, row) for row in found)
    yield from _together(query, rows) if query.once else rows


def _kept(query: Query, row: dict[str, Any]) -> bool:
    """Whether a row stays, once the column that is read is exchanged for what was found in it."""
    if query.keep is None:
        return True
    column, name = query.keep
    content = row.pop(column)
    row["found"] = "" if content is None else reading(name)(content)
    return bool(row["found"])


def _row(query: Query, row: dict[str, Any]) -> Row:
    value = _text(row.pop("value", ""))
    if query.join:
        known = _joined(query.join).get(value, {})
        row |= known
        value = known.get("value", _NONE)
    item, amount = _text(row.pop("item", query.table)), int(row.pop("amount", None) or 1)
    table = item if query.table == ITEM else query.table
    more = tuple((name, _text(cell)) for name, cell in row.items() if name != "value")
    return Row(query.rule, query.name, table, item, value, amount, more)


def _joined(table: str) -> dict[str, dict[str, str]]:
    """A lookup by its first column."""
    return {next(iter(row.values())): row for row in lookup(table)}


def _together(query: Query, rows: Iterable[Row]) -> Iterator[Row]:
    """One row for all of the same value: how many, and some of what they are about."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.value, []).append(row)
    for value, group in groups.items():
        items = sorted({row.item for row in group})
        more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
        shown = (("items", ", ".join(items[:_SHOWN]) + more), ("of", str(len(items))))
        amount = sum(row.amount for row in group)
        yield Row(
            query.rule, query.name, query.table, value or query.name, value, amount, (*group[0].columns, *shown)
        )


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
