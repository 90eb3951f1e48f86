"""Arguments across a project: one file says what the tree says, and the cache what a fresh run says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hazards import ARGUMENTS, PAGES, Case, cases
from msgspec.structs import replace

import upgradecheck
from upgradecheck.config import Options
from upgradecheck.model import Finding

FRESH = Options(select=ARGUMENTS, target="3.3", from_version="2.11", cache=False)
PROJECTS = [pytest.param(case, id=case.name) for case in cases(PAGES / "arguments") if len(case.before) > 1]


def write(root: Path, files: dict[str, str]) -> None:
    (root / "upgradecheck.toml").touch()
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")


def told(root: Path, options: Options = FRESH, name: str = "") -> list[Finding]:
    """The findings of a project or of one file of it; the cache keeps no edits."""
    found = upgradecheck.check([root / name], options).findings
    return sorted((replace(f, fix=replace(f.fix, edits=(), frees=(), needs=()))  # type: ignore[call-arg]
                   if hasattr(f.fix, "edits") else f for f in found), key=repr)  # fmt: skip


@pytest.mark.parametrize("case", PROJECTS)
def test_one_file_says_what_the_tree_says(case: Case, tmp_path: Path) -> None:
    write(tmp_path, case.before)
    single = [finding for name in case.before for finding in told(tmp_path, name=name)]
    assert sorted(single, key=repr) == told(tmp_path)


@pytest.mark.parametrize("case", PROJECTS)
def test_the_cache_knows_which_answers_changed(case: Case, tmp_path: Path) -> None:
    """Each file in turn changes to what it is fixed to, or loses all it has."""
    cached = replace(FRESH, cache=True)
    write(tmp_path, case.before)
    assert told(tmp_path, cached) == told(tmp_path)
    for name in case.before:
        for text in (case.after[name], "", case.before[name]):
            write(tmp_path, {name: text})
            assert told(tmp_path, cached) == told(tmp_path), (name, text)
