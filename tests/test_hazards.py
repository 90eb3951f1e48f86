"""The hazard matrix (architecture §4.4): each case is fixed as a careful engineer would, or declined with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hazards import (
    ARGUMENTS,
    INTERFACES,
    PAGES,
    REST,
    SUCCESSORS,
    TASKS,
    Bench,
    Case,
    bench,
    cases,
    real_bench,
    reasons,
)

from upgradecheck.checker import parse
from upgradecheck.python.scopewalk import scan
from upgradecheck.python.unbound import free_names

FOLDERS = ("", "arguments", "interfaces", "rest", "successors", "tasks")
CASES = [pytest.param(case, id=case.name) for folder in FOLDERS for case in cases(PAGES / folder)]


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bench]:
    made = bench(tmp_path_factory.mktemp("pack"))
    return {
        "hazards": made,
        "arguments": real_bench(ARGUMENTS),
        "successors": real_bench(SUCCESSORS),
        "rest": real_bench(REST),
        "interfaces": real_bench(INTERFACES),
        "tasks": real_bench(TASKS),
    }


@pytest.fixture
def fix(case: Case, benches: dict[str, Bench]) -> Bench:
    return benches[case.about]


@pytest.mark.parametrize("case", CASES)
def test_hazard(case: Case, fix: Bench) -> None:
    meets(case, fix, lambda text: text.encode())


@pytest.mark.parametrize("case", CASES)
def test_windows_line_endings(case: Case, fix: Bench) -> None:
    meets(case, fix, lambda text: text.replace("\n", "\r\n").encode())


@pytest.mark.parametrize("case", CASES)
def test_old_mac_line_endings(case: Case, fix: Bench) -> None:
    meets(case, fix, lambda text: text.replace("\n", "\r").encode())


@pytest.mark.parametrize("case", CASES)
def test_tabs_and_byte_order_mark(case: Case, fix: Bench) -> None:
    meets(case, fix, lambda text: b"\xef\xbb\xbf" + re.sub("(?m)^ {4}", "\t", text).encode())


@pytest.mark.parametrize("case", CASES)
def test_no_newline_at_the_end(case: Case, fix: Bench) -> None:
    meets(case, fix, lambda text: text.rstrip("\n").encode())


@pytest.mark.parametrize("case", CASES)
def test_another_encoding(case: Case, fix: Bench) -> None:
    meets(case, fix, lambda text: b"# -*- coding: latin-1 -*-\n" + ascii_or_latin(text).encode("latin-1"))


@pytest.mark.parametrize("case", CASES)
def test_inside_a_function(case: Case, fix: Bench) -> None:
    """The same code one block deeper still ends well: whole, or left alone."""
    before = {name: indented(text) for name, text in case.before.items()}
    if None in before.values():
        pytest.skip("it makes no function body")
    files = {name: text.encode() for name, text in before.items() if text}
    after, _ = fix(files, case.unsafe)
    for name in files:
        is_sound(files[name], after[name])
    assert fix(after, case.unsafe)[0] == after


def meets(case: Case, fix: Bench, encode: Callable[[str], bytes]) -> None:
    """The project comes out as the case says, sound, and stays so."""
    before = {name: encode(text) for name, text in case.before.items()}
    after = {name: encode(text) for name, text in case.after.items()}
    fixed, left = fix(before, case.unsafe)
    assert fixed == after
    assert set(reasons(left)) == set(case.declined)
    for name in before:
        is_sound(before[name], fixed[name])
    assert fix(fixed, case.unsafe)[0] == fixed


def is_sound(before: bytes, after: bytes) -> None:
    """It parses, and has no undefined name that it did not have before."""
    if any(b"import *" in text for text in (before, after)):
        parse(after)
        return
    assert free_names(scan(parse(after)[1])) <= free_names(scan(parse(before)[1]))


def ascii_or_latin(text: str) -> str:
    return "".join(char if ord(char) < 256 else "ÿ" for char in text)


def indented(text: str) -> str | None:
    """The text as a function's body, where it can be one."""
    if "import *" in text or "__future__" in text or '"""' in text or "nonlocal" in text or not text.strip():
        return None
    return "def outer():\n" + re.sub("(?m)^(?=.)", "    ", text)
