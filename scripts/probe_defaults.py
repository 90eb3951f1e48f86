"""Asked in a release's own environment: the defaults of options of the configuration.

Reads ``[[section, option], …]`` as JSON from standard input and writes a list of texts; null where the release has
no default, or one that hangs on the machine.
"""

from __future__ import annotations

import importlib
import json
import os
import sys


def main() -> None:
    """Answer all questions."""
    asked = json.load(sys.stdin)
    conf = importlib.import_module("airflow.configuration").conf
    importlib.import_module("airflow.providers_manager").ProvidersManager().initialize_providers_configuration()
    print("ANSWER" + json.dumps([default(conf, *each) for each in asked]))


def default(conf: object, section: str, option: str) -> str | None:
    """One default, as it would be written."""
    known = conf.configuration_description.get(section, {}).get("options", {})  # type: ignore[attr-defined]
    if option not in known:
        return None
    raw = known[option].get("default")
    text = "" if raw is None else str(raw)
    return None if "{" in text or os.sep in text.partition("://")[0] else text


if __name__ == "__main__":
    main()
