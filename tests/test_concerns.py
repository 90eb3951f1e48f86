"""Which rules a file is read for: by what it holds, nothing is missed and little is read in vain."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from upgradecheck.config import Options
from upgradecheck.linking.classes import Classes
from upgradecheck.linking.places import decorators
from upgradecheck.linking.project import Project
from upgradecheck.python.summary import summarise
from upgradecheck.ruleset import Ruleset, ruleset

TASK = "from airflow.sdk import DAG, task\n\nwith DAG('d', schedule=None):\n    @task\n    def one(ti=None, **context):\n"
DAG = "from airflow.sdk import DAG\nfrom airflow.providers.standard.operators.bash import BashOperator\n"
CONF = "from airflow.configuration import conf\n\n"
WAIT = (
    DAG + "from airflow.sdk import Asset\n"
    "from airflow.providers.standard.sensors.external_task import ExternalTaskSensor\n"
    "ExternalTaskSensor(task_id='a', external_dag_id='b')\n"
)
MAKE = {"common.py": "from airflow.sdk import DAG\n\ndef make(name, **more):\n    return DAG(name, **more)\n"}
USED = {"other.py": "from airflow.sdk import DAG\nfrom dag import ARGS\n\nDAG('d', **ARGS)\n"}


@cache
def rules() -> Ruleset:
    return ruleset(Options(target="3.3", from_version="2.11", run_all=True))


def concerned(files: dict[str, str]) -> set[str]:
    """The rules that ``dag.py`` is read for."""
    summaries = {name: summarise(ast.parse(text)) for name, text in files.items()}
    symbols = rules().symbols
    project = Project(summaries, symbols.packages, (), decorators(), symbols.linked(Classes).lineage)
    found = rules().concerns.rules_for("dag.py", summaries["dag.py"], project) & rules().every
    return {rule.id for number, rule in enumerate(rules().numbered) if found >> number & 1}


READ = {
    "all tasks": ("RuntimeMemberRule", TASK + "        ti.xcom_pull(key='k')\n"),
    "all tasks, by None": ("RuntimeMemberRule", TASK + "        ti.xcom_pull(task_ids=None)\n"),
    "a method that is handed on": (
        "RuntimeMemberRule",
        TASK + "        pull = ti.xcom_pull\n        pull(key='k')\n",
    ),
    "a list of tasks": ("XcomCallRule", TASK + "        ti.xcom_pull(task_ids=['a', 'b'])\n"),
    "a list of tasks with a name": ("XcomCallRule", "NAMES = ['a']\n" + TASK + "        ti.xcom_pull(NAMES)\n"),
    "a list of tasks in a template": (
        "XcomCallRule",
        DAG + "BashOperator(task_id='a', bash_command=\"{{ ti.xcom_pull(task_ids=['a']) }}\")\n",
    ),
    "an operator's own": ("RemovedMemberRule", TASK + "        context['task'].xcom_pull(context, 'a')\n"),
    "a fallback that is used elsewhere": (
        "MovedImportRule",
        "try:\n    from airflow.sdk import DAG\nexcept ImportError:\n    from airflow.models.dag import DAG\n"
        "from airflow.models.dag import DAG as Old\n",
    ),
    "a fallback of what is gone": (
        "MovedImportRule",
        "try:\n    from airflow.contrib.operators import DAG\nexcept ImportError:\n    from airflow.models.dag import DAG\n",
    ),
    "a date in params": (
        "ParamValueRule",
        DAG + "from datetime import date\nDAG('d', params={'a': date(2020, 1, 1)})\n",
    ),
    "a date in a Param": (
        "ParamValueRule",
        DAG
        + "from airflow.sdk import Param as p\nfrom datetime import date\nDAG('d', params={'a': p(date.today())})\n",
    ),
    "bytes": ("ParamValueRule", DAG + "DAG('d', params={'a': b'x'})\n"),
    "what is set while it is loaded": (
        "ChangingArgumentRule",
        DAG + "from datetime import datetime\nDAG('d', start_date=datetime.now())\n",
    ),
    "a parameter that is given by position": (
        "ReservedParameterRule",
        TASK.replace("ti=None, **context", "task_reschedule_count") + "        pass\n    one(1)\n",
    ),
    "an argument of what is called": ("RenamedArgumentRule", DAG + "DAG('d', timetable=None)\n"),
    "an entry of a text": ("ContextKeyRule", TASK + "        context['outlet_events']['s3://a']\n"),
    "an option": ("ConfigOptionRule", CONF + "conf.get('Core', 'Check_SLAs')\n"),
    "an option by keywords": ("ConfigOptionRule", CONF + "conf.get(section='core', key='check_slas')\n"),
    "an option that a caller names": (
        "ConfigOptionRule",
        CONF + "def read(key):\n    return conf.get('core', key)\n",
    ),
    "an option that a name holds": ("ConfigOptionRule", CONF + "KEY = 'check_slas'\nconf.get('core', KEY)\n"),
    "a command in words": (
        "RemovedCommandRule",
        "import subprocess\nsubprocess.run(['airflow', 'resetdb'])\n",
    ),
    "a command whose words come later": (
        "DatabaseAccessRule",
        TASK + "        cmd = ['airflow']\n        cmd.extend(one)\n        subprocess.run(cmd)\n",
    ),
    "an entry that is true": ("ChangedArgumentRule", DAG + "DAG('d', default_args={'depends_on_past': True})\n"),
    "a name that may be true": ("ChangedArgumentRule", DAG + "PAST = True\nBashOperator(depends_on_past=PAST)\n"),
    "a wait in a file of assets": ("ChangedArgumentRule", WAIT + "DAG('d', schedule=Asset('a'))\n"),
}
PASSED_OVER = {
    "a task that is named": ("RuntimeMemberRule", TASK + "        ti.xcom_pull(task_ids='a', key='k')\n"),
    "one task": ("XcomCallRule", TASK + "        ti.xcom_pull(task_ids='a')\n"),
    "one task, of a template": (
        "XcomCallRule",
        DAG + "BashOperator(task_id='a', bash_command=\"{{ ti.xcom_pull(task_ids='a') }}\")\n",
    ),
    "an instance's own": ("RemovedMemberRule", TASK + "        ti.xcom_push(key='a', value=1)\n"),
    "a fallback": (
        "MovedImportRule",
        "try:\n    from airflow.sdk import DAG\nexcept ImportError:\n    from airflow.models.dag import DAG\n"
        "DAG('d', schedule=None)\n",
    ),
    "plain params": (
        "ParamValueRule",
        DAG
        + "from airflow.sdk import Param\nDAG('d', params={'a': 1, 'b': Param('x', type='string', enum=['x'])})\n",
    ),
    "what is set in a task": (
        "ChangingArgumentRule",
        "from datetime import datetime\n" + TASK + "        print(datetime.now())\n",
    ),
    "a parameter that Airflow fills": (
        "ReservedParameterRule",
        TASK.replace("ti=None, **context", "task_reschedule_count=None") + "        pass\n    one()\n",
    ),
    "an argument of something else": ("RenamedArgumentRule", DAG + "import other\nother.Thing(timetable=None)\n"),
    "an option that is there": ("ConfigOptionRule", CONF + "conf.get('core', 'dags_folder')\n"),
    "an option of something else": ("ConfigOptionRule", CONF + "{}.get('core', 'check_slas')\n"),
    "an entry that is false": ("ChangedArgumentRule", DAG + "DAG('d', default_args={'depends_on_past': False})\n"),
    "a wait in a file without assets": ("ChangedArgumentRule", WAIT.replace("Asset", "Param") + "DAG('d')\n"),
    "a text in a Param": (
        "ParamValueRule",
        DAG + "from airflow.sdk import Param\nDAG('d', params={'a': Param(f'{DAG}', enum=[*range(3)])})\n",
    ),
    "an attribute in a template": (
        "ContextKeyRule",
        DAG + "BashOperator(task_id='a', bash_command='{{ dag_run.conf[\"a\"] }}')\n",
    ),
}


@pytest.mark.parametrize("name", READ)
def test_a_file_is_read_for_what_it_may_hold(name: str) -> None:
    rule, text = READ[name]
    assert rule in concerned({"dag.py": text})


@pytest.mark.parametrize("name", PASSED_OVER)
def test_a_file_is_passed_over_for_what_it_shows_not_to_hold(name: str) -> None:
    rule, text = PASSED_OVER[name]
    assert rule not in concerned({"dag.py": text})


def test_what_other_files_do_counts() -> None:
    given = "from datetime import date\nfrom common import make\n\nmake('d', params={'a': date(2020, 1, 1)})\n"
    assert "ParamValueRule" in concerned({**MAKE, "dag.py": given})
    kept = "from datetime import date\n\nARGS = {'params': {'a': date(2020, 1, 1)}}\n"
    assert "ParamValueRule" in concerned({**USED, "dag.py": kept})
