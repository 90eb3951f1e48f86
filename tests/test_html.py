"""``--format html``: one page, whole in itself, in which nothing of the project is anything but text."""

from __future__ import annotations

import os
from html.parser import HTMLParser
from pathlib import Path

import pytest
from commands import OLD, run

from upgradecheck.reports import html

_EMPTY = {"meta", "br", "input"}


class Page(HTMLParser):
    """A page: its tags with their attributes, and its text. Tags that do not match fail."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(folder: Path, *arguments: str) -> Page:
    """The page of a project."""
    done = run(folder, "--format", "html", *arguments)
    assert done.returncode in (0, 1, 3), done.stderr
    return Page(done.stdout)


def test_it_tells_what_an_upgrade_lead_asks(project: Path) -> None:
    (project / "bad.py").write_text("print 'x'\n", "utf-8")
    (project / "old.py").write_text(
        f"{OLD}from airflow import DAG\nDAG('d')\n"
        "from airflow.www.auth import has_access  # upgradecheck: ignore[AuthBackendRule] our image has it\n",
        "utf-8",
    )
    told = page(project).text
    for words in (
        "Of 2 DAG files 1 loads and runs as it is, 1 more after safe fixes",
        "old.py:1",
        "ProviderImportRule",
        "is gone in Airflow 3.3",
        "safe fix, runs before and after the upgrade",
        "our image has it (old.py:6)",
        "bad.py",
        "looks like Python 2",
    ):
        assert words in told


@pytest.mark.skipif(os.name == "nt", reason="such names exist elsewhere")
def test_names_and_code_are_text(project: Path) -> None:
    evil = "<script>alert(1)</script>"
    (project / "<img src=x onerror=alert(1)>.py").write_text(OLD, "utf-8")
    (project / "old.py").write_text(f"{OLD.splitlines()[0]}  # {evil} \x1b[31m\nDAG('{evil}')\n", "utf-8")
    (project / "upgradecheck.toml").write_text(f"[owners]\n'*' = '{evil}'\n", "utf-8")
    found = page(project)
    assert {"script", "img"}.isdisjoint(tag for tag, _ in found.tags)
    assert evil in found.text
    assert "\x1b" not in found.text
    assert "<img src=x onerror=alert(1)>.py" in found.text


def test_it_needs_nothing_from_elsewhere(project: Path) -> None:
    found = page(project)
    assert {"link", "script", "iframe", "object", "base", "form"}.isdisjoint(tag for tag, _ in found.tags)
    assert not any(name == "src" or name.startswith("on") for _, given in found.tags for name in given)
    assert "url(" not in found.text
    (policy,) = (given["content"] for tag, given in found.tags if tag == "meta" and "http-equiv" in given)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_a_page_is_never_too_long(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "older.py").write_text(OLD, "utf-8")
    monkeypatch.setattr(html, "_MOST", 1)
    assert "… and 1 more finding: --format report has them all." in page(project).text


def test_nothing_to_tell(tmp_path: Path) -> None:
    assert "0 errors, 0 warnings, 0 infos in 0 of 0 files" in page(tmp_path).text
