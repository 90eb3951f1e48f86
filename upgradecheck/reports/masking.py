"""Values that look like secrets, hidden wherever a report shows a line of somebody's code."""

from __future__ import annotations

import re

_WORDS = (
    r"passw(?:or)?d|passwd|pwd|passphrase|secret|token|api_?key|access_?key|private_?key|fernet_?key|credential"
)
_SECRETS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?i:[\w-]*(?:{_WORDS})[\w-]*)[\"']?\s*[\])]?\s*[:=]\s*[bBrRuUfF]{{0,2}}([\"'])(?P<value>.+?)\1",
        r"://[^\s:/@\"']*:(?P<value>[^\s/@\"']+)@",
        r"(?P<value>\bxox[a-z]-[\w-]{8,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{15,}|\bAKIA[0-9A-Z]{16}\b)",
        r"(?P<value>\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+)",
        r"(?P<value>(?<=[\"'])[\w-]{43}=(?=[\"']))",  # a fernet key
        r"(?i:authorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer)\s+)(?P<value>[\w+/=.~-]+)",
    )
)


# Where values stand without quotes: files that are no code.
_BARE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?i:[\w-]*(?:{_WORDS})[\w-]*)[\"']?\s*[:=]\s*(?P<value>[^\s\"'].*?)(?=\s*$)",
        rf"\b(?:ENV|ARG)\s+(?i:[\w-]*(?:{_WORDS})[\w-]*)\s+(?P<value>.*?)(?=\s*$)",
        rf"--(?i:[\w-]*(?:{_WORDS})[\w-]*)[\s=]+[\"']?(?P<value>[^\s\"']+)",
        r"(?<!\S)(?:-u|--user)[\s=]*[\"']?[^\s:\"'$]+:(?P<value>[^\s\"']+)",
        r"users\s+create\b.*\s-p\s*(?P<value>\S+)",
        r"(?<![\w-])(?P<value>[\w-]{43}=)(?![\w=])",  # a fernet key
    )
)
_CODE = (".py", ".ipynb")


def masked(line: str, document: str = _CODE[0]) -> str:
    """A document's line with a star for each character of what looks like a password, a key or a token."""
    for secret in (*_SECRETS, *(() if document.endswith(_CODE) else _BARE)):
        line = secret.sub(_stars, line)
    return line


def _stars(found: re.Match[str]) -> str:
    start, end = (place - found.start() for place in found.span("value"))
    return f"{found[0][:start]}{'*' * (end - start)}{found[0][end:]}"
