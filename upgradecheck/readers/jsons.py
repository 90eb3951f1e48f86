"""JSON: definitions of containers, values of charts, dashboards, alerts, collections of requests.

JSON is YAML but for two spellings, so the reader of YAML finds in it what it finds there.
"""

from __future__ import annotations

import json
import re

from yaml import YAMLError

from upgradecheck.readers.yamls import read
from upgradecheck.readers.yamltree import Tree, composed
from upgradecheck.texts.source import Source, ToRender, Unreadable

__all__ = ["parse", "read"]
_HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")  # half a character: YAML has no such thing
_COMMENT = re.compile(r"(?m)^\s*(//|/\*)|\{\{|\{%")


def parse(source: Source) -> Tree:
    """The nodes of a JSON file. Raises `Unreadable`, and `ToRender` for what is JSON of another kind."""
    try:
        json.loads(source.text)
    except json.JSONDecodeError as error:
        if _COMMENT.search(source.text) or error.msg == "Extra data":
            raise ToRender("no plain JSON: with comments, templates or several values in it") from error
        raise Unreadable(
            f"line {error.lineno} is no valid JSON ({error.msg})", "correct it, or exclude it", error.lineno
        ) from error
    except RecursionError as error:
        raise Unreadable("it is nested too deeply", "exclude it") from error
    try:
        return Tree(composed(_HALF.sub(r"\\u003f", source.text)), source.text)
    except (YAMLError, RecursionError) as error:
        raise ToRender("JSON that no reader of YAML understands") from error
