"""Write ``rules/tables/conf_defaults.csv``: what ``conf.get`` gives in a deployment that sets nothing.

    python scripts/conf_defaults.py --python AIRFLOW_PYTHON > rules/tables/conf_defaults.csv

One row an option of Airflow and the standard provider; ``home`` is where its older names lead (``section.option``,
and then there is no default). Folders are those below ``/opt/airflow``; keys that a deployment makes for itself are
empty. Run it with the interpreter of the release that the runtime models.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import io
import os
import subprocess
import sys
import tempfile
from typing import Any

HOME = "/opt/airflow"
MADE = ("fernet_key", "secret_key", "jwt_secret", "internal_api_secret_key")
FIRST = "section,option,default,home"


def rows(conf: Any) -> list[tuple[str, str, str, str]]:
    """All options that have a default, and all older names."""
    found = []
    for section, told in conf.configuration_description.items():
        for option in told["options"]:
            try:
                value = conf.get(section, option)
            except Exception:  # nothing is set, and there is no default
                continue
            text = "" if option in MADE else str(value).replace(os.environ["AIRFLOW_HOME"], HOME)
            found.append((section, option, text, ""))
    for (section, option), (new_section, new_option) in conf.inversed_deprecated_options.items():
        found.append((section, option, "", f"{new_section}.{new_option}"))
    return sorted(found)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable)
    given = parser.parse_args()
    if os.path.abspath(given.python) != os.path.abspath(sys.executable):
        with tempfile.TemporaryDirectory() as home:
            kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__")}
            command = [given.python, __file__]
            done = subprocess.run(
                command, env={**kept, "AIRFLOW_HOME": home}, capture_output=True, text=True, check=True
            )
            print(done.stdout[done.stdout.index(FIRST) :], end="")
            return
    conf = importlib.import_module("airflow.sdk.configuration").conf
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIRST.split(","))
    writer.writerows(rows(conf))
    print(text.getvalue(), end="")


if __name__ == "__main__":
    main()
