"""The command as its users meet it: exit codes, formats, selection, standard input, messages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import DEPRECATED, FINE, FIXED, OLD, process, run


def test_check_is_the_default_command(project: Path) -> None:
    as_default = process(project, "--run-all", "--format", "json")
    named = run(project, "check", "--run-all", "--format", "json")
    assert as_default.returncode == named.returncode == 1
    assert as_default.stdout == named.stdout
    (finding,) = json.loads(as_default.stdout)
    assert finding["subject"] == "airflow.operators.bash_operator.BashOperator"
    assert (finding["file"], finding["line"], finding["severity"]) == ("old.py", 1, "ERROR")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["fine.py"], 0),
        (["old.py"], 1),
        (["old.py", "--fail-on", "never"], 0),
        (["deprecated.py"], 0),
        (["deprecated.py", "--fail-on", "warning"], 1),
        (["deprecated.py", "--target", "3.0", "--fail-on", "warning"], 1),
        (["broken.py"], 3),
        (["broken.py", "old.py"], 1),
        (["empty"], 3),
        (["nowhere.py"], 2),
        (["--target", "4.0"], 2),
        (["--from", "two"], 2),
        (["--select", "NoSuchRule"], 2),
        (["--select", "MovedImportRule["], 2),
        (["--from", "3.2", "--target", "3.1"], 2),
        (["--target", "3.0.6", "fine.py"], 0),
        (["--rules", "nowhere"], 2),
        (["--exclude", "./*.py"], 3),
        (["--no-such-option"], 2),
        (["--unsafe-fixes"], 2),
        (["-", "old.py"], 2),
    ],
)
def test_exit_codes(project: Path, arguments: list[str], code: int) -> None:
    (project / "deprecated.py").write_text(DEPRECATED, "utf-8")
    (project / "broken.py").write_text("def (:\n", "utf-8")
    (project / "empty").mkdir()
    done = run(project, *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if code == 2:
        assert done.stdout == ""
        assert done.stderr


def test_a_fix_leaves_nothing_to_say(project: Path) -> None:
    done = run(project, "--fix")
    assert done.returncode == 0
    assert "1 finding fixed in 1 file" in done.stdout
    assert "airflow.providers.standard.operators.bash" in (project / "old.py").read_text("utf-8")
    assert (project / "fine.py").read_text("utf-8") == FINE


def test_diff_writes_nothing(project: Path) -> None:
    done = run(project, "--diff")
    assert done.returncode == 1
    assert "+from airflow.providers.standard.operators.bash import BashOperator" in done.stdout
    assert (project / "old.py").read_text("utf-8") == OLD


def test_select_by_rule_tag_and_subject(project: Path) -> None:
    (project / "two.py").write_text(
        "from airflow.contrib.hooks import x\nfrom airflow.utils.dates import days_ago\n"
    )

    def subjects(*arguments: str) -> list[str]:
        return [f["subject"] for f in json.loads(run(project, "--format", "json", "two.py", *arguments).stdout)]

    assert subjects() == ["airflow.contrib.hooks.x", "airflow.utils.dates.days_ago"]
    assert subjects("--select", "ContribImportRule") == ["airflow.contrib.hooks.x"]
    assert subjects("--select", "RemovedImportRule[airflow.utils.*]") == ["airflow.utils.dates.days_ago"]
    assert subjects("--deselect", "RemovedImportRule[airflow.models.*]") == subjects()
    assert subjects("--deselect", "RemovedImportRule") == ["airflow.contrib.hooks.x"]


@pytest.mark.parametrize("name", ["MovedImportsRule", "movedimport"])
def test_an_unknown_rule_gets_a_suggestion(project: Path, name: str) -> None:
    assert "did you mean MovedImportRule?" in run(project, "--select", name).stderr


@pytest.mark.parametrize("pattern", ["old", "./old/", "**/old", "**/old/**", "old/*", "o*d", "**/*.py"])
def test_exclude_however_it_is_written(project: Path, pattern: str) -> None:
    (project / "old").mkdir()
    (project / "old.py").rename(project / "old" / "dag.py")
    assert run(project, "--exclude", pattern, "--fail-on", "info").returncode in (0, 3)
    assert run(project, "--exclude", f"not-{pattern}").returncode == 1


def test_standard_input(project: Path) -> None:
    found = run(project, "-", "--stdin-filename", "dags/typed.py", "--format", "json", text=OLD)
    assert found.returncode == 1
    assert json.loads(found.stdout)[0]["file"] == "dags/typed.py"
    shown = run(project, "-", "--diff", text=OLD)
    assert shown.stdout.startswith("--- a/stdin.py")
    fixed = run(project, "-", "--fix", text=OLD)
    assert (fixed.returncode, fixed.stdout) == (0, FIXED)
    assert "1 finding fixed in 1 file" in fixed.stderr
    assert (project / "old.py").read_text("utf-8") == OLD


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("from airflow.www.auth import has_access; has_access()\n", 1, "nothing in Airflow 3"),
        ("def (:\n", 3, "not checked"),
    ],
)
def test_standard_input_that_is_not_all_fixed(project: Path, text: str, code: int, says: str) -> None:
    (project / "here").mkdir()
    for name in ("stdin.py", "../elsewhere/dag.py"):
        done = run(project / "here", "-", "--fix", "--stdin-filename", name, text=text)
        assert (done.returncode, done.stdout) == (code, text)
        assert says in done.stderr


def test_statistics_count_by_subject(project: Path) -> None:
    (project / "again.py").write_text(OLD, "utf-8")
    done = run(project, "--statistics")
    assert "2  ERROR" in done.stdout.replace("     ", "")
    assert "[airflow.operators.bash_operator.BashOperator]" in done.stdout


def test_output_goes_to_a_file(project: Path) -> None:
    done = run(project, "--format", "json", "--output", "findings.json")
    assert done.stdout == ""
    assert len(json.loads((project / "findings.json").read_text("utf-8"))) == 1


def test_colours_only_where_wanted(project: Path) -> None:
    assert "\x1b[" not in run(project).stdout
    assert "\x1b[" in run(project, FORCE_COLOR="1").stdout
    assert "\x1b[" not in run(project, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[" in run(project, "--color", "always", NO_COLOR="1").stdout


def test_names_do_not_steer_the_terminal(project: Path) -> None:
    (project / "red\x1b[31m.py").write_text(OLD, "utf-8")
    assert "\x1b" not in run(project).stdout


def test_rules_and_explain(project: Path) -> None:
    listed = run(project, "rules")
    assert "RemovedImportRule" in listed.stdout
    assert json.loads(run(project, "rules", "--format", "json").stdout)
    page = run(project, "explain", "ContribImportRule")
    assert page.returncode == 0
    assert "ContribImportRule" in page.stdout
    assert run(project, "explain", "ContribRule").returncode == 2


def test_a_command_wins_over_a_folder_of_its_name(project: Path) -> None:
    (project / "rules").mkdir()
    (project / "rules" / "old.py").write_text(OLD, "utf-8")
    assert "RemovedImportRule" in run(project, "rules").stdout
    assert run(project, "./rules").returncode == 1


def test_config_is_obeyed_and_checked(project: Path) -> None:
    config = project / "upgradecheck.toml"
    config.write_text('exclude = ["old.py"]\ntarget = "3.1"\nfrom = "2.9"\n', "utf-8")
    report = json.loads(run(project, "--format", "report").stdout)
    assert (report["target"]["version"], report["from"]["version"]) == ("3.1", "2.9")
    assert report["findings"] == []
    config.write_text('exlude = ["old.py"]\n', "utf-8")
    done = run(project)
    assert done.returncode == 2
    assert "did you mean 'exclude'?" in done.stderr
    config.write_text("target = 3.1\n", "utf-8")
    assert "has to be a string" in run(project).stderr
    config.write_text("target = \n", "utf-8")
    assert "not valid TOML" in run(project).stderr
    config.write_text("[tool.upgradecheck]\n", "utf-8")
    assert "unknown key 'tool': here the keys stand at the top" in run(project).stderr
    config.write_text('paths = ["dgas"]\n', "utf-8")
    assert "correct 'paths' in" in run(project).stderr
    config.write_text('deselect = ["ProviderImprtRule"]\n', "utf-8")
    assert "deselect: there is no rule or tag 'ProviderImprtRule': did you mean" in run(project).stderr


def test_rules_are_left_out_by_file(project: Path) -> None:
    (project / "tests").mkdir()
    (project / "tests" / "old.py").write_text(OLD, "utf-8")
    config = project / "upgradecheck.toml"
    config.write_text('[per-file-deselect]\n"tests/*" = ["ProviderImportRule"]\n', "utf-8")
    assert [f["file"] for f in json.loads(run(project, "--format", "json").stdout)] == ["old.py"]
    config.write_text('[per-file-deselect]\n"*.py" = ["ProviderImportRule[airflow.operators.*]"]\n', "utf-8")
    assert run(project, "--format", "json").stdout == "[]\n"
    config.write_text('[per-file-deselect]\n"tests" = "names"\n', "utf-8")
    assert "'per-file-deselect' has to hold a list of rules for each glob" in run(project).stderr
    config.write_text('[per-file-deselect]\n"tests" = ["nmes"]\n', "utf-8")
    assert "deselect: there is no rule or tag 'nmes': did you mean names?" in run(project).stderr


def test_a_rule_left_out_somewhere_leaves_no_suppression_unused(project: Path) -> None:
    mark = "  # upgradecheck: ignore[ProviderImportRule] our image"
    (project / "old.py").write_text(OLD.replace("\n", f"{mark}\n", 1), "utf-8")
    (project / "upgradecheck.toml").write_text('[per-file-deselect]\n"old.py" = ["ProviderImportRule"]\n', "utf-8")
    assert run(project, "--fail-on", "info").returncode == 0


def test_a_command_that_is_none(project: Path) -> None:
    done = run(project, "explan", "MovedImportRule")
    assert (done.returncode, "did you mean explain?" in done.stderr) == (2, True)
    (project / "explan").mkdir()
    assert "did you mean" not in run(project, "explan").stderr


def test_paths_are_relative_to_the_root_from_anywhere(project: Path) -> None:
    folder = project / "dags" / "deep"
    folder.mkdir(parents=True)
    (folder / "old.py").write_text(OLD, "utf-8")
    (finding,) = json.loads(run(folder, "--format", "json").stdout)
    assert finding["file"] == "dags/deep/old.py"


def test_each_file_obeys_the_nearest_config(project: Path) -> None:
    nested = project / "team"
    nested.mkdir()
    (nested / "upgradecheck.toml").write_text('deselect = ["ProviderImportRule"]\n', "utf-8")
    (nested / "old.py").write_text(OLD, "utf-8")
    found = json.loads(run(project, "--format", "json").stdout)
    assert [f["file"] for f in found] == ["old.py"]


def test_excluded_files_that_are_named(project: Path) -> None:
    """A hook names files; what the configuration excludes stays excluded then."""
    (project / "upgradecheck.toml").write_text('exclude = ["old.py"]\n', "utf-8")
    assert run(project, "old.py").returncode == 1
    left_out = run(project, "--force-exclude", "--verbose", "old.py")
    assert left_out.returncode == 0
    assert "skipped: old.py: excluded by 'old.py'" in left_out.stdout
    both = run(project, "--force-exclude", "old.py", "fine.py")
    assert both.returncode == 0
    assert "in 0 of 1 file" in both.stdout


def test_modules_among_checkpoints_are_read_and_notebooks_are_not(project: Path) -> None:
    """A DAG processor loads a module from there, too."""
    (project / ".ipynb_checkpoints").mkdir()
    (project / ".ipynb_checkpoints" / "old-checkpoint.py").write_text(OLD, "utf-8")
    (project / ".ipynb_checkpoints" / "old-checkpoint.ipynb").write_text("{}", "utf-8")
    done = run(project, "--format", "json")
    assert {f["file"] for f in json.loads(done.stdout)} == {".ipynb_checkpoints/old-checkpoint.py", "old.py"}
    told = run(project, "--verbose").stdout
    assert "skipped: .ipynb_checkpoints/old-checkpoint.ipynb: a notebook's checkpoint" in told


@pytest.mark.parametrize("name", ["site.yaml", "query.sql", "run.sh", "data.json", "notes.html"])
def test_a_file_that_was_named_and_is_about_something_else_is_fine(project: Path, name: str) -> None:
    """A hook hands over whatever a commit changes."""
    (project / name).write_text("select: 1\n", "utf-8")
    done = run(project, "--force-exclude", name)
    assert (done.returncode, "1 passed" in done.stdout) == (0, True)
    (project / "old.py").unlink()
    (project / "fine.py").unlink()
    assert run(project, ".").returncode == 3


def test_hidden_folders_are_read_unless_a_tool_keeps_its_own_things_there(project: Path) -> None:
    for folder in (".astro", ".venv", ".git"):
        (project / folder).mkdir()
        (project / folder / "old.py").write_text(OLD, "utf-8")
    done = run(project, "--format", "json")
    assert [f["file"] for f in json.loads(done.stdout)] == [".astro/old.py", "old.py"]
