"""docs/coverage.md: every silent change stands beside rules that there are, or beside a reason."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from upgradecheck.rulebook import facts

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import check_deployment_facts as deployment  # noqa: E402
from check_coverage import gaps, known, lines  # noqa: E402

PAGE = lines((ROOT / "docs" / "coverage.md").read_text("utf-8"))


@pytest.mark.parametrize(("change", "seen", "names"), PAGE, ids=[change[:40] for change, _, _ in PAGE])
def test_a_rule_sees_it_or_a_reason_says_why_none_does(change: str, seen: str, names: list[str]) -> None:
    rules = {rule.id for rule in facts.load()}
    told = set(re.findall(r"`(\w+Rule)`", seen))
    assert told <= rules
    assert told or "not seen: " in seen or seen.startswith("every rule")
    assert not re.search(r"\bopen\b|not read yet", seen)


def test_each_line_names_its_facts_once() -> None:
    every = [name for _, _, names in PAGE for name in names]
    assert len(every) == len(set(every))
    assert {f"T{number}" for number in range(1, 43)} <= set(every)


def test_what_is_left_out_is_noticed() -> None:
    text = "entries:\n- id: a-b\n  area: context\n- id: c\n  area: behaviour\n- id: d\n  area: config\n"
    assert known(text) == ["a-b", "c"]
    assert gaps(known(text), ["a-*", "T1", "e"]) == (["c"], ["e"])


def test_facts_about_deployments_have_a_line_or_a_reason() -> None:
    facts = {
        "gone_or_renamed": [{"metric": "sla_missed"}, {"metric": "unheard.of.{name}"}],
        "legacy_to_tagged": [{"legacy": "dag.*.*.duration"}],
    }
    found = {row.name: row for row in deployment.metrics(facts)}
    assert found["sla_missed"].tables == ("metric_name",)
    assert not deployment.reason(found["unheard.of.{name}"], deployment.reasons())
    assert deployment.reason(found["dag.*.*.duration"], deployment.reasons())
    assert found["timers"].tables == ("config_option",)
