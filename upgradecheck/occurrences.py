"""What readers find in documents, and verbs listen to: a closed set of kinds, whatever the format."""

from __future__ import annotations

import ast
from enum import Enum

from msgspec import Struct

from upgradecheck.linking.deployment import (
    Address,
    Chart,
    ChartValue,
    Deployment,
    Image,
    Option,
    Probe,
    Requirement,
    ShellCommand,
    Variable,
)
from upgradecheck.linking.endpoints import Endpoint, Request
from upgradecheck.linking.reached import Reached
from upgradecheck.linking.sql import Query
from upgradecheck.model import How, Runs, Span
from upgradecheck.python.scopes import Binding, Block, Reference, Scope
from upgradecheck.rulebook.symbols import Hit
from upgradecheck.texts.loadlist import IgnoreFile


class SymbolUse(Struct, frozen=True, eq=False):
    """A dotted name from outside the project that code reaches, and of which the tables know something.

    ``node`` is where the user must edit. For imports, ``statement`` and ``binding`` are the import and
    what it binds; for attributes, ``reference`` and ``binding``; for strings ``node`` is the constant.
    ``function`` is the qualified name of the function around it, "" outside of any.
    """

    name: str
    hit: Hit
    how: How
    runs: Runs
    function: str
    node: ast.AST
    block: Block
    statement: ast.Import | ast.ImportFrom | None = None
    binding: Binding | None = None
    reference: Reference | None = None
    given: tuple[str, ...] | None = None


class Form(str, Enum):
    """How arguments reach what they are for."""

    CALL = "call"
    DECORATOR = "decorator"
    SUPER = "super"
    MAPPED = "mapped"  # .partial(), .expand()
    OVERRIDE = "override"
    DEFAULTS = "defaults"  # a dictionary whose entries serve where they fit, and are passed over elsewhere
    PASSED = "passed"  # a dictionary that another file passes on


class Place(str, Enum):
    """Where an argument is written."""

    CALL = "call"
    POSITION = "position"
    DICT = "dict"  # a dictionary written out in the call
    NAMED = "named"  # a dictionary of this file that has a name
    ITEM = "item"  # put into such a dictionary by a statement of its own
    RETURNED = "returned"  # a dictionary that a function of this file makes
    ENTRY = "entry"  # an entry of a file that is no Python
    ELSEWHERE = "elsewhere"  # a dictionary in another file: told there


class Argument(Struct, frozen=True, eq=False):
    """One argument of a call. ``node`` is where it is edited, ``holder`` the dictionary's binding.

    ``name`` is empty for arguments by position, whose ``position`` counts from 0. ``way``: the branches
    that have to be taken for it to be there, each with what branches. ``cut``: what to delete to take an entry out.
    """

    name: str
    place: Place
    node: ast.AST
    value: ast.expr | None
    scope: Scope
    position: int = -1
    holder: Binding | None = None
    way: frozenset[tuple[ast.AST, object]] = frozenset()
    cut: tuple[int, int] | None = None

    def excludes(self, other: Argument) -> bool:
        """Whether the two are never there at once: they stand in two branches of one thing."""
        return any(node is place and one != two for node, one in self.way for place, two in other.way)


class Call(Struct, frozen=True, eq=False):
    """A call of something from outside the project, directly or through the project's own code.

    ``names``: what is called, what it descends from and has become, nearest first; several where the
    name may stand for several things. ``kept``: arguments that never get there; ``read``: those that code on
    the way looks at. ``open``: there may be more arguments than are plain to see. ``call`` is None for a bare
    decorator and for dictionaries.
    """

    node: ast.AST
    call: ast.Call | None
    names: tuple[str, ...]
    form: Form
    arguments: tuple[Argument, ...]
    runs: Runs
    function: str
    block: Block
    scope: Scope
    kept: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    direct: bool = True
    open: bool = False

    def argument(self, name: str, beside: Argument | None = None) -> Argument | None:
        """The argument of that name, if it can be there together with another one."""
        found = (argument for argument in self.arguments if argument.name == name)
        return next((argument for argument in found if not (beside and argument.excludes(beside))), None)


class Member(Struct, frozen=True, eq=False):
    """An attribute of an object whose class is plain to see: read, written (``store``) or called.

    ``names``: the class and what it descends from, nearest first. ``node`` is the attribute.
    ``reference``: the chain of names that it ends, if it is one. In a template ``node`` is a part of a string,
    ``given`` the arguments of a call ("0" for positions), ``values`` what each is, ``around`` the code on both
    sides (see `jinja.Use`).
    """

    names: tuple[str, ...]
    member: str
    node: ast.expr
    store: bool
    runs: Runs
    function: str
    block: Block
    reference: Reference | None = None
    given: tuple[str, ...] | None = None
    values: tuple[str, ...] = ()
    around: tuple[str, str] = ("", "")


class Override(Struct, frozen=True, eq=False):
    """What the project defines and others know by its name: a member of a class that descends from ``names``,
    nearest first, or a function under a decorator of that name. ``function`` is None for an attribute."""

    names: tuple[str, ...]
    member: str
    node: ast.AST
    function: ast.FunctionDef | ast.AsyncFunctionDef | None

    @property
    def parameters(self) -> tuple[ast.arg, ...]:
        """The function's parameters, without those behind stars."""
        given = self.function.args if self.function else None
        return (*given.posonlyargs, *given.args, *given.kwonlyargs) if given else ()

    @property
    def open(self) -> bool:
        """Whether the function takes any argument."""
        return bool(self.function and self.function.args.kwarg)


class ImportGuard(Struct, frozen=True, eq=False):
    """A ``try`` or an ``if`` that imports known names in two ways: ``live`` is what the target runs.

    ``block`` is the suite that it stands in. ``settled``: the version that the project comes from runs it too.
    """

    node: ast.Try | ast.If
    block: Block
    live: list[ast.stmt]
    dead: list[ast.stmt]
    settled: bool


class EntryRead(Struct, frozen=True, eq=False):
    """An entry that code reads from a dictionary of somebody else: its dotted name, and the keys on the way."""

    owner: str
    keys: tuple[str, ...]
    node: ast.Subscript
    runs: Runs


class LoadPattern(Struct, frozen=True):
    """A pattern of an ignore-file that keeps files from being loaded."""

    pattern: str
    span: Span
    file: IgnoreFile


class Access(str, Enum):
    """How code asks for a key of a task's context."""

    ITEM = "item"  # raises where the key is not there
    ASKED, TESTED = "asked", "tested"  # gives a default; says no
    PARAMETER, OPTIONAL = "parameter", "optional"  # a parameter; one with a default
    RENDERED, FILLED = "rendered", "filled"  # in a template; in one that code renders itself
    FORMAT = "format"  # a field of a format string
    ENTRY = "entry"  # what the key holds is asked for something by a string


class ContextKey(Struct, frozen=True, eq=False):
    """A key of the context of a running task that code asks for.

    ``node``: the whole expression, or the parameter; ``spelled``: the constant that spells the key, if it is there;
    ``context``: the expression for the context; ``binding``: the parameter's; ``around``: see `jinja.Use`."""

    key: str
    access: Access
    node: ast.AST
    runs: Runs
    function: str
    block: Block
    scope: Scope
    spelled: ast.Constant | None = None
    context: ast.expr | None = None
    binding: Binding | None = None
    around: tuple[str, str] = ("", "")


class Command(Struct, frozen=True, eq=False):
    """A program that code starts: its name, its first word that is no option, and the expression that says so."""

    program: str
    first: str
    node: ast.expr
    runs: Runs
    block: Block


class Word(Struct, frozen=True, eq=False):
    """A name that other programs know, spelled in a string of a Python file, or anywhere in another text.

    ``span`` and ``start`` are its place; ``node`` the string around it, in a Python file.
    """

    word: str
    span: Span
    start: int
    node: ast.expr | None
    runs: Runs
    function: str


class Row(Struct, frozen=True):
    """What a rule's question to the metadata database found: a row, or many told together.

    ``rule`` and ``query``: who asked. ``item``: the key it goes by, ``value`` what it is judged by, ``amount`` how
    many there are of it; ``columns`` is what else may be told of it: nothing that may be secret.
    """

    rule: str
    query: str
    table: str
    item: str
    value: str = ""
    amount: int = 1
    columns: tuple[tuple[str, str], ...] = ()


_InCode = (
    Word
    | Query
    | Reached
    | Endpoint
    | Request
    | Command
    | ContextKey
    | SymbolUse
    | Call
    | Member
    | Override
    | ImportGuard
    | EntryRead
)
Occurrence = (
    _InCode
    | LoadPattern
    | Variable
    | Option
    | Chart
    | ChartValue
    | ShellCommand
    | Deployment
    | Probe
    | Image
    | Requirement
    | Address
    | Row
)
