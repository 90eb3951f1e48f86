"""Files that are no code: what is found in them, what bad ones come to, and that fixes touch nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from commands import run as command
from conftest import ROOT
from documents import OPTION, places, put

from upgradecheck.discover import kind_of
from upgradecheck.model import Checked, NoFix, Severity
from upgradecheck.report import Report
from upgradecheck.texts.formats import READERS

# -- where things stand ----------------------------------------------------------------------------------

WRITTEN = {
    "compose.yaml": f"services:\n  a:\n    environment: {{{OPTION}: http://x}}\n",
    "list.yml": f"services:\n  a:\n    environment: ['{OPTION}=x']\n",
    "block.yml": f"run: |\n  set -e\n  export {OPTION}=x\n",
    "folded.yml": f"run: >-\n  set -e;\n  export {OPTION}=x\n",
    "escaped.yml": f'command: ["bash", "-c", "echo \\"a\\"; {OPTION}=x airflow scheduler"]\n',
    "workflow.yml": f"jobs:\n  a:\n    env:\n      {OPTION}: x\n    steps:\n      - run: true\n",
    "manifest.yaml": f"kind: Deployment\nspec:\n- env:\n  - name: {OPTION}\n    valueFrom: {{}}\n",
    "user-data.yml": f"UserData:\n  Fn::Base64: !Sub |\n    #!/bin/bash\n    {OPTION}=x airflow version\n",
    "anchored.yml": f"env:\n  {OPTION}: &x http://x\n  b: *x\n",
    "two.yaml": f"a: 1\n---\nb:\n  {OPTION}: x\n",
    "tagged.yaml": f"a: !Sub x\nb:\n  {OPTION}: !Ref y\n",
    "Dockerfile": f"FROM a\nENV X=1 {OPTION}=x\n",
    "Dockerfile.prod": f'FROM a\nRUN ["bash", "-c", "export {OPTION}=x"]\n',
    "build/app.Dockerfile": f"FROM a\nRUN <<EOF\nexport {OPTION}=x\nEOF\n",
    "start.sh": f"#!/bin/bash\nset -e\n\nnohup env\nif true; then\n  export {OPTION}=x\nfi\n",
    "su.sh": f"su airflow -c '{OPTION}=x airflow version'\n",
    "here.sh": f"bash <<EOF\nexport {OPTION}=x\nEOF\n",
    "export.sh": f"X=1\nexport X \\\n  {OPTION} \\\n  Y\n",
    "Makefile": f"# airflow\nX = 1\nrun:\n\t@cd $$(pwd) && \\\n\t  {OPTION}=x airflow scheduler\n",
    "Procfile": f"web: {OPTION}=x airflow scheduler\n",
    "a.service": f'[Service]\nExecStartPre=true\nExecStartPre=false\nEnvironment="A=b" "{OPTION}=x"\n',
    "supervisord.conf": f'[program:a]\nenvironment=A="b,c",{OPTION}="x"\ncommand=airflow scheduler\n',
    "stack.yml": f"a:\n- Name: {OPTION}\n  Value: x\nUserData:\n  Fn::Base64: |\n    airflow version\n",
    ".env": f"# airflow\n{OPTION}=x\n",
    "prod.env": f"A='b'\n  export {OPTION} = x\n",
}


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
def test_a_variable_is_found_where_it_stands_and_only_its_name_is_rewritten(
    name: str, newline: str, mark: bytes, tmp_path: Path, run: Callable[..., Report]
) -> None:
    if mark and not name.endswith(("yaml", "yml")):
        pytest.skip("no shell and no docker takes a byte order mark")
    text = WRITTEN[name].replace("\n", newline)
    path = put(tmp_path, name, mark + text.encode())
    before = WRITTEN[name][: WRITTEN[name].index(OPTION)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert places(run(), name) == [(line, column, "webserver.base_url")]
    run(fix=True)
    assert path.read_bytes() == mark + text.replace(OPTION, "AIRFLOW__API__BASE_URL").encode()


def test_what_an_anchor_stands_for_is_told_once(tmp_path: Path, run: Callable[..., Report]) -> None:
    text = f"x: &x\n  {OPTION}: a\nservices:\n" + "".join(f"  s{n}:\n    environment: *x\n" for n in range(9))
    put(tmp_path, "compose.yaml", text)
    assert places(run(), "compose.yaml") == [(2, 3, "webserver.base_url")]


def test_what_is_not_ours_is_left_alone(tmp_path: Path, run: Callable[..., Report]) -> None:
    put(tmp_path, "a.yaml", f"# airflow\nnote: set {OPTION} to x\nlist: [{OPTION.lower()}=x]\n")
    put(tmp_path, "a.sh", f"# export {OPTION}=x for airflow\necho '{OPTION}=x'\ncat <<EOF\n{OPTION}=x\nEOF\n")
    put(tmp_path, "Dockerfile", f"FROM a\n# ENV {OPTION}=x\nLABEL {OPTION}=x\nCOPY airflow.cfg .\n")
    put(tmp_path, "airflow.cfg", "[webserver]\n# base_url = x\n[other]\nbase_url = x\n")
    assert not run().findings


@pytest.mark.parametrize("suffix", ["_CMD", "_SECRET"])
def test_variants_of_an_option_keep_their_suffix(suffix: str, tmp_path: Path, run: Callable[..., Report]) -> None:
    path = put(tmp_path, ".env", f"AIRFLOW__WEBSERVER__SECRET_KEY{suffix}=x\n")
    run(fix=True)
    assert path.read_text() == f"AIRFLOW__API__SECRET_KEY{suffix}=x\n"


def test_of_what_is_set_under_both_names_the_old_one_is_left_over(
    tmp_path: Path, run: Callable[..., Report]
) -> None:
    texts = {
        ".env": f"{OPTION}=x\nAIRFLOW__API__BASE_URL=y\n",
        "a.yaml": f"environment:\n- {OPTION}=x\n- AIRFLOW__API__BASE_URL=y\n",
        "airflow.cfg": "[api]\nbase_url = y\n[webserver]\nbase_url = x\nown = 1\n",
        "values.yaml": "airflow:\n  config:\n    api: {base_url: y}\n    webserver:\n      base_url: x\n      own: 1\n",
    }
    for name, text in texts.items():
        put(tmp_path, name, text)
    found = {f.document: f for f in run().findings}
    assert found.keys() == texts.keys()
    assert {f.severity for f in found.values()} == {Severity.INFO}
    run(fix=True)
    left = {name: (tmp_path / name).read_text() for name in texts}
    assert left == {
        ".env": "AIRFLOW__API__BASE_URL=y\n",
        "a.yaml": "environment:\n- AIRFLOW__API__BASE_URL=y\n",
        "airflow.cfg": "[api]\nbase_url = y\n[webserver]\nown = 1\n",
        "values.yaml": "airflow:\n  config:\n    api: {base_url: y}\n    webserver:\n      own: 1\n",
    }


def test_of_two_that_become_one_a_person_chooses(tmp_path: Path, run: Callable[..., Report]) -> None:
    texts = {
        ".env": "AIRFLOW__CELERY__STALLED_TASK_TIMEOUT=1\nAIRFLOW__CELERY__TASK_ADOPTION_TIMEOUT=2\n",
        "airflow.cfg": "[scheduler]\nstatsd_allow_list = a\n[metrics]\nstatsd_allow_list = b\n",
    }
    for name, text in texts.items():
        put(tmp_path, name, text)
    report = run(fix=True, unsafe_fixes=True)
    assert len(report.findings) == 4
    assert all("becomes the same option" in f.fix.reason for f in report.findings if isinstance(f.fix, NoFix))
    assert {name: (tmp_path / name).read_text() for name in texts} == texts


BORROWED = {
    "env file, by compose": ({".env": f"{OPTION}=x\n"}, {"a.yaml": f"e:\n  A: ${{{OPTION}}}\n"}),
    "env file, by code": ({".env": f"{OPTION}=x\n"}, {"a.py": f"import os\nos.environ['{OPTION}']\n"}),
    "compose, by code": ({"a.yaml": f"e:\n  {OPTION}: x\n"}, {"a.py": f"import os\nos.getenv('{OPTION}')\n"}),
    "compose, by a script": ({"a.yaml": f"e:\n  {OPTION}: x\n"}, {"a.sh": f"curl ${OPTION}\n"}),
    "shell, by itself": ({"a.sh": f"export {OPTION}=x\ncurl ${OPTION}\n"}, {}),
    "secret, by key": (
        {"s.yaml": f"kind: Secret\nstringData:\n  {OPTION}: x\n"},
        {"d.yaml": f"env:\n- valueFrom: {{secretKeyRef: {{name: airflow, key: {OPTION}}}}}\n"},
    ),
}


@pytest.mark.parametrize("case", BORROWED)
def test_a_name_that_others_ask_for_is_left_to_a_person(
    case: str, tmp_path: Path, run: Callable[..., Report]
) -> None:
    setting, asking = BORROWED[case]
    for name, text in (setting | asking).items():
        put(tmp_path, name, text)
    found = [f for f in run(fix=True, unsafe_fixes=True).findings if f.subject == "webserver.base_url"]
    assert [f.document for f in found] == list(setting)
    assert isinstance(found[0].fix, NoFix)
    assert "ask for it by this name" in found[0].fix.reason
    assert {name: (tmp_path / name).read_text() for name in setting} == setting


def test_what_a_container_gets_from_outside_is_renamed_for_itself(
    tmp_path: Path, run: Callable[..., Report]
) -> None:
    path = put(tmp_path, "compose.yaml", f"environment:\n  {OPTION}: ${{{OPTION}}}\n")
    run(fix=True)
    assert path.read_text() == f"environment:\n  AIRFLOW__API__BASE_URL: ${{{OPTION}}}\n"


def test_under_bridge_only_what_both_versions_read_is_written(tmp_path: Path, run: Callable[..., Report]) -> None:
    path = put(tmp_path, ".env", f"{OPTION}=x\nAIRFLOW__CORE__SQL_ALCHEMY_POOL_SIZE=3\n")
    run(fix=True, bridge=True)
    assert path.read_text() == f"{OPTION}=x\nAIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE=3\n"


def test_comments_suppress(tmp_path: Path, run: Callable[..., Report]) -> None:
    put(tmp_path, "a.yaml", f"env:\n  {OPTION}: x  # upgradecheck: ignore[ConfigOptionRule] gone soon\n")
    report = run()
    assert not report.findings
    assert [s.by.reason for s in report.suppressed] == ["gone soon"]


def test_files_are_checked_not_passed_over(tmp_path: Path, run: Callable[..., Report]) -> None:
    put(tmp_path, "airflow.cfg", "[core]\nexecutor = LocalExecutor\n")
    put(tmp_path, "a.yaml", "airflow: 1\n")
    assert {type(o) for o in run().outcomes} == {Checked}


def test_every_reader_says_what_it_had_to_read(tmp_path: Path, run: Callable[..., Report]) -> None:
    put(tmp_path, "airflow.cfg", "[core]\nexecutor = LocalExecutor\n")
    put(tmp_path, "a.yaml", "airflow: 1\n")
    put(tmp_path, "b.yaml", "other: 1\n")
    put(tmp_path, "Jenkinsfile", "// airflow\n")
    found = {r.reader: (r.state, r.files, r.about) for r in run(run_all=True).readers}
    assert found["yaml"] == ("ran", 2, 1)
    assert found["ini"] == ("ran", 1, 1)
    assert found["dockerfile"] == ("nothing to read", 0, 0)
    assert found["jenkins"] == ("skipped", 1, 0)
    assert set(READERS) | {"python", "notebook", "template"} <= set(found)
    assert not run().readers


def test_the_readers_stand_in_the_summary(tmp_path: Path) -> None:
    put(tmp_path, "upgradecheck.toml", "")
    put(tmp_path, "a.yaml", "airflow: 1\n")
    put(tmp_path, "Jenkinsfile", "// airflow\n")
    text = command(tmp_path, "--run-all").stdout
    assert "yaml: ran over 1 file, looked into 1" in text
    assert "shell: found nothing to read" in text
    assert "jenkins: skipped (1 file): no reader understands such files" in text
    assert "yaml: ran" not in command(tmp_path).stdout
    told = json.loads(command(tmp_path, "--run-all", "--format", "report").stdout)["readers"]
    assert {"reader": "yaml", "state": "ran", "files": 1, "about": 1} in told


def test_the_hooks_name_only_files_that_are_read() -> None:
    """A hook hands files over by name: one that no reader knows would be read as Python."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    named = [*WRITTEN, "airflow.cfg", "x/airflow.cfg.j2", "requirements-dev.txt", ".airflowignore", "a.py"]
    for hook in hooks:
        for name in named:
            base = name.rpartition("/")[2]
            if re.search(hook["files"], name):
                assert kind_of(base), name
        assert [
            name for name in ("a.js", "data.txt", "other.toml", "notes.md") if re.search(hook["files"], name)
        ] == []
        for name in (
            "a.py",
            "compose.yaml",
            "build/app.Dockerfile",
            "x/airflow.cfg.j2",
            ".env",
            "requirements.txt",
            "dags/sql/load.sql",
            "dags/load.sql.j2",
        ):
            assert re.search(hook["files"], name) or name.startswith("build"), name
