"""Formats for platforms: what they promise, and that nothing in a project can speak in the report's name."""

from __future__ import annotations

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft4Validator
from markdown_it import MarkdownIt
from msgspec.structs import replace
from test_cli import OLD, run

import upgradecheck
from upgradecheck.config import Options
from upgradecheck.model import Finding, NoFix, Severity, Span
from upgradecheck.patches import replacements
from upgradecheck.report import Report
from upgradecheck.reports import github, markdown, sarif

SCHEMA = json.loads((Path(__file__).parent / "fixtures" / "sarif-2.1.0.schema.json").read_text("utf-8"))
NASTY = (
    "dags/a,title=b::%0A,line=7.py",
    "dags/new\nline\n::error file=x::pwned\n## heading.py",
    "dags/##[add-path]evil.py",
    "dags/<img src=x onerror=alert(1)>.py",
    "dags/[link](javascript:x) *bold* |cell| `tick` @everyone www.evil.example https:evil.py",
    "dags/ünï cødé 🛫.py",
)


def finding(document: str, severity: Severity = Severity.ERROR, line: int = 1, message: str = "") -> Finding:
    return Finding(
        "SomeRule", severity, f"subject of {document}", message or f"`{document}` is gone", "Use `{x}` [y](z).", "3.0",
        document, Span(line, 1, line, 5), NoFix("none"), fingerprint=f"{document}:{line}",
    )  # fmt: skip


def report(*findings: Finding, **more: Any) -> Report:
    return Report(findings, (), "3.3", "asked", "2.11", "asked", **more)


def folder(root: Path, names: tuple[str, ...]) -> Path:
    (root / "upgradecheck.toml").touch()
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(OLD, "utf-8")
    return root


# -- SARIF ---------------------------------------------------------------------------------------------------


def valid(text: str) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(text)
    Draft4Validator(SCHEMA).validate(log)
    (found,) = log["runs"]
    assert isinstance(found, dict)
    return found


def test_sarif_is_valid_and_names_files_as_uris(tmp_path: Path) -> None:
    folder(tmp_path, NASTY)
    (tmp_path / "dags/broken.py").write_text("def (:\n", "utf-8")
    (tmp_path / "dags/known.py").write_text(
        OLD.replace("Operator\n\n", "Operator  # upgradecheck: ignore[ProviderImportRule] we keep it\n\n"), "utf-8"
    )
    found = valid(run(tmp_path, "--format", "sarif").stdout)
    places = [r["locations"][0]["physicalLocation"]["artifactLocation"] for r in found["results"]]
    assert {unquote(place["uri"]) for place in places} == {*NASTY, "dags/broken.py", "dags/known.py"}
    assert all(re.fullmatch(r"[\w./%~-]+", place["uri"], re.ASCII) for place in places)
    (known,) = (r for r in found["results"] if "suppressions" in r)
    assert known["suppressions"] == [
        {"kind": "inSource", "status": "accepted", "justification": "we keep it (dags/known.py:1)"}
    ]
    rules = found["tool"]["driver"]["rules"]
    assert [rules[r["ruleIndex"]]["id"] for r in found["results"]] == [r["ruleId"] for r in found["results"]]
    assert found["invocations"][0]["executionSuccessful"] is False
    (notice,) = found["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"].startswith("dags/broken.py: ")


@pytest.mark.usefixtures("known_rule")
def test_sarif_messages_hold_no_links_and_no_placeholders() -> None:
    (result,) = valid(sarif.render(report(finding("rules.py", message="[a](b) {0}"))))["results"]
    assert result["message"]["text"] == "\\[a](b) {{0}}. Use `{{x}}` \\[y](z)."


@pytest.fixture
def known_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Findings of a rule that exists."""
    monkeypatch.setattr(sarif, "_rule", lambda rule, page, level: {"id": "SomeRule"})
    monkeypatch.setattr(sarif.facts, "load_all", lambda packs: [type("Rule", (), {"id": "SomeRule"})])


@pytest.mark.usefixtures("known_rule")
def test_sarif_says_what_it_leaves_out() -> None:
    many = [finding(f"{n}.py", Severity.WARNING) for n in range(4)]
    found = valid(sarif.render(report(*many, finding("worst.py")), most=3))
    files = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in found["results"]]
    assert files == ["0.py", "1.py", "worst.py"]
    (notice,) = found["invocations"][0]["toolExecutionNotifications"]
    assert "2 findings left out of the SARIF file" in notice["message"]["text"]
    assert sarif.limits(25_000).startswith("GitHub shows the worst 5000 of the 25000")
    assert sarif.limits(5_000) == ""


def patched(text: str, replaced: list[dict[str, Any]]) -> str:
    """Replacements made, as a consumer of SARIF would: by line and column."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for one in reversed(replaced):
        region = one["deletedRegion"]
        first = starts[region["startLine"] - 1] + region["startColumn"] - 1
        last = starts[region["endLine"] - 1] + region["endColumn"] - 1
        text = text[:first] + one["insertedContent"]["text"] + text[last:]
    return text


MIXED = (
    "# ünï 🛫\nfrom airflow.operators.bash_operator import BashOperator\n"
    "from airflow.operators.dummy import DummyOperator as Nop\nfrom airflow.operators import python_operator\n\n"
    "BashOperator(task_id='é🛫') >> Nop(task_id='x')\npython_operator.PythonOperator(task_id='y')\n"
)


def test_a_sarif_fix_is_whole(tmp_path: Path) -> None:
    """Applied alone, each resolves its finding, and makes no new one."""
    (tmp_path / "upgradecheck.toml").touch()
    path = tmp_path / "dag.py"
    path.write_text(MIXED, "utf-8")
    results = valid(run(tmp_path, "--format", "sarif").stdout)["results"]
    subjects = [r["properties"]["subject"] for r in results]
    assert len(subjects) == 4
    for result in results:
        (fix,) = result["fixes"]
        (change,) = fix["artifactChanges"]
        assert change["artifactLocation"] == result["locations"][0]["physicalLocation"]["artifactLocation"]
        path.write_text(patched(MIXED, change["replacements"]), "utf-8")
        compile(path.read_text("utf-8"), "dag.py", "exec")
        left = [f.subject for f in upgradecheck.check([tmp_path], Options(cache=False)).findings]
        assert set(left) < set(subjects)
        assert result["properties"]["subject"] not in left
    assert run(tmp_path, "--format", "sarif", "--fix").returncode == 0


FACTORY = (
    "from airflow import DAG\nfrom airflow.providers.standard.operators.empty import EmptyOperator\n\n\n"
    "def section(parent, child, args):\n    dag = DAG(f'{parent}.{child}', default_args=args, schedule=None)\n"
    "    EmptyOperator(task_id='one', dag=dag)\n    return dag\n"
)
MAIN = (
    "from airflow import DAG\nfrom airflow.operators.subdag import SubDagOperator\nfrom factory import section\n\n"
    "with DAG('main', schedule=None) as dag:\n"
    "    SubDagOperator(task_id='part', subdag=section('main', 'part', dag.default_args))\n"
)


def test_a_fix_over_two_files_is_told_whole_at_both_ends(tmp_path: Path) -> None:
    (tmp_path / "upgradecheck.toml").touch()
    texts = {"factory.py": FACTORY, "main.py": MAIN}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
    first, second = valid(run(tmp_path, "--format", "sarif").stdout)["results"]
    assert first["fixes"][0]["artifactChanges"] == second["fixes"][0]["artifactChanges"]
    for change in first["fixes"][0]["artifactChanges"]:
        name = change["artifactLocation"]["uri"]
        (tmp_path / name).write_text(patched(texts.pop(name), change["replacements"]), "utf-8")
    assert texts == {}
    assert upgradecheck.check([tmp_path], Options(cache=False)).findings == ()


def test_sarif_says_which_fixes_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "upgradecheck.toml").touch()
    (tmp_path / "dag.py").write_text(MIXED, "utf-8")
    monkeypatch.setattr("upgradecheck.patches.MOST_FIXES", 1)
    found = valid(sarif.render(upgradecheck.check([tmp_path], Options(cache=False, patches=True))))
    assert sum("fixes" in result for result in found["results"]) == 1
    (notice,) = found["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"].startswith("3 safe fixes not in this file")


def test_the_same_fixes_from_the_cache(tmp_path: Path) -> None:
    (tmp_path / "upgradecheck.toml").touch()
    (tmp_path / "dag.py").write_text(MIXED, "utf-8")
    cold = run(tmp_path, "--format", "sarif").stdout
    assert run(tmp_path, "--format", "sarif").stdout == cold


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "a\n"),
        ("a\n", ""),
        ("a\nb\nc\n", "a\nB\nc\n"),
        ("a\nb\nc\nd\ne\n", "x\nb\nc\nd\nx\ny\n"),
        ("one\r\ntwo\r\n", "one\r\n🛫two\r\n"),
        ("same\n", "same\n"),
        ("no end", "no end\n"),
        ("abab\nabab\n", "abab\nab\nabab\n"),
    ],
)
def test_replacements_lead_from_one_text_to_the_other(before: str, after: str) -> None:
    made = [
        {
            "deletedRegion": {
                "startLine": p.span.line, "startColumn": p.span.column,
                "endLine": p.span.end_line, "endColumn": p.span.end_column,
            },
            "insertedContent": {"text": p.new},
        }
        for p in replacements("x.py", before, after)
    ]  # fmt: skip
    assert patched(before, made) == after


# -- GitHub ----------------------------------------------------------------------------------------------------


def commands(log: str) -> list[tuple[str, dict[str, str], str]]:
    """What GitHub's runner makes of a log: a command is a line that begins with two colons."""
    found = []
    for line in re.split(r"\r\n|\n|\r", log):
        if match := re.match(r"\s*::([a-z-]+)(?: ([^:]*))?::(.*)", line, re.DOTALL):
            pairs = (pair.partition("=") for pair in (match[2] or "").split(","))
            properties = {key: _decoded(value, True) for key, _, value in pairs}
            found.append((match[1], properties, _decoded(match[3], False)))
        else:
            assert not line or line.startswith("upgradecheck: "), line
            assert "##[" not in line
    return found


def _decoded(text: str, is_property: bool) -> str:
    codes = {"%0D": "\r", "%0A": "\n", **({"%3A": ":", "%2C": ","} if is_property else {}), "%25": "%"}
    for code, character in codes.items():
        text = text.replace(code, character)
    return text


def test_annotations_cannot_be_forged() -> None:
    told = commands(github.render(report(*(finding(name) for name in NASTY))))
    assert [kind for kind, _, _ in told] == ["error"] * len(NASTY)
    assert [properties["file"] for _, properties, _ in told] == list(NASTY)
    assert all(properties["title"] == "SomeRule" and properties["line"] == "1" for _, properties, _ in told)
    assert [message.partition("` is gone")[0] for _, _, message in told] == [f"`{name}" for name in NASTY]


@pytest.mark.usefixtures("known_rule")
def test_what_is_in_no_file_is_told_without_a_place() -> None:
    table = replace(finding("db:connection"), span=None)
    file = finding("db:odd.py")
    first, second = commands(github.render(report(table, file)))
    assert "file" not in first[1]
    assert second[1]["file"] == "db:odd.py"
    one, two = valid(sarif.render(report(table, file)))["results"]
    assert one["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "db:connection"}}}]
    assert two["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "db%3Aodd.py"


def test_annotations_tell_the_worst_first_and_all_of_it() -> None:
    findings = [finding(f"{n}.py", Severity.INFO) for n in range(11)] + [finding("worst.py")]
    text = github.render(report(*findings))
    assert [kind for kind, _, _ in commands(text)] == ["error", *["notice"] * 11]
    assert "upgradecheck: 1 error, 0 warnings, 11 infos" in text
    assert "GitHub shows 10 annotations of each kind" in text


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_only_changed_lines_are_annotated(tmp_path: Path) -> None:
    top = tmp_path / "repo"
    root = top / "project"
    root.mkdir(parents=True)
    folder(root, ("old.py", "changed.py", *NASTY))
    git(top, "init", "-q", "-b", "main")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "before")
    more = "from airflow.operators.subdag import SubDagOperator\n"
    for name in ("changed.py", NASTY[1]):
        (root / name).write_text(OLD + more, "utf-8")
    git(top, "commit", "-qam", "after")
    (root / "fresh.py").write_text(OLD, "utf-8")
    done = run(root, "--format", "github", "--annotate-since", "HEAD~1")
    assert done.returncode == 1
    assert {(p["file"], p["line"]) for _, p, _ in commands(done.stdout)} == {
        ("project/changed.py", "4"),
        (f"project/{NASTY[1]}", "4"),
        ("project/fresh.py", "1"),
    }
    assert "8 findings on lines that did not change: not annotated" in done.stdout
    assert {f["file"] for f in json.loads(run(root, "--format", "json").stdout)} >= {"old.py", NASTY[1]}
    uris = run(root, "--format", "sarif").stdout
    assert '"uri": "project/old.py"' in uris


def test_a_shallow_clone_still_tells_changed_lines(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    origin.mkdir()
    folder(origin, ("old.py",))
    git(origin, "init", "-q", "-b", "main")
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(origin, "add", ".")
    git(origin, "commit", "-q", "-m", "one")
    base = git(origin, "rev-parse", "HEAD")
    (origin / "new.py").write_text(OLD, "utf-8")
    git(origin, "add", ".")
    git(origin, "commit", "-q", "-m", "two")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{origin}", "clone")
    clone = tmp_path / "clone"
    without = run(clone, "--format", "github", "--annotate-since", base)
    assert without.returncode == 3
    assert "shallow clone" in without.stderr
    git(clone, "fetch", "-q", "--depth", "1", "origin", base)
    done = run(clone, "--format", "github", "--annotate-since", base)
    assert [p["file"] for _, p, _ in commands(done.stdout)] == ["new.py"], done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--annotate-since", "main"], "goes with --format github"),
        (["--annotate-since", "main", "--format", "github"], "not in a git repository"),
        (["--statistics", "--format", "sarif"], "--statistics comes as"),
    ],
)
def test_wrong_use(tmp_path: Path, arguments: list[str], said: str) -> None:
    folder(tmp_path, ("old.py",))
    done = run(tmp_path, *arguments, GIT_CEILING_DIRECTORIES=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


# -- Markdown ----------------------------------------------------------------------------------------------------


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
