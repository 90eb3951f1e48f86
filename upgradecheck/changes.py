"""What git says changed: ``--changed-since REF`` and ``--staged`` narrow a run to it.

The project is still read whole, so that names are followed as ever; only the changed files are reported.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

from msgspec.structs import replace

from upgradecheck import git
from upgradecheck.config import CannotCheck, ConfigError, Options
from upgradecheck.discover import Tree, checkout, excluded, kind_of
from upgradecheck.model import Document

_DEEPER = "fetch more of it (`git fetch --unshallow`; with actions/checkout: `fetch-depth: 0`)"
_PARTLY = "it has changes that are not staged: stage them, or stash them"


def narrow(trees: Sequence[Tree], options: Options) -> None:
    """Leave only changed files asked for. Raises `ConfigError`, `CannotCheck`."""
    for tree in trees:
        _inside(tree.root, "--staged" if options.staged else f"--changed-since {options.changed_since}")
        if options.staged:
            names = _names(tree.root, "diff", "--cached", "--diff-filter=d", *_LISTED)
            _take_staged(tree, names, [other.root for other in trees])
        else:
            names = _since(tree.root, options.changed_since)
        tree.only, tree.whole = names, False
        tree.selection = "staged" if options.staged else f"changed since {options.changed_since}"
        tree.skipped = [skipped for skipped in tree.skipped if skipped.document in names]
        for name, document in tree.documents.items():
            if name not in names and document.selected:
                tree.documents[name] = replace(document, selected=False)


_LISTED = ("--name-only", "-z", "--relative", "--no-ext-diff")


def _since(root: Path, reference: str) -> frozenset[str]:
    """What differs from where HEAD and a reference parted, work that is not committed or not tracked included."""
    base = _merge_base(root, reference)
    changed = _names(root, "diff", "--diff-filter=d", *_LISTED, base)
    return changed | _names(root, "ls-files", "-z", "--others", "--exclude-standard")


def changed_lines(folder: Path, reference: str, names: Iterable[str]) -> dict[str, Container[int]]:
    """Of these files (below the checkout), those that differ from the reference, with their new lines.

    What counts is the difference from where HEAD and the reference parted; in a shallow clone that does
    not reach back so far, from the reference itself. Raises `ConfigError`, `CannotCheck`.
    """
    _inside(folder, f"--annotate-since {reference}")
    top = checkout(folder) or folder
    try:
        base = _merge_base(top, reference, "--annotate-since")
    except CannotCheck:
        if _git(top, "cat-file", "-e", f"{reference}^{{commit}}").returncode:
            raise
        base = reference
    fresh = _names(top, "ls-files", "-z", "--others", "--exclude-standard")
    changed = _names(top, "diff", "--diff-filter=d", *_LISTED, base)
    found: dict[str, Container[int]] = {name: range(1, sys.maxsize) for name in fresh.intersection(names)}
    for name in changed.intersection(names):
        shown = _output(top, "--literal-pathspecs", "diff", "--no-ext-diff", "--no-color", "-U0", base, "--", name)
        found[name] = {line for hunk in _HUNK.finditer(shown) for line in _new_lines(hunk)}
    return found


_HUNK = re.compile(rb"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


def _new_lines(hunk: re.Match[bytes]) -> range:
    first, count = int(hunk[1]), int(hunk[2] or 1)
    return range(first, first + count)


def _merge_base(root: Path, reference: str, option: str = "--changed-since") -> str:
    done = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
    if done.returncode:
        what = f"{option} {reference}: git knows no such reference"
        if _shallow(root):
            raise CannotCheck(f"{what}, and this is a shallow clone: {_DEEPER}")
        raise ConfigError(f"{what}: `git branch --all` and `git tag` list them, `git fetch` brings a remote's")
    commit = done.stdout.decode("ascii").strip()
    done = _git(root, "merge-base", commit, "HEAD")
    if done.returncode == 0:
        return done.stdout.decode("ascii").split()[0]
    what = f"{option} {reference}: it has no commit in common with HEAD"
    if _shallow(root):
        raise CannotCheck(f"{what} in this shallow clone: {_DEEPER}")
    raise ConfigError(f"{what}: name the branch that this one came from")


def _shallow(root: Path) -> bool:
    return _git(root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def _take_staged(tree: Tree, names: Iterable[str], roots: Sequence[Path]) -> None:
    """Give the documents the content that would be committed, where the file has more changes than that."""
    partly = _names(tree.root, "diff", *_LISTED)
    for name in partly.intersection(names):
        document = tree.documents.get(name) or _missing(tree, name, roots)
        if document is not None and document.selected:
            data = _output(tree.root, "cat-file", "--filters", f":./{name}")
            tree.documents[name] = replace(document, data=data, locked=_PARTLY)


def _missing(tree: Tree, name: str, roots: Sequence[Path]) -> Document | None:
    """The document of a file that is staged and no longer there; None for one that was not asked for."""
    path = tree.root / name
    kind = kind_of(path.name)
    asked = any(path.is_relative_to(place) for place in tree.asked)
    nested = any(
        path.is_relative_to(root) and root.is_relative_to(tree.root) for root in roots if root != tree.root
    )
    wanted = kind and asked and not nested and not path.exists() and not excluded(name, tree.options)
    return Document(path, name, kind) if kind and wanted else None


# -- git ---------------------------------------------------------------------------------------------------


def _names(root: Path, *arguments: str) -> frozenset[str]:
    found = _output(root, *arguments).split(b"\0")
    return frozenset(os.fsdecode(name) for name in found if name)


def _inside(root: Path, option: str) -> None:
    done = _git(root, "rev-parse", "--is-inside-work-tree")
    if done.returncode == 0 and done.stdout.strip() == b"true":
        return
    if any((folder / ".git").exists() for folder in (root, *root.parents)):
        raise CannotCheck(f"{option}: git cannot read {root}: {_said(done)}")
    raise ConfigError(f"{option}: {root} is not in a git repository: leave the option out, or run it in a checkout")


def _output(root: Path, *arguments: str) -> bytes:
    done = _git(root, *arguments)
    if done.returncode:
        raise CannotCheck(f"git {arguments[0]} failed in {root}: {_said(done)}")
    return done.stdout


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join(done.stderr.decode("utf-8", "replace").split()) or "it does not say why"


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return git.run(root, *arguments)
    except OSError as error:
        raise CannotCheck(f"git cannot be run ({error.strerror}): install it, or leave the option out") from error
