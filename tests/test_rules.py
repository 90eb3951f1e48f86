"""Every rule: its page's examples run as promised, and its table is sound."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from answers import judged

from examples import FILES, BadExample, Example, Text, examples
from upgradecheck import devtools
from upgradecheck.model import Finding
from upgradecheck.report import Report, findings_of
from upgradecheck.rulebook import facts, symbols, verbs
from upgradecheck.rulebook.facts import Rule
from upgradecheck.rulebook.lines import key as in_order
from upgradecheck.rulebook.queries import queries

RULES = facts.load()
TABLES = [rule for rule in RULES if rule.header]
NAMES = [rule for rule in TABLES if rule.header[:2] == ("old", "kind")]
OTHERS = [rule for rule in TABLES if rule not in NAMES]
EXAMPLES = [pytest.param(r, e, id=f"{r.stem}-{e.name}") for r in RULES for e in examples(r.text)]
CASES = [case for case in EXAMPLES if case.values[1].language != "answer"]
ANSWERS = [case for case in EXAMPLES if case not in CASES]
SECTIONS = ("What changed", "Why it breaks", "What to do", "When we don't fix")


def by_stem(rules: list[Rule] | tuple[Rule, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("rule", rules, ids=[rule.stem for rule in rules])


# -- examples ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_example_is_found(rule: Rule, example: Example, tmp_path: Path, run: Callable[..., Report]) -> None:
    put(tmp_path, example, example.before.text)
    report = run(**only(rule))
    assert not [o for o in report.outcomes if hasattr(o, "traceback")]
    meets(told(report), example.before)


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_example_is_fixed(rule: Rule, example: Example, tmp_path: Path, run: Callable[..., Report]) -> None:
    path = put(tmp_path, example, example.before.text)
    promised = example.after or example.before
    if example.unsafe:
        run(**only(rule), fix=True)
        assert path.read_text("utf-8") == example.before.text
    report = run(**only(rule), fix=True, unsafe_fixes=example.unsafe)
    assert path.read_text("utf-8") == promised.text
    meets(told(report), promised)
    if example.after:
        assert example.after.text != example.before.text
        assert sum(fixed.findings for fixed in report.fixed) > 0


@pytest.mark.parametrize(("rule", "example"), [c for c in CASES if c.values[1].after])
def test_line_endings_stay(rule: Rule, example: Example, tmp_path: Path, run: Callable[..., Report]) -> None:
    assert example.after is not None
    path = put(tmp_path, example, example.before.text.replace("\n", "\r\n"))
    run(**only(rule), fix=True, unsafe_fixes=example.unsafe)
    assert path.read_bytes() == example.after.text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(("rule", "example"), [c for c in CASES if c.values[1].after])
def test_fixing_again_changes_nothing(
    rule: Rule, example: Example, tmp_path: Path, run: Callable[..., Report]
) -> None:
    path = put(tmp_path, example, example.after.text)
    report = run(**only(rule), fix=True, unsafe_fixes=example.unsafe)
    assert path.read_text("utf-8") == example.after.text
    assert not report.fixed
    meets(told(report), example.after)


@pytest.mark.parametrize(("rule", "example"), [c for c in CASES if c.values[1].before.expected])
def test_example_says_something(rule: Rule, example: Example, tmp_path: Path, run: Callable[..., Report]) -> None:
    """No finding without its words, and none of another rule's."""
    put(tmp_path, example, example.before.text)
    for finding in run(**only(rule)).findings:
        assert finding.rule_id == rule.id
        assert all((finding.message, finding.advice, finding.subject, finding.fingerprint))
        assert finding.url.endswith(f"/rules/{rule.stem}.md")


@pytest.mark.parametrize(("rule", "example"), ANSWERS)
def test_answer_is_judged(rule: Rule, example: Example) -> None:
    """What the database answers, told line by line as the page says."""
    wanted = {mark.line: mark.severity for mark in example.before.expected}
    for number, line in enumerate(example.before.text.splitlines(), 1):
        found = [] if line == "# no rows" else judged(rule, line)
        assert [f.severity.value for f in found] == [wanted[number] for _ in range(number in wanted)]
        for finding in found:
            assert all((finding.message, finding.advice, finding.subject, finding.since))
            assert "{" not in finding.message + finding.advice


def only(rule: Rule) -> dict[str, Any]:
    """The options under which a page's examples run: its own rule alone."""
    return {"select": (rule.id,), "from_version": rule.least_from}


def told(report: Report) -> list[Finding]:
    """The findings, and those that one of them stands for."""
    parts = (finding for outcome in report.outcomes for finding in findings_of(outcome) if finding.setting)
    return [*report.findings, *parts]


def put(folder: Path, example: Example, text: str) -> Path:
    path = folder / FILES[example.language]
    path.write_bytes(text.encode())
    first = text.partition("\n")[0]
    for name in first.removeprefix("# files: ").split(", ") if first.startswith("# files: ") else ():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    if first.startswith("# imports: "):
        (folder / "beside.py").write_text(f"import {first.removeprefix('# imports: ')}\n", "utf-8")
    return path


def meets(findings: Iterable[Finding], expected: Text) -> None:
    """Findings on exactly the lines that announce one, with the severity that they name."""
    findings = list(findings)
    found = {f.span.line: f.severity.value for f in findings if f.span}
    wanted = {e.line: e.severity or found.get(e.line, "any") for e in expected.expected}
    assert found == wanted, "\n" + "\n".join(f"{f.span}: {f.message}" for f in findings)
    for line in expected.expected:
        assert line.severity or found[line.line] in ("ERROR", "WARNING")


# -- pages ---------------------------------------------------------------------------------------------


@by_stem(RULES)
def test_page_is_whole(rule: Rule) -> None:
    starts = [rule.text.find(f"**{section}**") for section in SECTIONS]
    assert starts == sorted(starts)
    assert starts[0] > 0, f"{rule.stem}.md lacks a paragraph of {SECTIONS}"
    assert rule.title
    assert rule.title != rule.id
    assert rule.tags
    assert rule.fix in ("safe", "unsafe", "none")


@by_stem(RULES)
def test_rules_about_the_database_have_questions(rule: Rule) -> None:
    assert (rule.reads == "database") == (rule.folder / f"{rule.stem}.sql").is_file()
    if rule.reads:
        asked = queries(rule)
        assert asked
        assert not set(rule.lines) - {query.name for query in asked}


@by_stem(RULES)
def test_page_shows_what_it_finds_and_what_it_leaves_alone(rule: Rule) -> None:
    cases = examples(rule.text)
    assert any(case.before.expected for case in cases)
    assert any(case.unchanged for case in cases)
    assert (rule.fix == "none") == all(case.after is None for case in cases)
    assert {e.rule_id for case in cases for e in case.before.expected} == {rule.id}


@by_stem(RULES)
def test_stem_id_verb_and_files_match(rule: Rule) -> None:
    assert rule.id == facts.rule_id(rule.stem)
    for name in rule.verbs:
        assert callable(verbs.verb(name).bind)
        assert callable(verbs.verb(name).triggers)


def test_every_table_has_its_page() -> None:
    assert {path.stem for path in facts.own_rules().glob("*.csv")} <= {rule.stem for rule in RULES}


def test_generated_files_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert devtools.main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    "page",
    [
        "~~~python after\n~~~\n",
        "~~~python before\nimport a\n~~~\n",
        "~~~python unchanged\nimport a  # expect: XRule\n~~~\n",
        "~~~python before\nimport a  # expects: XRule\n~~~\n",
        "~~~python before\nimport a  # expect: XRule\n",
        "~~~pyhton before\n~~~\n",
        "## A\n~~~python before\nimport a  # expect: XRule\n~~~\n## B\n~~~python after\n~~~\n",
    ],
)
def test_a_slip_in_a_page_is_noticed(page: str) -> None:
    with pytest.raises(BadExample):
        examples(page)


# -- tables --------------------------------------------------------------------------------------------


def rows_of(rule: Rule) -> list[dict[str, str]]:
    with (rule.folder / f"{rule.stem}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, restkey="more", restval=None))


@by_stem(NAMES)
def test_names_tables_have_one_header(rule: Rule) -> None:
    assert ",".join(rule.header) == symbols.COLUMNS


@by_stem(TABLES)
def test_table_has_whole_rows(rule: Rule) -> None:
    for row in rows_of(rule):
        assert None not in row.values(), row
        assert "more" not in row, row


@by_stem(TABLES)
def test_table_has_one_fact_a_line(rule: Rule) -> None:
    """The loader takes lines apart without the csv module: no cell may hold a line break of any kind."""
    data = (rule.folder / f"{rule.stem}.csv").read_bytes()
    assert data.endswith(b"\n")
    assert b"\r" not in data
    assert len(data.decode().splitlines()) == data.count(b"\n") == len(rows_of(rule)) + 1
    for row in rows_of(rule):
        assert all(cell == cell.strip() for cell in row.values()), row
        assert not set('",') & set("".join(list(row.values())[:2])), row


def keys_of(rule: Rule) -> list[tuple[str, ...]]:
    """What each row is about: the columns before the statuses, less the kind."""
    about = [c for c in rule.header[: rule.header.index("s30")] if c != "kind"]
    return [tuple(row[column] for column in about) for row in rows_of(rule)]


@by_stem(TABLES)
def test_table_is_sorted_and_unique(rule: Rule) -> None:
    keys = [(*key, row.get("new_from", "")) for key, row in zip(keys_of(rule), rows_of(rule), strict=True)]
    assert keys == sorted(keys)
    assert not [key for key, count in Counter(keys).items() if count > 1]
    lines = (rule.folder / f"{rule.stem}.csv").read_bytes().splitlines()[1:]
    assert list(map(in_order, lines)) == sorted(map(in_order, lines)), "out of order they are sorted at each start"


@by_stem(TABLES)
def test_statuses_are_known_and_one_a_subject(rule: Rule) -> None:
    columns = [row["column"] for row in facts.lookup("releases")]
    statuses: dict[tuple[str, ...], tuple[str, ...]] = {}
    for key, row in zip(keys_of(rule), rows_of(rule), strict=True):
        found = tuple(row[column] for column in columns)
        assert set(found) <= {"ok", "warns", "changed", "broken"}, row
        assert statuses.setdefault(key, found) == found, f"{key}: its rows disagree"


@by_stem(OTHERS)
def test_other_tables_say_what_a_fix_may_do(rule: Rule) -> None:
    for row in rows_of(rule):
        assert row.get("safety", "none") in ("safe", "unsafe", "none"), row
        assert row.get("safety") != "unsafe" or row["reason"], row
        assert row["evidence"], row


@by_stem(NAMES)
def test_replacements_are_consistent(rule: Rule) -> None:
    for row in rows_of(rule):
        assert row["safety"] in ("safe", "unsafe", "none"), row
        assert (row["safety"] == "none") == (not row["new"]), row
        fine = all(row[column] == "ok" for column in ("s30", "s31", "s32", "s33"))
        assert fine or (row["safety"] == "safe") == (not row["reason"]), row
        assert row["new_from"] in (*facts.minors(), "") if not row["new"] else row["new_from"] in facts.minors()
        assert row["new"] != row["old"], row
        within = row["new"].rpartition(".")[0].rpartition(".")[2]
        assert not within[:1].isupper() or ":" in row["new"], f"{row['new']}: a colon says where the module ends"
        if row["provider_min"] or row["new_2x"]:
            assert row["new"], row
        assert bool(row["provider"]) >= bool(row["provider_min"]), row


def test_every_symbol_is_in_exactly_one_table() -> None:
    homes = Counter(old for rule in NAMES for old in rule.lines)
    assert not [old for old, count in homes.items() if count > 1]


@pytest.mark.parametrize("target", facts.minors())
def test_replacements_are_fine_themselves(target: str) -> None:
    names = symbols.Symbols(RULES, target)
    for old in (old for rule in NAMES for old in rule.lines):
        hit = names.find(old)
        if hit and hit.row.new and (hit.status != symbols.FINE or hit.row.kind == "bridge"):
            home = names.find(hit.row.new.replace(":", "."))
            last = (
                home is not None and home.status == "warns" and not home.row.new
            )  # deprecated, with no other name
            fine = home is None or home.status == symbols.FINE or last
            assert fine, f"{old}: {hit.row.new} {home and home.status} on {target}"
