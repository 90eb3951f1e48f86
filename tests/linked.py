"""Projects of a few files, and where something was found in them."""

from __future__ import annotations

from pathlib import Path

import upgradecheck
from upgradecheck.config import Options
from upgradecheck.model import Finding

OPTIONS = Options(cache=False)


def check(root: Path, files: dict[str, str], options: Options = OPTIONS) -> list[Finding]:
    """The findings of a project made of these files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (root / "upgradecheck.toml").touch()
    return list(upgradecheck.check([root], options).findings)


def places(findings: list[Finding]) -> list[tuple[str, int, str]]:
    return [(f.document, f.span.line if f.span else 0, f.subject) for f in findings]
