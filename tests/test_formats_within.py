"""Files that hold others, Terraform and JSON: what is broken, what only they have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from upgradecheck.model import Skipped, Unparsable
from upgradecheck.report import Report
from upgradecheck.rulebook import facts

TERRAFORM = """# airflow é
locals {
  env = merge(var.common, { AIRFLOW__WEBSERVER__EXPOSE_CONFIG = "True" })
  url = "http://${var.host}/api/v1/dags/nightly/dagRuns"
  command = var.old ? ["airflow", "db", "init"] : local.none
}
"""


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def told(report: Report) -> set[tuple[str, str, int]]:
    return {(f.document, f.rule_id, f.span.line) for f in report.findings if f.span}


def test_terraform_is_read_through_functions_and_holes(tmp_path: Path, run: Callable[..., Report]) -> None:
    put(tmp_path, "main.tf", TERRAFORM)
    found = told(run())
    assert {("main.tf", "ConfigOptionRule", 3), ("main.tf", "RestRouteRule", 4)} <= found


def test_what_only_terraform_knows_has_no_value(tmp_path: Path, run: Callable[..., Report]) -> None:
    put(tmp_path, "main.tf", 'airflow_configuration_options = {\n  "core.executor" = var.executor\n}\n')
    assert not told(run())


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("main.tf", '# airflow\nresource "a" {\n  b = = 1\n}\n', 3),
        ("a.json", '{"image": "apache/airflow:2.9.1",\n "x": }', 2),
    ],
)
def test_a_broken_file_is_told(name: str, text: str, line: int, tmp_path: Path, run: Callable[..., Report]) -> None:
    put(tmp_path, name, text)
    report = run()
    assert [type(outcome) for outcome in report.outcomes] == [Unparsable]
    assert [f.span.line for f in report.findings if f.span] == [line]


@pytest.mark.parametrize("text", ['// airflow\n{"a": 1}', '{"a": "airflow"}\n{"a": 2}', '{"a": {{ airflow }}}'])
def test_json_of_another_kind_is_skipped(text: str, tmp_path: Path, run: Callable[..., Report]) -> None:
    put(tmp_path, "a.json", text)
    assert {type(outcome) for outcome in run().outcomes} <= {Skipped}


def test_a_schema_of_values_gives_none(tmp_path: Path, run: Callable[..., Report]) -> None:
    put(tmp_path, "values.schema.json", '{"title": "airflow", "properties": {"webserver": {}, "executor": {}}}')
    assert not told(run())


def test_large_json_is_data(tmp_path: Path, run: Callable[..., Report]) -> None:
    put(tmp_path, "manifest.json", '{"airflow": "' + "x" * 2_100_000 + '"}')
    assert {type(outcome) for outcome in run().outcomes} <= {Skipped}


def test_json_with_tabs_escapes_and_halves_of_characters(tmp_path: Path, run: Callable[..., Report]) -> None:
    text = '{\n\t"a": "\\/ \\ud83d\\ude00 é",\r\n\t"image": "apache/airflow:2.9.1"\n}'
    put(tmp_path, "a.json", text)
    assert told(run()) == {("a.json", "OutdatedImageRule", 3)}


def test_a_fix_inside_of_an_embedded_file_edits_just_that(tmp_path: Path, run: Callable[..., Report]) -> None:
    text = "data:\r\n  start.sh: |\r\n    #!/bin/bash\r\n    airflow db init # why\r\n  other: 1\r\n"
    path = put(tmp_path, "map.yaml", text)
    run(fix=True)
    assert path.read_bytes().decode() == text.replace("db init", "db migrate")


def test_options_in_an_embedded_configuration_stay(tmp_path: Path, run: Callable[..., Report]) -> None:
    text = "data:\n  airflow.cfg: |\n    [webserver]\n    expose_config = True\n"
    path = put(tmp_path, "map.yaml", text)
    report = run(fix=True)
    assert path.read_text() == text
    assert told(report) == {("map.yaml", "ConfigOptionRule", 4)}


def test_images_and_running_servers_are_judged_alike() -> None:
    """`OutdatedServerRule` tells of images what `DatabaseServerRule` tells of the server that answers."""
    rules = {rule.id: rule for rule in facts.load()}
    images, answers = (
        [dict(zip(rule.header, facts.cells(line), strict=True)) for lines in rule.lines.values() for line in lines]
        for rule in (rules["OutdatedServerRule"], rules["DatabaseServerRule"])
    )
    dialects = {"postgres": "postgresql"}
    known = {(row["query"], row["value"]): [row[f"s3{n}"] == "ok" for n in range(4)] for row in answers}
    for row in images:
        version = (dialects.get(row["image"], row["image"]), row["version"])
        if version != ("mysql", "5"):  # a tag without its second number
            assert known[version] == [row[f"s3{n}"] == "ok" for n in range(4)], version
