"""What templates take from outside, as Jinja sees it."""

from __future__ import annotations

import pytest

from upgradecheck.texts.jinja import uses


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{ ds }}", [("ds", "")]),
        ("a {{ x.b }} {# ds #} {{ 'ds' }}", [("x", "b")]),
        ("{% set ds = 1 %}{{ ds }}", []),
        ("{% for ds in days %}{{ ds }}{% endfor %}", [("days", "")]),
        ("{% if ds %}{{ ts | ds }}{% endif %}", [("ds", ""), ("ts", "")]),
        ("{{ ds | ds_nodash }}{{ ts is odd_day }}", [("ds", ""), ("ts", "")]),
        ("{{ f(ds=ts) }}", [("f", ""), ("ts", "")]),
        ("{{ ds is defined and ds }}", []),
        ("{{ ds | default('x') }}", []),
        ("{{ f(a == ds) }}", [("f", ""), ("a", ""), ("ds", "")]),
        ("{%- if ds -%}   {{- ts -}}   {%- endif -%}\n\n x", [("ds", ""), ("ts", "")]),
        ("{% raw %}{{ ds }}{% endraw %}", []),
        ("{{ ds", []),
        ("{{ a[ds].b }}", [("a", ""), ("ds", "")]),
    ],
)
def test_names_from_outside(text: str, found: list[tuple[str, str]]) -> None:
    assert [(use.name, use.attribute) for use in uses(text)] == found
    for use in uses(text):
        assert text[use.start :].startswith(use.name)
        assert text[use.at :].startswith(use.attribute)


@pytest.mark.parametrize(
    ("call", "given"),
    [("", None), ("()", ()), ("('a')", ("0",)), ("(key='a', task_ids=['b'])", ("key", "task_ids")), ("(f(a=1), b=2)", ("0", "b"))],
)  # fmt: skip
def test_arguments_of_a_call(call: str, given: tuple[str, ...] | None) -> None:
    assert uses(f"{{{{ ti.xcom_pull{call} }}}}")[0].given == given
