"""Packages that others install: what they hand out stays, or is spelled out; and names that only look like theirs."""

from __future__ import annotations

from pathlib import Path

import pytest
from linked import check, places

import upgradecheck
from upgradecheck.config import Options


def test_a_folder_called_airflow_is_not_airflow(tmp_path: Path) -> None:
    found = check(
        tmp_path,
        {
            "airflow/__init__.py": "",
            "airflow/operators/bash_operator.py": "class BashOperator: ...\n",
            "airflow/dags/daily.py": "from airflow.operators.bash_operator import BashOperator\n",
        },
    )
    assert places(found) == [("airflow/dags/daily.py", 1, "airflow.operators.bash_operator.BashOperator")]


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        ("import airflow.operators.bash\nairflow.operators.bash.BashOperator()\n", "ERROR"),
        ("from airflow import operators\noperators.bash.BashOperator()\n", "ERROR"),
        ("import airflow.operators.bash as b\nb.BashOperator()\n", "WARNING"),
        ("from airflow.operators import bash\nbash.BashOperator()\n", "WARNING"),
    ],
)
def test_made_up_modules_are_no_attributes_of_their_package(tmp_path: Path, code: str, severity: str) -> None:
    (finding,) = check(tmp_path, {"dag.py": code})
    assert (finding.severity.value, finding.subject) == (severity, "airflow.operators.bash.BashOperator")


def test_an_installed_package_keeps_its_names(tmp_path: Path) -> None:
    code = "from airflow.operators.dummy_operator import DummyOperator\n\nx = DummyOperator\n"
    files = {"setup.py": "", "ours/__init__.py": "", "ours/ops.py": code, "dags/a.py": code}
    check(tmp_path, files)
    upgradecheck.check([tmp_path], Options(cache=False, fix=True))
    assert "EmptyOperator as DummyOperator" in (tmp_path / "ours/ops.py").read_text("utf-8")
    assert "import EmptyOperator\n" in (tmp_path / "dags/a.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ("", {"our_ops"}),
        ('packages = [{include = "dags"}]\n', {"dags"}),
        ("package-mode = false\n", set()),
        ("oops", {"our_ops", "dags"}),
    ],
)
def test_poetry_builds_what_it_is_told_to(tmp_path: Path, more: str, kept: set[str]) -> None:
    code = "from airflow.operators.dummy_operator import DummyOperator\n\nx = DummyOperator\n"
    toml = f'[tool.poetry]\nname = "our-ops"\n{more}\n[build-system]\nrequires = ["poetry-core"]\n'
    files = {
        f"{folder}/{name}.py": text
        for folder in ("our_ops", "dags")
        for name, text in (("__init__", ""), ("a", code))
    }
    check(tmp_path, files)
    (tmp_path / "pyproject.toml").write_text(toml, "utf-8")
    upgradecheck.check([tmp_path], Options(cache=False, fix=True))
    texts = {folder: (tmp_path / folder / "a.py").read_text("utf-8") for folder in ("our_ops", "dags")}
    assert {folder for folder, text in texts.items() if "EmptyOperator as DummyOperator" in text} == kept


@pytest.mark.parametrize(
    ("setup", "kept"),
    [
        ("setup(packages=['lib.ours'])", {"lib/ours"}),
        ("setuptools.setup(packages=find_packages())", {"lib/ours", "dags"}),
        ("setup(packages=['ours'], package_dir={'': 'lib'})", {"lib/ours", "dags"}),
        ("setup(**SAID)", {"lib/ours", "dags"}),
        ("setup(packages=['lib.ours'], description='\\d')", {"lib/ours"}),
        ("this is no Python", {"lib/ours", "dags"}),
    ],
)
def test_setuptools_builds_what_it_is_told_to(tmp_path: Path, setup: str, kept: set[str]) -> None:
    code = "from airflow.operators.dummy_operator import DummyOperator\n\nx = DummyOperator\n"
    folders = ("lib/ours", "dags")
    files = {f"{folder}/{name}.py": text for folder in folders for name, text in (("__init__", ""), ("a", code))}
    check(tmp_path, {"setup.py": setup, **files})
    upgradecheck.check([tmp_path], Options(cache=False, fix=True))
    texts = {folder: (tmp_path / folder / "a.py").read_text("utf-8") for folder in folders}
    assert {folder for folder, text in texts.items() if "EmptyOperator as DummyOperator" in text} == kept


def test_an_installed_package_spells_out_what_is_gone(tmp_path: Path) -> None:
    code = "from airflow.utils.dates import days_ago\n\nSTART = days_ago(2)\n"
    check(tmp_path, {"setup.py": "", "ours/__init__.py": "", "ours/ops.py": code})
    upgradecheck.check([tmp_path], Options(cache=False, fix=True))
    assert "days_ago" not in (tmp_path / "ours/ops.py").read_text("utf-8")


def test_an_installed_package_loses_what_is_gone(tmp_path: Path) -> None:
    gone = "from airflow.utils.helpers import build_airflow_url_with_query\n"
    files = {"setup.py": "", "ours/__init__.py": gone, "ours/ops.py": gone + "\nx = 1\n"}
    check(tmp_path, files)
    upgradecheck.check([tmp_path], Options(cache=False, fix=True))
    assert (tmp_path / "ours/ops.py").read_text("utf-8") == "\nx = 1\n"
    assert (tmp_path / "ours/__init__.py").read_text("utf-8") == gone


def test_the_projects_own_folder_may_be_imported_by_the_name_under_which_it_is_mounted(tmp_path: Path) -> None:
    files = {
        "helpers/tell.py": "def tell(context):\n    return context['next_ds']\n",
        "helpers/more.py": "X = 1\n",
        "dag.py": "from airflow.sdk import DAG\nfrom pipelines.helpers.more import X\n"
        "from pipelines.helpers.tell import tell\nDAG('d', schedule=None, on_failure_callback=tell)\n",
    }
    found = check(tmp_path / "whole", files)
    assert [(f.document, f.subject) for f in found] == [("helpers/tell.py", "next_ds")]
    del files["helpers/more.py"]  # then `pipelines` is some other package
    assert not check(tmp_path / "other", files)
