"""The summary of a job: names are shown as they are, and it is never too long."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from formats import NASTY, finding, folder, report
from markdown_it import MarkdownIt
from test_cli import OLD, run

from upgradecheck.reports import markdown


class Seen(HTMLParser):
    """The tags and links of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not attrs or tag in ("a", "th", "td"), (tag, attrs)
        self.links += [value or "" for key, value in attrs if key == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(text: str) -> Seen:
    """As GitHub shows it: tables, strikethrough, raw HTML."""
    seen = Seen()
    seen.feed(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text))
    return seen


def test_a_summary_shows_names_as_they_are(tmp_path: Path) -> None:
    plain = tuple(f"dags/{n}.py" for n in range(len(NASTY)))
    pages = []
    for names in (plain, NASTY):
        root = tmp_path / str(len(pages))
        root.mkdir()
        folder(root, names)
        for name in names:
            (root / name).write_text("from airflow.sdk import DAG\nDAG('d')\n" + OLD, "utf-8")
        (root / "upgradecheck.toml").write_text('[owners]\n"*" = "<b>|@all|</b> `x`"\n', "utf-8")
        done = run(root, "--format", "markdown")
        assert done.returncode == 1
        pages.append(rendered(done.stdout))
    harmless, nasty = pages
    assert nasty.tags == harmless.tags
    assert nasty.links == harmless.links
    for name in NASTY:
        assert name.replace("\n", "\\x0a") in nasty.text
    assert "<b>|@\u200ball|</b> x" in nasty.text.replace("`", "")


def test_a_summary_is_never_too_long() -> None:
    text = markdown.render(report(*(finding("d" * 5000, line=n) for n in range(1, 2000))))
    assert len(text.encode()) < 200_000
    assert "… and 1949 more findings." in text
