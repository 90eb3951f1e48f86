"""Fixes: how edits meet, that a fix is made as a whole or not at all, and that rounds come to an end."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hazards import Bench, bench, cases, reasons
from msgspec.structs import replace

from upgradecheck.fixes import fixing
from upgradecheck.fixes.fixing import Fixer, fix_project, rewrite, splice
from upgradecheck.linking.project import Project
from upgradecheck.linking.soundness import Unsound
from upgradecheck.model import Document, Edit, Finding, Fix, Free, Need, Severity, Span


@pytest.fixture(scope="module")
def fix(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench(tmp_path_factory.mktemp("pack"))


def document(name: str, text: str, selected: bool = True) -> Document:
    return Document(Path("/nowhere") / name, name, "python", selected, text.encode())


def finding(name: str, made: Fix, mark: str = "1") -> Finding:
    span = Span(1, 1, 1, 2)
    return Finding("LegacyNameRule", Severity.ERROR, "x", "x", "x", "3.0", name, span, made, fingerprint=mark)


def both(one: str = "new_a", other: str = "new_b") -> Fix:
    """A fix of the first three letters of two documents."""
    return Fix("both", "safe", "now", (Edit("a.py", 0, 3, one), Edit("b.py", 0, 3, other)))


def made(
    fix: Bench, files: dict[str, str], findings: list[Finding], unsafe: bool = False, **more: Document
) -> tuple[dict[str, str], dict[str, str]]:
    """What the engine makes of findings that no rule gave."""
    documents = {name: document(name, text) for name, text in files.items()}
    documents |= {d.name: d for d in more.values()}
    project = fix.project({name: d.content() for name, d in documents.items()})
    texts, declined = fix_project(documents, findings, project, fix.rules, unsafe)
    return {name: text.now for name, text in texts.items()}, declined


FILES = {"a.py": "old = 1\n", "b.py": "old = 2\n"}
FIXED = {"a.py": "new_a = 1\n", "b.py": "new_b = 2\n"}


# -- splice --------------------------------------------------------------------------------------------


def test_splice_leaves_all_else_alone() -> None:
    """For any edits that do not meet: what they cover is replaced, every other character stays."""
    chance = random.Random(0)
    for _ in range(300):
        text = "".join(chance.choices("ab\n\r\té😀", k=chance.randrange(40)))
        places = sorted(chance.sample(range(len(text) + 1), k=min(len(text) + 1, 2 * chance.randrange(5)) // 2 * 2))
        edits = [
            Edit("x", s, e, chance.choice(["", "N", "NN"])) for s, e in zip(places[::2], places[1::2], strict=True)
        ]
        expected, done = "", 0
        for edit in edits:
            expected, done = expected + text[done : edit.start] + edit.new, edit.end
        chance.shuffle(edits)
        assert splice(text, edits) == expected + text[done:]
        assert splice(text, [*edits, *edits]) == expected + text[done:]


@pytest.mark.parametrize(
    "edits", [[(0, 3), (2, 4)], [(0, 3), (0, 2)], [(1, 2), (0, 3)], [(2, 1)], [(0, 9)], [(-1, 2)]]
)
def test_edits_that_meet_are_refused(edits: list[tuple[int, int]]) -> None:
    with pytest.raises(Unsound):
        splice("abcdef", [Edit("x", start, end, str(number)) for number, (start, end) in enumerate(edits)])


def test_insertions_at_one_place_keep_their_order() -> None:
    edits = [Edit("x", 1, 1, new) for new in "zyx"] + [Edit("x", 1, 2, "B")]
    assert splice("abc", edits) == "azyxBc"


# -- rewrite -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "edits", "needs", "frees", "reason"),
    [
        ("x = 1\n", [Edit("x", 0, 1, "(")], [], [], "would not parse"),
        ("x = 1\nx\n", [Edit("x", 0, 1, "y")], [], [], "leave `x` undefined"),
        ("x\n\n\ndef f(): x = 1; x\n", [Edit("x", 10, 21, "")], [], [], "would not parse"),
        ("def f(x): x\nx\n", [Edit("x", 6, 7, "y")], [], [], "leave `x` undefined"),
        ("x = 1\n__all__ = ['x']\n", [Edit("x", 0, 1, "y")], [], [], "leave `x` undefined in `__all__`"),
        ("x = 1\n", [], [Need("a", "b", "b", 0)], [], "imports are not as"),
        ("import a\n", [], [], [Free(0, 7)], "imports are not as"),
        ("def f(): pass\n", [Edit("x", 9, 13, "return; nonlocal x")], [], [], "would not compile"),
    ],
)
def test_what_would_not_be_sound_is_refused(
    text: str, edits: list[Edit], needs: list[Need], frees: list[Free], reason: str
) -> None:
    with pytest.raises(Unsound, match=reason):
        rewrite(text, "x", edits, needs, frees)


def test_a_fault_that_was_there_before_hinders_nothing() -> None:
    assert rewrite("return lost\nx = 1\n", "x", [Edit("x", 12, 13, "y")], [], []) == "return lost\ny = 1\n"


# -- one fix, several documents ------------------------------------------------------------------------


def test_a_fix_of_two_documents_changes_both(fix: Bench) -> None:
    assert made(fix, FILES, [finding("a.py", both())]) == (FIXED, {})


def test_documents_that_change_together_say_so(fix: Bench) -> None:
    documents = {name: document(name, text) for name, text in {**FILES, "c.py": "old = 3\n"}.items()}
    alone = Fix("alone", "safe", "now", (Edit("c.py", 0, 3, "new"),))
    found = [finding("a.py", both()), finding("c.py", alone, "2")]
    project = fix.project({name: d.content() for name, d in documents.items()})
    texts, _ = fix_project(documents, found, project, fix.rules, False)
    assert [(name, sorted(text.together)) for name, text in texts.items()] == [
        ("a.py", ["a.py", "b.py"]), ("b.py", ["a.py", "b.py"]), ("c.py", ["c.py"]),
    ]  # fmt: skip


@pytest.mark.parametrize("home", ["a.py", "b.py"])
def test_neither_changes_when_one_was_not_asked_for(fix: Bench, home: str) -> None:
    left, declined = made(fix, FILES, [finding(home, both())], b=document("b.py", FILES["b.py"], selected=False))
    assert left == {}
    assert "b.py, which lies outside" in declined["1"]


def test_neither_changes_when_one_is_unknown(fix: Bench) -> None:
    assert made(fix, {"a.py": FILES["a.py"]}, [finding("a.py", both())])[0] == {}


@pytest.mark.parametrize("wrong", [both("("), both("new_a", "("), both("old", "new")])
def test_neither_changes_when_one_comes_out_wrong(fix: Bench, wrong: Fix) -> None:
    left, declined = made(fix, FILES, [finding("a.py", wrong)])
    assert left == {}
    assert declined["1"]


def test_neither_changes_when_one_is_read_only(fix: Bench, tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "b.py").chmod(0o444)
    documents = {name: Document(tmp_path / name, name, "python") for name in FILES}
    project = fix.project({name: d.content() for name, d in documents.items()})
    texts, declined = fix_project(documents, [finding("a.py", both())], project, fix.rules, False)
    assert texts == {}
    assert "b.py: it is read-only" in declined["1"]


def test_neither_changes_when_one_is_gone(fix: Bench, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(FILES["a.py"], "utf-8")
    documents = {name: Document(tmp_path / name, name, "python") for name in FILES}
    project = fix.project({name: text.encode() for name, text in FILES.items()})
    texts, declined = fix_project(documents, [finding("a.py", both())], project, fix.rules, False)
    assert texts == {}
    assert "no longer there" in declined["1"]


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_that_meet_in_one_document_one_is_made(fix: Bench, first: int) -> None:
    """The other has its turn in the next round; here its finding is no longer there."""
    other = Fix("other", "safe", "now", (Edit("b.py", 0, 3, "mine"),))
    found = [finding("a.py", both(), "1"), finding("b.py", other, "2")]
    left, _ = made(fix, FILES, found if first == 0 else found[::-1])
    assert left == (FIXED if first == 0 else {"b.py": "mine = 2\n"})


def test_what_is_wrong_is_left_out_and_all_else_made(fix: Bench) -> None:
    names = {f"m{number}.py": "old = 1\nkept = 2\n" for number in range(4)}
    found = [finding(n, Fix("x", "safe", "now", (Edit(n, 0, 3, "new"),)), n) for n in names]
    found += [finding(n, Fix("x", "safe", "now", (Edit(n, 8, 12, ")"),)), f"bad {n}") for n in names]
    chance = random.Random(1)
    for _ in range(5):
        chance.shuffle(found)
        assert made(fix, names, found)[0] == dict.fromkeys(names, "new = 1\nkept = 2\n")


def test_unsafe_fixes_wait_to_be_asked_for(fix: Bench) -> None:
    risky = replace(both(), safety="unsafe")
    assert made(fix, FILES, [finding("a.py", risky)]) == ({}, {})
    assert made(fix, FILES, [finding("a.py", risky)], unsafe=True)[0] == FIXED


def test_what_others_import_is_not_taken_from_them(fix: Bench) -> None:
    left, declined = made(fix, {**FILES, "c.py": "from b import old\n"}, [finding("a.py", both())])
    assert left == {}
    assert "leave `old` missing" in declined["1"]


def test_an_encoding_that_does_not_come_back_is_left_alone(fix: Bench) -> None:
    data = b"# coding: utf-7\nold = '+AGE-'\n"
    left = Document(Path("/nowhere/a.py"), "a.py", "python", data=data)
    assert (
        made(fix, {}, [finding("a.py", Fix("x", "safe", "now", (Edit("a.py", 16, 19, "new"),)))], a=left)[0] == {}
    )


# -- rounds --------------------------------------------------------------------------------------------


def test_fixes_that_undo_each_other_come_to_an_end(fix: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def found(self: Fixer, names: set[str]) -> list[Finding]:
        now = self.texts["a.py"].now
        new = "new" if now.startswith("old") else "old"
        return [finding("a.py", Fix("flip", "safe", "now", (Edit("a.py", 0, 3, new),)), now)]

    monkeypatch.setattr(Fixer, "found", found)
    flip = Fix("flip", "safe", "now", (Edit("a.py", 0, 3, "new"),))
    left, declined = made(fix, {"a.py": "old = 1\n"}, [finding("a.py", flip)])
    assert left == {"a.py": "new = 1\n"}
    assert list(declined.values()) == ["it would undo another fix"]


def test_what_a_fix_elsewhere_allows_is_done_in_the_same_run(fix: Bench) -> None:
    """`dag.py` reaches a module through `base.py`; when it no longer does, `base.py` can be fixed as well."""
    files = {
        "base.py": b"from legacy import shell\n\nshell.Shell()\n",
        "dag.py": b"import base\n\nbase.shell.Shell()\n",
    }
    after, _ = fix(files)
    assert fix(after)[0] == after


def test_the_whole_matrix_as_one_project(fix: Bench) -> None:
    """Many fixes at once end as each does alone, and a second run has nothing to do."""
    every = [case for case in cases() if not case.unsafe]
    before = {f"{case.name}/{name}": text.encode() for case in every for name, text in case.before.items()}
    after = {f"{case.name}/{name}": text.encode() for case in every for name, text in case.after.items()}
    fixed, _ = fix(before)
    wrong = {name for name in after if fixed[name] != after[name]}
    assert {name for name in wrong if "base" not in name and "hub" not in name} == set()
    assert fix(fixed)[0] == fixed


def test_one_fix_a_round_ends_well_too(fix: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixing.Batch, "add", _only_one(fixing.Batch.add))
    for case in cases():
        after, left = fix({name: text.encode() for name, text in case.before.items()}, case.unsafe)
        assert set(reasons(left)) <= set(case.declined), case.name
        assert fix(after, case.unsafe) == (after, left)


def _only_one(add):  # type: ignore[no-untyped-def]
    def one(batch: fixing.Batch, unit: fixing.Unit) -> bool:
        return not batch.edits and not batch.needs and not batch.frees and add(batch, unit)

    return one


def test_a_project_without_findings_is_left_alone(fix: Bench) -> None:
    assert fix_project({}, [], Project({}, frozenset()), fix.rules, True) == ({}, {})
