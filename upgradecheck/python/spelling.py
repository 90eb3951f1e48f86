"""Where a reference stands in the text, and which names a text speaks of in ways that references do not show.

A syntax tree alone does not tell: names inside f-strings have no sound position before Python 3.12, a name in
a string annotation may be written with escapes, and type comments, doctests or ``globals()["X"]`` are no names
to Python at all.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from upgradecheck.python.nodes import nodes as every
from upgradecheck.python.scopes import Module, Reference
from upgradecheck.texts.source import Source

_WORD = re.compile(r"[^\W\d]\w*")
_TYPE_COMMENT = re.compile(r"#[ \t]*type:[ \t]*(?!ignore)([^\r\n]*)")
_EXPRESSION = re.compile(r"""[\w.\[\], |"']+""")
_LITERAL = re.compile(r"""(?is)([ru]?)('''|\"\"\"|'|")(.*)\2""")


def place(source: Source, scopes: Module, reference: Reference, node: ast.expr) -> tuple[int, int] | None:
    """Start and end of a part of a reference; None where the text does not spell it out there."""
    if isinstance(node, ast.Constant):
        return None
    if reference.text is not None:
        return _in_string(source, reference.text, node)
    start = _start(source, scopes, reference.nodes[0])
    if start is None:
        return None
    if node is reference.nodes[0]:
        end = start + len(reference.root)
    elif reference.nodes[0] in _fstring_names(scopes):
        spelled = ".".join((reference.root, *reference.attributes[: reference.nodes.index(node)]))
        end = start + len(spelled)
        return (start, end) if source.text[start:end] == spelled else None
    else:
        end = source.offset(node.end_lineno or 0, node.end_col_offset or 0)
    return (start, end) if source.text.startswith(reference.root, start) else None


def in_fstring(scopes: Module, reference: Reference) -> bool:
    """Whether a reference stands inside an f-string."""
    return reference.nodes[0] in _fstring_names(scopes)


def called(source: Source, scopes: Module, reference: Reference, call: ast.Call) -> tuple[int, int] | None:
    """Start and end of a call of a reference; None where the text does not spell it out there."""
    found = place(source, scopes, reference, reference.nodes[0])
    if found is None or not in_fstring(scopes, reference):
        return found and (found[0], source.offset(call.end_lineno or 0, call.end_col_offset or 0))
    whole, wanted = _fstring_names(scopes)[reference.nodes[0]][0], ast.dump(call)
    last = source.offset(whole.end_lineno or 0, whole.end_col_offset or 0)
    for bracket in re.finditer(r"\)", source.text[found[0] : last]):
        end = found[0] + bracket.end()
        try:
            same = ast.dump(ast.parse(source.text[found[0] : end], mode="eval").body) == wanted
        except SyntaxError:
            continue
        if same:
            return found[0], end
    return None


def other_quote(source: Source, scopes: Module, reference: Reference) -> str | None:
    """The quote that may stand inside the f-string around a reference, in every version of Python."""
    whole = _fstring_names(scopes)[reference.nodes[0]][0]
    start = source.offset(whole.lineno, whole.col_offset)
    text = source.text[start : source.offset(whole.end_lineno or 0, whole.end_col_offset or 0)]
    opened = re.match(r"[a-zA-Z]*('''|\"\"\"|'|\")", text)
    if opened is None or text.count(opened[1]) != 2 or not text.endswith(opened[1]):
        return None  # several strings side by side, or escapes
    return "'" if opened[1].startswith('"') else '"'


def _start(source: Source, scopes: Module, name: ast.expr) -> int | None:
    """The offset at which a name begins. Inside an f-string: where its n-th mention stands, if all
    mentions in that f-string are names."""
    inside = _fstring_names(scopes).get(name)
    if inside is None:
        return source.offset(name.lineno, name.col_offset)
    whole, number, count = inside
    assert isinstance(name, ast.Name)
    start = source.offset(whole.lineno, whole.col_offset)
    end = source.offset(whole.end_lineno or 0, whole.end_col_offset or 0)
    mentions = [m.start() for m in _WORD.finditer(source.text, start, end) if m[0] == name.id]
    return mentions[number] if len(mentions) == count else None


@lru_cache(maxsize=2)
def _fstring_names(scopes: Module) -> dict[ast.AST, tuple[ast.JoinedStr, int, int]]:
    """Each name inside an f-string: the outermost f-string, its number among equal names there, and
    how many mentions of it there have to be (none will do where the f-string's text has the word)."""
    found: dict[ast.AST, tuple[ast.JoinedStr, int, int]] = {}
    for whole in _fstrings(scopes.root.node):
        names: dict[str, list[ast.AST]] = {}
        text = ""
        for node in _in_order(whole):
            if isinstance(node, ast.Name):
                names.setdefault(node.id, []).append(node)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text += f" {node.value} "
        words = set(_WORD.findall(text))
        for name, nodes in names.items():
            count = -1 if name in words else len(nodes)
            found.update({node: (whole, number, count) for number, node in enumerate(nodes)})
    return found


def _fstrings(tree: ast.AST) -> Iterator[ast.JoinedStr]:
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.JoinedStr):
            yield node
        else:
            pending.extend(ast.iter_child_nodes(node))


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all below it, parents first, in source order (comprehensions have theirs reversed:
    equal names in them are interchangeable)."""
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)


def _in_string(source: Source, text: ast.Constant, node: ast.expr) -> tuple[int, int] | None:
    found = literal(source, text)
    if found is None or node.lineno != 1 or found[1] != found[1].strip():
        return None
    inner, value = found
    encoded = value.encode()
    start = inner + len(encoded[: node.col_offset].decode())
    return start, start + len(encoded[node.col_offset : node.end_col_offset].decode())


def literal(source: Source, node: ast.Constant) -> tuple[int, str] | None:
    """Where a string constant's content begins, and the content, if the text holds it letter by letter."""
    start = source.offset(node.lineno, node.col_offset)
    end = source.offset(node.end_lineno or 0, node.end_col_offset or 0)
    if source.text[start:end] == node.value:
        return start, node.value  # a text without quotes, of a file that is no Python
    match = _LITERAL.fullmatch(source.text[start:end])
    if match is None or match[3] != node.value:
        return None
    return start + match.start(3), match[3]


@lru_cache(maxsize=2)
def mentions(text: str, scopes: Module) -> frozenset[str]:
    """The names that a text speaks of outside of references: type comments, doctests, ``global``,
    strings that are a name or a type."""
    words = {word for match in _TYPE_COMMENT.finditer(text) for word in _WORD.findall(match[1])}
    annotations = {id(reference.text) for reference in scopes.references if reference.text}
    for node in every(scopes.root.node):
        if isinstance(node, ast.Global | ast.Nonlocal):
            words.update(node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in annotations:
            words.update(_spoken(node.value))
        elif type(node).__name__ in ("TypeVar", "ParamSpec", "TypeVarTuple"):
            words.add(node.name)  # type: ignore[attr-defined]
    return frozenset(words)


def _spoken(value: str) -> Iterator[str]:
    """The names in a string that is a name or a type, or holds doctests."""
    if value.isidentifier():
        yield value
    elif len(value) < 200 and _EXPRESSION.fullmatch(value):
        try:
            tree = ast.parse(value.strip(), mode="eval")
        except (SyntaxError, ValueError):
            return
        yield from (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    elif ">>>" in value:
        for line in value.splitlines():
            if line.lstrip().startswith((">>>", "...")):
                yield from _WORD.findall(line)
