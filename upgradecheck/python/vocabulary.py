"""The words of a file: by them alone it is told whether a rule may find something in it (see `Summary`)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from upgradecheck.python.flow import made_by
from upgradecheck.python.reach import Reach
from upgradecheck.python.scopes import Module, Scope, last_name
from upgradecheck.rulebook.facts import lookup

CONSTANT = r"\b[A-Z][A-Z0-9]*(?:__?[A-Z0-9]+){2,}\b"  # how variables of the environment are spelled
SCHEME = "://"  # behind a name: the file may hold such a URI
_GETS = {"get", "pop"}
_VERBS = ("select", "delete", "update", "insert", "truncate")
_STATEMENT = rf"\b(?:{'|'.join(_VERBS)})\b"  # few files hold any: it is compiled when one does
_TABLE = r"\b(?:from|join|update|into|table)\s+[\"`\[]?(?:\w+[\"`\]]?\.[\"`\[]?)?(\w+)"
_FETCHERS = ("getattr", "attrgetter", "methodcaller")
DEFINED = "def "  # before the name of what others may know by it
ADDRESS = "/"  # the file may name an endpoint of the REST API


def words_of(module: Module, found: Reach, keys: frozenset[str]) -> set[str]:
    """All words of a file. ``keys``: those of a task's context."""
    heard = (_keys(module, found, keys), _defined(module), _programs(module), _addresses(module), _queried(module))
    return module.words.union(*heard, _schemes(module), _constant_words(module), _fetched(module))


def _keys(module: Module, found: Reach, keys: frozenset[str]) -> frozenset[str]:
    """The keys of a task's context that a file may ask for, in brackets; with "[]" also where it may ask for an
    entry of what stands under them, by a text."""
    named = {name.strip("*=") for names in found.parameters.values() for name in names}
    present = keys & (named | module.asked)
    entered = present and any(_may_be_entry(*asked, keys) for asked in _asked(module))
    return frozenset((*(f"[{key}]" for key in present), *(f"[{key}[]]" for key in present if entered)))


def _asked(module: Module) -> Iterator[tuple[ast.expr, ast.expr, Scope]]:
    """All that is asked for an entry, and the entry's key, where it is asked for."""
    for node, scope, _ in module.kept.get(ast.Subscript, ()):
        yield node.value, node.slice, scope
    for node, scope, _ in module.calls:
        if isinstance(node.func, ast.Attribute) and node.func.attr in _GETS and node.args:
            yield node.func.value, node.args[0], scope
    for node, scope, _ in module.kept.get(ast.Compare, ()):
        if isinstance(node.ops[0], ast.In | ast.NotIn):
            yield node.comparators[0], node.left, scope


def _may_be_entry(base: ast.expr, key: ast.expr, scope: Scope, keys: frozenset[str]) -> bool:
    """Whether something is asked by a text that is no key of the context itself; what is known of values is a name,
    an attribute of a parameter, or an entry by a constant."""
    if isinstance(key, ast.Constant):
        sure = isinstance(key.value, str) and key.value not in keys
    else:
        sure = (
            isinstance(key, ast.Name | ast.Attribute) and not _is_given(key, scope) and made_by(scope, key) is None
        )
    if isinstance(base, ast.Attribute):
        return sure and _is_given(base.value, scope)
    return sure and not (isinstance(base, ast.Subscript) and not isinstance(base.slice, ast.Constant))


def _is_given(value: ast.expr, scope: Scope) -> bool:
    """Whether an expression is a parameter."""
    owner = scope.owner(value.id) if isinstance(value, ast.Name) else None
    bindings = owner.bindings[value.id] if owner and isinstance(value, ast.Name) else []
    return len(bindings) == 1 and isinstance(bindings[0].node, ast.arg)


@cache
def _starts(program: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\s;&|(/]){re.escape(program)}(?:\s|$)")


def _programs(module: Module) -> Iterator[str]:
    """The programs that the tables name and a string of the file may start."""
    told = "\n".join(module.phrases)
    for row in lookup("programs"):
        name = row["program"]
        if name in told and any(name in phrase and _starts(name).search(phrase) for phrase in module.phrases):
            yield f"${name}"


def _addresses(module: Module) -> Iterator[str]:
    if module.slashed:
        from upgradecheck.rulebook.routes import speaks_of  # where there is something to compare with

        if speaks_of(use.value for use in module.slashed):
            yield ADDRESS


def _schemes(module: Module) -> Iterator[str]:
    """What the URIs begin with that strings of a file may be."""
    for use in module.slashed:
        scheme, mark, _ = use.value.partition(SCHEME)
        if mark and scheme.isidentifier():
            yield f"{scheme.lower()}{SCHEME}"


def tables_of(text: str) -> Iterator[str]:
    """The tables that a text names, if it is SQL."""
    if re.search(_STATEMENT, text, re.IGNORECASE):
        yield from (name.lower() for name in re.findall(_TABLE, text, re.IGNORECASE))


def _queried(module: Module) -> Iterator[str]:
    """The tables that SQL in strings names, with "%"."""
    told = "\n".join(module.phrases).lower()
    for phrase in module.phrases if any(verb in told for verb in _VERBS) else ():
        yield from (f"%{name}" for name in tables_of(phrase))


def _fetched(module: Module) -> Iterator[str]:
    """The attributes that strings may name."""
    if any(last_name(call.func) in _FETCHERS for call, _, _ in module.calls):
        yield from (f".{text}" for text in module.spoken if text.isidentifier())


def _constant_words(module: Module) -> list[str]:
    told = [text for text in module.spoken if text.count("_") > 1 and not text.islower()]
    return re.findall(CONSTANT, "\n".join(told)) if told else []


def _defined(module: Module) -> Iterator[str]:
    """What others may know by its name: members of classes, and functions under decorators."""
    for name, bindings in module.bound.items():
        for one in bindings:
            if (one.scope and one.scope.kind == "class") or getattr(one.node, "decorator_list", None):
                yield f"{DEFINED}{name}"
                break
