"""Cases of task code: a finding on each marked line, as bad as marked, and on no other."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import upgradecheck
from upgradecheck.config import Options

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from check_cases import CASES, expected, marks, thin_out  # noqa: E402


def test_each_marked_line_has_a_finding_and_no_other(tmp_path: Path) -> None:
    shutil.copytree(CASES, tmp_path / "dags")
    (tmp_path / "upgradecheck.toml").touch()
    found = upgradecheck.check([tmp_path], Options(cache=False, jobs=1)).findings
    told = {(f.document.removeprefix("dags/"), f.span.line, f.severity.value) for f in found if f.span}
    marked = [mark for path in sorted(CASES.iterdir()) for mark in marks(path)]
    assert told == {(mark.file, mark.line, mark.level) for mark in marked}
    assert len(marked) > 85


def test_marks_name_tasks_that_there_are() -> None:
    wanted = expected()
    marked = [(path, mark) for path in sorted(CASES.iterdir()) for mark in marks(path)]
    for path, mark in marked:
        assert mark.tasks, mark
        for task in mark.tasks:
            assert f"{path.stem if path.suffix == '.py' else 'rendered'}.{task}" in wanted
    assert wanted["keys.handed_on"] == "KeyError"
    assert wanted["keys.fine"] == wanted["keys.asked"] == ""
    assert wanted["rendered.file"] == "UndefinedError"


def test_a_sample_keeps_what_others_stand_behind() -> None:
    text = (CASES / "values.py").read_text("utf-8")
    thin = thin_out(text, frozenset({"pull_own"}))
    assert 'task_id="push"' in thin
    assert 'task_id="pull_own"' in thin
    assert 'task_id="pull_list"' not in thin
    compile(thin, "values.py", "exec")
