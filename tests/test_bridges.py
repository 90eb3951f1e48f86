"""``--bridge``: what is written runs on the old version as well as on the target, or is left for the cutover."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from commands import run as command
from hazards import Bench, Case, bench, cases
from test_hazards import indented, is_sound, meets

from upgradecheck.config import ConfigError, Options
from upgradecheck.model import Fix, NoFix
from upgradecheck.report import Report, to_dict
from upgradecheck.rulebook.bridges import Bridges, proven
from upgradecheck.rulebook.facts import load
from upgradecheck.rulebook.symbols import Symbols

GUARDED = Path(__file__).parent / "fixtures" / "bridges"


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A bench whose new names exist on the target alone."""
    return bench(tmp_path_factory.mktemp("pack"), bridge=True)


# -- guards --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in cases(GUARDED)])
def test_guard(case: Case, guard: Bench) -> None:
    meets(case, guard, lambda text: text.encode())


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in cases(GUARDED)])
def test_guard_in_a_windows_file(case: Case, guard: Bench) -> None:
    meets(case, guard, lambda text: text.replace("\n", "\r\n").encode())


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in cases()])
def test_hazards_stay_sound_under_guards(case: Case, guard: Bench) -> None:
    files = {name: text.encode() for name, text in case.before.items()}
    after, left = guard(files, case.unsafe)
    for name in files:
        is_sound(files[name], after[name])
    assert guard(after, case.unsafe)[0] == after
    assert not [f for f in left if isinstance(f.fix, Fix) and (f.fix.safety == "safe" or case.unsafe)]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in cases()])
def test_hazards_in_a_function_stay_sound_under_guards(case: Case, guard: Bench) -> None:
    texts = {name: indented(text) for name, text in case.before.items()}
    if None in texts.values():
        pytest.skip("it makes no function body")
    files = {name: text.encode() for name, text in texts.items() if text}
    after, _ = guard(files, case.unsafe)
    for name in files:
        is_sound(files[name], after[name])
    assert guard(after, case.unsafe)[0] == after


# -- which bridge --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """What stands in for a name: its new home, and what a guard falls back to."""

    new: str
    fallback: str = ""


@pytest.mark.parametrize(
    ("old", "options", "wanted"),
    [
        # a home that both versions have
        (
            "airflow.operators.bash.BashOperator",
            {},
            Wanted("airflow.providers.standard.operators.bash.BashOperator"),
        ),
        # the bridge provider
        ("airflow.decorators.task", {}, Wanted("airflow.providers.common.compat.sdk.task")),
        # on that target the old home is the new one
        ("airflow.hooks.base_hook.BaseHook", {"target": "3.0"}, Wanted("airflow.hooks.base.BaseHook")),
        # no bridge has it
        (
            "airflow.models.param.ParamsDict",
            {},
            Wanted("airflow.sdk.ParamsDict", "airflow.models.param.ParamsDict"),
        ),
        # nothing was tried on so old a version
        ("airflow.decorators.task", {"from_version": "2.7"}, Wanted("airflow.sdk.task", "airflow.decorators.task")),
        # the project may not have the provider that it takes
        (
            "airflow.decorators.task",
            {"pins": (("apache-airflow-providers-common-compat", "==1.7.4"),)},
            Wanted("airflow.sdk.task", "airflow.decorators.task"),
        ),
        # it may
        (
            "airflow.decorators.task",
            {"pins": (("apache-airflow-providers-common-compat", ">=1.2"),)},
            Wanted("airflow.providers.common.compat.sdk.task"),
        ),
        # from 3.x to 3.x
        (
            "airflow.exceptions.AirflowSkipException",
            {"from_version": "3.0"},
            Wanted("airflow.providers.common.compat.sdk.AirflowSkipException"),
        ),
    ],
)
def test_the_bridge_that_fits(old: str, options: dict[str, str], wanted: Wanted) -> None:
    given = Options(**{"target": "3.3", "from_version": "2.11", "bridge": True, **options})  # type: ignore[arg-type]
    hit = Symbols(load(), given.target, Bridges(load(), given)).find(old)
    assert hit is not None
    assert Wanted(hit.row.new, hit.row.fallback) == wanted


def test_every_bridge_was_tried_on_the_same_version() -> None:
    assert proven() == "2.11"


# -- the command ---------------------------------------------------------------------------------------

DAG = """\
from unittest import mock

from airflow.decorators import task
from airflow.models.param import ParamsDict

TYPES = mock.patch("airflow.models.param.ParamsDict")


@task
def count():
    return ParamsDict
"""


def test_what_has_to_wait_is_left_and_says_so(tmp_path: Path, run: Callable[..., Report]) -> None:
    path = tmp_path / "dag.py"
    path.write_text(DAG)
    report = run(bridge=True, fix=True, unsafe_fixes=True)
    (left,) = report.findings
    assert isinstance(left.fix, NoFix)
    assert to_dict(left)["fix"] == {"safety": "none", "reason": left.fix.reason, "when": "cutover"}
    assert left.fix.reason.startswith("only at the cutover: it would not run on Airflow 2.11")
    assert "from airflow.providers.common.compat.sdk import task\n" in path.read_text()
    assert "except ImportError:\n    from airflow.models.param import ParamsDict\n" in path.read_text()


def test_what_has_to_wait_is_counted_once(tmp_path: Path) -> None:
    (tmp_path / "upgradecheck.toml").write_text("")
    options = ("dag_default_view = graph", "workers = 2", "web_server_port = 80")
    (tmp_path / "airflow.cfg").write_text("\n".join(["[webserver]", *options, ""]))
    told = [line for line in command(tmp_path, "--fix", "--bridge").stdout.splitlines() if " left: " in line]
    assert told == ["  3 left: only at the cutover: it would not run on Airflow 2.11"]


def test_without_it_the_same_fix_says_when(tmp_path: Path, run: Callable[..., Report]) -> None:
    (tmp_path / "dag.py").write_text(DAG + "from airflow.operators.bash import BashOperator\n")
    when = {f.subject.rpartition(".")[2]: f.fix.when for f in run().findings if isinstance(f.fix, Fix)}
    assert when == {"task": "cutover", "ParamsDict": "cutover", "BashOperator": "now"}


def test_what_only_type_checkers_see_runs_everywhere(tmp_path: Path, run: Callable[..., Report]) -> None:
    path = tmp_path / "dag.py"
    head = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n"
    path.write_text(f"{head}    from airflow.models.param import ParamsDict\n")
    assert [f.fix.when for f in run().findings if isinstance(f.fix, Fix)] == ["now"]
    run(bridge=True, fix=True)
    assert path.read_text() == f"{head}    from airflow.sdk import ParamsDict\n"


def test_requirements_decide_what_may_be_used(tmp_path: Path, run: Callable[..., Report]) -> None:
    (tmp_path / "requirements.txt").write_text("apache-airflow-providers-common-compat~=1.2.0  # as tested\n")
    path = tmp_path / "dag.py"
    path.write_text("from airflow.decorators import task\n\nx = task\n")
    run(bridge=True, fix=True)
    guard = "try:\n    from airflow.sdk import task\nexcept ImportError:\n    from airflow.decorators import task\n"
    assert path.read_text() == f"{guard}\nx = task\n"


def test_the_configuration_may_ask_for_it(tmp_path: Path, run: Callable[..., Report]) -> None:
    path = tmp_path / "dag.py"
    path.write_text("from airflow.decorators import task\n\nx = task\n")
    (tmp_path / "upgradecheck.toml").write_text("bridge = true\n")
    run(fix=True)
    assert path.read_text().startswith("from airflow.providers.common.compat.sdk import task\n")
    (tmp_path / "upgradecheck.toml").write_text('bridge = "yes"\n')
    with pytest.raises(ConfigError, match="'bridge' has to be true or false"):
        run()


def test_an_old_version_is_first_told_to_move(tmp_path: Path, run: Callable[..., Report]) -> None:
    (tmp_path / "dag.py").write_text(DAG + "from airflow.operators.bash import BashOperator\nx = BashOperator\n")
    assert not run(bridge=True).advice
    assert not run(from_version="2.7").advice
    report = run(bridge=True, from_version="2.7")
    assert report.advice.startswith("Upgrade to 2.11 first")
    assert "0 more of these findings could then be fixed before the cutover" in report.advice
    assert "2 of the fixes would need no guarded import" in report.advice  # `task` and `BashOperator`
    assert run(bridge=True, from_version="2.7", fix=True).advice == report.advice
    one_line = "import os; from airflow.operators.bash import BashOperator\n"
    (tmp_path / "dag.py").write_text(f'x = "airflow.operators.bash.BashOperator"\n{one_line}')
    assert "1 more of these findings" in run(bridge=True, from_version="2.7").advice


# -- bridges that have been crossed --------------------------------------------------------------------


# -- arguments in the way ------------------------------------------------------------------------------

MARKER = """\
from airflow.sensors.external_task import ExternalTaskMarker

ExternalTaskMarker(task_id="a", external_dag_id="b", external_task_id="c", execution_date="{{ ds }}")
"""


def test_a_new_home_that_takes_fewer_arguments_there_waits(tmp_path: Path, run: Callable[..., Report]) -> None:
    path = tmp_path / "dag.py"
    path.write_text(MARKER)
    only = {"select": ("ProviderImportRule",)}
    (found,) = run(**only).findings
    assert isinstance(found.fix, Fix)
    assert found.fix.when == "cutover"
    assert found.fix.description.endswith("ExternalTaskMarker, which takes no `execution_date` on 2.11")
    for came in ("2.11", "2.7"):
        run(**only, from_version=came, bridge=True, fix=True)
        assert path.read_text() == MARKER
    path.write_text(MARKER.replace("execution_date", "logical_date"))
    run(**only, bridge=True, fix=True)
    assert path.read_text().startswith("from airflow.providers.standard.sensors.external_task import")


def test_what_is_in_the_way_goes_first(tmp_path: Path, run: Callable[..., Report]) -> None:
    path = tmp_path / "dag.py"
    path.write_text(
        "from airflow.operators.python import PythonOperator\n\n"
        'PythonOperator(task_id="a", python_callable=print, provide_context=True)\n'
    )
    run(bridge=True, fix=True)
    assert path.read_text() == (
        "from airflow.providers.standard.operators.python import PythonOperator\n\n"
        'PythonOperator(task_id="a", python_callable=print)\n'
    )


@pytest.mark.parametrize(
    ("made", "given", "moves"),
    [
        ("", 'default_args={"provide_context": True}', True),
        ('ARGS = {"provide_context": True}\n', "default_args=ARGS", True),
        ('ARGS = {"provide_context": True}\nprint(ARGS)\n', "default_args=ARGS", False),
        ('ARGS = {"provide_context": True}\n', "**ARGS", False),
    ],
)
def test_defaults_that_the_new_home_does_not_know_are_not_in_the_way(
    tmp_path: Path, run: Callable[..., Report], made: str, given: str, moves: bool
) -> None:
    """A call takes of its defaults what it knows."""
    text = f"from airflow.operators.python import PythonOperator\n\n{made}PythonOperator(task_id='a', {given})\n"
    (tmp_path / "dag.py").write_text(text, "utf-8")
    run(bridge=True, fix=True, select=("ProviderImportRule",))
    assert ("airflow.providers" in (tmp_path / "dag.py").read_text("utf-8")) == moves


def test_no_guard_falls_back_to_a_class_with_other_arguments(tmp_path: Path, run: Callable[..., Report]) -> None:
    """On 2.x the fallback takes `datasets`: only calls that name no argument run on both."""
    head = "from airflow.timetables.simple import DatasetTriggeredTimetable\n\n"
    named, bare = f"{head}DatasetTriggeredTimetable(datasets=[])\n", f"{head}DatasetTriggeredTimetable([])\n"
    (tmp_path / "named.py").write_text(named, "utf-8")
    (tmp_path / "bare.py").write_text(bare, "utf-8")
    report = run(bridge=True, fix=True, from_version="2.11")
    assert (tmp_path / "named.py").read_text("utf-8") == named
    assert {(f.document, to_dict(f)["fix"]["when"]) for f in report.findings} == {("named.py", "cutover")}  # type: ignore[index]
    assert "except ImportError" in (tmp_path / "bare.py").read_text("utf-8")
