"""Templates in files of their own: what stands in them in short, and what is told of those that may be none."""

from __future__ import annotations

import re

from msgspec.structs import replace

from upgradecheck.linking.soundness import Unsound
from upgradecheck.linking.templatefiles import Standing
from upgradecheck.model import Finding, Fix, Severity
from upgradecheck.python.filenames import included
from upgradecheck.python.summary import EMPTY, Summary, asking
from upgradecheck.python.vocabulary import CONSTANT, tables_of
from upgradecheck.texts.source import Unreadable, decode

_MARKS = ("{{", "{%")
_WORD = re.compile(r"[A-Za-z_]\w*")
_ATTRIBUTE = re.compile(r"\.\s*([A-Za-z_]\w*)")
_DOUBT = {
    Standing.NAMED: "where a task renders this file (code names it, no operator that can be told does)",
    Standing.NOBODY: "if a task renders this file (nothing in sight names it)",
}
_LEVEL = {Standing.NAMED: Severity.WARNING, Standing.NOBODY: Severity.INFO}


def summary_of(data: bytes) -> Summary:
    """What a file that may be a template asks for, and takes in; what is no text is no template."""
    plain = data.decode("latin-1")
    if not (any(mark in plain for mark in _MARKS) or re.search(CONSTANT, plain) or next(tables_of(plain), "")):
        return EMPTY
    try:
        return summarise(decode(data).text)
    except Unreadable:
        return EMPTY


def summarise(text: str) -> Summary:
    """The same for a text."""
    constants = {*re.findall(CONSTANT, text), *(f"%{name}" for name in tables_of(text))}
    if not any(mark in text for mark in _MARKS):
        return replace(EMPTY, words=tuple(sorted(constants)))
    keys = {f"[{key}]" for key in asking().keys & set(_WORD.findall(text))}
    attributes = {f".{name}" for name in _ATTRIBUTE.findall(text)}
    words = {*keys, *constants, *attributes}
    return replace(EMPTY, words=tuple(sorted(words)), files=included(text))


def doubted(finding: Finding, standing: Standing) -> Finding:
    """A finding in a file of which it is not sure that a task renders it."""
    if standing not in _DOUBT:
        return finding
    doubt, fix = _DOUBT[standing], finding.fix
    if isinstance(fix, Fix):
        fix = replace(fix, safety="unsafe", caution=fix.caution or "it is not sure that a task renders this file")
    level = max(finding.severity, _LEVEL[standing], key=list(Severity).index)
    message = f"{doubt[:1].upper()}{doubt[1:]}: {finding.message}"
    return replace(finding, severity=level, message=message, fix=fix)


def sound(before: str, after: str) -> None:
    """A template that Jinja takes is taken afterwards too. Raises `Unsound`."""
    from upgradecheck.texts.jinja import is_template

    if is_template(before) and not is_template(after):
        raise Unsound("the rewritten file would be no template")
