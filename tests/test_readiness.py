"""Readiness: what a DAG file is, what it loads, what holds it back, whose it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_cli import run as command

import upgradecheck
from upgradecheck.config import Options
from upgradecheck.owners import owners
from upgradecheck.readiness.readiness import Readiness

DAG = "from airflow.sdk import DAG\n\nwith DAG('d', schedule=None):\n    pass\n"
GONE = "from airflow.www.auth import has_access; has_access()\n"
MOVED = "from airflow.operators.bash_operator import BashOperator\n"


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in {"upgradecheck.toml": "", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def ready(root: Path, files: dict[str, str], *paths: str, **options: Any) -> Readiness:
    write(root, files)
    asked = [root / path for path in paths] or [root]
    found = upgradecheck.check(asked, Options(cache=False, jobs=1, readiness=True, **options)).readiness
    assert found is not None
    return found


def states(found: Readiness) -> dict[str, str]:
    return {file.document: file.state for file in found.files}


@pytest.mark.parametrize(
    "text",
    [
        DAG,
        "from airflow.models import DAG as D\ndag = D('d')\n",
        "import airflow\nairflow.DAG('d')\n",
        "from airflow.sdk import dag\n\n\n@dag\ndef d(): ...\n\n\nd()\n",
        "from airflow.decorators import dag\n\n\n@dag(schedule=None)\ndef d(): ...\n\n\nd()\n",
        "from ours import OurDag\n\nOurDag('d')\n",
        "from ours import make\n\nfor name in 'ab':\n    globals()[name] = make(name)\n",
        "from ours import Factory\n\nFactory({}).build()\n",
        "from airflow.sdk import DAG\n\n\ndef make():\n    return DAG('d')\n\n\nmake()\n",
        "import dagfactory\n\ndagfactory.load_yaml_dags(globals())\n",
    ],
)
def test_what_makes_a_dag_file(tmp_path: Path, text: str) -> None:
    ours = (
        "from airflow.sdk import DAG\n\n\nclass OurDag(DAG): ...\n\n\ndef make(name):\n    return OurDag(name)\n\n\n"
        "class Factory:\n    def build(self):\n        return make('d')\n"
    )
    found = ready(tmp_path, {"dags/d.py": text, "dags/ours.py": ours})
    assert states(found) == {"dags/d.py": "ready"}


@pytest.mark.parametrize(
    "text",
    [
        "from airflow.sdk import DAG\n\n\ndef make():\n    return DAG('d')\n",
        "from airflow.sdk import DAG\n\n\ndef use(dag: DAG) -> None: ...\n",
        "from mylib import DAG\n\nDAG('d')\n",
        "from airflow.sdk import DAG, task\n\n\n@task\ndef later():\n    return DAG('d')\n\n\nlater()\n",
    ],
)
def test_what_makes_none(tmp_path: Path, text: str) -> None:
    assert states(ready(tmp_path, {"dags/d.py": text})) == {}


def test_a_dag_file_is_as_ready_as_all_it_imports(tmp_path: Path) -> None:
    found = ready(
        tmp_path,
        {
            "plugins/common/__init__.py": "",
            "plugins/common/base.py": "import os\n" + GONE,
            "plugins/common/middle.py": "from .base import has_access\n",
            "plugins/common/tools.py": "def tool():\n    import common.base\n",
            "dags/far.py": "from common import middle\n" + DAG,
            "dags/near.py": "import common.base\n" + DAG,
            "dags/late.py": "from common.tools import tool\n" + DAG,
            "dags/typed.py": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import common.base\n"
            + DAG,
            "dags/caught.py": "try:\n    import common.base\nexcept ImportError:\n    common = None\n" + DAG,
            "dags/told.py": "try:\n    import common.base\nexcept Exception:\n    raise RuntimeError('no')\n" + DAG,
            "dags/fixable.py": MOVED + DAG,
            "dags/fine.py": DAG,
        },
    )
    assert states(found) == {
        "dags/caught.py": "ready",
        "dags/far.py": "waiting",
        "dags/fine.py": "ready",
        "dags/fixable.py": "ready_after_fixes",
        "dags/late.py": "waiting",
        "dags/near.py": "waiting",
        "dags/told.py": "waiting",
        "dags/typed.py": "ready",
    }
    assert [file.document for file in found.files if not file.loads] == [
        "dags/far.py",
        "dags/fixable.py",
        "dags/near.py",
        "dags/told.py",
    ]
    worst, other = found.blockers
    assert (worst.document, worst.line, worst.holds_back, worst.fix) == ("plugins/common/base.py", 2, 4, "none")
    assert worst.subjects == ("airflow.www.auth.has_access",)
    assert (other.document, other.holds_back, other.fix, other.stops) == ("dags/fixable.py", 1, "safe", "load")


def test_importing_a_module_loads_its_packages(tmp_path: Path) -> None:
    files = {
        "plugins/acme/__init__.py": GONE,
        "plugins/acme/sub/__init__.py": "",
        "plugins/acme/sub/leaf.py": "",
        "dags/d.py": "from acme.sub.leaf import x\n" + DAG,
    }
    assert states(ready(tmp_path, files)) == {"dags/d.py": "waiting"}


def test_task_code_stops_running_not_loading(tmp_path: Path) -> None:
    text = f"{DAG}\n\ndef callback():\n    {GONE}"
    (file,) = (found := ready(tmp_path, {"dags/d.py": text})).files
    assert (file.loads, file.ready, file.state) == (True, False, "waiting")
    assert [blocker.stops for blocker in found.blockers] == ["run"]


def test_what_only_a_program_runs_holds_nothing_back(tmp_path: Path) -> None:
    program = "\nif __name__ == '__main__':\n    from airflow.www.auth import has_access\n    DAG('e').run()\n"
    assert states(ready(tmp_path, {"dag.py": DAG + program, "e.py": program})) == {"dag.py": "ready"}


def test_what_lies_outside_of_the_paths_is_checked_too(tmp_path: Path) -> None:
    files = {"plugins/base.py": GONE, "plugins/moved.py": MOVED, "dags/d.py": "import base\n" + DAG}
    files["dags/e.py"] = "import moved\n" + DAG
    found = ready(tmp_path, files, "dags")
    assert states(found) == {"dags/d.py": "waiting", "dags/e.py": "ready_after_fixes"}
    report = upgradecheck.check([tmp_path / "dags"], Options(cache=False))
    assert report.findings == ()
    assert report.readiness is None


def test_of_places_that_hold_back_as_many_those_without_a_fix_come_first(tmp_path: Path) -> None:
    files = {"dags/a.py": f"{MOVED}{DAG}", "dags/b.py": f"{DAG}\n\ndef callback():\n    {GONE}"}
    assert [blocker.fix for blocker in ready(tmp_path, files).blockers] == ["none", "safe"]


def test_the_rehearsal_of_bridges_sees_what_other_fixes_make_room_for(tmp_path: Path) -> None:
    """On 2.x the provider's operator does not take what the fix of the argument takes out."""
    call = "PythonOperator(task_id='t', python_callable=print, provide_context=True)\n"
    text = f"from airflow.operators.python_operator import PythonOperator\n{DAG}{call}"
    assert states(ready(tmp_path, {"dags/d.py": text}, bridge=True)) == {"dags/d.py": "ready_after_fixes"}
    assert states(ready(tmp_path, {"dags/d.py": text}, bridge=True, fix=True)) == {"dags/d.py": "ready"}


def test_fixes_are_rehearsed_not_believed(tmp_path: Path) -> None:
    """A fix that is offered and cannot be made helps nobody."""
    files = {"dags/d.py": "# coding: utf-7\n# +AGE-\n" + MOVED + DAG}
    found = ready(tmp_path, files)
    assert found.blockers[0].fix == "safe"
    assert states(found) == {"dags/d.py": "waiting"}


def test_after_a_fix_what_is_left_counts(tmp_path: Path) -> None:
    assert states(ready(tmp_path, {"dags/d.py": MOVED + DAG}, fix=True)) == {"dags/d.py": "ready"}
    assert states(ready(tmp_path, {"dags/d.py": MOVED + DAG}, diff=True)) == {"dags/d.py": "ready_after_fixes"}


def test_the_cache_keeps_readiness_for_the_same_paths(tmp_path: Path) -> None:
    write(tmp_path, {"dags/d.py": MOVED + DAG, "plugins/base.py": GONE, "dags/e.py": "import base\n" + DAG})

    def told(*arguments: str) -> Any:
        return json.loads(command(tmp_path, "--format", "report", *arguments).stdout)["readiness"]

    first = told()
    assert (first["waiting"], first["ready_after_fixes"]) == (1, 1)
    assert told() == first == told("--no-cache")
    assert told("dags/d.py")["dag_files"] == 1
    assert command(tmp_path, "--format", "json").returncode == 1
    assert told() == first
    (tmp_path / "plugins/base.py").write_text("", "utf-8")
    assert told()["waiting"] == 0


CODEOWNERS = """# whose is what
*            @acme/platform
/dags/       @acme/data  # all of them
/dags/*.sql
dags/ops/    bob@example.com @bob
/dags/[z-a]/ @broken
"""


def test_owners_from_the_checkout(tmp_path: Path) -> None:
    (tmp_path / "CODEOWNERS").write_text(CODEOWNERS, "utf-8")
    names = ["d.py", "ops/e.py", "q.sql"]
    root = tmp_path / "dags"
    assert owners(root, tmp_path, [], names) == {
        "d.py": ("@acme/data",),
        "ops/e.py": ("bob@example.com", "@bob"),
    }
    assert owners(tmp_path, tmp_path, [], ["x.py"]) == {"x.py": ("@acme/platform",)}
    assert owners(root, tmp_path, [("*", "all"), ("ops", "operations")], names) == {
        "d.py": ("all",),
        "ops/e.py": ("operations",),
        "q.sql": ("all",),
    }


def test_owners_from_gitlab_sections(tmp_path: Path) -> None:
    (tmp_path / ".gitlab").mkdir()
    text = "[Data][2] @data\ndags/\ndags/ops @ops\n^[Other]\nlib/ @lib\n"
    (tmp_path / ".gitlab/CODEOWNERS").write_text(text, "utf-8")
    names = ["dags/a.py", "dags/ops/b.py", "lib/c.py", "d.py"]
    assert owners(tmp_path, tmp_path, [], names) == {
        "dags/a.py": ("@data",),
        "dags/ops/b.py": ("@ops",),
        "lib/c.py": ("@lib",),
    }


def test_readiness_by_owner_in_reports(tmp_path: Path) -> None:
    write(tmp_path, {"dags/a/d.py": MOVED + DAG, "dags/b/d.py": GONE + DAG, "dags/c.py": DAG})
    (tmp_path / "upgradecheck.toml").write_text('[owners]\n"dags/a/**" = "team-a"\n"dags/b" = "team-b"\n', "utf-8")
    text = command(tmp_path).stdout
    assert "Of 3 DAG files 1 loads and runs as it is, 1 more after safe fixes, 1 waits for a person" in text
    assert "team-a: 0 load and run as they are, 1 more after safe fixes, 0 wait for a person" in text
    assert "dags/b/d.py:1 holds back 1 DAG file" in text
    told = json.loads(command(tmp_path, "--format", "report").stdout)["readiness"]
    assert [row["owner"] for row in told["owners"]] == ["(no owner)", "team-a", "team-b"]
    (tmp_path / "upgradecheck.toml").write_text("[owners]\na = 1\n", "utf-8")
    assert command(tmp_path).returncode == 2
    assert "DAG file" not in command(tmp_path / "dags", "--quiet").stdout


def test_what_is_put_off_still_holds_back_what_is_refuted_does_not(tmp_path: Path) -> None:
    mark = "  # upgradecheck: ignore[AuthBackendRule] our image has it\n"
    write(tmp_path, {"dags/d.py": GONE.rstrip("\n") + mark + DAG, "dags/e.py": GONE + DAG})

    def told() -> Any:
        return json.loads(command(tmp_path, "--format", "report").stdout)["readiness"]

    assert {f["file"]: f["state"] for f in told()["files"]} == {"dags/d.py": "ready", "dags/e.py": "waiting"}
    assert command(tmp_path, "baseline").returncode == 0
    assert (again := told())["waiting"] == 1
    (tmp_path / ".upgradecheck-ignore.toml").write_text(
        '[[ignore]]\nrule = "AuthBackendRule"\npath = "dags/e.py"\nreason = "our image has it"\n', "utf-8"
    )
    assert again != told()
    assert told()["waiting"] == 0


def test_what_a_decorator_makes_fail_fails_when_it_is_called(tmp_path: Path) -> None:
    sensor = (
        "from airflow.sdk import BaseSensorOperator\nfrom airflow.utils.session import provide_session\n\n\n"
        "class Latest(BaseSensorOperator):\n    @provide_session\n    def poke(self, context, session=None):\n"
        "        return session.query(1)\n"
    )
    dag = "from airflow.sdk import DAG\nfrom ours import Latest\n\nwith DAG('d', schedule=None):\n    Latest(task_id='t')\n"
    found = ready(tmp_path, {"dags/d.py": dag, "dags/ours.py": sensor})
    assert states(found) == {"dags/d.py": "waiting"}
    assert [(blocker.document, blocker.stops) for blocker in found.blockers] == [("dags/ours.py", "run")]
