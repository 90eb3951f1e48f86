"""The hazard matrix: pages of cases, and a bench that fixes a project in memory with a made-up package's table.

A page under ``fixtures/hazards`` holds ``## heading`` cases: ``~~~python before [file]``, then ``~~~python after``
(none: the file stays as it is), further files as ``~~~python file``, and ``Declined: reason``.
``before unsafe`` asks for unsafe fixes as well. The pages under ``arguments``, ``rest``,
``interfaces``, ``successors`` and ``tasks`` have the real tables.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from upgradecheck.checker import matters, parse
from upgradecheck.checking import check_text
from upgradecheck.config import Options
from upgradecheck.fixes.fixing import fix_project
from upgradecheck.linking.classes import Classes
from upgradecheck.linking.places import decorators
from upgradecheck.linking.project import Project
from upgradecheck.model import Checked, Document, Finding, Fix, NoFix
from upgradecheck.python.summary import summarise
from upgradecheck.ruleset import Ruleset, ruleset

PAGES = Path(__file__).parent / "fixtures" / "hazards"
_FENCE = re.compile(r"(?ms)^~~~python (?P<words>[^\n]+)\n(?P<text>.*?)^~~~$")
_STATUSES = "broken,broken,broken,broken"
_HEADER = "old,kind,s30,s31,s32,s33,new,new_from,new_2x,provider,provider_min,safety,reason,advice,evidence"
_TABLE = {
    # old: (kind, new, safety, reason)
    "legacy.Lazy": ("lazy", "modern.Lazy", "safe", ""),
    "legacy.dummy": ("module", "", "none", "nothing takes its place"),
    "legacy.dummy.Dummy": ("class", "modern.empty.Empty", "safe", ""),
    "legacy.dummy.Nop": ("class", "modern.empty.Empty", "safe", ""),
    "legacy.gone": ("module", "", "none", "nothing takes its place"),
    "legacy.gone.Gone": ("class", "", "none", "nothing takes its place"),
    "legacy.hollow": ("module", "", "none", "nothing takes its place"),
    "legacy.hollow.Hollow": ("class", "modern.hollow.Empty", "safe", ""),
    "legacy.kit": ("module", "kit", "safe", ""),
    "legacy.kit.cut": ("function", "kit.cut", "safe", ""),
    "legacy.risky.Risky": ("class", "modern.risky.Risky", "unsafe", "it behaves otherwise"),
    "legacy.settings.get": ("function", "modern.settings:conf.get", "safe", ""),
    "legacy.shell": ("module", "", "none", "nothing takes its place"),
    "legacy.shell.Shell": ("class", "modern.shell.Shell", "safe", ""),
    "legacy.shell.shout": ("function", "modern.shell.shout", "safe", ""),
    "legacy.size.biggest": ("function", "modern.size.max", "safe", ""),
    "modern.new": ("lazy", "modern.newer", "safe", ""),  # so that `modern` is known not to be the project's
    "legacy.tools": ("module", "modern.tools", "safe", ""),
    "legacy.tools.tool": ("function", "modern.tools.tool", "safe", ""),
}
_PAGE = """+++
id = "LegacyNameRule"
verb = "move_symbol"
fix = "safe"
tags = ["names"]
+++
# Names of a package that nobody has
"""


def pack(folder: Path, new_2x: str) -> Path:
    """The made-up package's rule, as a rule pack."""
    rows = [
        f"{old},{kind},{_STATUSES},{new},3.0,{new_2x if new else ''},,,{safety},{reason},,"
        for old, (kind, new, safety, reason) in _TABLE.items()
    ]
    (folder / "legacy_name.md").write_text(_PAGE, "utf-8")
    (folder / "legacy_name.csv").write_text("\n".join([_HEADER, *rows, ""]), "utf-8")
    return folder


@dataclass
class Bench:
    """Fixes projects that are never on disk."""

    rules: Ruleset

    def __call__(self, files: dict[str, bytes], unsafe: bool = False) -> tuple[dict[str, bytes], list[Finding]]:
        """The files as fixes leave them, and the findings that are left."""
        documents = {
            name: Document(Path("/nowhere") / name, name, "python", data=data) for name, data in files.items()
        }
        findings = self.findings(files)
        texts, declined = fix_project(documents, findings, self.project(files), self.rules, unsafe)
        after = {**files, **{name: text.data for name, text in texts.items()}}
        left = [
            replace(f, fix=NoFix(declined.get(f.fingerprint, "")))
            if isinstance(f.fix, Fix) and f.fingerprint in declined
            else f
            for f in self.findings(after)
        ]
        return after, left

    def project(self, files: dict[str, bytes]) -> Project:
        """The files, linked."""
        summaries = {name: summarise(parse(data)[1]) for name, data in files.items()}
        lineage = self.rules.symbols.linked(Classes).lineage
        return Project(summaries, self.rules.symbols.packages, deferring=decorators(), lineage=lineage)

    def findings(self, files: dict[str, bytes]) -> list[Finding]:
        """All findings of a project."""
        project, found = self.project(files), list[Finding]()
        for name, data in files.items():
            document = Document(Path("/nowhere") / name, name, "python", data=data)
            outcome, _ = check_text(document, data, project, self.rules)
            assert isinstance(outcome, Checked), outcome
            assert not outcome.findings or matters(document, project, self.rules), "it would be passed over"
            found += outcome.findings
        return found


ARGUMENTS = (  # what the pages under ``arguments`` are about
    "ArgumentValueRule",
    "ConfigOptionRule",
    "ParamValueRule",
    "PositionalArgumentRule",
    "RemovedArgumentRule",
    "RemovedMemberRule",
    "RenamedArgumentRule",
)


SUCCESSORS = (
    "ContribImportRule",
    "DatasetImportRule",
    "MovedImportRule",
    "ProviderImportRule",
    "RemovedImportRule",
)


REST = ("RestRouteRule", "RestFieldRule", "RestAuthRule")
INTERFACES = ("ChangedErrorRule", "DatabaseAccessRule", "OverriddenMemberRule", "ParseTimeAccessRule")
TASKS = ("ContextKeyRule", "RuntimeMemberRule")


def real_bench(rules: tuple[str, ...]) -> Bench:
    """A bench with some rules as they ship."""
    return Bench(ruleset(replace(Options(select=rules), target="3.3", from_version="2.11")))


def bench(folder: Path, bridge: bool = False) -> Bench:
    """A bench with the made-up package's rule alone; to be bridged, the new names are not on the old version."""
    packs = (str(pack(folder, "" if bridge else "2.0")),)
    chosen = Options(rule_packs=packs, select=("LegacyNameRule",), bridge=bridge)
    return Bench(ruleset(replace(chosen, target="3.3", from_version="2.11")))


@dataclass
class Case:
    """One hazard: a project before and after, and why what is left is left."""

    page: str
    heading: str
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    unsafe: bool = False
    declined: list[str] = field(default_factory=list)
    about: str = ""  # the page's folder

    @property
    def name(self) -> str:
        """A test's id."""
        return f"{self.page}-{re.sub(r'[^a-z0-9]+', '-', self.heading.lower()).strip('-')}"


def cases(pages: Path = PAGES) -> list[Case]:
    """All cases of all pages that this interpreter can read."""
    return [case for page in sorted(pages.glob("*.md")) for case in _cases(page) if _is_read(case)]


def _is_read(case: Case) -> bool:
    try:
        return bool([ast.parse(text) for text in case.before.values()])
    except SyntaxError:
        return False


def _cases(page: Path) -> Iterator[Case]:
    for part in re.split(r"(?m)^## ", page.read_text("utf-8"))[1:]:
        heading, _, rest = part.partition("\n")
        case = Case(page.stem, heading, about=page.parent.name)
        for fence in _FENCE.finditer(rest):
            _file(case, fence["words"].split(), fence["text"])
        case.declined = re.findall("(?m)^Declined: (.+)$", rest)
        case.after = {**case.before, **case.after}
        yield case


def _file(case: Case, words: list[str], text: str) -> None:
    role, *more = words
    case.unsafe |= "unsafe" in more
    names = [word for word in more if word != "unsafe"]
    if role in ("before", "after"):
        getattr(case, role)[names[0] if names else "dag.py"] = text
    else:
        case.before[role] = text


def reasons(findings: list[Finding]) -> list[str]:
    """Why what is left is left."""
    return [f.fix.caution if isinstance(f.fix, Fix) else f.fix.reason for f in findings]
