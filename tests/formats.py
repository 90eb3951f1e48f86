"""Findings and files whose names try to speak in a report's name, for the tests of formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from test_cli import OLD

from upgradecheck.model import Finding, NoFix, Severity, Span
from upgradecheck.report import Report

NASTY = (
    "dags/a,title=b::%0A,line=7.py",
    "dags/new\nline\n::error file=x::pwned\n## heading.py",
    "dags/##[add-path]evil.py",
    "dags/<img src=x onerror=alert(1)>.py",
    "dags/[link](javascript:x) *bold* |cell| `tick` @everyone www.evil.example https:evil.py",
    "dags/ünï cødé 🛫.py",
)


def finding(document: str, severity: Severity = Severity.ERROR, line: int = 1, message: str = "") -> Finding:
    return Finding(
        "SomeRule", severity, f"subject of {document}", message or f"`{document}` is gone", "Use `{x}` [y](z).", "3.0",
        document, Span(line, 1, line, 5), NoFix("none"), fingerprint=f"{document}:{line}",
    )  # fmt: skip


def report(*findings: Finding, **more: Any) -> Report:
    return Report(findings, (), "3.3", "asked", "2.11", "asked", **more)


def folder(root: Path, names: tuple[str, ...]) -> Path:
    (root / "upgradecheck.toml").touch()
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(OLD, "utf-8")
    return root
