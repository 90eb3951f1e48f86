"""Hold the tables about the REST API against what real Airflow releases publish of theirs (OpenAPI).

    python scripts/check_routes.py --envs /tmp/airflow-envs

Exits with 1 where a table and a release disagree, with 3 where an environment could not be had.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import yaml
from airflow_envs import EnvironmentFailed, ensure

ROOT = Path(__file__).resolve().parents[1]
OLD, NEW = "2.11.2", {"3.0": "3.0.6", "3.1": "3.1.8", "3.2": "3.2.2", "3.3": "3.3.2"}
_METHODS = {"get", "post", "put", "patch", "delete"}
_ELSEWHERE = "auth/"  # endpoints of auth managers stand in another file


def rows(path: Path) -> list[dict[str, str]]:
    """A table's rows."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def published(folder: Path) -> dict[str, Any]:
    """What a release says of its API: the OpenAPI document in its package. Raises `EnvironmentFailed`."""
    found = [*folder.glob("lib/*/site-packages/airflow/api_connexion/openapi/v1.yaml")]
    found += folder.glob("lib/*/site-packages/airflow/api_fastapi/core_api/openapi/*rest-api*.yaml")
    if not found:
        raise EnvironmentFailed(f"{folder}: no OpenAPI document")
    whole: dict[str, Any] = yaml.safe_load(found[0].read_text("utf-8"))
    prefix = "api/v1" if found[0].name == "v1.yaml" else ""
    whole["paths"] = {_plain(prefix + path): item for path, item in whole["paths"].items()}
    return whole


def _plain(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path.strip("/"))


def names(whole: dict[str, Any], schema: dict[str, Any], depth: int = 0) -> Iterator[str]:
    """The names of all properties below a schema."""
    if depth > 6:
        return
    if reference := schema.get("$ref"):
        found: Any = whole
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        yield from names(whole, found, depth + 1)
    for key, inner in schema.get("properties", {}).items():
        yield key
        yield from names(whole, inner, depth + 1)
    inner_schemas = [*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    for inner in [*inner_schemas, *([schema["items"]] if isinstance(schema.get("items"), dict) else ())]:
        yield from names(whole, inner, depth + 1)


def fields(whole: dict[str, Any], path: str, method: str, part: str) -> set[str]:
    """The names that an endpoint knows in one part of requests and answers."""
    item = whole["paths"].get(path, {})
    call = item.get(method.lower(), {})
    if part == "query":
        parameters = [_followed(whole, p) for p in (*item.get("parameters", ()), *call.get("parameters", ()))]
        return {p["name"] for p in parameters if p.get("in") == "query"}
    if part == "response":
        contents = [
            answer.get("content", {}) for code, answer in call.get("responses", {}).items() if code[0] == "2"
        ]
    else:
        contents = [call.get("requestBody", {}).get("content", {})]
    schemas = [kind["schema"] for content in contents for kind in content.values() if "schema" in kind]
    return {name for schema in schemas for name in names(whole, schema)}


def _followed(whole: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    found: Any = whole
    for step in part.get("$ref", "").removeprefix("#/").split("/") if "$ref" in part else ():
        found = found[step]
    return found if "$ref" in part else part


def route_faults(table: list[dict[str, str]], old: dict[str, Any], new: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Routes that no release had, are not gone, or whose successor no release has."""
    for row in table:
        path = row["path"]
        if path.startswith("api/v1/") and _plain(path) not in old["paths"]:
            yield f"{path}: {OLD} does not have it"
        for minor, whole in new.items():
            there = _plain(path) in whole["paths"]
            if there != (row[f"s{minor.replace('.', '')}"] == "ok"):
                yield f"{path}: {'there' if there else 'gone'} in {minor}"
            successor = row["new"]
            known = _plain(successor) in whole["paths"] or _plain(successor).replace("~", "{}") in whole["paths"]
            if successor.count("/") > 1 and not successor.startswith(_ELSEWHERE) and not known:
                yield f"{path}: {minor} has no {successor}"


def field_faults(table: list[dict[str, str]], old: dict[str, Any], new: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Names that the old API did not have, or the new one has."""
    routes = {row["path"]: row["new"] for row in rows(ROOT / "rules" / "tables" / "routes.csv")}
    for row in table:
        path, part = f"api/v1/{row['path']}", "body" if row["part"] == "required" else row["part"]
        successor = _plain(routes[path]).replace("~", "{}")
        for method in row["methods"].split():
            required = row["part"] == "required"
            if not required and row["field"] not in fields(old, _plain(path), method, part):
                yield f"{method} {path}: {OLD} has no {row['field']} in its {part}"
            for minor, whole in new.items():
                known = fields(whole, successor, method, part)
                gone = row[f"s{minor.replace('.', '')}"] != "ok"
                if (row["field"] in known) == (gone and not required):
                    yield f"{method} {successor}: {minor} and {row['field']} in its {part}"
                if row["new"] and row["new"] not in known:
                    yield f"{method} {successor}: {minor} has no {row['new']} in its {part}"


@click.command()
@click.option("--envs", type=click.Path(path_type=Path), required=True, help="Where the environments are kept.")
@click.option("--python", default="3.11", show_default=True)
def main(envs: Path, python: str) -> None:
    """Print what disagrees."""
    try:
        old = published(ensure(envs, OLD, (), python))
        new = {minor: published(ensure(envs, version, (), python)) for minor, version in NEW.items()}
    except EnvironmentFailed as error:
        click.echo(str(error), err=True)
        sys.exit(3)
    routes, table = rows(ROOT / "rules" / "tables" / "routes.csv"), rows(ROOT / "rules" / "rest_field.csv")
    faults = [*route_faults(routes, old, new), *field_faults(table, old, new)]
    for fault in faults:
        click.echo(fault)
    click.echo(f"{len(routes)} routes, {len(table)} names, {len(NEW)} releases: {len(faults)} disagree")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
