"""Names across a project: re-exports, relative imports, search paths, guards, where code runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from linked import OPTIONS, check, places

import upgradecheck
from upgradecheck.config import Options
from upgradecheck.model import Finding


def test_a_reexport_is_told_where_it_is_imported(tmp_path: Path) -> None:
    found = check(
        tmp_path,
        {
            "plugins/common/__init__.py": "from .ops import BashOperator\n",
            "plugins/common/ops.py": "from airflow.operators.bash_operator import BashOperator\n",
            "dags/daily.py": "from common import BashOperator\n\nBashOperator(task_id='t')\n",
        },
    )
    assert places(found) == [("plugins/common/ops.py", 1, "airflow.operators.bash_operator.BashOperator")]


def test_a_module_reexport_is_told_at_both_ends(tmp_path: Path) -> None:
    found = check(
        tmp_path,
        {
            "common/__init__.py": "from airflow.operators import bash_operator\n",
            "dags/daily.py": "import common\n\ncommon.bash_operator.BashOperator(task_id='t')\n",
        },
    )
    assert places(found) == [
        ("common/__init__.py", 1, "airflow.operators.bash_operator"),
        ("dags/daily.py", 3, "airflow.operators.bash_operator.BashOperator"),
    ]


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    from airflow.sdk import task\nexcept ImportError:\n    from airflow.decorators.base import DAG\n",
        "try:\n    from airflow.operators.bash_operator import X\nexcept Exception:\n    X = None\n",
        "try:\n    from airflow.operators.bash_operator import X\n"
        "except (KeyError, ModuleNotFoundError):\n    from airflow.providers.standard.operators.bash import X\n",
        "from contextlib import suppress\nwith suppress(ImportError):\n    from airflow.contrib import X\n",
        "from airflow import __version__\nif __version__.startswith('2'):\n    from airflow.contrib import X\n",
        "import airflow\nfrom packaging.version import Version\n"
        "if Version(airflow.__version__) < Version('3.0.0'):\n    from airflow.contrib import X\n",
        "from airflow.version import version\nMAJOR = int(version.split('.')[0])\n"
        "if MAJOR >= 3:\n    pass\nelse:\n    from airflow.contrib import X\n",
        "from x.version_compat import AIRFLOW_V_3_0_PLUS\n"
        "def f():\n    if AIRFLOW_V_3_0_PLUS:\n        return 1\n    from airflow.contrib import X\n",
        "from importlib.metadata import version\nif version('apache-airflow') < '3':\n    import airflow.contrib\n",
        "import airflow\nX = None if airflow.__version__ >= '3' else airflow.contrib.hooks\n",
    ],
)
def test_guards_for_both_versions_are_no_finding(tmp_path: Path, code: str) -> None:
    assert places(check(tmp_path, {"dag.py": code})) == []


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("try:\n    from airflow.contrib import X\nexcept KeyError:\n    X = None\n", 2),
        ("try:\n    from airflow.contrib import X\nexcept ImportError:\n    raise\n", 2),
        ("try:\n    from airflow.utils.dates import days_ago\nexcept ModuleNotFoundError:\n    pass\n", 2),
        ("try:\n    import numpy\nexcept ImportError:\n    from airflow.contrib import X\n", 4),
        ("import sys\nif sys.platform == 'linux':\n    from airflow.contrib import X\n", 3),
        ("from airflow import __version__\nif __version__ >= '3':\n    from airflow.contrib import X\n", 3),
    ],
)
def test_what_only_looks_like_a_guard_is_one(tmp_path: Path, code: str, line: int) -> None:
    found = check(tmp_path, {"dag.py": code})
    assert [f.span.line for f in found if f.span] == [line]


def test_a_version_flag_of_the_project_is_followed(tmp_path: Path) -> None:
    found = check(
        tmp_path,
        {
            "plugins/compat.py": "from airflow import __version__\nAF3 = __version__ >= '3'\n",
            "dags/daily.py": "from compat import AF3\nif not AF3:\n    from airflow.contrib import X\n",
        },
    )
    assert places(found) == []


def test_imports_for_type_checkers_are_advice(tmp_path: Path) -> None:
    code = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from airflow.contrib.hooks import X\n"
    (finding,) = check(tmp_path, {"dag.py": code})
    assert finding.severity.value == "INFO"


def test_what_runs_at_import_says_so(tmp_path: Path) -> None:
    found = check(
        tmp_path,
        {
            "plugins/factory.py": "def make():\n    from airflow.contrib import X\n    return X\n\n\n"
            "def later():\n    from airflow.contrib import Y\n    return Y\n",
            "dags/daily.py": "from factory import make\n\nmake()\n",
        },
    )
    assert ["`later` runs" in f.message for f in found] == [False, True]


def test_one_file_says_what_the_tree_says(tmp_path: Path) -> None:
    files = {
        "common/__init__.py": "from airflow.operators import bash_operator\n",
        "dags/a.py": "import common\ncommon.bash_operator.BashOperator(task_id='t')\n",
        "dags/b.py": "from airflow.operators.dummy_operator import DummyOperator\nDummyOperator(task_id='t')\n",
        "dags/c.py": "from b import DummyOperator\n",
    }
    whole = check(tmp_path, files)
    single = [f for name in sorted(files) for f in upgradecheck.check([tmp_path / name], OPTIONS).findings]
    assert sorted(whole, key=repr) == sorted(single, key=repr)


def test_the_cache_knows_what_a_file_asked(tmp_path: Path) -> None:
    cached = Options()
    files = {
        "lib/ops.py": "from airflow.operators import bash_operator\n",
        "dags/a.py": "import ops\nops.bash_operator.BashOperator()\n",
    }
    first = check(tmp_path, files, cached)
    assert len(first) == 2
    assert check(tmp_path, files, cached) == [_without_edits(f) for f in check(tmp_path, files)]
    changed = check(
        tmp_path, {"lib/ops.py": "from airflow.providers.standard.operators import bash as bash_operator\n"}, cached
    )
    assert places(changed) == []


def _without_edits(finding: Finding) -> Finding:
    from msgspec.structs import replace

    from upgradecheck.model import Fix

    fix = finding.fix
    return replace(finding, fix=replace(fix, edits=(), needs=(), frees=())) if isinstance(fix, Fix) else finding


@pytest.mark.parametrize(
    ("code", "dag_id"),
    [
        ("from airflow.contrib import X\nfrom airflow import DAG\nwith DAG('daily'):\n    pass\n", "daily"),
        (
            "from airflow.contrib import X\nfrom airflow import DAG\nT = 'sales'\ndag = DAG(dag_id=f'{T}_daily')\n",
            "sales_daily",
        ),
        (
            "from airflow.contrib import X\nfrom airflow.decorators import dag\n@dag()\ndef weekly(): ...\n",
            "weekly",
        ),
        ("from airflow.contrib import X\nfrom airflow import DAG\na = DAG('a')\nb = DAG('b')\n", None),
    ],
)
def test_the_dag_of_a_finding(tmp_path: Path, code: str, dag_id: str | None) -> None:
    found = check(tmp_path, {"dag.py": code})
    assert {f.dag_id for f in found if f.subject == "airflow.contrib.X"} == {dag_id}


def test_dag_subclasses_of_the_project_are_dags(tmp_path: Path) -> None:
    found = check(
        tmp_path,
        {
            "plugins/base.py": "from airflow.models import DAG\nclass TeamDag(DAG): ...\n",
            "dags/a.py": "from base import TeamDag\nfrom airflow.contrib import X\nwith TeamDag('ours'):\n    pass\n",
        },
    )
    assert [f.dag_id for f in found] == ["ours"]


def test_output_keeps_to_its_schema(tmp_path: Path) -> None:
    import jsonschema

    from upgradecheck.reports import json as formats
    from upgradecheck.reports.schema import document

    check(
        tmp_path,
        {
            "a.py": "from airflow.contrib import X\n",
            "b.py": "def (",
            "c.py": "from airflow.operators.bash import BashOperator\n",
        },
    )
    report = upgradecheck.check([tmp_path], OPTIONS)
    validator = jsonschema.Draft202012Validator(document())
    for text in (formats.findings(report), formats.whole(report)):
        validator.validate(json.loads(text))


def test_a_constant_without_a_spelling_stops_nothing(tmp_path: Path) -> None:
    code = (
        "from airflow.operators.bash_operator import BashOperator\n"
        "NUMBER = '\\\\d+'\n"
        "TASK = BashOperator(task_id='t', bash_command=f'grep {NUMBER}')\n"
    )
    found = check(tmp_path, {"dag.py": code})
    assert places(found) == [("dag.py", 1, "airflow.operators.bash_operator.BashOperator")]


def test_a_task_does_not_run_where_it_is_called(tmp_path: Path) -> None:
    body = "        from airflow.hooks.base_hook import BaseHook\n        return BaseHook\n"
    found = check(
        tmp_path,
        {
            "dags/flow.py": "from airflow.sdk import dag, task\nfrom ours import timed\n\n\n@dag\ndef flow():\n"
            f"    @task.virtualenv(requirements=[])\n    def extract():\n{body}"
            f"    @timed\n    def now():\n{body}"
            f"    extract() >> now()\n\n\nflow()\nlater = lambda: flow.hook\n",
            "dags/ours.py": "def timed(f):\n    from airflow.hooks.base_hook import BaseHook\n    return f\n",
        },
    )
    assert [(f.document, f.span and f.span.line, f.runs.value) for f in found] == [
        ("dags/flow.py", 9, "task"),
        ("dags/flow.py", 13, "import"),
        ("dags/ours.py", 2, "import"),
    ]


def test_what_tests_give_a_task_function_says_nothing_of_what_airflow_gives(tmp_path: Path) -> None:
    files = {
        "dags/report.py": "from airflow.sdk import task\n\n@task\ndef report(**context):\n"
        "    run = context['dag_run']\n    return told(dag_run=run)\n\ndef told(**given):\n"
        "    return given['dag_run'].external_trigger\n",
        "tests/test_report.py": "from dags.report import report\n\ndef test_it():\n    report.function(dag_run=1)\n",
    }
    found = check(tmp_path, files)
    assert [(f.subject, f.span.line) for f in found if f.span] == [("dag_run.external_trigger", 9)]


def test_a_function_that_only_the_old_version_calls_does_not_run_on_the_target(tmp_path: Path) -> None:
    head = "from airflow import __version__\nfrom airflow.models import DagRun\n\ndef ask():\n"
    guarded = "    return _old() if __version__.startswith('2.') else None\n"
    old = "\n\ndef _old():\n    return DagRun.find(dag_id='x')\n\nask()\n"
    assert not [f for f in check(tmp_path / "one", {"dag.py": head + guarded + old}) if f.severity.value == "ERROR"]
    plain = "    return _old()\n"
    assert [f for f in check(tmp_path / "two", {"dag.py": head + plain + old}) if f.severity.value == "ERROR"]


def test_what_getattr_asks_for_first_is_known_to_be_missing(tmp_path: Path) -> None:
    text = (
        "from airflow.sdk import task\n\n@task\ndef tell(**context):\n"
        "    if getattr(context['dag'], 'parent_dag', None):\n        return context['dag'].parent_dag.dag_id\n"
    )
    assert not check(tmp_path, {"dag.py": text})


def test_an_argument_alone_tells_of_a_method_where_no_class_of_the_project_has_one_like_it(tmp_path: Path) -> None:
    call = "from airflow.models import DagRun\n\ndef test_it(dag):\n    dag.test(execution_date=1)\n"
    found = check(tmp_path / "one", {"tests/test_dag.py": call})
    assert [(f.rule_id, f.span.line) for f in found if f.span] == [("RenamedArgumentRule", 4)]
    assert not check(tmp_path / "foreign", {"tests/test_dag.py": call.replace("from airflow.models", "from mine")})
    own = {"lib.py": "class Model:\n    def test(self, execution_date):\n        pass\n"}
    assert not check(tmp_path / "two", {"tests/test_dag.py": call, **own})


def test_names_that_hang_on_themselves_are_no_end(tmp_path: Path) -> None:
    text = (
        "from airflow.operators.python import PythonOperator\n\ndef run(**context):\n    return context['next_ds']\n\n"
        "for step in (step, run):\n    PythonOperator(task_id='a', python_callable=step)\n"
        "steps = {'a': steps['a'], 'b': run}\nPythonOperator(task_id='b', python_callable=steps['a'])\n"
        "both = [both, run]\nPythonOperator(task_id='c', python_callable=both)\n"
    )
    found = check(tmp_path, {"dag.py": text})
    assert ("next_ds", 4) in [(f.subject, f.span.line) for f in found if f.span]
