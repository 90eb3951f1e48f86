"""Write ``rules/tables/stand_ins.csv``: what the modules of providers hold besides the classes of ``classes.csv``.

    python scripts/stand_in_table.py --python AIRFLOW_PYTHON > rules/tables/stand_ins.csv

One row a module of a provider that is installed there: its public names, own ones or of another provider. They are
read off the code, which is not run: half of it needs libraries that are not there. The provider that the runtime
models is left out.
"""

from __future__ import annotations

import argparse
import ast
import csv
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

TABLES = Path(__file__).resolve().parents[1] / "rules" / "tables"
PACKAGE = "airflow.providers"
MODELLED = ("airflow.providers.standard", "airflow.providers.common.compat")
NO_CODE = {"example_dags", "tests", "get_provider_info"}


def folders(python: str) -> list[Path]:
    """Where the providers of an interpreter are."""
    code = f"import {PACKAGE}; print(*{PACKAGE}.__path__, sep='\\n')"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return [Path(line) for line in done.stdout.splitlines() if Path(line).is_dir()]


def is_provider(module: str) -> bool:
    """Whether a module is one of a provider that is not modelled."""
    return module.startswith(f"{PACKAGE}.") and not f"{module}.".startswith(tuple(f"{each}." for each in MODELLED))


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """What runs when a module is loaded and all is well."""
    for statement in body:
        if isinstance(statement, ast.If):
            checking = "TYPE_CHECKING" in ast.unparse(statement.test)
            yield from statements(statement.orelse if checking else [*statement.body, *statement.orelse])
        elif isinstance(statement, ast.Try):
            yield from statements(statement.body)
        else:
            yield statement


def names(tree: ast.Module) -> Iterator[str]:
    """The public names of a module: defined there, or another provider's."""
    for statement in statements(tree.body):
        if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield statement.name
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        elif isinstance(statement, ast.ImportFrom) and is_provider(statement.module or ""):
            yield from (alias.asname or alias.name for alias in statement.names if alias.name != "*")


def modules(folder: Path) -> Iterator[tuple[str, Path]]:
    """Each module of providers in a folder, by its name."""
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        dotted = ".".join((PACKAGE, *(parts[:-1] if parts[-1] == "__init__" else parts)))
        if NO_CODE.isdisjoint(parts) and is_provider(dotted):
            yield dotted, path


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True)
    python = parser.parse_args().python
    with (TABLES / "classes.csv").open(encoding="utf-8", newline="") as file:
        known = {row["name"] for row in csv.DictReader(file)}
    rows: dict[str, str] = {}
    for module, path in (each for folder in folders(python) for each in modules(folder)):
        found = {name for name in names(ast.parse(path.read_bytes())) if not name.startswith("_")}
        rows[module] = " ".join(sorted(name for name in found if f"{module}.{name}" not in known))
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(("module", "names"))
    table.writerows(sorted(rows.items()))


if __name__ == "__main__":
    main()
