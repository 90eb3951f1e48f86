"""What a project says about its findings, read from its files; and its findings, settled by that."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from upgradecheck.config import ConfigError, Options
from upgradecheck.model import Outcome
from upgradecheck.report import Settled, directives_of, findings_of

if TYPE_CHECKING:
    from upgradecheck.discover import Tree
    from upgradecheck.suppression.means import Rulings, Scope

IGNORE_FILE = ".upgradecheck-ignore.toml"
BASELINE = ".upgradecheck-baseline.json"


def settled(tree: Tree, outcomes: Sequence[Outcome], options: Options) -> Settled:
    """The project's findings, open and suppressed. Raises `ConfigError`, `facts.RuleError`.

    A project that suppresses nothing pays for two looks at the disk.
    """
    files = ignore_file(tree.root, options), baseline(tree.root, options)
    outcomes = [*outcomes, *tree.apart]
    ordered = sorted(outcomes, key=lambda outcome: outcome.document)  # each has its own in report order
    found = tuple(finding for outcome in ordered for finding in findings_of(outcome))
    plain = not any(map(os.path.exists, files)) and not options.select and not any(map(directives_of, outcomes))
    if plain and not any(finding.setting for finding in found):
        return Settled(found)
    from upgradecheck.projectwide import told_once
    from upgradecheck.suppression.suppress import settle

    together = partial(told_once, root=tree.root, files=tree.configuring, decisions=options.decisions)
    return settle(outcomes, load(tree.root, options), scope(tree, options), together)


def ignore_file(root: Path, options: Options) -> Path:
    """Where the ignore-file is. Raises `ConfigError` for a configured one that does not exist."""
    path = root / (options.ignore_file or IGNORE_FILE)
    if options.ignore_file and not path.exists():
        remedy = "correct ignore-file, or make it with `upgradecheck ignore`"
        raise ConfigError(f"{path}: there is no such ignore-file: {remedy}")
    return path


def baseline(root: Path, options: Options) -> Path:
    """Where the baseline is, or would be."""
    return root / (options.baseline or BASELINE)


def load(root: Path, options: Options) -> Rulings:
    """The ignore-file and the baseline, today. Raises `ConfigError`, `facts.RuleError`."""
    from upgradecheck.rulebook import facts
    from upgradecheck.suppression import baseline as baselines
    from upgradecheck.suppression import ignorefile
    from upgradecheck.suppression.means import Rulings

    rules = frozenset(rule.id for rule in facts.load_all(options.rule_packs))
    ignored, recorded = ignore_file(root, options), baseline(root, options)
    return Rulings(
        today=date.today(),
        entries=ignorefile.read(ignored, rules) if ignored.exists() else (),
        ignore_file=name(ignored, root),
        recorded=baselines.read(recorded, rules) if recorded.exists() else {},
        baseline=name(recorded, root),
    )


def scope(tree: Tree, options: Options) -> Scope:
    """What a run over this project can know. Raises `facts.RuleError`."""
    from upgradecheck import judge
    from upgradecheck.rulebook import facts
    from upgradecheck.suppression.means import Scope

    rules = facts.load_all(options.rule_packs)
    documents = frozenset(tree.documents)
    deselect = judge.passed_over(rules, options)
    return Scope(
        rules, options.select, deselect, options.from_version, documents, tree.whole, tree.only,
        options.deselected_anywhere,
    )  # fmt: skip


def basis(tree: Tree, options: Options) -> str:
    """All that readiness depends on besides the documents: which were asked for, and what is suppressed today."""
    import hashlib

    digest = hashlib.sha256(f"{date.today()} {options.ignore}".encode("utf-8", "surrogateescape"))
    for path in (ignore_file(tree.root, options), baseline(tree.root, options)):
        digest.update(path.read_bytes() if path.exists() else b"")
    for document in tree.documents.values():
        if document.selected:
            digest.update(f"{document.name}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def name(path: Path, root: Path) -> str:
    """A file as reports name it."""
    return Path(os.path.relpath(path, root)).as_posix()


def require_entries(trees: Iterable[Tree], options: Options) -> None:
    """Raises `ConfigError` for a rule in ``--ignore`` that no ignore-file of the run has an entry for."""
    from upgradecheck import judge
    from upgradecheck.rulebook import facts
    from upgradecheck.suppression import ignorefile

    rules = frozenset(rule.id for rule in facts.load_all(options.rule_packs))
    for selector in options.ignore:
        rule, subject = judge.split(selector)
        if rule not in rules:
            raise ConfigError(f"--ignore: {ignorefile.no_rule(rule, rules)}")
    known = {
        (entry.rule, entry.subject or "*")
        for tree in trees
        if (path := ignore_file(tree.root, tree.options)).exists()
        for entry in ignorefile.read(path, rules)
    }
    for selector in options.ignore:
        rule, subject = judge.split(selector)
        if not {(rule, "*"), (rule, subject)} & known and (subject != "*" or rule not in dict(known)):
            remedy = f"`upgradecheck ignore '{selector}' --reason TEXT` writes one"
            raise ConfigError(f"--ignore {selector}: the ignore-file has no entry for it: {remedy}")
