"""A small, fixed sample of each sweep, without a network: the sweeps themselves run by hand."""

from __future__ import annotations

import importlib
import shutil
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
FIXTURE = """\
from airflow import DAG
from airflow.operators.bash_operator import BashOperator
from airflow.utils import dates

with DAG("a", schedule_interval="@daily"):
    BashOperator(task_id="b", start_date=dates.days_ago(1))
"""
SNAPSHOT = """\
AIR302 [*] `airflow.operators.bash_operator.BashOperator` is moved into `standard` provider in Airflow 3.0;
 --> example.py:6:5
  |
AIR301 `airflow.utils.dates.days_ago` is removed in Airflow 3.0
  --> example.py:6:44
AIR301 [*] `schedule_interval` is removed in Airflow 3.0
  --> example.py:5:15
AIR311 [*] `airflow.DAG` is removed in Airflow 3.0
  --> example.py:5:6
AIR201 nothing that an upgrade has to do with
  --> example.py:1:1
"""


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.syspath_prepend(ROOT / "scripts")

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield load
    for name in (
        "sweep_names",
        "sweep_forms",
        "sweep_wheels",
        "sweep_ruff",
        "sweep_repos",
        "sweep_triggers",
        "check_old_names",
        "check_names",
        "airflow_envs",
        "loaded",
        "name_tables",
    ):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("target", ["3.0", "3.3"])
def test_names_in_every_form(script, tmp_path: Path, target: str) -> None:  # type: ignore[no-untyped-def]
    names = script("sweep_names")
    olds = set(names.thin_out([row.old for row in names.load_rows(ROOT / "rules")], 40))
    tally = names.Tally(show=5)
    names.sweep(target, olds, list(names.FORMS), tally, tmp_path)
    assert dict(tally.wrong) == {}
    assert sum(count.expected for count in tally.counts.values()) > 500


@pytest.mark.parametrize("unsafe", [False, True])
def test_fixes_keep_their_promises(script, tmp_path: Path, unsafe: bool) -> None:  # type: ignore[no-untyped-def]
    example = ROOT / "examples" / "airflow2-project"
    files = {str(path.relative_to(example)): path.read_bytes() for path in example.rglob("*.py")}
    verdict = script("sweep_wheels").sweep(files, tmp_path / "project", "3.3", unsafe)
    assert {promise: places for promise, places in verdict.broken.items() if places} == {}
    assert verdict.counts["files changed"] > 5


def test_files_are_read_for_all_that_concerns_them(script, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    for number, folder in enumerate(("tests/fixtures/cases", "examples/airflow2-project")):
        project = tmp_path / str(number)
        shutil.copytree(ROOT / folder, project)
        (project / "upgradecheck.toml").touch()
        assert list(script("sweep_triggers").passed_over(project)) == []


def test_what_ruff_says(script, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    ruff = script("sweep_ruff")
    (tmp_path / "example.py").write_text(FIXTURE, "utf-8")
    (tmp_path / "example.snap").write_text(SNAPSHOT, "utf-8")
    found = {("example.py", 2): {"airflow.operators.bash_operator.BashOperator"}, ("example.py", 3): {"no"}}
    reasons = {"airflow.DAG": "it is fine"}
    verdicts = list(ruff.judged(ruff.diagnostics(tmp_path), tmp_path, found, reasons))
    assert [(v.diagnostic.code, v.kind, v.met, v.reason) for v in verdicts] == [
        ("AIR302", "names", True, ""),
        ("AIR301", "names", False, ""),
        ("AIR301", "other", False, ""),
        ("AIR311", "names", False, "it is fine"),
    ]
    assert ruff.findings(tmp_path, "3.3")["example.py", 6] == {"airflow.utils.dates.days_ago"}


OLD_MODULE = """\
import logging
from typing import TYPE_CHECKING
from airflow.models import DAG as Graph
if TYPE_CHECKING:
    from airflow.models import Variable
log = logging.getLogger(__name__)
try:
    from hdfs import Client
except ImportError:
    def stand_in(): ...
if log:
    LIMIT, _own = 1, 2
class Kept: ...
class Gone: ...
class _Hidden: ...
def moved(): ...
"""


def test_names_of_old_wheels(script, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    old = script("check_old_names")
    wheel = tmp_path / "apache_airflow-2.0.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for member in ("airflow/made.py", "airflow/_own.py", "airflow/tests/made.py", "other/made.py"):
            archive.writestr(member, OLD_MODULE)
        archive.writestr("airflow/operators/bash_operator/__init__.py", "class BashOperator: ...")
    assert old.wheel_of(tmp_path, "apache-airflow", "2.0.2") == wheel
    names = {"airflow.made": "module", "airflow.made.moved": "function"}
    names |= {f"airflow.made.{name}": "class" for name in ("Kept", "Gone")}
    module = "airflow.operators.bash_operator"
    names |= {module: "module", f"{module}.BashOperator": "class"}
    found = old.old_names([wheel])
    assert {name.name: name.kind for name in found.values()} == names
    held = {name: found.kind for name, found in old.old_names([wheel], held=True).items() if name not in names}
    assert held == {"airflow.made.Graph": "reexport", "airflow.made.LIMIT": "constant"}
    statuses = {"airflow.made.Gone": "broken", "airflow.made.moved": "warns", module: "broken"}
    statuses[f"{module}.BashOperator"] = "broken"
    results = {name: {"status": statuses.get(name, "ok"), "missing": ""} for name in names}
    missing = list(old.unanswered(found, old.Probed("3.3.2", results), old.Symbols(old.load(), "3.3")))
    assert [name.name for name in missing] == ["airflow.made.Gone", "airflow.made.moved"]
    line = "airflow.made.Gone,class,,,,broken,,,,,,none,TODO,,had_by_apache_airflow-2.0.2"
    assert old.line_for(missing[0], [old.Probed("3.3.2", results)]) == ("removed_import", line)


def test_another_kind_of_thing_is_no_replacement(script) -> None:  # type: ignore[no-untyped-def]
    names = script("check_names")
    cells = {"old": "airflow.a.log", "new": "logging.log", "safety": "safe", "s33": "warns"}
    kinds = {"airflow.a.log": {"kind": "constant"}, "logging.log": {"kind": "function"}}
    probed = names.Probed("3.3.2", kinds)
    (wrong,) = names.kind_mismatches([names.NameRow("moved_import", cells)], probed)
    assert wrong.found == "function, and the old name is a constant"
    assert not list(names.kind_mismatches([names.NameRow("moved_import", {**cells, "safety": "unsafe"})], probed))


ORACLE = """\
import json, pathlib, sys

version, tree, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
results = []
for path in sorted(tree.rglob("*.py")):
    lines = path.read_text().splitlines()
    old = [number for number, line in enumerate(lines, 1) if "bash_operator" in line or "is_gone" in line]
    result = {"id": path.name, "ok": version == "2.11" or not old, "dags": {"a": {"tasks": ["b"], "edges": ""}}}
    if not result["ok"]:
        raised = {"type": "ModuleNotFoundError", "msg": "No module named 'airflow.x'"}
        result["exc"] = {**raised, "repo_frame": f"{path.name}:{old[0]}"}
    results.append(result)
out.write_text("".join(json.dumps(result) + "\\n" for result in results))
"""


def test_projects_are_loaded_before_and_after(script, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    repos = script("sweep_repos")
    (tmp_path / "oracle.py").write_text(ORACLE, "utf-8")
    project = tmp_path / "checkouts" / "theirs"
    project.mkdir(parents=True)
    (project / "fine.py").write_text("import airflow\n", "utf-8")
    (project / "mends.py").write_text(
        "from airflow.operators.bash_operator import (\n    BashOperator,\n)\n", "utf-8"
    )
    (project / "stays.py").write_text("is_gone = 1\n", "utf-8")
    oracle = f"'{sys.executable}' '{tmp_path / 'oracle.py'}' {{version}} {{tree}} {{out}}"
    verdict = repos.judge(repos.Bench(tmp_path / "work", oracle, "2.11", "3.3"), project, ["safe"])
    assert (verdict.base, verdict.loads, verdict.fixed["safe"].loads) == (3, 1, 2)
    assert [place.file for place in verdict.places.on_line] == ["mends.py"]
    assert [place.file for place in verdict.places.silent] == ["stays.py"]
    assert [place.file for place in verdict.fixed["safe"].left.silent] == ["stays.py"]
    assert not any(verdict.fixed["safe"].broken.values())


@pytest.mark.parametrize(
    ("line", "expected"),
    [(2, [(2, 4)]), (6, [(6, 8)]), (9, [(9, 9)]), (10, [(10, 10), (6, 8)])],
    ids=["a statement of several lines", "a head", "a body", "a decorated function that is called"],
)
def test_what_a_traceback_means(script, line: int, expected: list[tuple[int, int]]) -> None:  # type: ignore[no-untyped-def]
    code = "\nfrom a import (\n    b,\n)\n\n@dag(\n)\ndef daily():\n    pass\ndaily()\n"
    assert script("loaded").statements(code, line) == expected
