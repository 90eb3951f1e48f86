"""Where DAG files lie, and the plugins that belong to them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from pathspec import GitIgnoreSpec

IGNORE = ".airflowignore"
Ignored = tuple[Path, Callable[[str], bool | None]]  # a folder, and what is asked of paths in it

ROOTS = (".git", "pyproject.toml", "setup.py", "setup.cfg", "airflow.cfg")  # where a project begins


def dag_files(paths: Iterable[Path]) -> list[tuple[Path, Path]]:
    """(file, the folder it is named from): a file as it is given, of folders those that Airflow would look into."""
    found = []
    for path in (path.resolve() for path in paths):
        if path.is_dir():
            found += [(each, path) for each in _walk(path) if _may_hold_dags(each)]
        else:
            found.append((path, path.parent))
    return found


def _walk(root: Path) -> Iterator[Path]:
    """The Python files of a folder, those right in it first; links are followed, hidden folders are not."""
    ignored: dict[Path, tuple[Ignored, ...]] = {}
    seen = {root}
    for name, folders, files in os.walk(root, followlinks=True):
        folder = Path(name)
        rules = (*ignored.get(folder, ()), *_rules(folder / IGNORE))
        inner = [folder / each for each in sorted(folders) if not each.startswith(".")]
        inner = [each for each in inner if not _is_ignored(each, rules) and each.resolve() not in seen]
        seen.update(each.resolve() for each in inner)
        ignored.update(dict.fromkeys(inner, rules))
        folders[:] = [each.name for each in inner]
        for each in sorted(files):
            if each.endswith(".py") and not _is_ignored(folder / each, rules):
                yield folder / each


def _rules(file: Path) -> tuple[Ignored, ...]:
    """What an ``.airflowignore`` says: globs as git has them; of 2.x's regular expressions only where it is set."""
    if not file.is_file():
        return ()
    lines = [re.sub(r"\s*#.*", "", line) for line in file.read_text("utf-8", "replace").splitlines()]
    if os.environ.get("AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX", "") == "regexp":
        patterns = [re.compile(line) for line in lines if line]
        return ((file.parent, lambda path: True if any(each.search(path) for each in patterns) else None),)
    spec = GitIgnoreSpec.from_lines(lines)
    return ((file.parent, lambda path: spec.check_file(path).include),)


def _is_ignored(path: Path, rules: Iterable[Ignored]) -> bool:
    """The last rule that says anything counts."""
    said = None
    for folder, asked in rules:
        answer = asked(path.relative_to(folder).as_posix() + ("/" if path.is_dir() else ""))
        said = said if answer is None else answer
    return bool(said)


def _may_hold_dags(path: Path) -> bool:
    """Airflow's safe mode: the words stand somewhere in the file."""
    text = path.read_bytes().lower()
    return b"dag" in text and b"airflow" in text


def plugins(root: Path) -> tuple[str, ...]:
    """The folder of plugins beside or in that of the DAGs: what lies there can be imported as well."""
    found = (folder / "plugins" for folder in (root.parent, root))
    return tuple(str(folder) for folder in found if folder.is_dir())


def remedy(file: Path, module: str) -> str:
    """What to do about a module that a DAG file imports and Python does not find."""
    for folder in _near(file.parent):
        for place in (folder, *(each for each in sorted(folder.glob("[!.]*")) if each.is_dir())):
            if _holds(place, module):
                return f"set PYTHONPATH={place}: {module} lies there"
    top = module.partition(".")[0]
    return f"no {top} is installed here: install what brings it, beside this tool or in the --airflow-python"


def _near(folder: Path) -> Sequence[Path]:
    """The folders around a DAG file, up to where its project begins; where nothing says so, the one above."""
    around = (folder, *folder.parents)
    begins = [number for number, each in enumerate(around) if any((each / name).exists() for name in ROOTS)]
    return around[: begins[0] + 1 if begins else 2]


def _holds(folder: Path, module: str) -> bool:
    found = folder.joinpath(*module.split("."))
    return found.with_suffix(".py").is_file() or (found.is_dir() and any(found.glob("*.py")))
