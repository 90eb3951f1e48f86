"""Where code runs: what Airflow calls, and what is called from there, across the files of a project."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

import upgradecheck
from upgradecheck.config import Options
from upgradecheck.linking.classes import Classes
from upgradecheck.linking.places import decorators
from upgradecheck.linking.project import Project
from upgradecheck.linking.running import Running
from upgradecheck.python.summary import summarise
from upgradecheck.rulebook.symbols import Symbols
from upgradecheck.ruleset import ruleset

OPERATOR = "from airflow.operators.python import PythonOperator\n"


@cache
def known() -> Symbols:
    return ruleset(Options(target="3.3", from_version="2.11")).symbols


def running(files: dict[str, str]) -> Running:
    symbols = known()
    summaries = {name: summarise(ast.parse(text)) for name, text in files.items()}
    lineage = symbols.linked(Classes).lineage
    return Running(Project(summaries, symbols.packages, deferring=decorators(), lineage=lineage))


@pytest.mark.parametrize(
    ("code", "function", "kind"),
    [
        ("def f(): ...\nPythonOperator(task_id='t', python_callable=f)", "f", "task"),
        ("def f(): ...\nPythonOperator.partial(task_id='t', python_callable=f).expand(op_args=[])", "f", "task"),
        ("def f(a): ...\nfrom functools import partial\nPythonOperator(python_callable=partial(f, 1))", "f", "task"),
        ("def f(): g()\ndef g(): ...\nPythonOperator(python_callable=f)", "g", "task"),
        ("def f(): ...\nPythonOperator(python_callable=lambda: f())", "f", "task"),
        ("def make(fn):\n    PythonOperator(python_callable=fn)\ndef f(): ...\nmake(f)", "f", "task"),
        ("def make(*, fn=None):\n    PythonOperator(python_callable=fn)\ndef f(): ...\nmake(fn=f)", "f", "task"),
        ("def make():\n    def f(): ...\n    return f\nPythonOperator(python_callable=make())", "make.f", "task"),
        ("def make(x):\n    return lambda **kw: f()\ndef f(): ...\nPythonOperator(python_callable=make(1))", "f", "task"),
        ("def f():\n    def g(): ...\n    return [g]\nPythonOperator(python_callable=f)", "f.g", "task"),
        ("def f(c): ...\nPythonOperator(on_failure_callback=[f])", "f", "callback"),
        ("def f(c): ...\nARGS = {'on_failure_callback': f}", "f", "callback"),
        ("def f(c): ...\nARGS = dict(on_failure_callback=f)", "f", "callback"),
        ("def f(): ...\nfrom airflow import DAG\nDAG('d', user_defined_macros={'f': f})", "f", "task"),
        ("from airflow.decorators import task\n@task\ndef f(): ...\nf()", "f", "task"),
        ("from airflow.decorators import task\n@task.branch(task_id='x')\ndef f(): ...\nf()", "f", "task"),
        ("class C:\n    def m(self): ...\ndef f():\n    C().m()\nPythonOperator(python_callable=f)", "C.m", "task"),
        ("class C:\n    def m(self): ...\nPythonOperator(python_callable=C().m)", "C.m", "task"),
        ("class C(PythonOperator):\n    def execute(self, context): self.m()\n    def m(self): ...", "C.m", "task"),
        ("from airflow.triggers.base import BaseTrigger\nclass T(BaseTrigger):\n    async def run(self): ...", "T.run", "trigger"),
        ("from airflow.listeners import hookimpl\n@hookimpl\ndef on_starting(component): ...", "on_starting", "listener"),
        ("def f(): ...\nf()\nPythonOperator(python_callable=f)", "f", "import"),
        ("class C:\n    def m(self): ...\nC().m()", "C.m", "import"),
        ("def f(): ...", "f", "function"),
        ("def f(): ...\nfrom mylib import Runner\nRunner(python_callable=f)", "f", "function"),
        ("class C:\n    def execute(self, context): ...", "C.execute", "function"),
        ("def f(): ...\nprint(f)", "f", "function"),
        ("if __name__ == '__main__':\n    pass", "__main__", "program"),
        ("def f(): ...\nif __name__ == '__main__':\n    f()", "f", "function"),
        ("def f(): ...\nif '__main__' == __name__ and f:\n    f()", "f", "function"),
        ("def f(): ...\nif __name__ != '__main__':\n    f()", "f", "import"),
        ("def f(): ...\nif __name__ == '__main__':\n    pass\nelse:\n    f()", "f", "import"),
    ],
)  # fmt: skip
def test_when_a_function_runs(code: str, function: str, kind: str) -> None:
    assert running({"dag.py": OPERATOR + code + "\n"}).runs("dag.py", function).value == kind


def test_tests_are_told_by_their_file() -> None:
    assert (
        running({"tests/test_dag.py": "def test_it(): ...\n"}).runs("tests/test_dag.py", "test_it").value == "test"
    )


PROJECT = {
    "plugins/base.py": "from airflow.models import BaseOperator\n\n\nclass Base(BaseOperator):\n"
    "    def execute(self, context):\n        self.work(context)\n        super().execute(context)\n\n"
    "    def work(self, context): ...\n",
    "plugins/ours.py": "from base import Base\nfrom tools import note\n\n\nclass Ours(Base):\n"
    "    def work(self, context):\n        note(context['ti'], more=context)\n",
    "plugins/tools.py": "def note(ti, more=None): ...\n",
}


def test_methods_are_found_along_the_line_and_below() -> None:
    found = running(PROJECT)
    assert found.runs("plugins/ours.py", "Ours.work").value == "task"
    assert found.runs("plugins/base.py", "Base.work").value == "task"
    assert found.runs("plugins/tools.py", "note").value == "task"


def test_what_helpers_hold_is_followed_across_files() -> None:
    assert running(PROJECT).holds("plugins/tools.py", "note") == (("more", "*"), ("ti", "ti"))


@pytest.mark.parametrize(
    ("code", "function", "held"),
    [
        ("def f(ds, x, ti=None, **kw): ...\nPythonOperator(python_callable=f)", "f", {"ds": "ds", "ti": "ti", "kw": "*"}),
        ("def f(ds, ts): ...\nPythonOperator(python_callable=f, op_kwargs={'ds': 1})", "f", {"ts": "ts"}),
        ("def f(ds, ts): ...\nPythonOperator(python_callable=f, op_args=[1])", "f", {"ts": "ts"}),
        ("def f(ds, **kw): ...\nPythonOperator(python_callable=f, op_kwargs=ARGS)", "f", {"kw": "*"}),
        ("from functools import partial\ndef f(ds, ts): ...\nPythonOperator(python_callable=partial(f, 1))", "f", {"ts": "ts"}),
        ("def f(ds, **kw): ...\nPythonOperator(python_callable=f, op_kwargs={'ts': 1})", "f", {"ds": "ds", "kw": "*-ts"}),
        ("def f(**kw): g(**kw)\ndef g(ts, ds): ...\nPythonOperator(python_callable=f, op_kwargs={'ts': 1})", "g", {"ds": "ds"}),
        ("def f(ds): ...\nPythonOperator.partial(python_callable=f).expand(op_kwargs=[{'ds': 1}])", "f", {}),
        ("from mylib import deco\n@deco\ndef f(ds): ...\nPythonOperator(python_callable=f)", "f", {}),
        ("from airflow.decorators import task\nfrom mylib import deco\n@task\n@deco\ndef f(ds): ...", "f", {}),
        ("from airflow.decorators import task\n@task\ndef f(ds): ...\nf.override(task_id='g')(ds=1)", "f", {}),
        ("from airflow.decorators import task\n@task\ndef f(ds, ts): ...\nf.partial(ts=1).expand(ds=[1])", "f", {}),
        ("from airflow.decorators import task\n@task\ndef f(ds): ...\nf.expand_kwargs([{'ds': 1}])", "f", {}),
        ("def f(context, ds=None): ...\nPythonOperator(on_failure_callback=f)", "f", {"context": "*"}),
        ("def f(**c): g(**c)\ndef g(ds, x=1, **kw): ...\nPythonOperator(python_callable=f)", "g", {"ds": "ds", "kw": "*"}),
        ("def f(**c):\n    d = c\n    g(d)\ndef g(x): ...\nPythonOperator(python_callable=f)", "g", {"x": "*"}),
        ("def f(**c): g(c.get('ti'))\ndef g(x): ...\nPythonOperator(python_callable=f)", "g", {"x": "ti"}),
        ("from airflow.operators.python import get_current_context\ndef f(): g(get_current_context())\ndef g(x): ...", "g", {"x": "*"}),
        ("from airflow.utils.context import Context\ndef f(c: Context): ...", "f", {"c": "*"}),
        ("from airflow.decorators import task\n@task\ndef f(ds=None, **kw): ...\nf()", "f", {"ds": "ds", "kw": "*"}),
        ("from airflow.decorators import task\n@task\ndef f(ds, ts=None): ...\nf('2020')", "f", {"ts": "ts"}),
        ("from airflow.decorators import task\n@task\ndef f(ds, ts=None): ...\nf.expand(ds=['2020'])", "f", {"ts": "ts"}),
        ("def f(when, ds=None): ...\nfrom airflow.sensors.external_task import ExternalTaskSensor\n"
         "ExternalTaskSensor(execution_date_fn=f)", "f", {"ds": "ds"}),
        ("def f(ds): ...", "f", {}),
    ],
)  # fmt: skip
def test_what_parameters_hold(code: str, function: str, held: dict[str, str]) -> None:
    assert dict(running({"dag.py": OPERATOR + code + "\n"}).holds("dag.py", function)) == held


LIBRARY = "def report(x):\n    return x['execution_date']\n"
CALLS = "from airflow.decorators import task\nfrom library import report\n\n\n@task\ndef f(**context):\n    return report(context)\n"


def told(root: Path, options: Options) -> list[tuple[str, str]]:
    found = upgradecheck.check([root / "library.py"], options).findings
    return [(finding.subject, finding.runs.value) for finding in found]


def test_what_others_hand_over_is_part_of_what_is_kept(tmp_path: Path) -> None:
    """A file's findings change when another file begins to hand it the context, though it is as it was."""
    (tmp_path / "upgradecheck.toml").touch()
    (tmp_path / "library.py").write_text(LIBRARY, "utf-8")
    assert told(tmp_path, Options()) == []
    (tmp_path / "dag.py").write_text(CALLS, "utf-8")
    assert told(tmp_path, Options()) == told(tmp_path, Options(cache=False)) == [("execution_date", "task")]
    (tmp_path / "dag.py").write_text(CALLS.replace("(context)", "(1)"), "utf-8")
    assert told(tmp_path, Options()) == []


def test_a_parameter_strikes_when_its_task_runs(tmp_path: Path) -> None:
    (tmp_path / "upgradecheck.toml").touch()
    (tmp_path / "library.py").write_text(
        "from airflow.decorators import task\n\n\n@task\ndef f(conf): ...\n", "utf-8"
    )
    assert told(tmp_path, Options(cache=False, select=("ContextKeyRule",))) == [("conf", "task")]


def test_a_template_strikes_when_its_task_runs(tmp_path: Path) -> None:
    (tmp_path / "upgradecheck.toml").touch()
    code = "from airflow.operators.bash import BashOperator\nBashOperator(task_id='t', bash_command='{{ conf }}')\n"
    (tmp_path / "library.py").write_text(code, "utf-8")
    assert told(tmp_path, Options(cache=False, select=("ContextKeyRule",))) == [("conf", "task")]
