"""Addresses of a REST API in texts: which endpoint of the tables a path is, and where it is written.

A path may have holes: what an f-string, a format or a shell puts in. It is matched segment by segment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from msgspec import Struct

from upgradecheck.rulebook.facts import lookup, minors

_HOLE = re.compile(r"\{[^{}]*\}|\$\{?\w+\}?|\$\([^)]*\)|%\(?\w*\)?[sd]|<[^<>]*>")
_PREFIX = 2  # parts: api, v1
_SEGMENT = r"(?:\{[^{}]*\}|\$\{[^{}]*\}|\$\([^)]*\)|[^\s/\"'`?#|,;)\]\\{}]|<[^<>\s]*>)+"


class Route(Struct, frozen=True):
    """One line of the table of endpoints. ``own``: the path alone tells whose API it is."""

    path: str
    rule: str
    statuses: tuple[str, ...]
    own: bool
    new: str
    safety: str
    advice: str

    @property
    def segments(self) -> list[str]:
        """The parts of the path, ``{name}`` for those that callers fill in."""
        return self.path.split("/")

    @property
    def since(self) -> str:
        """The first minor in which it is not what it was."""
        return next(m for m, status in zip(minors(), self.statuses, strict=True) if status != "ok")

    def status(self, target: str) -> str:
        """What becomes of it on the target."""
        return self.statuses[minors().index(target)]


class Found(Struct, frozen=True):
    """An endpoint in a text: ``start`` and ``end`` of its path there, and the parts of that path.

    ``prefix`` is "" where the path begins behind a hole, which holds the address of the API.
    """

    route: Route
    start: int
    end: int
    segments: tuple[str, ...]
    prefix: str

    @property
    def spelled(self) -> bool:
        """Whether the text names the very API that the route is of."""
        return bool(self.prefix) and self.route.path.startswith(self.prefix)

    @property
    def tail(self) -> str:
        """The route's path below the prefix: the same in every version of the API."""
        return "/".join(self.route.segments[_PREFIX:])

    def renewed(self) -> str | None:
        """The new path, with what fills the old one in it; None where it asks for something else."""
        given = dict(zip(self.route.segments, self.segments, strict=False))
        filled = [given.get(part, "") if _is_hole(part) else part for part in self.route.new.split("/")]
        rest = self.segments[len(self.route.segments) :]
        return "/".join([*filled, *rest]) if all(filled) else None


@cache
def routes() -> tuple[Route, ...]:
    """The table: the longest paths first, of those the ones with the fewest holes."""
    count, found = len(minors()), []
    for row in lookup("routes"):
        path, rule, *rest = row.values()
        own, new, safety, advice, _ = rest[count:]
        found.append(Route(path, rule, tuple(rest[:count]), own == "yes", new, safety, advice))
    return tuple(sorted(found, key=lambda route: (-len(route.segments), sum(map(_is_hole, route.segments)))))


@cache
def prefixes() -> tuple[str, ...]:
    """How addresses of the API begin: ``api/v1`` and the like."""
    return tuple(sorted({"/".join(route.segments[:_PREFIX]) for route in routes()}))


@cache
def marks() -> tuple[str, ...]:
    """Parts of paths that no other API has."""
    return tuple(sorted({f"/{p}" for route in routes() for p in route.segments[_PREFIX:] if _is_own(p)}))


def speaks_of(texts: Iterable[str]) -> bool:
    """Whether any of the texts may hold an address: by a prefix, or by a part of a path that nobody else has."""
    told = "\n".join(texts)
    return any(mark in told for mark in (*prefixes(), *marks()))


def find(text: str) -> Iterator[Found]:
    """The endpoints that a text names: by the prefix of the API, or by a path that only this API has."""
    prefixed, bare = _patterns()
    taken = 0
    for match in prefixed.finditer(text):
        taken = match.end()
        if found := _prefixed(match["prefix"], match["rest"], match.start()):
            yield found
    for match in bare.finditer(text, taken):
        if any(map(_is_own, match[0].split("/"))) and (found := _matched("", match[0], match.start())):
            yield found


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    prefix = "|".join(map(re.escape, prefixes()))
    first = "|".join(sorted({re.escape(r.segments[_PREFIX]) for r in routes() if r.own and r.segments[_PREFIX:]}))
    prefixed = re.compile(rf"(?<![\w.\-])(?P<prefix>{prefix})(?![\w.\-])(?P<rest>(?:/{_SEGMENT})*)")
    return prefixed, re.compile(rf"(?<=[}})\"'/])(?:{first})(?:/{_SEGMENT})+")


def _prefixed(prefix: str, rest: str, start: int) -> Found | None:
    if not rest.strip("/"):
        whole = next((route for route in routes() if route.path == prefix), None)
        return Found(whole, start, start + len(prefix), tuple(prefix.split("/")), prefix) if whole else None
    return _matched(prefix, rest.lstrip("/"), start)


def _matched(prefix: str, rest: str, start: int) -> Found | None:
    """The longest route that a path fits. The prefix alone fits only where nobody sees what follows."""
    parts = rest.split("/")
    known = [route for route in routes() if route.path.startswith(prefix)] if prefix else list(routes())
    for route in [*known, *routes()]:
        wanted = route.segments[_PREFIX:]
        if len(wanted) <= len(parts) and all(map(_fits, wanted, parts)) and (wanted or _is_hole(parts[0])):
            head = prefix.split("/") if prefix else route.segments[:_PREFIX]
            end = start + len(prefix) + bool(prefix) + len(rest)
            return Found(route, start, end, (*head, *parts), prefix)
    return None


def _fits(wanted: str, part: str) -> bool:
    return _is_hole(wanted) or wanted == part


def _is_hole(part: str) -> bool:
    return bool(_HOLE.search(part))


def _is_own(part: str) -> bool:
    """``dagRuns``: a spelling that no other API has."""
    return part.isalpha() and part != part.lower()
