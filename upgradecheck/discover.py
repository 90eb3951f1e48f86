"""Paths to documents: which project a path belongs to, what lies in it, what is left out and why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from upgradecheck.config import CONFIG_FILES, Config, ConfigError, Options, meets, nearest, read
from upgradecheck.model import Document, Outcome, Skipped
from upgradecheck.rulebook.facts import endings
from upgradecheck.texts.formats import NOTEBOOK, PYTHON, UNREAD, form, form_of

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_FOLDERS_LEFT_OUT = {
    "__pycache__": "byte code",
    "node_modules": "installed packages",
    "site-packages": "installed packages",
    "__pypackages__": "installed packages",
    **dict.fromkeys((".git", ".hg", ".svn", ".bzr", ".jj"), "version control"),
    **dict.fromkeys((".venv", ".env", ".conda", ".direnv", ".pyenv", ".eggs", ".npm"), "installed packages"),
    **dict.fromkeys((".cache", ".hypothesis", ".nox", ".terraform", ".tox"), "tool folder"),
    **dict.fromkeys((".mypy_cache", ".pytest_cache", ".ruff_cache"), "tool folder"),
    **dict.fromkeys((".idea", ".vscode", ".Trash"), "tool folder"),
}
_COPIES = "/.ipynb_checkpoints/"  # of modules too, and those are loaded from there like any other
TEMPLATE = "template"
KINDS = {**dict.fromkeys(endings(), TEMPLATE), ".py": PYTHON, ".ipynb": NOTEBOOK}
CACHE_FOLDER = ".upgradecheck_cache"
_NEVER_SET = frozenset({"", "loadlist", "requirements", "toml"})


class Tree(Struct):
    """One project: its root, its options, all documents of it, and which of them were asked for."""

    root: Path
    options: Options
    asked: list[Path] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    whole: bool = False  # all of it was asked for that is ever asked for
    only: frozenset[str] | None = None  # what git says changed, where only that was asked for
    unread: dict[str, int] = field(default_factory=dict)  # kinds of files that no reader understands
    apart: list[Outcome] = field(default_factory=list)  # what was found in no file: in the metadata database
    selection: str = ""  # in words, what of the paths is left where not all is

    @property
    def folder(self) -> str:
        """The root below the git checkout, with a slash at the end; "" at its top, or without one."""
        top = checkout(self.root)
        return "".join(f"{part}/" for part in self.root.relative_to(top).parts) if top else ""

    @property
    def configuring(self) -> list[Path]:
        """The files that may set options of the configuration: what is no code and no list of packages."""
        return [found.path for found in self.documents.values() if form(found) not in _NEVER_SET]


def discover(options: Options) -> list[Tree]:
    """The projects that the paths lie in. Raises `ConfigError` for a path that does not exist."""
    configs: dict[Path, Config | None] = {}
    trees: dict[Path, Tree] = {}
    pending = list(_asked(options, configs))
    while pending:
        path = pending.pop(0)
        config = nearest(path if path.is_dir() else path.parent, configs)
        root = config.root if config else _root(path)
        if root not in trees:
            trees[root] = Tree(root, config.merge(options) if config else options)
        pending += _select(trees[root], path)
    for tree in trees.values():
        _complete(tree)
        config = configs.get(tree.root)
        usual = [tree.root / name for name in config.values.get("paths", ())] if config else []
        covered = all(any(place.is_relative_to(p) for p in tree.asked) for place in usual or [tree.root])
        tree.whole = covered and not options.exclude
    return list(trees.values())


def project_of(path: Path) -> tuple[Path, Config | None]:
    """The root of the project that a folder lies in, and the configuration in force. Raises `ConfigError`."""
    config = nearest(path, {})
    return (config.root if config else _root(path)), config


def _asked(options: Options, configs: dict[Path, Config | None]) -> Iterator[Path]:
    here = Path.cwd()
    names, named_in = options.paths, ""
    if not names and (config := nearest(here, configs)):
        names = tuple(str(config.root / p) for p in config.values.get("paths", ()))
        named_in = f": correct 'paths' in {config.file}"
    for name in names or (".",):
        path = here / name
        if not path.exists() and not path.is_symlink():
            raise ConfigError(f"{name}: there is no such file or folder{named_in}")
        yield Path(os.path.normpath(path))


def _root(path: Path) -> Path:
    """The project root without a configuration: the git checkout, else the working directory, else the path."""
    folder = path if path.is_dir() else path.parent
    here = Path.cwd()
    return checkout(folder) or (here if folder.is_relative_to(here) else folder)


def checkout(folder: Path) -> Path | None:
    """The git checkout that a folder lies in."""
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), None)


def _select(tree: Tree, path: Path) -> list[Path]:
    """Take a path into its project; returns the folders below it that are projects of their own."""
    tree.asked.append(path)
    nested: list[Path] = []
    if path.is_dir():
        for document in walk(tree, path, nested):
            tree.documents[document.name] = document
    else:
        name = path.relative_to(tree.root).as_posix()
        if tree.options.force_exclude and (reason := excluded(name, tree.options)):
            tree.skipped.append(Skipped(name, reason))
            tree.selection = "not excluded"
        else:
            tree.documents[name] = Document(path, name, kind_of(path.name) or "python")
    return nested


def kind_of(name: str) -> str | None:
    """Which reader understands a file of this name."""
    found = _any_kind(name)
    return None if found in UNREAD else found


def _any_kind(name: str) -> str | None:
    return KINDS.get(os.path.splitext(name)[1]) or form_of(name) or None


def _complete(tree: Tree) -> None:
    """Add the rest of the project, which is read to follow names but not reported."""
    if tree.root in tree.asked:
        return
    quiet = Tree(tree.root, tree.options)
    for document in walk(quiet, tree.root, []):
        if document.name not in tree.documents:
            tree.documents[document.name] = replace(document, selected=False)


def walk(tree: Tree, top: Path, nested: list[Path]) -> Iterator[Document]:
    """The documents below a folder, in a stable order.

    What is left out goes to ``tree.skipped``, folders that are projects of their own to ``nested``.
    """
    prefix = len(str(tree.root).rstrip("/")) + 1
    ignored = Ignored(tree.root, top)
    pending = [str(top)]
    while pending:
        folder = pending.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            tree.skipped.append(Skipped(folder[prefix:], f"cannot be listed: {error.strerror}", True))
            continue
        names = {entry.name for entry in entries}
        if folder != str(tree.root) and not names.isdisjoint(CONFIG_FILES) and read(Path(folder)):
            nested.append(Path(folder))
            continue
        ignored.enter(folder, names)
        for entry in reversed(entries):
            if entry.is_dir(follow_symlinks=False) and entry.name != CACHE_FOLDER:
                if reason := _folder_left_out(entry, tree, ignored, prefix):
                    tree.skipped.append(Skipped(entry.path[prefix:], reason))
                else:
                    pending.append(entry.path)
        for entry in entries:
            kind = _any_kind(entry.name)
            if kind in UNREAD:
                tree.unread[kind] = tree.unread.get(kind, 0) + 1
                continue
            if kind and (entry.is_symlink() or entry.is_file()):
                name = entry.path[prefix:].replace(os.sep, "/")
                if reason := _file_left_out(entry, name, tree, ignored):
                    tree.skipped.append(Skipped(name, reason))
                else:
                    yield Document(entry.path, name, kind)


def _folder_left_out(entry: os.DirEntry[str], tree: Tree, ignored: Ignored, prefix: int) -> str:
    if entry.name in _FOLDERS_LEFT_OUT:
        return _FOLDERS_LEFT_OUT[entry.name]
    if os.path.exists(f"{entry.path}/pyvenv.cfg"):
        return "virtual environment"
    name = entry.path[prefix:].replace(os.sep, "/")
    return excluded(name, tree.options) or ignored.reason(entry.path + "/")


def _file_left_out(entry: os.DirEntry[str], name: str, tree: Tree, ignored: Ignored) -> str:
    if _COPIES in f"/{name}" and kind_of(name) == NOTEBOOK:
        return "a notebook's checkpoint"
    if entry.is_symlink():
        real = os.path.realpath(entry.path)
        if real.startswith(f"{tree.root}{os.sep}") and os.path.exists(real):
            return "a link to another file of the project"
        if os.path.exists(real) and not os.path.isfile(real):
            return "a link to something that is no file"
    return excluded(name, tree.options) or ignored.reason(entry.path)


def excluded(name: str, options: Options) -> str:
    """Why the options leave a file or folder out; "" where they do not."""
    for pattern in options.exclude:
        if meets(name, pattern):
            return f"excluded by {pattern!r}"
    return ""


class Ignored:
    """What the ``.gitignore`` files of the folders that a walk enters leave out, as git understands it: what is
    tracked is not left out."""

    def __init__(self, root: Path, top: Path) -> None:
        self._specs: dict[str, GitIgnoreSpec] = {}
        self._top = root
        self._root = len(str(root).rstrip("/")) + 1
        for folder in (root, *reversed(top.parents)):
            if folder.is_relative_to(root) and folder != top:
                self._load(str(folder))

    def enter(self, folder: str, names: set[str]) -> None:
        """Note the folder's own ``.gitignore``."""
        if ".gitignore" in names:
            self._load(folder)

    def _load(self, folder: str) -> None:
        if os.path.isfile(f"{folder}/.gitignore"):
            from pathspec import GitIgnoreSpec

            try:
                with open(f"{folder}/.gitignore", encoding="utf-8", errors="replace") as lines:
                    self._specs[folder + "/"] = GitIgnoreSpec.from_lines(filter(_understood, lines))
            except OSError:  # as git does: without it nothing is left out, and more is checked
                return

    def reason(self, path: str) -> str:
        """Why a path is left out; empty where it is not."""
        for folder, spec in self._specs.items():
            if path.startswith(folder) and spec.match_file(path[len(folder) :]):
                return "" if self._is_tracked(path) else f"ignored by {folder[self._root :]}.gitignore"
        return ""

    @cached_property
    def _tracked(self) -> frozenset[str]:
        from upgradecheck import git

        return git.tracked_all_the_same(self._top) if checkout(self._top) else frozenset()

    def _is_tracked(self, path: str) -> bool:
        name = path[self._root :].replace(os.sep, "/")
        return name in self._tracked or (path.endswith("/") and any(t.startswith(name) for t in self._tracked))


def _understood(line: str) -> bool:
    """Whether a line is a pattern, or empty; as in git one that is not counts for nothing."""
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
