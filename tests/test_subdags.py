"""Every shape of a SubDAG becomes a task group or is declined with its reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from shapes import Shape, shapes

from upgradecheck.model import Fix, NoFix
from upgradecheck.report import Report

SHAPES = shapes(Path(__file__).parent / "fixtures" / "subdags.md")
RULE = "SubDagOperatorRule"


def test_the_page_holds_them_all() -> None:
    outcomes = [shape.outcome for shape in SHAPES]
    assert len(SHAPES) >= 45
    assert set(outcomes) == {"safe", "unsafe", "declined"}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.title)
def test_a_shape_is_fixed_or_declined(tmp_path: Path, run: Callable[..., Report], shape: Shape) -> None:
    shape.write(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in shape.files}
    found = [f for f in run(select=(RULE,)).findings if f.rule_id == RULE]
    fixes = [finding.fix for finding in found]

    if shape.outcome == "declined":
        assert shape.reason in [fix.reason for fix in fixes if isinstance(fix, NoFix)]
    else:
        assert any(isinstance(fix, Fix) for fix in fixes)

    left = run(select=(RULE,), fix=True, unsafe_fixes=shape.outcome != "safe").findings
    assert bool([f for f in left if f.rule_id == RULE]) == (shape.outcome == "declined")
    after = {name: (tmp_path / name).read_bytes() for name in shape.files}
    assert (after == before) == (shape.outcome == "declined")
    for name, text in after.items():
        compile(text, name, "exec")


@pytest.mark.parametrize("shape", [s for s in SHAPES if s.outcome == "unsafe"], ids=lambda shape: shape.title)
def test_what_loses_something_waits_for_a_word(tmp_path: Path, run: Callable[..., Report], shape: Shape) -> None:
    shape.write(tmp_path)
    found = run(select=(RULE,), fix=True).findings
    cautions = {f.fix.caution for f in found if isinstance(f.fix, Fix) and f.fix.safety == "unsafe"}
    assert cautions
    assert all(cautions)


def test_a_check_for_subdags_is_answered(tmp_path: Path, run: Callable[..., Report]) -> None:
    (tmp_path / "d.py").write_text(
        "from airflow.operators.subdag import SubDagOperator\n\n\ndef tasks(dag):\n"
        "    kinds = (str, SubDagOperator)\n    return [t for t in dag.tasks if isinstance(t, kinds)]\n",
        "utf-8",
    )
    fix = run(select=(RULE,)).findings[0].fix
    assert isinstance(fix, NoFix)
    (tmp_path / "d.py").write_text(
        "from airflow.operators.subdag import SubDagOperator\n\n\ndef tasks(dag):\n"
        "    return [t for t in dag.tasks if not isinstance(t, (SubDagOperator, str)) and"
        " not isinstance(t, SubDagOperator)\n        and isinstance(t, (int, SubDagOperator))]\n",
        "utf-8",
    )
    fix = run(select=(RULE,)).findings[0].fix
    assert isinstance(fix, Fix)
    assert (fix.safety, fix.when) == ("safe", "cutover")
    run(select=(RULE,), fix=True)
    assert (tmp_path / "d.py").read_text("utf-8").lstrip() == (
        "def tasks(dag):\n    return [t for t in dag.tasks if not isinstance(t, (str)) and"
        " not False\n        and isinstance(t, (int))]\n"
    )


def test_an_id_that_is_written_out_is_no_template(tmp_path: Path, run: Callable[..., Report]) -> None:
    (tmp_path / "d.py").write_text(
        "from airflow import DAG\nfrom airflow.operators.subdag import SubDagOperator\n\n\ndef part(parent):\n"
        '    return DAG(f"{parent}.part", schedule=None)\n\n\nwith DAG("p", schedule=None) as dag:\n'
        '    SubDagOperator(task_id="part", subdag=part("p"))\n',
        "utf-8",
    )
    run(select=(RULE,), fix=True, unsafe_fixes=True)
    assert 'TaskGroup(group_id="part")' in (tmp_path / "d.py").read_text("utf-8")
