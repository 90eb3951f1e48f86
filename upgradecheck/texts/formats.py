"""Which reader understands a kind of document, and whether a text of that kind is whole."""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType
from typing import Any

from upgradecheck.model import Document
from upgradecheck.rulebook.facts import lookup
from upgradecheck.texts.source import Source, ToRender, Unreadable, from_text

PYTHON = "python"
NOTEBOOK = "notebook"
YAML = "yaml"
JSON = "json"
CODE = frozenset({PYTHON, NOTEBOOK})  # what is read as Python
_FORMS = ("name", "prefix", "suffix", "around")
LARGEST = 2_000_000  # bytes: parsers of structured text take about a second for that much
_ALWAYS = frozenset({"ini", "loadlist"})  # their names say what they are about
UNREAD = frozenset({"jenkins"})  # what is only counted
READERS = {
    "cron": "cron",
    "dockerfile": "dockerfile",
    "env": "environment",
    "hcl": "hcl",
    "http": "httpfile",
    "ini": "ini",
    "json": "jsons",
    "loadlist": "loadlists",
    "makefile": "makefile",
    "requirements": "requirements",
    "service": "services",
    "shell": "shell",
    "toml": "tomls",
    "yaml": "yamls",
}


def form_of(name: str) -> str:
    """Which of the readers here understands a file of this name; "" for none."""
    names, prefixes, suffixes, around = _forms()
    if found := names.get(name):
        return found
    if name.endswith(tuple(suffixes)):
        return next(kind for suffix, kind in suffixes.items() if name.endswith(suffix))
    if name.startswith(tuple(prefixes)):
        return next(kind for prefix, kind in prefixes.items() if name.startswith(prefix))
    return next((kind for (first, last), kind in around if name.startswith(first) and name.endswith(last)), "")


@cache
def _forms() -> tuple[dict[str, str], dict[str, str], dict[str, str], list[tuple[list[str], str]]]:
    """Kinds by whole names, by beginnings and by ends of names, and by both."""
    forms = {form: {r["text"]: r["kind"] for r in lookup("documents") if r["form"] == form} for form in _FORMS}
    around = [(text.split("*"), kind) for text, kind in forms["around"].items()]
    return forms["name"], forms["prefix"], forms["suffix"], around


def form(document: Document) -> str:
    """As what a document that is no code is read; "" where it is none of these. A template may be one as well."""
    found = "" if document.kind in CODE else form_of(document.name.rpartition("/")[2])
    return found if found in READERS else ""


@cache
def reader(kind: str) -> ModuleType:
    """The reader of a kind of document; its parser is imported with it."""
    return importlib.import_module(f"upgradecheck.readers.{READERS[kind]}")


def parse(kind: str, source: Source) -> Any:
    """What a kind's reader reads. Raises `Unreadable`, `ToRender`."""
    if len(source.text) > LARGEST and kind == JSON:
        raise ToRender("data: it has more than two million characters")
    if len(source.text) > LARGEST:
        raise Unreadable(
            f"it has more than {LARGEST // 1_000_000} million characters", "exclude it, or split it up"
        )
    module = reader(kind)
    try:
        return module.parse(source)
    except RecursionError as error:
        raise Unreadable("it is nested too deeply", "exclude it") from error


def concerns(kind: str, data: bytes) -> bool:
    """Whether a document that is no code speaks of what the rules are about."""
    if kind in _ALWAYS:
        return True
    text = data.decode("utf-8", "replace")
    if speaks(text):
        return True
    from upgradecheck.rulebook.routes import marks  # not where only code is read

    return any(mark in text for mark in marks())


def speaks(text: str) -> bool:
    """Whether a text names what the rules are about."""
    lower = text.lower()
    return any(word in lower for word in _words())


@cache
def _words() -> tuple[str, ...]:
    return tuple(row["word"] for row in lookup("document_words"))


def fault(kind: str, text: str) -> str:
    """What is wrong with a text of a kind; "" where nothing is."""
    try:
        parse(kind, from_text(text))
    except Unreadable as error:
        return str(error)
    except ToRender:
        return ""
    return ""
