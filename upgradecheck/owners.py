"""Who owns which file: the configuration's ``owners``, else the checkout's CODEOWNERS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

_PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
Owners = dict[str, tuple[str, ...]]


def owners(root: Path, checkout: Path, configured: Iterable[tuple[str, str]], documents: Iterable[str]) -> Owners:
    """Document → its owners; who has none is left out. As in CODEOWNERS the last pattern that fits decides."""
    given = list(configured)
    if given:
        return {name: (team,) for name in documents if (team := _team(name, given))}
    text = next(filter(None, (_read(checkout / place) for place in _PLACES)), "")
    if not text:
        return {}
    from codeowners import CodeOwners

    prefix = "".join(f"{part}/" for part in root.relative_to(checkout).parts)
    lines = CodeOwners("\n".join(filter(_understood, _without_sections(text))))
    found = {name: tuple(owner for _, owner in lines.of(prefix + name)) for name in documents}
    return {name: who for name, who in found.items() if who}


def _understood(line: str) -> bool:
    """Whether a line's pattern is one; as on the platforms a line that is not counts for nothing."""
    from codeowners import CodeOwners

    try:
        CodeOwners(line)
    except (ValueError, re.error):
        return False
    return True


def _team(name: str, given: list[tuple[str, str]]) -> str:
    fits = (team for glob, team in given if fnmatch(name, glob) or fnmatch(name, f"{glob.rstrip('/')}/*"))
    return (list(fits) or [""])[-1]


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):  # no such file, or none that names an owner
        return ""


def _without_sections(text: str) -> Iterator[str]:
    """GitLab's ``[section] @default`` lines taken out, their defaults written behind patterns without an owner."""
    default = ""
    for line in text.splitlines():
        bare = line.partition(" #")[0].strip()
        if bare.startswith(("[", "^[")):
            default = bare.rpartition("]")[2].strip()
        elif bare and not bare.startswith("#") and default and len(bare.replace("\\ ", "").split()) == 1:
            yield f"{bare} {default}"
        else:
            yield bare
