"""The name tables of `rules/`: which there are, how a row reads, in which table a name belongs.

Used by `check_names.py` and `introspect_release.py`; needs nothing but the standard library.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLES = (
    "sub_dag_operator",
    "dataset_import",
    "experimental_api",
    "auth_backend",
    "contrib_import",
    "provider_import",
    "moved_import",
    "removed_import",
)
FIELDS = [
    "old",
    "kind",
    "s30",
    "s31",
    "s32",
    "s33",
    "new",
    "new_from",
    "new_2x",
    "provider",
    "provider_min",
    "safety",
    "reason",
    "advice",
    "evidence",
]
BRIDGES = "bridge_import"  # measured, not curated: see measure_bridges.py
_DATASET_ROOTS = (
    "airflow.dataset",
    "airflow.models.dataset",
    "airflow.timetables.dataset",
    "airflow.listeners.spec.dataset",
)
_AUTH_ROOTS = (
    "airflow.auth.",
    "airflow.contrib.auth",
    "airflow.www.security",
    "airflow.www.fab_security",
    "airflow.www.auth",
    "airflow.www.extensions.init_auth_manager",
    "airflow.api_fastapi.auth",
    "airflow.security.permissions",
)


@dataclass(frozen=True)
class NameRow:
    """One line of a name table, with the table it stands in."""

    table: str
    cells: dict[str, str]

    @property
    def old(self) -> str:
        return self.cells["old"]

    @property
    def new(self) -> str:
        return self.cells["new"]

    @property
    def provider(self) -> str:
        return self.cells["provider"]

    def status(self, minor: str) -> str:
        """What the table says of the old name in `minor`; the empty string where it has no such column."""
        return self.cells.get(status_column(minor), "")

    @property
    def latest_status(self) -> str:
        """What the table says of the old name in the last minor it knows."""
        columns = [name for name in self.cells if name[0] == "s" and name[1:].isdigit()]
        return self.cells[max(columns, key=lambda name: (len(name), name))]

    @property
    def starts(self) -> tuple[int, ...]:
        """The least minor for which the row's replacement counts."""
        return version_key(self.cells["new_from"] or "3.0")


def version_key(version: str) -> tuple[int, ...]:
    """Sort versions by number: 3.10 comes after 3.9."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def minor_of(version: str) -> str:
    """The minor a release belongs to: 3.3.2 is of 3.3."""
    return ".".join(version.split(".")[:2])


def status_column(minor: str) -> str:
    """The column that holds the status in `minor`: s33 for 3.3."""
    return "s" + minor.replace(".", "")


def load_rows(folder: Path, tables: Iterable[str] = TABLES) -> list[NameRow]:
    """Every row of these name tables in `folder`."""
    rows: list[NameRow] = []
    for table in tables:
        with (folder / f"{table}.csv").open(newline="", encoding="utf-8") as file:
            rows.extend(NameRow(table, line) for line in csv.DictReader(file))
    return rows


def in_force(rows: Iterable[NameRow], minor: str) -> list[NameRow]:
    """For every old name the row that counts in `minor`: of several the latest that has begun."""
    chosen: dict[str, NameRow] = {}
    for row in rows:
        before = chosen.get(row.old)
        if row.starts <= version_key(minor) and (before is None or before.starts <= row.starts):
            chosen[row.old] = row
    return list(chosen.values())


def thin_out(names: Sequence[str], count: int | None) -> list[str]:
    """At most `count` of the names, evenly spread and always the same ones."""
    ordered = sorted(set(names))
    if count is None or count <= 0 or count >= len(ordered):
        return ordered
    return [ordered[index * len(ordered) // count] for index in range(count)]


def csv_line(cells: dict[str, str], fields: Iterable[str] = FIELDS) -> str:
    """The cells as one line, ready to be put into a table."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([cells.get(field, "") for field in fields])
    return text.getvalue()


def table_of(old: str, news: Sequence[str]) -> str:
    """The table of a name with these replacements: the first whose description fits."""
    return next(table for table, fits in _fits(old, [new for new in news if new]) if fits)


def _fits(old: str, news: list[str]) -> Iterator[tuple[str, bool]]:
    low, provider = old.lower(), old.startswith("airflow.providers.")
    yield "sub_dag_operator", low.startswith("airflow.operators.subdag") or "subdag" in low.rpartition(".")[2]
    yield "dataset_import", _is_dataset(low, news)
    yield "experimental_api", low == "airflow.api" or low.startswith(("airflow.api.", "airflow.www.api"))
    yield "auth_backend", _is_auth(old, provider)
    yield "contrib_import", old == "airflow.contrib" or old.startswith("airflow.contrib.")
    yield "provider_import", provider or any(new.startswith("airflow.providers.") for new in news)
    yield "moved_import", bool(news)
    yield "removed_import", True


def _is_dataset(low: str, news: list[str]) -> bool:
    if "dataset" not in low or low.startswith(("airflow.providers.", "airflow.contrib.")):
        return False
    return low.startswith(_DATASET_ROOTS) or any("asset" in new.lower() for new in news)


def _is_auth(old: str, provider: bool) -> bool:
    if provider:
        return any(word in old for word in (".auth_backend", ".auth.backend", "auth_manager"))
    return old.startswith(_AUTH_ROOTS) or old in ("airflow.auth", "airflow.login")
