"""The laws of the house: who may import whom, where facts may stand, how large a room may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from layers import LAYERS

ROOT = Path(__file__).parent.parent
ENGINE = sorted((ROOT / "upgradecheck").rglob("*.py"))
RUNTIME = ROOT / "upgradecheck" / "runtime"
VERBS = sorted((ROOT / "codemods").glob("*.py"))
CODE = [*ENGINE, *VERBS, *sorted((ROOT / "scripts").glob("*.py")), *sorted((ROOT / "benchmarks").glob("*.py"))]

# Folders of the engine, from the ground up. The flow beside them may import all; they import what is below them, and what
# is about no room in particular (the model, the configuration).
ROOMS = ("rulebook", "texts", "python", "linking", "suppression", "fixes", "readiness")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(path: Path, lazy: bool = True) -> set[str]:
    """The modules that a file imports, less those under TYPE_CHECKING."""
    tree = ast.parse(path.read_text("utf-8"))
    hidden = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree) if lazy else tree.body:
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def place(parts: Sequence[str]) -> str:
    """What stands in `LAYERS`: a module by its name, a folder without rooms of its own by the folder's."""
    inside = parts[1] if len(parts) > 1 and parts[0] in ROOMS else parts[0]
    return inside.removesuffix(".py")


def layer(module: str) -> int | None:
    return next((number for number, names in enumerate(LAYERS) if module in names), None)


@pytest.mark.parametrize("path", ENGINE, ids=name)
def test_the_engine_imports_one_way(path: Path) -> None:
    own = place(path.relative_to(ROOT / "upgradecheck").parts)
    for module in imported(path):
        assert not f"{module}.".startswith(("upgradecheck.codemods.", "upgradecheck.rules.", "codemods.", "rules."))
        parts = module.split(".")
        if parts[0] != "upgradecheck" or len(parts) < 2:
            continue
        mine, other = layer(own), layer(place(parts[1:]))
        if mine is not None and other is not None and own != place(parts[1:]):
            assert other < mine, f"{name(path)} imports {module}"


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_what_is_below_them(room: str) -> None:
    above = ROOMS[ROOMS.index(room) + 1 :]
    for path in (ROOT / "upgradecheck" / room).glob("*.py"):
        for module in imported(path):
            assert not module.startswith(tuple(f"upgradecheck.{other}." for other in above)), (
                f"{name(path)}: {module}"
            )


def test_every_module_has_its_layer() -> None:
    above = {
        "__init__",
        "__main__",
        "cli",
        "command",
        "commandline",
        "devtools",
        "unchanged",
        "record",
        "proof",
        "reports",
    }
    modules = {place(path.relative_to(ROOT / "upgradecheck").parts) for path in ENGINE}
    assert modules - above - {"runtime"} == set().union(*LAYERS)


@pytest.mark.parametrize("path", ENGINE, ids=name)
def test_lint_and_runtime_meet_in_their_proof_alone(path: Path) -> None:
    inside = RUNTIME in path.parents
    for module in imported(path):
        if module.startswith("upgradecheck."):
            of_runtime = module.startswith("upgradecheck.runtime")
            assert of_runtime == inside or path.parent.name == "proof", f"{name(path)} imports {module}"


def test_every_room_is_shipped() -> None:
    """The wheel holds the packages that the list names: one that is missing there works in a checkout alone."""
    import tomli

    listed = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]
    rooms = {".".join(path.parent.relative_to(ROOT).parts) for path in ENGINE if path.name == "__init__.py"}
    assert set(listed) == rooms | {"upgradecheck.rules", "upgradecheck.rules.tables", "upgradecheck.codemods"}


def test_rules_import_nothing() -> None:
    assert [p.name for p in (ROOT / "rules").rglob("*.py")] == ["__init__.py"]
    assert (ROOT / "rules" / "__init__.py").read_text("utf-8") == ""


@pytest.mark.parametrize("path", [path for path in [*ENGINE, *VERBS] if RUNTIME not in path.parents], ids=name)
def test_no_fact_in_code(path: Path) -> None:
    """No dotted Airflow name, no Airflow version: those stand in tables."""
    tree = ast.parse(path.read_text("utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            assert not re.search(r"\bairflow\.\w|\bDummyOperator\b|\b3\.[0-4]\b", node.value), node.value


@pytest.mark.parametrize("path", CODE, ids=name)
def test_rooms_are_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 40, f"{name(path)}:{node.lineno} {node.name}"


@pytest.mark.parametrize("path", sorted(p for d in ("tests", "scripts") for p in (ROOT / d).glob("*.py")), ids=name)
def test_so_are_those_beside_them(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300


HEAVY = (
    "libcst",
    "jinja2",
    "rich",
    "multiprocessing",
    "pathspec",
    "packaging",
    "yaml",
    "tree_sitter",
    "tree_sitter_bash",
    "configupdater",
    "dockerfile_parse",
    "dotenv",
    "upgradecheck.stages",
    "upgradecheck.python.summary",
)


@pytest.mark.parametrize(
    ("arguments", "spared"),
    [(["--help"], HEAVY), (["explain", "MovedImportRule"], HEAVY), (["--format", "json", "."], HEAVY)],
    ids=["help", "explain", "cached"],
)
def test_what_is_not_needed_is_not_imported(tmp_path: Path, arguments: list[str], spared: tuple[str, ...]) -> None:
    import subprocess
    import sys

    (tmp_path / "dag.py").write_text("from airflow.sdk import DAG\n", "utf-8")
    command = [sys.executable, "-X", "importtime", "-m", "upgradecheck", *arguments]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not loaded.intersection(spared)


def test_a_clean_file_is_checked_without_libcst(tmp_path: Path) -> None:
    import subprocess
    import sys

    (tmp_path / "dag.py").write_text("from airflow.operators.bash_operator import BashOperator\n", "utf-8")
    command = [sys.executable, "-X", "importtime", "-m", "upgradecheck", "--no-cache", "--format", "json", "dag.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "libcst" not in done.stderr


def test_a_clean_file_is_checked_without_parsers_of_other_things(tmp_path: Path) -> None:
    import subprocess
    import sys

    (tmp_path / "dag.py").write_text('from airflow.sdk import DAG\n\nDAG("clean", schedule=None)\n', "utf-8")
    command = [sys.executable, "-X", "importtime", "-m", "upgradecheck", "--no-cache", "--format", "json", "dag.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert not loaded & {"jinja2", "libcst", "packaging", "rich", "sqlalchemy", "tree_sitter", "yaml"}


MIGRATED = """from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Asset, task

orders = Asset("s3://orders")

with DAG("sales", schedule="@daily", catchup=False, start_date=datetime(2026, 1, 1), default_args={"retries": 2}):
    load = BashOperator(task_id="load", bash_command="load {{ run_id }}", outlets=[orders])

    @task
    def report(limit: int = 10) -> int:
        return limit + 1

    load >> report()
"""


def test_a_plain_migrated_file_is_passed_over(tmp_path: Path) -> None:
    from upgradecheck import check
    from upgradecheck.config import Options
    from upgradecheck.model import Passed

    (tmp_path / "dag.py").write_text(MIGRATED, "utf-8")
    report = check([tmp_path], Options(cache=False))
    assert report.outcomes == (Passed("dag.py"),), "a trigger lets in what no rule can find anything in"
