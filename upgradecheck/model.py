"""The values that pass between the stages: frozen, without behaviour, picklable.

A stage never reaches back into an earlier one; whatever it needs to know is in these objects.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace


class Severity(str, Enum):
    """How bad a finding is on the target version (see ``judge.severity``)."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    INFO = "INFO"


DATABASE = "db:"  # findings about a table of the metadata database sit in ``db:<table>``
CATEGORY = {Severity.ERROR: "block", Severity.WARNING: "migrate", Severity.INFO: "adopt"}
Safety = Literal["safe", "unsafe"]
When = Literal["now", "cutover"]
SuppressedBy = Literal["inline", "ignore-file", "baseline"]


class Document(Struct, frozen=True):
    """A file that was found: where it is, its path in reports, and which reader understands it.

    ``data`` is the content where it does not come from the file (standard input, what is staged);
    ``locked`` says why the file must not be written, "" where it may.
    """

    location: str | Path
    name: str
    kind: str
    selected: bool = True
    data: bytes | None = None
    locked: str = ""

    @property
    def path(self) -> Path:
        """Where the file is. (Made when asked for: a run without news asks for none of thousands.)"""
        return Path(self.location)

    def content(self) -> bytes:
        """The bytes to read. Raises `OSError`."""
        return self.path.read_bytes() if self.data is None else self.data


class Span(Struct, frozen=True, array_like=True):
    """A place in a text: lines and columns from 1, columns count code points, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class How(str, Enum):
    """The way in which code reaches a name."""

    IMPORT = "import"
    ATTRIBUTE = "attribute"
    STAR = "star"
    STRING = "string"
    DYNAMIC = "dynamic"


class Runs(str, Enum):
    """When the code at a place runs. FUNCTION: somebody may call it, nobody knows when."""

    IMPORT = "import"
    TASK = "task"
    CALLBACK = "callback"
    TRIGGER = "trigger"
    LISTENER = "listener"
    HOOK = "hook"  # of a listener, in the process of a task
    TEST = "test"
    PROGRAM = "program"  # where the file is started by itself, not where it is imported
    FUNCTION = "function"
    TYPING = "typing"

    @property
    def later(self) -> bool:
        """Whether loading the file does not run it."""
        return self not in (Runs.IMPORT, Runs.TYPING)

    @property
    def handed(self) -> bool:
        """Whether it gets its objects from Airflow, not from the metadata database."""
        return self in (Runs.TASK, Runs.CALLBACK, Runs.IMPORT, Runs.LISTENER, Runs.HOOK)


class Edit(Struct, frozen=True, array_like=True):
    """Replace ``text[start:end]`` (code points) of one document by ``new``."""

    document: str
    start: int
    end: int
    new: str


class Need(Struct, frozen=True, array_like=True):
    """A name that an edit relies on: ``from module import name as bound``, wanted where ``anchor`` starts.

    ``name`` is empty for ``import module as bound``. ``anchor`` is the offset of the import statement
    that the need takes over from, so that scope, guard and order stay as they were. ``fallback`` is the
    dotted name that takes its place where ``module`` cannot be imported (the import is guarded then), and
    ``source`` what has to be installed for ``module``: names of one source share a guard.
    """

    module: str
    name: str
    bound: str
    anchor: int
    fallback: str = ""
    source: str = ""

    @property
    def former(self) -> Need:
        """What the guard imports in its place."""
        module, _, name = self.fallback.rpartition(".") if self.name else (self.fallback, "", "")
        return replace(self, module=module, name=name, fallback="")


class Free(Struct, frozen=True, array_like=True):
    """A binding that an edit no longer relies on: alias number ``alias`` of the import at ``anchor``."""

    anchor: int
    alias: int


class Tie(Struct, frozen=True, array_like=True):
    """A bond between fixes: all that bear its name are made together.

    ``end`` is this fix's end of it, ``others`` the ends that have to be there too: a role and a document each.
    """

    name: str
    end: tuple[str, str]
    others: frozenset[tuple[str, str]]


class Fix(Struct, frozen=True, array_like=True, tag=True):
    """A rewrite that is applied as a whole or not at all; ``edits`` may lie in several documents.

    Imports are planned in the finding's document. ``ties`` bind it to the fixes of other findings.
    """

    description: str
    safety: Safety
    when: When
    edits: tuple[Edit, ...] = ()
    needs: tuple[Need, ...] = ()
    frees: tuple[Free, ...] = ()
    caution: str = ""
    ties: tuple[Tie, ...] = ()


class Patch(Struct, frozen=True):
    """A fix's effect on one place of a document, its imports planned: what stands at ``span`` becomes ``new``."""

    document: str
    span: Span
    new: str


class NoFix(Struct, frozen=True, array_like=True, tag=True):
    """Why there is no rewrite; the user sees the reason. ``when`` says that it is only too early for one."""

    reason: str
    when: Literal["", "cutover"] = ""


class Finding(Struct, frozen=True, array_like=True):
    """Something that a person, or a fix, has to change before the target version."""

    rule_id: str
    severity: Severity
    subject: str
    message: str
    advice: str
    since: str
    document: str
    span: Span | None
    fix: Fix | NoFix
    dag_id: str | None = None
    fingerprint: str = ""
    url: str = ""
    excerpt: str = ""
    runs: Runs = Runs.IMPORT  # whether it strikes when the file is loaded, or when a task runs
    folder: str = ""  # the project below the git checkout, with a slash at the end
    cell: int = 0  # of a notebook
    setting: str = ""  # what would settle it, and all others like it, for the whole project
    alone: bool = False  # it is told by itself as long as nobody settled it, not as a part of one for all


class Directive(Struct, frozen=True, array_like=True):
    """A comment that suppresses findings which begin or end on the lines ``first`` … ``last`` (0: the whole file).

    ``codes`` are rule ids, or ``RuleId[subject-glob]``. ``error`` says why it is malformed, "" if it is not.
    """

    line: int
    column: int
    end_column: int
    codes: tuple[str, ...]
    reason: str
    first: int
    last: int
    error: str = ""


class Suppression(Struct, frozen=True, array_like=True):
    """Why a finding is not open: the means, the reason given, and the place where that stands.

    ``until`` is the last day on which it holds (ISO), "" for no end.
    """

    kind: SuppressedBy
    reason: str
    document: str
    line: int | None = None
    until: str = ""
    owner: str = ""


class Suppressed(Struct, frozen=True):
    """A finding that is not open: marked, counted and told, never dropped."""

    finding: Finding
    by: Suppression


class Checked(Struct, frozen=True, array_like=True, tag=True):
    """The document was read and every rule had its turn."""

    document: str
    findings: tuple[Finding, ...] = ()
    directives: tuple[Directive, ...] = ()


class Passed(Struct, frozen=True, array_like=True, tag=True):
    """The document holds none of the names or words that any selected rule looks for."""

    document: str


class Skipped(Struct, frozen=True, array_like=True, tag=True):
    """The document, or a whole reader, was left out, with the reason. ``unchecked``: which nobody wanted."""

    document: str
    reason: str
    unchecked: bool = False


class Unparsable(Struct, frozen=True, array_like=True, tag=True):
    """The document could not be read, decoded or parsed; ``finding`` says so to the user."""

    document: str
    error: str
    finding: Finding
    directives: tuple[Directive, ...] = ()


class Crashed(Struct, frozen=True):
    """A rule failed on the document; what the other rules found stands in ``findings``."""

    document: str
    rule_id: str
    traceback: str
    findings: tuple[Finding, ...] = ()
    directives: tuple[Directive, ...] = ()


Outcome = Checked | Passed | Skipped | Unparsable | Crashed


class Verdict(Struct, frozen=True):
    """What ``--verify`` says of a DAG file that loads what was fixed; what changed, or why that is not known."""

    document: str
    state: Literal["same", "changed", "not_compared"]
    reason: str = ""


class Fixed(Struct, frozen=True):
    """What ``--fix`` did to one document: how many findings it resolved, and the texts before and after."""

    document: str
    findings: int
    before: str
    after: str
