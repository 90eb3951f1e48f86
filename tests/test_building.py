"""What a wheel brings along ready made is what a checkout works out."""

from pathlib import Path

import msgspec
import pytest

from upgradecheck.building import build
from upgradecheck.config import Options
from upgradecheck.linking.turned import Turned, place, stored, turned
from upgradecheck.rulebook import facts
from upgradecheck.rulebook.symbols import NAMES, Symbols
from upgradecheck.ruleset import ruleset


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules")
    build(folder)
    return folder


@pytest.mark.parametrize("minor", facts.minors())
def test_triggers_come_back_as_they_were(minor: str, built: Path) -> None:
    rules = facts.load()
    found = msgspec.json.decode(place(built, minor).read_bytes(), type=Turned)
    assert found == turned(rules, minor, Symbols(rules, minor))
    assert len(found.asked) == len(rules)


def test_rules_come_back_as_they_were(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = facts.load()
    monkeypatch.setattr(facts, "own_rules", lambda: built)
    found = facts.load.__wrapped__()
    assert [msgspec.structs.replace(rule, folder=rules[0].folder, homes=()) for rule in found] == list(rules)


def test_names_stand_where_a_wheel_says(built: Path) -> None:
    fronts = msgspec.json.decode(facts.fronts(built).read_bytes(), type=list[facts.Front])
    told = {front.stem: front.homes for front in fronts}
    for rule in (rule for rule in facts.load() if rule.header[:2] == NAMES):
        quick = msgspec.structs.replace(rule, homes=told.pop(rule.stem))
        assert quick.homes
        assert set(quick.tops()) == set(rule.tops())
        asked = [*rule.lines, *(f"{name}.more" for name in rule.lines), "airflow", "airflow.sdk.DAG", "os.path"]
        assert [name for name in asked if quick.of(name) != rule.of(name)] == []
    assert not any(told.values())


def test_a_checkout_has_none() -> None:
    """There a fact that was just written has to count."""
    assert [stored(minor) for minor in facts.minors()] == [None] * len(facts.minors())
    assert not facts.fronts(facts.own_rules()).exists()


def test_only_what_was_chosen_is_asked() -> None:
    rules = ruleset(Options(target="3.3", from_version="2.11", select=("ContextKeyRule",)))
    (number,) = [number for number, rule in enumerate(rules.numbered) if rule.id == "ContextKeyRule"]
    assert rules.every == 1 << number
