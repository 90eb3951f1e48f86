"""``--fix --verify``: the same DAGs before and after, or the file as it was; and what that is told from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from commands import process, run
from msgspec import Struct

from examples import examples
from upgradecheck.config import Options
from upgradecheck.proof.verifying import exchanged
from upgradecheck.rulebook.facts import own_rules
from upgradecheck.run import run as check
from upgradecheck.runtime.structure.compare import Difference, differences
from upgradecheck.runtime.structure.reading import Reader
from upgradecheck.runtime.structure.shapes import Shape

OLD = """from airflow import DAG
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.python_operator import PythonOperator
from airflow.utils.dates import days_ago

with DAG("sales", schedule_interval="@daily", start_date=days_ago(2), default_view="graph") as dag:
    begin = DummyOperator(task_id="begin", trigger_rule="dummy")
    load = PythonOperator(
        task_id="load", python_callable=print, provide_context=True, templates_dict={"at": "{{ execution_date }}"}
    )
    begin >> load
"""
FACTORY = """from airflow.operators.empty import EmptyOperator


def old():
    EmptyOperator(task_id="a") >> EmptyOperator(task_id="b")


def new():
    EmptyOperator(task_id="a")
"""
LOST = """from airflow import DAG
from factory import old

with DAG("lost", schedule=None):
    old()
"""
PACK = "\n".join(
    (
        "old,kind,s30,s31,s32,s33,new,new_from,new_2x,provider,provider_min,safety,reason,advice,evidence",
        "factory.old,function,broken,broken,broken,broken,factory.new,3.0,2.0,,,safe,,,\n",
    )
)


def shapes(folder: Path, *texts: str) -> list[Shape]:
    """What texts make of a DAG."""
    for number, text in enumerate(texts):
        (folder / f"dag_{number}.py").write_text(text, "utf-8")
    reader = Reader(str(own_rules() / "tables"), seconds=5)
    return list(reader.read(folder, [f"dag_{number}.py" for number in range(len(texts))]))


def differ(folder: Path, before: str, after: str) -> list[str]:
    """What differs between two texts of a file."""
    one, two = shapes(folder, before, after)
    assert (one.error, bool(one.dags)) == ("", True)
    return [difference.told() for difference in differences(one, two)]


def verified(project: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = run(project, "--fix", "--verify", "--no-cache", "--format", "report", *arguments)
    return done.returncode, json.loads(done.stdout)


def test_what_a_fix_announces_is_the_same_dag(project: Path) -> None:
    (project / "dag.py").write_text(OLD, "utf-8")
    code, report = verified(project)
    assert (code, report["verified"]) == (0, [{"file": "dag.py", "state": "same"}])
    assert "schedule=" in (project / "dag.py").read_text("utf-8")


def test_the_summary_says_how_many_are_the_same(project: Path) -> None:
    (project / "dag.py").write_text(OLD, "utf-8")
    assert "1 DAG file verified: the same DAGs as before" in run(project, "--fix", "--verify").stdout
    assert "verified" not in run(project, "--fix", "--verify").stdout, "nothing was fixed, nothing looked at"


@pytest.fixture
def lossy(project: Path) -> Path:
    """A project whose own rule pack exchanges a function that makes two tasks for one that makes one."""
    folder = project / "pack"
    assert run(project, "new-rule", "lossy_move", "--rules", str(folder)).returncode == 0
    (folder / "lossy_move.csv").write_text(PACK, "utf-8")
    (project / "upgradecheck.toml").write_text('rule-packs = ["pack"]\nexclude = ["plugins"]\n', "utf-8")
    (project / "plugins").mkdir()
    (project / "plugins" / "factory.py").write_text(FACTORY, "utf-8")
    (project / "lost.py").write_text(LOST, "utf-8")
    (project / "kept.py").write_text(OLD, "utf-8")
    return project


def test_a_dag_that_changed_is_rolled_back_alone(lossy: Path) -> None:
    before = (lossy / "lost.py").read_bytes()
    code, report = verified(lossy)
    states = {verdict["file"]: verdict["state"] for verdict in report["verified"]}
    assert (code, states) == (1, {"kept.py": "same", "lost.py": "changed"})
    assert (lossy / "lost.py").read_bytes() == before
    assert "schedule=" in (lossy / "kept.py").read_text("utf-8")
    (refused,) = report["not_written"]
    assert refused["file"] == "lost.py"
    assert "task b of DAG lost: the task is gone" in refused["reason"]
    (finding,) = (finding for finding in report["findings"] if finding["file"] == "lost.py")
    assert finding["fix"] == {"safety": "none", "reason": refused["reason"]}


@pytest.mark.parametrize("form", ["text", "json", "report", "sarif", "github", "markdown", "html"])
def test_every_format_tells_what_was_rolled_back(lossy: Path, form: str) -> None:
    done = run(lossy, "--fix", "--verify", "--no-cache", "--format", form)
    assert (done.returncode, "task b of DAG lost" in done.stdout) == (1, True)


def test_what_cannot_be_compared_is_told_and_stays(project: Path) -> None:
    (project / "dag.py").write_text(f"open('missing.sql')\n{OLD}", "utf-8")
    code, report = verified(project)
    (verdict,) = report["verified"]
    assert (code, verdict["state"]) == (3, "not_compared")
    assert verdict["reason"].startswith("FileNotFoundError") and "(dag.py:1)" in verdict["reason"]
    assert "schedule=" in (project / "dag.py").read_text("utf-8")


def test_a_file_without_a_dag_is_not_called_the_same(project: Path) -> None:
    """Its DAG comes out of a package that is not there: nothing was compared."""
    inside = "".join(f"    {line}" for line in OLD.splitlines(keepends=True))
    text = f"import no_such_package\n\nif no_such_package.on() is True:\n{inside}"
    (project / "dag.py").write_text(text, "utf-8")
    code, report = verified(project)
    (verdict,) = report["verified"]
    assert (code, verdict["state"], verdict["reason"]) == (
        3,
        "not_compared",
        "it makes no DAG when it is loaded here",
    )


def test_packages_that_were_missing_are_named(project: Path) -> None:
    (project / "dag.py").write_text(f"import no_such_package\n\n{OLD}", "utf-8")
    _, report = verified(project)
    assert report["verified"] == [{"file": "dag.py", "state": "same", "reason": "read without no_such_package"}]


@pytest.mark.parametrize(
    "bad",
    [
        "import os; os._exit(3)",
        "while True: pass",
        "raise SystemExit",
        "import socket; socket.create_server(('', 0))",
    ],
)
def test_a_file_that_misbehaves_is_one_outcome(tmp_path: Path, bad: str) -> None:
    first, second = shapes(tmp_path, f"{bad}\n{OLD}", OLD)
    assert first.error
    assert (second.error, list(second.dags)) == ("", ["sales"])


class Seen(Struct):
    """What the proof below reads."""

    error: str = ""
    absent: tuple[str, ...] = ()


class Interrupted:
    """A proof that is interrupted when it looks at what was written."""

    looks = 0

    def read(self, root: Path, files: Sequence[str]) -> Mapping[str, Any]:
        self.looks += 1
        if self.looks > 1:
            assert "schedule=" in (root / "dag.py").read_text("utf-8")
            raise KeyboardInterrupt
        return {file: Seen() for file in files}

    def changes(self, before: Any, after: Any, again: Any, announced: frozenset[str]) -> tuple[str, ...]:
        return ()


def test_an_interrupt_leaves_nothing_unverified(project: Path) -> None:
    (project / "dag.py").write_text(OLD, "utf-8")
    with pytest.raises(KeyboardInterrupt):
        check(Options(paths=(str(project),), fix=True, cache=False), proof=Interrupted())
    assert (project / "dag.py").read_text("utf-8") == OLD


@pytest.mark.parametrize("wrong", [["--verify"], ["--verify", "--diff"], ["--fix", "--verify", "-"]])
def test_verify_is_about_what_was_written(project: Path, wrong: list[str]) -> None:
    done = run(project, *wrong)
    assert (done.returncode, "--verify goes with" in done.stderr) == (2, True)


def test_the_linter_alone_loads_no_dag(project: Path) -> None:
    (project / "dag.py").write_text(f"open('touched', 'w').close()\n{OLD}", "utf-8")
    process(project, "--fix", "--no-cache")
    assert not (project / "touched").exists()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("begin >> load", "load >> begin", ["task begin of DAG sales: upstream", "task load of DAG sales: upstream"]),
        ('task_id="begin", ', 'task_id="start", ', ["task begin", "task load", "task start"]),
        ("@daily", "@weekly", ["DAG sales: schedule was"]),
        ("days_ago(2)", "days_ago(3)", ["DAG sales: argument start_date", "task begin", "task load"]),
        ("python_callable=print", "python_callable=len", ["argument python_callable was function print"]),
        ("{{ execution_date }}", "{{ ds }}", ["template templates_dict was {'at': '{{ execution_date }}'}"]),
        ("task_id=\"load\"", "retries=3, task_id=\"load\"", ["argument retries was 0 and became 3"]),
        ('DAG("sales"', 'DAG("sale"', ["DAG sale: the DAG is new", "DAG sales: the DAG is gone"]),
        ("provide_context=True", "no_such_argument=True", ["", "", "an argument that its class does not take is new"]),
        ("from airflow import DAG", "from airflow import DAG; 1 / 0", ["dag_1.py no longer loads: ZeroDivisionError"]),
    ],
)  # fmt: skip
def test_what_changes_a_dag(tmp_path: Path, old: str, new: str, told: list[str]) -> None:
    found = differ(tmp_path, OLD, OLD.replace(old, new))
    assert len(found) == len(told)
    assert all(part in whole for part, whole in zip(told, found, strict=True))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "airflow.operators.dummy_operator import Dummy",
            "airflow.providers.standard.operators.empty import Empty",
        ),
        (
            "airflow.operators.python_operator import PythonOperator",
            "airflow.providers.standard.operators.python import PythonOperator",
        ),
        ("schedule_interval=", "schedule="),
        ('"@daily"', '"0 0 * * *"'),
        ('"dummy"', '"always"'),
        ("days_ago(2)", "__import__('pendulum').today('UTC').add(days=-2)"),
    ],
)
def test_what_does_not_change_a_dag(tmp_path: Path, old: str, new: str) -> None:
    changed = OLD.replace(old, new).replace(
        "= DummyOperator", "= EmptyOperator" if "Empty" in new else "= DummyOperator"
    )
    assert differ(tmp_path, OLD, changed) == []


def test_names_of_1_10_and_functions_named_like_their_module_are_read(tmp_path: Path) -> None:
    text = """from airflow import DAG
from airflow.decorators import task_group
from airflow.models import Variable
from airflow.operators.sensors import ExternalTaskSensor

with DAG("d", start_date=None, params=Variable.get("p", deserialize_json=True), schedule=None) as dag:
    @task_group
    def part():
        ExternalTaskSensor(task_id="wait", external_dag_id="other")
    part()
"""
    (shape,) = shapes(tmp_path, text)
    assert (shape.error, list(shape.dags["d"].tasks)) == ("", ["part.wait"])


def test_a_name_that_still_warns_is_what_it_became(tmp_path: Path) -> None:
    """The runtime has neither: 3.x hands the old name out with a warning, the new one is a provider's."""
    old = "from airflow.operators.email import EmailOperator\n"
    new = "from airflow.providers.smtp.operators.smtp import EmailOperator\n"
    rest = OLD.replace("DummyOperator(task_id", "EmailOperator(to='a@b.c', subject='s', html_content='', task_id")
    assert differ(tmp_path, old + rest, new + rest) == []


def test_packages_and_values_that_are_missing_stand_in_for_themselves(tmp_path: Path) -> None:
    text = """import os

import no_such_package
from no_such_package.things import Base, decorated
from airflow.models import Variable
from airflow.hooks.base import BaseHook

class Own(Base):
    pass

@decorated
def count():
    return no_such_package.DataFrame(1)

CONF = Variable.get(key="conf", deserialize_json=True)
NAME = os.environ["NO_SUCH_ENTRY"]
"""
    body = OLD.replace(
        "python_callable=print",
        "python_callable=count, op_args=[CONF['a'], NAME, BaseHook.get_connection('c').host]",
    )
    (shape,) = shapes(tmp_path, text + body)
    assert (shape.error, "no_such_package" in shape.absent) == ("", True)
    arguments = shape.dags["sales"].tasks["load"].arguments
    assert arguments["python_callable"] == "function count"
    assert "<Variable.get('conf')['a']>" in arguments["op_args"]


@pytest.mark.parametrize(
    ("before", "after", "names", "same"),
    [
        ("'{{ next_ds }}'", "'{{ ds }}'", {"next_ds"}, True),
        ("'{{ next_ds }}'", "'{{ ds }}'", {"prev_ds"}, False),
        ("'{{ ti.state }} of {{ ds }}'", "'{{ ti.state.value }} of {{ ds }}'", {"ti.state", "state"}, True),
        ("'{{ ti.state }} of {{ ds }}'", "'{{ ti.state.value }} of {{ ts }}'", {"ti.state", "state"}, False),
        ("'a {{ next_ds }}'", "'b {{ ds }}'", {"next_ds"}, False),
        ("'airflow list_dags'", "'airflow dags list'", {"list_dags"}, True),
        ("'airflow list_dags'", "'airflow list_dags -v'", {"list_dags"}, False),
        ("'{{ next_ds }}'", "''", {"next_ds"}, True),
    ],
)
def test_what_is_exchanged_in_a_value(before: str, after: str, names: set[str], same: bool) -> None:
    assert exchanged(before, after, frozenset(names)) == same


def test_a_long_value_is_shown_where_it_changed() -> None:
    told = Difference("d", "t", "argument sql", "x" * 500 + "old" + "y" * 500, "x" * 500 + "new" + "y" * 500).told()
    assert "old" in told and "new" in told and len(told) < 300


def test_secrets_are_hidden() -> None:
    from upgradecheck.reports.masking import masked

    told = Difference("d", "t", "argument password", "'hunter2 hunter2'", "'other secret'").told(masked)
    assert "hunter2" not in told and "other" not in told


def test_no_example_of_a_rule_changes_its_dags(project: Path) -> None:
    """What the rules' own pages promise, verified: all fixes, the unsafe ones too."""
    for page in sorted(own_rules().glob("*.md")):
        for number, example in enumerate(examples(page.read_text("utf-8")) if page.stem != "README" else ()):
            if example.language == "python" and example.after:
                (project / f"{page.stem}_{number}.py").write_text(example.before.text, "utf-8")
    _, report = verified(project, "--run-all", "--unsafe-fixes")
    assert sum(verdict["state"] == "same" for verdict in report["verified"]) > 20
    assert [verdict for verdict in report["verified"] if verdict["state"] == "changed"] == []
