"""The resolver against an independent one: libcst's QualifiedNameProvider, on real library code."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider, QualifiedNameProvider, QualifiedNameSource

from upgradecheck.python.scopewalk import scan
from upgradecheck.texts.source import from_text

PACKAGES = ("click", "pathspec", "packaging", "rich", "tomli", "libcst/codemod", "pyflakes")
SAMPLE, LARGE = 6, 20_000  # files a package, bytes a file: the whole of them takes minutes


def files(package: str) -> list[Path]:
    top, _, rest = package.partition("/")
    spec = importlib.util.find_spec(top)
    assert spec is not None and spec.submodule_search_locations
    found = sorted((Path(spec.submodule_search_locations[0]) / rest).glob("*.py"))
    return [path for path in found if path.stat().st_size < LARGE][:SAMPLE]


def theirs(text: str) -> Iterator[tuple[tuple[int, int], set[str]]]:
    """Each attribute chain or name that libcst says stands for something imported."""
    wrapper = MetadataWrapper(cst.parse_module(text))
    names = wrapper.resolve(QualifiedNameProvider)
    places = wrapper.resolve(PositionProvider)
    for node, found in names.items():
        found = found() if callable(found) else found
        imported = {q.name for q in found if q.source is QualifiedNameSource.IMPORT}
        if isinstance(node, cst.Name | cst.Attribute) and imported and len(imported) == len(found):
            start, end = places[node].start, places[node].end
            yield (start.line, start.column, end.line, end.column), imported  # type: ignore[misc]


def ours(text: str) -> dict[tuple[int, int, int, int], set[str]]:
    tree = ast.parse(text)
    source = from_text(text)
    module = scan(tree)
    found: dict[tuple[int, int, int, int], set[str]] = {}
    for reference in module.references:
        if reference.text is not None or reference.store:
            continue
        targets = module.targets(reference)
        for below, node in enumerate(reversed(reference.nodes)):
            span = source.span(
                source.offset(node.lineno, node.col_offset),
                source.offset(node.end_lineno or 0, node.end_col_offset or 0),
            )
            place = (span.line, span.column - 1, span.end_line, span.end_column - 1)
            found[place] = {".".join(t.split(".")[: len(t.split(".")) - below]) for t, _ in targets}
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_agrees_with_libcst(package: str) -> None:
    agreed = 0
    for path in files(package):
        text = path.read_text("utf-8")
        mine = ours(text)
        for place, names in theirs(text):
            own = mine.get(place)
            if own:
                assert own <= names or names <= own, f"{path}:{place}: {own} is not {names}"
                agreed += 1
    assert agreed > 20
