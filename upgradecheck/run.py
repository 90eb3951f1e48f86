"""The flow, from paths to a report: discover → summarise → link → read → judge → suppress → fix."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from upgradecheck.cache import Cache
from upgradecheck.config import Options
from upgradecheck.discover import Tree, checkout, discover, kind_of
from upgradecheck.model import DATABASE, Document, Outcome, Skipped
from upgradecheck.report import Progress, Report, assemble, merged
from upgradecheck.rulings import basis, require_entries, settled
from upgradecheck.target import Versions, settle, versions

if TYPE_CHECKING:
    from upgradecheck.readiness.readiness import Readiness
    from upgradecheck.verification import Proof

NO_ADDRESS = "no metadata database was named: by --metadata-db or UPGRADECHECK_METADATA_DB"


def run(
    options: Options, progress: Progress = lambda stage, done, total: None, proof: Proof | None = None
) -> Report:
    """Check what the options ask for. Raises `ConfigError`, `facts.RuleError`.

    ``proof``: what reads the DAGs before and after a fix; without it fixes are written and not verified.
    """
    trees = discover(options)
    if options.staged or options.changed_since:
        from upgradecheck.changes import narrow

        narrow(trees, options)
    if options.ignore:
        require_entries(trees, options)
    for tree in trees[1:]:  # it is one database, whose findings one project tells
        tree.options = replace(tree.options, metadata_db="", beside=False)
    return merged([check_tree(tree, progress, proof) for tree in trees])


def run_text(options: Options, data: bytes, name: str) -> tuple[Report, bytes]:
    """Check one text as if it were the file ``name``; also returns it as ``options.fix`` leaves it.

    Raises `ConfigError`, `facts.RuleError`.
    """
    path = Path(os.path.normpath(Path.cwd() / name))
    folder = next(parent for parent in path.parents if parent.is_dir())
    trees = discover(replace(options, paths=(str(folder),)))
    if options.ignore:
        require_entries(trees, options)
    tree = only(trees[0], path, data)
    tree.options = replace(tree.options, readiness=False, patches=False, metadata_db="", beside=False)
    report = check_tree(tree, lambda stage, done, total: None)
    texts = [fixed.after for fixed in report.fixed]
    if not texts:
        return report, data
    from upgradecheck.texts.source import decode

    return report, decode(data).encode(texts[0])


def only(tree: Tree, path: Path, data: bytes) -> Tree:
    """The project with one document's content given, and no other asked for."""
    for name, document in tree.documents.items():
        tree.documents[name] = replace(document, selected=False)
    name = path.relative_to(tree.root).as_posix()
    tree.documents[name] = Document(path, name, kind_of(path.name) or "python", data=data)
    tree.skipped.clear()
    tree.whole = False
    return tree


def check_tree(tree: Tree, progress: Progress, proof: Proof | None = None) -> Report:
    """One project. The stages are imported when the cache cannot answer: a run without news needs none."""
    found = versions(tree.root, tree.options)
    options = settle(tree.options, found, tree)
    tree.apart = apart(tree, options)
    if tree.selection and not any(document.selected for document in tree.documents.values()):
        return assemble(tree, [], settled(tree, [], options), found)
    cache = Cache(tree.root, replace(options, cache=_may_know(options)))
    if answer := remembered(tree, options, cache, found):
        return answer

    gc.enable()  # the command does without for what the cache answers
    from upgradecheck import stages
    from upgradecheck.readiness.advice import first_step
    from upgradecheck.ruleset import ruleset

    rules = ruleset(options)
    summaries = stages.summarise_all(tree, options, cache, progress)
    project, unread = stages.link(tree, summaries, rules)
    outcomes, answers = stages.read(tree, project, unread, rules, cache, progress)
    advice = first_step(tree, outcomes, project, rules)
    if options.fix or options.diff:
        report, outcomes, project = stages.fix(tree, outcomes, project, rules, found, proof)
    else:
        report = assemble(tree, outcomes, settled(tree, outcomes, options), found)
    if options.patches:
        from upgradecheck.fixes.patches import patches

        report = replace(report, patches=patches(tree, outcomes, report.findings, project, rules))
    kept = None
    if options.readiness:
        from upgradecheck.readiness.standing import readiness_of

        kept = readiness_of(tree, project, outcomes, unread, rules, cache)
        report = ready(report, kept, tree)
    if cache.wanted:
        still_good = stages.still_good(tree, project, rules, cache)
        known_by = (basis(tree, options), kept) if kept else None
        cache.save(tree.documents.values(), summaries, outcomes, answers, still_good, known_by)
    return replace(report, advice=advice)


def apart(tree: Tree, options: Options) -> list[Outcome]:
    """What is to be told of the metadata database; it is asked anew each time, whatever the cache knows."""
    if options.metadata_db:
        from upgradecheck import database

        return database.look(tree, options)
    return [Skipped(f"{DATABASE}*", NO_ADDRESS)] if options.run_all and options.beside else []


def remembered(tree: Tree, options: Options, cache: Cache, found: Versions) -> Report | None:
    """The report, if nothing changed since an earlier run that tells all that is asked for."""
    if options.patches or (known := cache.complete(tree.documents)) is None:
        return None
    report = assemble(tree, known, settled(tree, known, options), found)
    if not options.readiness:
        return report
    kept = cache.readiness(basis(tree, options))
    return None if kept is None else ready(report, kept, tree)


def ready(report: Report, readiness: Readiness, tree: Tree) -> Report:
    """The report with readiness by owner in it."""
    from upgradecheck.owners import owners
    from upgradecheck.readiness.readiness import owned

    top = checkout(tree.root) or tree.root
    known = owners(tree.root, top, tree.options.owners, [file.document for file in readiness.files])
    return replace(report, readiness=owned(readiness, known))


def _may_know(options: Options) -> bool:
    """Whether the cache can tell all that is asked for: it keeps no edits."""
    known = options.cache and not (options.fix or options.diff)
    if not (known and options.bridge):
        return known
    from upgradecheck.rulebook.bridges import early

    return not early(options)
