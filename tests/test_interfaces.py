"""Files that are known by their names, and what their functions get."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradecheck import check
from upgradecheck.config import Options

POLICIES = """\
from airflow.models import DagRun

STATE_COLORS = {"queued": "red"}


def dag_policy(d):
    print(d.dag_id, d.schedule_interval)
    DagRun.find(dag_id=d.dag_id)


def task_policy(task):
    check(task)


def check(task):
    print(task.owner, task.sla)


def get_airflow_context_vars(context):
    return {"date": context["execution_date"]}


def task_instance_mutation_hook(instance):
    print(instance.pool, instance.execution_date)
"""


def found(folder: Path, name: str, text: str, **options: str) -> list[tuple[int, str, str]]:
    (folder / name).write_text(text, "utf-8")
    report = check([str(folder)], Options(cache=False, jobs=1, target=options.get("target", "3.3")))
    return [(f.span.line, f.rule_id, f.severity.value) for f in report.findings if f.span]


def test_policies_get_objects_of_the_target(tmp_path: Path) -> None:
    assert found(tmp_path, "airflow_local_settings.py", POLICIES) == [
        (3, "OverriddenMemberRule", "WARNING"),
        (7, "RemovedMemberRule", "ERROR"),
        (8, "DatabaseAccessRule", "ERROR"),
        (16, "RemovedMemberRule", "ERROR"),
        (20, "ContextKeyRule", "ERROR"),
        (24, "RemovedMemberRule", "ERROR"),
    ]


def test_elsewhere_they_are_functions_like_others(tmp_path: Path) -> None:
    assert not found(tmp_path, "policies.py", POLICIES)


PLUGIN = """\
from airflow.plugins_manager import AirflowPlugin


class Plugin(AirflowPlugin):
    name = "ours"
    flask_blueprints = [print]
    admin_views = [print]


Plugin.appbuilder_views = [print]
Other = type("Other", (AirflowPlugin,), {"name": "other", "appbuilder_menu_items": [print]})
Plugin.operators = []
"""


@pytest.mark.parametrize(
    ("required", "severity"), [("apache-airflow-providers-fab", "WARNING"), ("pandas", "ERROR")]
)
def test_flask_views_need_the_provider_that_serves_them(tmp_path: Path, required: str, severity: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"{required}\n", "utf-8")
    told = found(tmp_path, "plugin.py", PLUGIN)
    assert [(line, level) for line, rule, level in told if rule == "OverriddenMemberRule" and line != 7] == [
        (6, severity), (10, severity), (11, severity),
    ]  # fmt: skip


TRIGGER = """\
from airflow.models import Variable
from airflow.triggers.base import BaseTrigger, TriggerEvent


class Waits(BaseTrigger):
    async def run(self):
        yield TriggerEvent(Variable.get("x"))


async def elsewhere():
    return Variable.get("x")
"""


@pytest.mark.parametrize(("target", "lines"), [("3.0", [7]), ("3.1", []), ("3.2", []), ("3.3", [])])
def test_triggers_cannot_wait_for_variables_at_first(tmp_path: Path, target: str, lines: list[int]) -> None:
    told = found(tmp_path, "trigger.py", TRIGGER, target=target)
    assert [line for line, rule, _ in told if rule == "DatabaseAccessRule"] == lines


LISTENER = """\
from airflow.listeners import hookimpl
from airflow.utils.session import create_session


class Listener:
    @hookimpl
    def on_task_instance_failed(self, previous_state, task_instance, error):
        print(task_instance.queued_dttm)
        create_session()

    @hookimpl
    def on_dag_run_success(self, dag_run, msg):
        create_session()
        note(dag_run)


def note(run):
    print(run.queued_at, run.external_trigger)
"""


def test_listeners_get_what_tasks_get_or_what_the_scheduler_has(tmp_path: Path) -> None:
    told = found(tmp_path, "listener.py", LISTENER)
    assert told == [
        (8, "RuntimeMemberRule", "ERROR"), (9, "DatabaseAccessRule", "ERROR"), (18, "RemovedMemberRule", "ERROR"),
    ]  # fmt: skip


HANDLER = """\
from airflow.utils.log.file_task_handler import FileTaskHandler


class Sends(FileTaskHandler):
    def set_context(self, ti):
        super().set_context(ti)

    def read(self, task_instance):
        return super().read(task_instance)
"""


def test_handlers_are_told_of_no_task(tmp_path: Path) -> None:
    assert found(tmp_path, "handler.py", HANDLER) == [(5, "OverriddenMemberRule", "WARNING")]
    assert not found(tmp_path, "handler.py", f"{HANDLER}\n\nclass OwnRemoteLogIO:\n    pass\n")


STRATEGY = """\
from airflow.task.priority_strategy import PriorityWeightStrategy


class Late(PriorityWeightStrategy):
    def get_weight(self, instance):
        return instance.pool_slots if instance.get_previous_execution_date() else 0
"""


def test_weight_strategies_get_the_database_s_own_objects(tmp_path: Path) -> None:
    assert found(tmp_path, "strategy.py", STRATEGY) == [(6, "RemovedMemberRule", "ERROR")]


NOTIFIER = """\
from airflow.sdk import BaseNotifier


class Tell(BaseNotifier):
    template_fields = ("text",)

    def __init__(self, channel, text="", *, note=""):
        super().__init__()
        self.channel, self.text, self.note = channel, text, note

    def notify(self, context):
        print(self.text)


one = Tell("{{ next_ds }}", "{{ prev_ds }}", note="{{ yesterday_ds }}")
two = Tell("#x", text="{{ tomorrow_ds }}")
"""


def test_what_is_given_to_a_notifier_by_position_is_a_template_where_the_parameter_is(tmp_path: Path) -> None:
    findings = check([_written(tmp_path, "notifier.py", NOTIFIER)], Options(cache=False, jobs=1)).findings
    assert [(f.subject, f.span.line) for f in findings if f.span] == [("prev_ds", 15), ("tomorrow_ds", 16)]


def _written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, "utf-8")
    return str(folder)


def test_a_command_strikes_when_its_task_runs(tmp_path: Path) -> None:
    text = "from airflow.providers.standard.operators.bash import BashOperator\n"
    (tmp_path / "dag.py").write_text(f'{text}BashOperator(task_id="t", bash_command="airflow version")\n', "utf-8")
    findings = check([str(tmp_path)], Options(cache=False, jobs=1, select=("DatabaseAccessRule",))).findings
    assert [f.runs.value for f in findings] == ["task"]


LOGGING = """\
from airflow.config_templates.airflow_local_settings import DEFAULT_LOGGING_CONFIG

LOGGING_CONFIG = {**DEFAULT_LOGGING_CONFIG}
"""


@pytest.mark.parametrize("target", ["3.0", "3.1"])
def test_without_the_name_nothing_runs_at_first(tmp_path: Path, target: str) -> None:
    assert found(tmp_path, "own_logging.py", LOGGING, target=target) == [(1, "LoggingModuleRule", "ERROR")]
    assert not found(tmp_path, "own_logging.py", f"{LOGGING}REMOTE_TASK_LOG = None\n", target=target)


def test_the_theme_of_flask_pages_is_told(tmp_path: Path) -> None:
    text = 'WTF_CSRF_ENABLED = True\nAPP_THEME = "simplex.css"\n'
    assert found(tmp_path, "webserver_config.py", text) == [(2, "OverriddenMemberRule", "WARNING")]
    (tmp_path / "webserver_config.py").unlink()
    assert not found(tmp_path, "other.py", text)
