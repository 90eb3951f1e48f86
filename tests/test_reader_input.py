"""Files that are no code and are not as they should be: told with a remedy, left as they are, no secret printed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import run as command
from documents import OPTION, SECRET, outcome, places, put

from upgradecheck.model import Passed, Skipped, Unparsable
from upgradecheck.report import Report

BROKEN = {
    "airflow.cfg": "[core]\nexecutor = a\nnonsense at all: [\n",
    "b/airflow.cfg": "executor = a\n[core]\n",
    "c/airflow.cfg": "[core]\nexecutor = a\nexecutor = b\n",
    "d/airflow.cfg": "[core]\na = b\n[core]\nc = d\n",
    "compose.yaml": "airflow:\n  a: [1\n  b: 2\n",
    "tabs.yml": "airflow:\n\ta: 1\n",
    "deep.yaml": "airflow: " + "[" * 60_000,
    "bytes.yaml": b"airflow: \xff\n",
    "nul.env": b"AIRFLOW_HOME=\0\n",
}


@pytest.mark.parametrize("name", [name for name in BROKEN if name != "airflow.cfg"])
def test_a_broken_file_is_told_with_its_remedy_and_left_as_it_is(name: str, tmp_path: Path) -> None:
    put(tmp_path, "upgradecheck.toml", "")
    path = put(tmp_path, name, BROKEN[name])
    before = path.read_bytes()
    done = command(tmp_path, "--fix", "--no-cache")
    assert done.returncode == 3, done.stdout
    assert "UnreadableFileRule" in done.stdout
    assert name in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert path.read_bytes() == before


def test_a_broken_file_that_says_nothing_of_ours_is_none_of_our_business(
    tmp_path: Path, run: Callable[..., Report]
) -> None:
    put(tmp_path, "a.yaml", "a: [1\n")
    put(tmp_path, "b.env", b"\xff\0")
    assert {type(o) for o in run().outcomes} <= {Passed}


CHART = """{{- if .Values.enabled }}
apiVersion: v1
metadata:
  name: {{ .Release.Name }}-airflow
  labels:
    {{- include "labels" . | nindent 4 }}
data:
  AIRFLOW__WEBSERVER__BASE_URL: {{ .Values.url | quote }}
{{- end }}
"""


def test_templates_are_looked_past(tmp_path: Path, run: Callable[..., Report]) -> None:
    path = put(tmp_path, "chart.yaml", CHART)
    text = "{% if x %}\n[webserver]\n{% endif %}\nbase_url = {{ url }}\n[core]\ndag_concurrency = {{ n }}\n"
    jinja = put(tmp_path, "airflow.cfg.j2", text)
    assert places(run(), "chart.yaml") == [(8, 3, "webserver.base_url")]
    run(fix=True)
    assert path.read_text() == CHART.replace(OPTION, "AIRFLOW__API__BASE_URL")
    assert jinja.read_text() == text.replace("dag_concurrency", "max_active_tasks_per_dag")


def test_a_template_that_is_no_yaml_is_said_to_be_one(tmp_path: Path, run: Callable[..., Report]) -> None:
    put(tmp_path, "chart.yaml", "airflow:\n{{ range .x }}\n - a\n  - b: c: d\n{{ end }}\n")
    found = outcome(run(), "chart.yaml")
    assert isinstance(found, Skipped)
    assert "template" in found.reason


def test_a_skipped_template_is_remembered(tmp_path: Path) -> None:
    put(tmp_path, "upgradecheck.toml", "")
    put(tmp_path, "chart.yaml", "airflow:\n{{ range .x }}\n - a\n  - b: c: d\n{{ end }}\n")
    put(tmp_path, "fine.yaml", "airflow: 1\n")
    first, second = (command(tmp_path, "--format", "report") for _ in range(2))
    assert first.returncode == second.returncode == 0
    assert first.stdout == second.stdout
    assert '"reason": "a template' in second.stdout


def test_a_bomb_does_not_go_off(tmp_path: Path, run: Callable[..., Report]) -> None:
    lines = ['a0: &a0 {AIRFLOW__WEBSERVER__BASE_URL: "x"}']
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    put(tmp_path, "bomb.yaml", "\n".join(lines) + "\n")
    start = time.process_time()
    assert len(run().findings) == 1
    assert time.process_time() - start < 10


def test_a_huge_file_is_told(tmp_path: Path, run: Callable[..., Report]) -> None:
    put(tmp_path, "huge.yaml", "airflow:\n" + "- a: b\n" * 1_500_000)
    start = time.process_time()
    found = outcome(run(), "huge.yaml")
    assert isinstance(found, Unparsable)
    assert "million" in found.error
    assert time.process_time() - start < 10


def test_keys_given_twice_and_merges_are_read_as_they_stand(tmp_path: Path, run: Callable[..., Report]) -> None:
    text = f"a: &a\n  {OPTION}: x\n  {OPTION}: y\nb:\n  <<: [*a, *a]\n  ? [1, 2]\n  : z\n"
    put(tmp_path, "twice.yaml", text)
    assert [line for line, _, _ in places(run(), "twice.yaml")] == [2, 3]


def test_lines_that_are_none_are_passed_over_in_environment_files(
    tmp_path: Path, run: Callable[..., Report]
) -> None:
    put(tmp_path, ".env", f'???\n= x\n\'\n{OPTION}=x # y\nA="b\nc"\nAIRFLOW__CORE__CHECK_SLAS\n')
    assert [line for line, _, _ in places(run(), ".env")] == [4, 7]


FORMATS = ("text", "json", "report", "sarif", "github", "markdown", "html")


@pytest.mark.parametrize("form", FORMATS)
def test_no_secret_is_printed(form: str, tmp_path: Path) -> None:
    put(tmp_path, "upgradecheck.toml", "")
    put(tmp_path, "airflow.cfg", f"[smtp]\nsmtp_password = {SECRET}\n[webserver]\nsecret_key = {SECRET}\n")
    put(tmp_path, ".env", f"AIRFLOW__WEBSERVER__SECRET_KEY={SECRET}\nAIRFLOW__SMTP__SMTP_PASSWORD={SECRET}\n")
    put(tmp_path, "a.yaml", f"env:\n  AIRFLOW__WEBSERVER__SECRET_KEY: {SECRET}\n  b: 1\n")
    put(tmp_path, "b.yaml", f"env:\n- AIRFLOW__CORE__SQL_ALCHEMY_CONN=postgres://u:{SECRET}@h/d\n- b=1\n")
    put(tmp_path, "Dockerfile", f"FROM a\nENV AIRFLOW__WEBSERVER__SECRET_KEY {SECRET}\n")
    put(tmp_path, "a.sh", f"export AIRFLOW__WEBSERVER__SECRET_KEY='{SECRET}'\n")
    done = command(tmp_path, "--format", form, "--no-cache")
    assert "ConfigOptionRule" in done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_no_secret_is_printed_by_diff(tmp_path: Path) -> None:
    put(tmp_path, "upgradecheck.toml", "")
    put(tmp_path, "airflow.cfg", f"[smtp]\nsmtp_password = {SECRET}\n[webserver]\nsecret_key = {SECRET}\n")
    done = command(tmp_path, "--diff", "--no-cache")
    assert "secret_key = ***" in done.stdout
    assert SECRET not in done.stdout + done.stderr
