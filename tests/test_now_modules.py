"""Names that hand back a module on the target: an ERROR where the code around them fails (seen on real 3.3.2)."""

from __future__ import annotations

import pytest

from upgradecheck.config import Options
from upgradecheck.run import run_text

HEAD = "from airflow.utils.context import Context, KNOWN_CONTEXT_KEYS, context_merge\n"
FAILS = (
    "def f(c: Context | None = None): ...\n",
    "def f() -> dict | Context: ...\n",
    "Either = Context | dict\n",
    "class A:\n    c: Context | None\n",
    "isinstance(1, Context)\n",
    "class C(Context): ...\n",
    "Context(a=1)\n",
    "context_merge({}, {})\n",
    "sorted(KNOWN_CONTEXT_KEYS)\n",
    "'ds' in KNOWN_CONTEXT_KEYS\n",
    "[key for key in KNOWN_CONTEXT_KEYS]\n",
)
WORKS = (
    "def f(c: Context): ...\n",
    "def f():\n    c: Context | None = None\n    return c\n",
    "from typing import cast\ncast(Context, {})\n",
    "def f(c: 'Context | None' = None): ...\n",
    "'%s' % Context\n",
    "{}.get('a').set(Context)\n",
)


def severities(text: str) -> set[str]:
    report, _ = run_text(Options(target="3.3", from_version="2.11"), text.encode(), "dags/a.py")
    return {f.severity.value for f in report.findings if f.subject.startswith("airflow.utils.context.")}


@pytest.mark.parametrize("text", FAILS)
def test_what_no_module_does_is_an_error(text: str) -> None:
    assert "ERROR" in severities(HEAD + text)


@pytest.mark.parametrize("text", WORKS)
def test_what_only_names_it_is_a_warning(text: str) -> None:
    assert severities(HEAD + text) == {"WARNING"}


def test_annotations_that_nobody_evaluates_are_a_warning() -> None:
    assert severities(f"from __future__ import annotations\n{HEAD}{FAILS[0]}") == {"WARNING"}
