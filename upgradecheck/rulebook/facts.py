"""The rules: front matter, prose, tables, and the verbs they name.

Nothing here knows Airflow. A rule is a stem in a rules folder: ``stem.md`` with TOML front matter,
and, where it has rows, ``stem.csv``. Lookups that are no rule stand in ``tables/``.
"""

from __future__ import annotations

import csv
import importlib
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path

import msgspec
from msgspec import Struct

from upgradecheck.rulebook.lines import Lines

FENCE = "+++"
_HOME = 3  # parts: fewer tell little, more are nearly the names themselves


class RuleError(Exception):
    """A rule file is malformed; the message names the file and the remedy."""


class Front(Struct, frozen=True):
    """A rule's front matter, and the head of its table."""

    id: str
    stem: str
    verbs: tuple[str, ...]
    fix: str
    tags: tuple[str, ...] = ()
    ruff: tuple[str, ...] = ()
    least_from: str = ""  # the rule says nothing to projects that come from an older version
    before: str = ""  # it says nothing to projects that come from this version or a newer one
    on_request: bool = False  # it runs only where every rule is asked for, or this one by name
    replay: str = ""  # the case (tests/fixtures/against) in which the runtime shows the same
    unshown: str = ""  # why no such case can show it
    reads: str = ""  # what it looks at beside the project's files: "database" (its questions stand in ``stem.sql``)
    header: tuple[str, ...] = ()  # its table's columns, where it has rows
    homes: tuple[str, ...] = ()  # where the names in its table lie (`home`), as a release brings it along


class Rule(Front, frozen=True, dict=True, kw_only=True):
    """One rule as its files give it."""

    folder: Path

    @cached_property
    def text(self) -> str:
        """The Markdown below the front matter."""
        return (self.folder / f"{self.stem}.md").read_text("utf-8").partition(f"\n{FENCE}\n")[2]

    @cached_property
    def lines(self) -> Lines:
        """The table's lines by their first cell; cells are split only when a line is asked for."""
        return index_lines(self.folder / f"{self.stem}.csv")

    @cached_property
    def _homes(self) -> frozenset[str]:
        return frozenset(self.homes)

    def of(self, name: str) -> list[str]:
        """The table's lines about a dotted name; a table that is known to have none is not opened."""
        return [] if self.homes and home(name) not in self._homes else self.lines.of(name)

    def tops(self) -> Iterable[str]:
        """The top-level packages of the names in its table."""
        return (name.partition(".")[0] for name in self.homes) if self.homes else self.lines.tops()

    @property
    def title(self) -> str:
        """The first heading."""
        return self.text.partition("# ")[2].partition("\n")[0].strip()


def home(name: str) -> str:
    """The first parts of a dotted name."""
    return ".".join(name.split(".", _HOME)[:_HOME])


def rule_id(stem: str) -> str:
    """``removed_import`` → ``RemovedImportRule``."""
    return "".join(word.capitalize() for word in stem.split("_")) + "Rule"


def own_rules() -> Path:
    """The folder of the rules that ship with the tool."""
    return Path(importlib.import_module("upgradecheck.rules").__path__[0])


def load_all(packs: Iterable[str]) -> tuple[Rule, ...]:
    """All rules: the shipped ones and those of these rule packs. Raises `RuleError`."""
    return load(tuple(Path(pack).resolve() for pack in packs))


@cache
def load(folders: tuple[Path, ...] = ()) -> tuple[Rule, ...]:
    """All rules of the shipped folder and of further rule packs, by id. Raises `RuleError`."""
    rules = {rule.id: rule for rule in _stored() or _read(own_rules())}
    for folder in folders:
        if not folder.is_dir():
            raise RuleError(f"{folder}: there is no such folder of rules")
        for rule in _read(folder):
            if rule.id in rules:
                raise RuleError(f"{folder / rule.stem}.md: the rule id {rule.id} is taken: rename the file")
            _require_sound(rule, rules.values())
            rules[rule.id] = rule
    return tuple(sorted(rules.values(), key=lambda rule: rule.id))


def _read(folder: Path) -> list[Rule]:
    return [read_rule(path) for path in sorted(folder.glob("*.md")) if path.name != "README.md"]


def fronts(folder: Path) -> Path:
    """Where a release has the front matter of its rules, in one file (see `turned`)."""
    return folder / "fronts.json"


def _stored() -> list[Rule]:
    path = fronts(own_rules())
    found = msgspec.json.decode(path.read_bytes(), type=list[Front]) if path.is_file() else []
    return [Rule(**msgspec.structs.asdict(front), folder=path.parent) for front in found]


def _require_sound(rule: Rule, known: Iterable[Rule]) -> None:
    """Raises `RuleError` for a rule of a pack whose table is not as its verb needs it."""
    from upgradecheck.rulebook.rulepack import fault

    like = (other.header for other in known if other.header and set(other.verbs) & set(rule.verbs))
    statuses = [row["column"] for row in lookup("releases")]
    if found := fault(rule.folder / f"{rule.stem}.csv", next(like, []), statuses):
        raise RuleError(found)


def read_rule(path: Path) -> Rule:
    """One rule from its Markdown file. Raises `RuleError`."""
    import tomli

    try:
        head = path.read_text("utf-8").removeprefix(FENCE).partition(f"\n{FENCE}\n")[0]
        front = tomli.loads(head)
        verbs = front.get("verb", [])
        rule = Rule(
            id=front["id"],
            stem=path.stem,
            verbs=tuple([verbs] if isinstance(verbs, str) else verbs),
            fix=front["fix"],
            tags=tuple(front.get("tags", ())),
            ruff=tuple(front.get("ruff", ())),
            folder=path.parent,
            least_from=front.get("from", ""),
            before=front.get("before", ""),
            on_request=front.get("on-request", False),
            replay=front.get("replay", ""),
            unshown=front.get("unshown", ""),
            reads=front.get("reads", ""),
            header=_header(path.with_suffix(".csv")),
        )
    except OSError as error:
        raise RuleError(f"{error.filename}: cannot be read ({error.strerror}): give read permission") from error
    except (tomli.TOMLDecodeError, UnicodeDecodeError, KeyError) as error:
        raise RuleError(f"{path}: the front matter is not as it should be ({error})") from error
    if rule.id != rule_id(path.stem):
        raise RuleError(f"{path}: its id is {rule.id}, its name asks for {rule_id(path.stem)}")
    return rule


def below(dotted: str, names: frozenset[str]) -> bool:
    """Whether a dotted name is one of these, or lies below one."""
    while dotted:
        if dotted in names:
            return True
        dotted = dotted.rpartition(".")[0]
    return False


def index_lines(path: Path) -> Lines:
    """A table's lines by first cell. Empty where there is no such file."""
    return Lines(path.read_bytes() if path.is_file() else b"")


def _header(path: Path) -> tuple[str, ...]:
    """The column names in a table's first line; empty where there is no such file."""
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8", errors="replace") as lines:  # `rulepack` says what is wrong with it
        return tuple(lines.readline().strip().split(","))


def cells(line: str) -> list[str]:
    """One table line, split; what stands in many lines is kept once."""
    return list(map(sys.intern, next(csv.reader([line])) if '"' in line else line.split(",")))


@cache
def lookup(name: str) -> tuple[dict[str, str], ...]:
    """A whole table of ``rules/tables/``, one dictionary a row."""
    with (own_rules() / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as rows:
        table = csv.reader(rows)
        header = next(table)
        return tuple(dict(zip(header, row, strict=True)) for row in table)


@cache
def endings() -> tuple[str, ...]:
    """How the names of files end that may be templates."""
    return tuple(row["ending"] for row in lookup("template_endings"))


@cache
def minors() -> tuple[str, ...]:
    """The target versions we hold facts about, oldest first: the statuses' column order."""
    return tuple(row["minor"] for row in lookup("releases"))


@cache
def number(version: str) -> tuple[int, ...]:
    """A version for comparing: 2.10 comes after 2.9."""
    return tuple(map(int, version.split(".")))


def runs_on(new_2x: str, new_from: str, version: str) -> bool:
    """Whether a version has what is there from ``new_from`` on (one major version before: from ``new_2x`` on)."""
    least = new_2x if number(version)[0] < number(new_from or "0")[0] else new_from
    return bool(least) and number(least) <= number(version)


def stamp(folders: tuple[Path, ...] = ()) -> str:
    """Changes whenever a rule, a table or a verb changes: part of every cache key."""
    from upgradecheck import __version__

    here = Path(__file__).parents[1]
    verbs = Path(importlib.import_module("upgradecheck.codemods").__path__[0])
    stats = [os.stat(file) for tree in (own_rules(), *folders, verbs, here) for file in _files(tree)]
    return f"{__version__}:{len(stats)}:{max(s.st_mtime_ns for s in stats)}:{sum(s.st_size for s in stats)}"


def _files(tree: Path) -> Iterator[str]:
    """The files of code and data in a folder, sub-folders too."""
    for folder, _, names in os.walk(tree):
        yield from (f"{folder}/{name}" for name in names if name.endswith((".py", ".md", ".csv", ".sql")))
