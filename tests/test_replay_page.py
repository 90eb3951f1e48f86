"""``replay --format html``: one page, whole in itself, in which nothing of a project is anything but text."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from test_html import Page
from test_replay import found

from upgradecheck.reports.replaypage import OF_A_CELL, render
from upgradecheck.reports.timeline import picture

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
FILE = """
from airflow.sdk import DAG, task
from airflow.providers.standard.operators.bash import BashOperator

with DAG("sales", schedule=None):
    BashOperator(task_id="hello", bash_command="echo {{ ds }} EVIL password='hunter2'")

    @task
    def numbers(): return [1, 2, 3]
    @task
    def half(n):
        if n == 3: raise ValueError("odd EVIL \\x1b[31m")
        return {"api_key": "hunter3", "n": n}
    half.expand(n=numbers())
"""


@pytest.fixture
def report(tmp_path: Path) -> dict[str, Any]:
    """A replay of a DAG with an ugly task, and of a file that does not load."""
    (tmp_path / "sales.py").write_text(FILE.replace("EVIL", EVIL), "utf-8")
    (tmp_path / "broken.py").write_text(f"import airflow  # dag\nraise ValueError({EVIL!r})\n", "utf-8")
    return found(tmp_path / "sales.py", tmp_path / "broken.py")


def run(start: str, end: str, after: str, state: str = "success") -> dict[str, Any]:
    """A run of a report, with its dates."""
    return {
        "run_after": after,
        "data_interval_start": start,
        "data_interval_end": end,
        "logical_date": start,
        "state": state,
    }


def test_it_shows_tasks_templates_and_what_raised(report: dict[str, Any]) -> None:
    page = Page(render(report))
    for words in (
        "sales.py",
        "half",
        "1 failed run",
        "2 failed tasks",
        "echo 2026-01-05",
        "ValueError: odd",
        "numbers",
    ):
        assert words in page.text


def test_every_link_leads_somewhere_and_every_place_is_led_to(report: dict[str, Any]) -> None:
    page = Page(render(report))
    places = [tag["id"] for _, tag in page.tags if "id" in tag]
    links = {tag["href"] for name, tag in page.tags if name == "a"}
    assert len(places) == len(set(places))
    assert links <= {f"#{place}" for place in places}
    assert {f"#{tag['id']}" for _, tag in page.tags if tag.get("class") == "detail"} <= links


def test_what_comes_from_a_project_is_text(report: dict[str, Any]) -> None:
    text = render(report)
    page = Page(text)
    assert [name for name, _ in page.tags].count("script") == 1
    assert "img" not in {name for name, _ in page.tags}
    assert EVIL in page.text
    assert "\x1b" not in text
    assert "hunter" not in text
    assert not [tag for _, tag in page.tags if any(name.startswith("on") for name in tag)]


def test_nothing_is_asked_of_the_network(report: dict[str, Any]) -> None:
    text = render(report)
    assert not re.search(r"https?://|url\(|@import|\bsrc=", text.replace("src=x", ""))
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in text


def test_of_a_wide_task_the_failed_instances_are_shown_first(report: dict[str, Any]) -> None:
    made = report["dags"]["sales"]["runs"][0]
    many = {f"half[{n}]": "failed" if n == 999 else "success" for n in range(1000)}
    made["tasks"] = {"numbers": "success", **many}
    made["errors"] = {"half[999]": {"error": "ValueError: the last", "where": ""}}
    text = Page(render(report)).text
    assert "1 failed, 999 success" in render(report)
    assert "ValueError: the last" in text
    assert f"and {1000 - OF_A_CELL} more instances" in text


def test_tasks_stand_in_the_order_in_which_they_run(report: dict[str, Any]) -> None:
    text = Page(render(report)).text
    assert text.index("numbers") < text.index("half")


def test_a_picture_has_a_lane_for_each_release() -> None:
    runs = [
        run(f"2026-03-0{n}T00:00:00+00:00", f"2026-03-0{n}T00:00:00+00:00", f"2026-03-0{n}T00:00:00+00:00")
        for n in (2, 3)
    ]
    old = [run(f"2026-03-0{n - 1}T00:00:00+00:00", f"2026-03-0{n}T00:00:00+00:00", "") for n in (2, 3)]
    rows = [{"starts": new["run_after"], "before": was, "after": new} for was, new in zip(old, runs, strict=True)]
    told = {"runs": rows, "keys": [], "templates": [], "loads": True}
    drawn = picture(runs, ["a", "b"], told, {"release": "2.11"})
    assert drawn is not None
    before, after = drawn.lanes
    assert (before.name, after.name) == ("2.11", "3.x")
    assert [mark.at for mark in before.marks] == [mark.at for mark in after.marks]
    assert all(mark.width > 0 for mark in before.marks)
    assert [(mark.width, mark.link, mark.state) for mark in after.marks] == [
        (0, "a", "success"),
        (0, "b", "success"),
    ]


def test_no_dag_is_a_page_too() -> None:
    empty = {
        "dags": {},
        "import_errors": {},
        "not_modelled": {},
        "missing_packages": {},
        "dag_props": {},
        "stand_ins": {},
    }
    assert "No DAG was found" in Page(render(empty)).text
