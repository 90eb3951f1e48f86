"""Guards and bridges that a project on 3.x needs no more: taken out, or left with the reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from upgradecheck.model import Fix, NoFix
from upgradecheck.report import Report

GUARD = "try:\n    from airflow.sdk import {new}\nexcept ImportError:\n    from {old} import {new}\n\nx = {new}\n"


def test_bridges_stay_as_long_as_the_project_runs_on_2x(tmp_path: Path, run: Callable[..., Report]) -> None:
    path = tmp_path / "dag.py"
    path.write_text(GUARD.format(new="task", old="airflow.decorators"))
    assert not run().findings
    assert not run(bridge=True).findings
    (found,) = run(from_version="3.1").findings
    assert (found.rule_id, found.subject) == ("BridgeImportRule", "task")
    assert found.span is not None
    assert (found.span.line, found.span.end_line, found.span.end_column) == (1, 1, 5)
    run(from_version="3.1", fix=True)
    assert path.read_text() == "from airflow.sdk import task\n\nx = task\n"


def test_what_bridges_put_in_the_rule_takes_out(tmp_path: Path, run: Callable[..., Report]) -> None:
    path = tmp_path / "dag.py"
    names = (
        "from airflow.decorators import task\nfrom airflow.models.param import ParamsDict\n\nx = task, ParamsDict\n"
    )
    path.write_text(names)
    run(fix=True)
    plain = path.read_text()
    path.write_text(names)
    run(fix=True, bridge=True)
    assert "common.compat" in path.read_text()
    assert "except ImportError" in path.read_text()
    run(fix=True, from_version="3.3")
    assert sorted(path.read_text().splitlines()) == sorted(
        line for group in plain.splitlines() for line in _one_a_line(group)
    )


def _one_a_line(line: str) -> list[str]:
    """``from a import b, c`` as two imports: the round trip joins no statements."""
    head, found, names = line.partition(" import ")
    return [f"{head} import {name}" for name in names.split(", ")] if found else [line]


def test_a_guard_that_the_older_3x_needs_is_for_the_cutover(tmp_path: Path, run: Callable[..., Report]) -> None:
    path = tmp_path / "dag.py"
    path.write_text(GUARD.format(new="TriggerRule", old="airflow.utils.trigger_rule"))
    (found,) = run(from_version="3.0").findings
    assert isinstance(found.fix, Fix)
    assert found.fix.when == "cutover"
    (left,) = run(from_version="3.0", bridge=True).findings
    assert isinstance(left.fix, NoFix)
    assert left.fix.when == "cutover"


@pytest.mark.parametrize(
    ("guard", "reason"),
    [
        (
            "try:\n    from airflow.sdk import task\nexcept ImportError:\n    from airflow.decorators import task, dag\n",
            "its branches import different names",
        ),
        (
            "try:\n    from airflow.sdk import task\nexcept ImportError:\n    from airflow.decorators import task\n"
            "finally:\n    print()\n",
            "the guard has an `else` or a `finally`",
        ),
        (
            "try: from airflow.sdk import task\nexcept ImportError: from airflow.decorators import task\n",
            "its branches stand on a line with other code",
        ),
        (
            "try:\n    from airflow.sdk import task\n    print()\nexcept ImportError:\n"
            "    from airflow.decorators import task\n",
            "the guard does more than import",
        ),
    ],
)
def test_guards_that_do_more_stay(guard: str, reason: str, tmp_path: Path, run: Callable[..., Report]) -> None:
    path = tmp_path / "dag.py"
    path.write_text(guard)
    (left,) = run(from_version="3.3", fix=True).findings
    assert left.fix == NoFix(reason)
    assert path.read_text() == guard


@pytest.mark.parametrize(
    "guard",
    [
        "try:\n    from airflow.sdk import NobodyKnows as x\nexcept ImportError:\n    from airflow.models import x\n",
        "try:\n    from airflow.sdk import task\nexcept ImportError:\n    task = None\n",
        "try:\n    from airflow.sdk import task\nexcept ValueError:\n    from airflow.decorators import task\n",
        "DEBUG = False\nif DEBUG:\n    from airflow.sdk import task\nelse:\n    from airflow.decorators import task\n",
        "import sys\nif sys.argv:\n    from airflow.sdk import task\nelse:\n    from airflow.decorators import task\n",
    ],
)
def test_what_is_no_settled_guard_is_left_alone(guard: str, tmp_path: Path, run: Callable[..., Report]) -> None:
    (tmp_path / "dag.py").write_text(guard)
    assert not run(from_version="3.3", select=("BridgeImportRule",)).findings


LAYOUT = """\
def lazy():
    # why
    try:
        # the new place
        from airflow.sdk import (
            task,
            # the other
            chain,
        )  # noqa: F401
    except ImportError:  # Airflow 2
        from airflow.decorators import task
        from airflow.models.baseoperator import chain  # old
    return task, chain
"""


UNGUARDED = """\
def lazy():
    # why
    from airflow.sdk import (
        task,
        # the other
        chain,
    )  # noqa: F401
    return task, chain
"""


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace("    ", "\t"),
        lambda text: "\ufeff" + text,
    ],
    ids=["plain", "windows", "old-mac", "tabs", "bom"],
)
def test_a_guard_goes_whatever_the_layout(
    change: Callable[[str], str], tmp_path: Path, run: Callable[..., Report]
) -> None:
    path = tmp_path / "dag.py"
    path.write_bytes(change(LAYOUT).encode())
    run(from_version="3.3", select=("BridgeImportRule",), fix=True)
    assert path.read_bytes() == change(UNGUARDED).encode()


def test_the_other_branch_stays_where_the_first_is_dead(tmp_path: Path, run: Callable[..., Report]) -> None:
    path = tmp_path / "dag.py"
    path.write_text(
        "from airflow import __version__\n\nif __version__ < '3':\n    from airflow.decorators import task\n"
        "else:\n    from airflow.sdk import task  # new\n\nx = task\n"
    )
    run(from_version="3.3", select=("BridgeImportRule",), fix=True)
    assert path.read_text() == (
        "from airflow import __version__\n\nfrom airflow.sdk import task  # new\n\nx = task\n"
    )
