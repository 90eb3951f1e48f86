"""The tables of names and the runtime say the same of what can be imported from the release that is replayed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from upgradecheck.rulebook import facts
from upgradecheck.runtime.finder import Surface
from upgradecheck.runtime.unmodelled import NotModelled

COLUMN = "s33"
TABLES = [rule.folder / f"{rule.stem}.csv" for rule in facts.load() if rule.header[:2] == ("old", "kind")]
KINDS = {"class", "function", "constant", "reexport"}


@pytest.fixture(scope="module")
def surface() -> Surface:
    return Surface(facts.own_rules() / "tables")


def rows(path: Path) -> list[dict[str, str]]:
    """A table's rows about Airflow's own names."""
    with path.open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))
    own = [row for row in found if row["old"].startswith("airflow.") and ".providers." not in row["old"]]
    return [row for row in own if row["kind"] in KINDS]


def imports(surface: Surface, dotted: str) -> bool:
    """Whether the runtime imports a name, or says that it does not model it: it never says that it is gone."""
    module, _, name = dotted.rpartition(".")
    if module not in surface.modules:
        return False
    try:
        surface.get(module, name)
    except NotModelled:
        return True
    except AttributeError:
        return False
    return True


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_what_the_tables_call_gone_is_gone(surface: Surface, path: Path) -> None:
    gone = [row["old"] for row in rows(path) if row[COLUMN] == "broken"]
    untold = surface.untold
    assert not [old for old in gone if old.rpartition(".")[0] not in untold and imports(surface, old)]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_what_the_tables_call_deprecated_is_there(surface: Surface, path: Path) -> None:
    there = [row["old"] for row in rows(path) if row[COLUMN] == "warns"]
    assert not [old for old in there if not imports(surface, old)]
