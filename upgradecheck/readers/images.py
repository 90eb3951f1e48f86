"""Names of container images: ``registry/name:tag@digest``."""

from __future__ import annotations

from collections.abc import Iterator

from upgradecheck.linking.deployment import Image
from upgradecheck.texts.texts import Text


def image(text: Text) -> Iterator[Image]:
    """The image that a text names; ``${NAME:-default}`` around it is looked past."""
    value = text.value
    if value.startswith("${") and value.endswith("}"):
        if ":-" not in value:
            return
        start = value.index(":-") + 2
        text = text.part(start, len(value) - 1)
        value = text.value
    at = value.find("@")
    name_end = len(value) if at < 0 else at
    colon = value.rfind(":", value.rfind("/", 0, name_end) + 1, name_end)
    if colon < 0:
        yield Image(text.part(0, name_end))
    else:
        yield Image(text.part(0, colon), text.part(colon + 1, name_end))


def parts(name: Text, tag: Text) -> Iterator[Image]:
    """An image whose name and tag are written apart."""
    yield Image(name, tag)
