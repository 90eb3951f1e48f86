"""Asked in a release's own environment: what becomes of options of the configuration that are set.

Reads ``[[section, option, new section, new option], …]`` as JSON from standard input, writes a list of answers:
``declared`` (the release or an installed provider knows the option), ``alias`` (what is set under the old name is
what the new one gives), ``warns`` (it says so), ``new`` (the new name is declared), ``sensitive`` (both take
``_CMD`` and ``_SECRET``).
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import warnings


def main() -> None:
    """Answer all questions."""
    asked = json.load(sys.stdin)
    warnings.simplefilter("ignore")
    airflow = importlib.import_module("airflow")
    conf = importlib.import_module("airflow.configuration").conf
    try:
        manager = importlib.import_module("airflow.providers_manager").ProvidersManager
        manager().initialize_providers_configuration()
    except Exception as error:  # a release without this: only its own options are known then
        print(f"providers' options are not loaded: {error}", file=sys.stderr)
    told = [answer(conf, *question) for question in asked]
    print("ANSWER" + json.dumps({"version": airflow.__version__, "answers": told}))


def answer(conf: object, section: str, option: str, new_section: str, new_option: str) -> dict[str, bool]:
    """What the release does with one option."""
    known = conf.configuration_description  # type: ignore[attr-defined]
    secret = conf.sensitive_config_values  # type: ignore[attr-defined]
    found = {"declared": declared(known, section, option), "alias": False, "warns": False}
    found["new"] = declared(known, new_section, new_option)
    found["sensitive_old"] = (section, option) in secret
    found["sensitive_new"] = (new_section, new_option) in secret
    if new_option:
        name = f"AIRFLOW__{section.upper()}__{option.upper()}"
        os.environ[name] = "41"
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                found["alias"] = conf.get(new_section, new_option, fallback="") == "41"  # type: ignore[attr-defined]
            except Exception as error:  # the option is refused in some other way
                print(f"{section}.{option}: {error!r}", file=sys.stderr)
            found["warns"] = any(option in str(one.message) for one in caught)
        del os.environ[name]
    return found


def declared(known: dict[str, dict[str, dict[str, object]]], section: str, option: str) -> bool:
    """Whether an option is described."""
    return option in known.get(section, {}).get("options", {})


if __name__ == "__main__":
    main()
