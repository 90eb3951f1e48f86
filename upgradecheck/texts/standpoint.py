"""Places of a text that was made from a file, as users know them: in the file."""

from __future__ import annotations

from msgspec.structs import replace

from upgradecheck.model import Directive, Finding, Span
from upgradecheck.texts.source import Source


def in_file(source: Source, finding: Finding) -> Finding:
    """A finding with its place in the file. (Its fix stays as it is: in the text.)"""
    if finding.span is None:
        return finding
    span, cell = source.told(finding.span), source.cell(finding.span.line)
    return replace(finding, span=span, cell=cell, excerpt=source.told_line(span.line)) if cell else finding


def said(source: Source, mark: Directive) -> Directive:
    """A comment with its place in the file."""
    span = source.told(Span(mark.line, mark.column, mark.line, mark.end_column))
    first, last = (source.told(Span(line, 1, line, 1)).line if line else 0 for line in (mark.first, mark.last))
    return replace(mark, line=span.line, column=span.column, end_column=span.end_column, first=first, last=last)
