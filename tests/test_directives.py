"""Comments that suppress: what they say, about which lines, and which are malformed."""

from __future__ import annotations

import pytest

from upgradecheck.suppression.directives import directives


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("import a  # MARK", 1, 1),
        ("import a; import b  # MARK", 1, 1),
        ("from a import (  # MARK\n    b,\n    c,\n)", 1, 4),
        ("from a import (\n    b,  # MARK\n    c,\n)", 2, 2),
        ("from a import (\n    b,\n    # MARK\n    c,\n)", 4, 4),
        ("from a import (\n    b,\n    c,\n)  # MARK", 1, 4),
        ("from a import b, \\\n    c  # MARK", 1, 2),
        ("# MARK\n\n# other\nfrom a import (\n    b,\n)", 4, 6),
        ("with a(\n    b,\n):  # MARK\n    c = 1\n", 1, 3),
        ("@a(b=1)  # MARK\ndef c(): ...", 1, 1),
        ("def a():\n    # MARK\n    return (\n        b\n    )", 3, 5),
        ("a = '''\n#\n'''  # MARK", 1, 3),
        ("import a\n# MARK", 2, 2),
        ("import a\r\n\r\nfrom a import (\r\n b,\r\n)  # MARK\r\n", 3, 5),
        ("print 'two'  # MARK\ndef (:\n", 1, 1),
    ],
)
def test_the_lines_that_a_comment_speaks_about(text: str, first: int, last: int) -> None:
    (found,) = directives("python", text.replace("MARK", "upgradecheck: ignore[XRule] why"))
    assert (found.codes, found.reason, found.error) == (("XRule",), "why", "")
    assert (found.first, found.last) == (first, last)


@pytest.mark.parametrize(
    ("comment", "codes", "reason"),
    [
        ("# upgradecheck: ignore[A] why", ("A",), "why"),
        ("#upgradecheck:ignore[A]why", ("A",), "why"),
        ("# upgradecheck: ignore[A]: why", ("A",), "why"),
        ("# upgradecheck: ignore[A, B] why", ("A", "B"), "why"),
        ("# upgradecheck: ignore[A[x.*], B[y[ab],z]] why", ("A[x.*]", "B[y[ab],z]"), "why"),
        ("# upgradecheck: ignore[A] see #12, [x]  # noqa: E501", ("A",), "see #12, [x]"),
        ("# noqa: F401  # upgradecheck: ignore[A] why", ("A",), "why"),
        ("# upgradecheck: ignore[A]", ("A",), ""),
        ("# upgradecheck: ignore[A] -", ("A",), ""),
    ],
)
def test_what_a_comment_says(comment: str, codes: tuple[str, ...], reason: str) -> None:
    (found,) = directives("python", f"import a  {comment}\n")
    assert (found.codes, found.reason, found.error) == (codes, reason, "")


@pytest.mark.parametrize(
    "comment",
    [
        "# upgradecheck: ignore",
        "# upgradecheck: ignore why",
        "# upgradecheck: ignore[] why",
        "# upgradecheck: ignore[A why",
        "# upgradecheck: ignore[A B] why",
        "# upgradecheck: ignore[A,] why",
        "# upgradecheck: ignored[A] why",
        "# upgradecheck ignore[A] why",
        "# upgradecheck:",
        "# upgradecheck: ignore-file[A] why",
    ],
)
def test_a_malformed_comment_says_what_is_wrong(comment: str) -> None:
    (found,) = directives("python", f"import a  {comment}\n")
    assert found.error
    assert not found.codes


@pytest.mark.parametrize(
    "text",
    [
        "x = '# upgradecheck: ignore[A] why'\n",
        "'''\n# upgradecheck: ignore[A] why\n'''\n",
        "# upgradecheck found this\n",
        "# see upgradecheck: it says so\n",
        "import a  # noqa\n",
    ],
)
def test_prose_and_strings_are_no_directives(text: str) -> None:
    assert directives("python", text) == ()


def test_two_directives_in_one_comment() -> None:
    one, two = directives("python", "x  # upgradecheck: ignore[A] a  # upgradecheck: ignore[B] b\n")
    assert [(d.codes, d.reason) for d in (one, two)] == [(("A",), "a"), (("B",), "b")]
