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
    )
)


def masked(line: str) -> str:
    """A line with a star for each character of what looks like a password, a key or a token."""
    for secret in _SECRETS:
        line = secret.sub(_stars, line)
    return line


def _stars(found: re.Match[str]) -> str:
    start, end = (place - found.start() for place in found.span("value"))
    return f"{found[0][:start]}{'*' * (end - start)}{found[0][end:]}"
