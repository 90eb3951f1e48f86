"""What a release brings along ready made: written by ``setup.py`` into the wheel, never into a checkout.

``python -m upgradecheck.building FOLDER``: the folder of rules of the wheel to be.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from upgradecheck.linking.turned import place, turned
from upgradecheck.rulebook import facts
from upgradecheck.rulebook.symbols import NAMES, Symbols


def build(folder: Path) -> None:
    """Write the rules' front matter, and their triggers, turned round, for each target.

    Raises `facts.RuleError`, `OSError`.
    """
    rules = facts.load()
    facts.fronts(folder).write_bytes(msgspec.json.encode(list(map(_front, rules))))
    for minor in facts.minors():
        place(folder, minor).write_bytes(
            msgspec.json.encode(turned(rules, minor, Symbols(rules, minor)), order="sorted")
        )


def _front(rule: facts.Rule) -> facts.Front:
    """A rule's front matter, with where the names of its table lie."""
    front = facts.Front(*(getattr(rule, name) for name in facts.Front.__struct_fields__))
    named = rule.header[:2] == NAMES
    return msgspec.structs.replace(front, homes=tuple(sorted(set(map(facts.home, rule.lines)))) if named else ())


if __name__ == "__main__":
    build(Path(sys.argv[1]))
