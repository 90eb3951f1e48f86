"""The folder of a bundle, and what is deployed into it. The standard library only."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NEWEST = "newest"


def links(source: Path, folder: Path) -> None:
    """A folder with one DAG file and its neighbours, which are no DAG files there."""
    folder.mkdir(exist_ok=True)
    for each in source.parent.iterdir():
        if each.name != ".airflowignore":
            (folder / each.name).symlink_to(each)
    (folder / ".airflowignore").write_text(f"*\n!{source.name}\n", "utf-8")


def copied(source: Path, folder: Path, called: str) -> None:
    """Files that are new to whoever looks at their times. Of a file: it alone, under this name."""
    if source.is_dir():
        shutil.copytree(source, folder, copy_function=shutil.copyfile, dirs_exist_ok=True)
    else:
        folder.mkdir(exist_ok=True)
        shutil.copyfile(source, folder / called)


def newest(folder: Path) -> str:
    """The newest version of a bundle that keeps them."""
    return (folder / NEWEST).read_text("utf-8")


def deploy(source: Path, folder: Path, called: str, versioned: bool) -> None:
    """Put files in the place of a bundle's, or beside them as its newest version."""
    if versioned:
        number = str(int(newest(folder)) + 1) if (folder / NEWEST).exists() else "1"
        copied(source, folder / number, called)
        (folder / "next").write_text(number, "utf-8")
        os.replace(folder / "next", folder / NEWEST)
        return
    for each in list(folder.iterdir()):
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()
    copied(source, folder, called)
