"""Small projects written into one page: a heading, what becomes of the project, and its files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_SECTION = re.compile(r"^## (?P<title>.+)\n\n(?P<outcome>\w+)(?:: (?P<reason>.+))?\n", re.M)
_FILE = re.compile(r"^~~~python (?P<name>\S+)\n(?P<text>.*?)^~~~$", re.M | re.S)


@dataclass(frozen=True)
class Shape:
    """A project; ``outcome`` is safe, unsafe or declined, and ``reason`` why it is declined."""

    title: str
    outcome: str
    reason: str
    files: dict[str, str]

    def write(self, folder: Path) -> None:
        """Put the project into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "upgradecheck.toml").touch()
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")


def shapes(page: Path) -> list[Shape]:
    """The projects of a page."""
    text = page.read_text("utf-8")
    found = list(_SECTION.finditer(text))
    ends = [section.start() for section in found[1:]] + [len(text)]
    return [
        Shape(
            s["title"],
            s["outcome"],
            s["reason"] or "",
            {m["name"]: m["text"] for m in _FILE.finditer(text, s.end(), end)},
        )
        for s, end in zip(found, ends, strict=True)
    ]
