"""Where DAG files lie, and the plugins that belong to them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def dag_files(paths: Iterable[Path]) -> list[tuple[Path, Path]]:
    """(file, the folder it is named from): a file as it is given, of folders those that Airflow would look into."""
    found = []
    for path in paths:
        if path.is_dir():
            inner = sorted(p for p in path.rglob("*.py") if not any(part.startswith(".") for part in p.parts[1:]))
            found += [(p.resolve(), path.resolve()) for p in inner if _may_hold_dags(p)]
        else:
            found.append((path.resolve(), path.resolve().parent))
    return found


def _may_hold_dags(path: Path) -> bool:
    """Airflow's safe mode: the words stand somewhere in the file."""
    text = path.read_bytes().lower()
    return b"dag" in text and b"airflow" in text


def plugins(root: Path) -> tuple[str, ...]:
    """The folder of plugins beside or in that of the DAGs: what lies there can be imported as well."""
    found = (folder / "plugins" for folder in (root.parent, root))
    return tuple(str(folder) for folder in found if folder.is_dir())
