"""Which version a project goes to and comes from, as its own files tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "upgradecheck.toml").write_text("", "utf-8")
    return tmp_path


def test_versions_come_from_the_requirements(project: Path) -> None:
    (project / "requirements.txt").write_text("apache-airflow[postgres]==2.9.3  # today\nrequests\n", "utf-8")
    report = json.loads(run(project, "--format", "report").stdout)
    assert report["from"] == {"version": "2.9", "source": "pinned in requirements.txt"}
    (project / "requirements.txt").write_text("apache-airflow~=3.1.0\n", "utf-8")
    report = json.loads(run(project, "--format", "report").stdout)
    assert report["target"] == {"version": "3.1", "source": "pinned in requirements.txt"}


POETRY = '[tool.poetry.dependencies]\napache-airflow = {{extras = ["amazon"], version = "{}"}}\n'


@pytest.mark.parametrize(
    ("file", "text", "key", "told"),
    [
        ("requirements/base.in", "apache-airflow[ssh]==2.10.1  # x\n", "from", "2.10 (pinned in requirements/base.in)"),
        ("src/requirements.txt", "apache-airflow==2.7.1 \\\n  --hash=sha256:1\n", "from", "2.7 (pinned in src/requirements.txt)"),
        ("pyproject.toml", POETRY.format("3.1.0"), "target", "3.1 (pinned in pyproject.toml)"),
        ("Pipfile", '[packages]\napache-airflow = "==2.8.0"\n', "from", "2.8 (pinned in Pipfile)"),
        ("Dockerfile", "FROM apache/airflow:slim-2.9.0-python3.11\n", "from", "2.9 (the image in Dockerfile)"),
        ("docker-compose.yml", "image: ${AIRFLOW_IMAGE:-apache/airflow:2.9.2}\n", "from", "2.9 (the image in docker-compose.yml)"),
        ("Dockerfile", "# FROM apache/airflow:2.9.0\nFROM my/airflow:2.8\n", "from", "2.11 (the default)"),
    ],
)  # fmt: skip
def test_versions_come_from_other_pins(project: Path, file: str, text: str, key: str, told: str) -> None:
    (project / file).parent.mkdir(exist_ok=True)
    (project / file).write_text(text, "utf-8")
    found = json.loads(run(project, "--format", "report").stdout)[key]
    assert f"{found['version']} ({found['source']})" == told


@pytest.mark.parametrize(
    ("pinned", "told"),
    [
        ("3.0.6", "3.0 (pinned in requirements.txt)"),
        ("3.3.2", "2.11 (the default)"),
        ("3.9.0", "2.11 (the default)"),
    ],
)
def test_a_project_that_runs_an_older_3_comes_from_there(project: Path, pinned: str, told: str) -> None:
    (project / "requirements.txt").write_text(f"apache-airflow=={pinned}\n", "utf-8")
    found = json.loads(run(project, "--format", "report", "--target", "3.3").stdout)["from"]
    assert f"{found['version']} ({found['source']})" == told


def test_requirements_count_before_images_and_those_at_the_root_before_others(project: Path) -> None:
    (project / "Dockerfile").write_text("FROM apache/airflow:2.9.0\n", "utf-8")
    (project / "docker-compose.yml").write_text("image: apache/airflow:2.8.0\n", "utf-8")
    assert json.loads(run(project, "--format", "report").stdout)["from"]["version"] == "2.8"
    (project / "ci").mkdir()
    (project / "ci" / "requirements.txt").write_text("apache-airflow==2.6.0\n", "utf-8")
    assert json.loads(run(project, "--format", "report").stdout)["from"]["version"] == "2.6"
    (project / "requirements.txt").write_text("apache-airflow==2.10.0\n", "utf-8")
    assert json.loads(run(project, "--format", "report").stdout)["from"]["version"] == "2.10"
