"""Asked in a release's own environment: what its own config lint says of the configuration in force.

Writes ``[[section, option, message], …]`` as JSON behind ``ANSWER``; without ``--rules`` only what it reports, with
it the values as well that a rule speaks of.
"""

from __future__ import annotations

import importlib
import json
import sys


def main() -> None:
    """Write the rules that speak, or all."""
    module = importlib.import_module("airflow.cli.commands.config_command")
    conf = importlib.import_module("airflow.configuration").conf
    rules = getattr(module, "CONFIGS_CHANGES", None) or module.CONFIGS
    told = []
    for rule in rules:
        section, option = rule.config.section, rule.config.option
        if "--rules" in sys.argv:
            values = [getattr(rule, name, None) for name in ("remove_if_equals", "is_invalid_if")]
            told.append([section, option, rule.suggestion, *(str(value) for value in values if value is not None)])
        elif conf.has_option(section, option, lookup_from_deprecated=False) and rule.message is not None:
            told.append([section, option, rule.message])
    print("ANSWER" + json.dumps(told))


if __name__ == "__main__":
    main()
