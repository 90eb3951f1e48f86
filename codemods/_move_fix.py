"""How the use of a moved name is rewritten: which names are needed, which freed, what text changes."""

from __future__ import annotations

import ast

from msgspec.structs import replace

from upgradecheck.model import Edit, Fix, Free, How, NoFix, Runs
from upgradecheck.occurrences import SymbolUse
from upgradecheck.python.scopes import Reference
from upgradecheck.python.spelling import literal
from upgradecheck.readers.python import unbound
from upgradecheck.rulebook.facts import Rule
from upgradecheck.scene import Scene

from ._drop import drop
from ._held import answer_out
from ._move_module import reached, whole_module
from ._named import names_a_class, untouched
from ._rename import Declined, exported, home, importable, made, may_rename, meant, need, renamed
from ._spell_out import spell_out
from ._succeed import rewritten_calls, succeeds
from ._unlist import unlisted


def plan(use: SymbolUse, scene: Scene, rule: Rule) -> Fix | NoFix:
    """The rewrite for one use, or why there is none."""
    fix = _plan(use, scene, rule)
    if isinstance(fix, NoFix) or use.runs is not Runs.TYPING:
        return fix
    needs = tuple(replace(wanted, fallback="", source="") for wanted in fix.needs)
    return replace(fix, when="now", needs=needs)  # it never runs: any version takes it


def _plan(use: SymbolUse, scene: Scene, rule: Rule) -> Fix | NoFix:
    try:
        if rule.fix == "none":
            raise Declined(use.hit.row.reason or "this change is for a person to make")
        if use.how in (How.STRING, How.DYNAMIC):
            return _string(use, scene)
        if use.how is How.STAR:
            return _star(use, scene)
        if use.how is How.ATTRIBUTE:
            return reached(use, scene)
        return whole_module(use, scene) if _is_module(use) else _imported_name(use, scene)
    except Declined as declined:
        return NoFix(str(declined))


def _is_module(use: SymbolUse) -> bool:
    return isinstance(use.statement, ast.Import) or use.hit.row.kind == "module"


# -- strings -------------------------------------------------------------------------------------------


def _string(use: SymbolUse, scene: Scene) -> Fix:
    row = replace(use.hit.row, fallback="")  # a string names one place
    home(row)
    if not isinstance(use.node, ast.Constant):
        raise Declined("the string is put together from parts")
    if use.name != use.node.value:
        raise Declined("the string does not hold the whole name")
    found = literal(scene.source, use.node)
    if found is None:
        raise Declined("the string is written in parts or with escapes")
    if row.kind == "module" and use.name != use.hit.symbol:
        raise Declined(f"nothing is known of what became of `{use.name}`")
    start, value = found
    text = scene.text(use.node)
    at = start - scene.start(use.node)
    new = row.new.replace(":", ".") + use.name[len(use.hit.symbol) :]
    caution = "" if use.how is How.DYNAMIC else "nothing shows how this string is used"
    if row.kind == "module":
        caution = "what is reached in the module may have another name there"
    edit = scene.edit(use.node, text[:at] + new + text[at + len(value) :])
    return made(scene, [row], [edit], caution=caution)


# -- from module import name -----------------------------------------------------------------------


def _imported_name(use: SymbolUse, scene: Scene) -> Fix:
    assert use.binding is not None and use.statement is not None
    row, binding = use.hit.row, use.binding
    free = Free(scene.start(use.statement), binding.alias)
    references = meant(scene, binding)
    if not row.new and use.hit.status == "broken":
        known = spell_out(use, scene, free) or answer_out(use, scene, free) or unlisted(use, scene, free)
        return known or drop(use, scene, free)
    module, name = home(row)
    if use.name != use.hit.symbol:
        raise Declined(f"nothing is known of what became of `{use.name}`")
    further: list[Edit] = []
    if succeeds(use.hit.symbol):
        if exported(scene, binding):
            raise Declined("others import the class from here, and its successor takes other arguments")
        further, row = rewritten_calls(scene, use.hit, references), replace(row, safety="safe", reason="")
        if further:  # what a guard falls back to takes the arguments under their old names alone
            row = replace(row, fallback="")
    elif row.safety == "unsafe" and (
        _only_named(use, name, references, scene) or untouched(scene, f"{module}.{name}")
    ):
        row = replace(row, safety="safe", reason="")
    if not name:  # a module of another library
        return made(scene, [row], further, [need(row, module, "", binding.name, free.anchor)], [free])
    top, _, below = name.partition(".")  # `conf.get`: what is imported, and what is reached in it
    alias = use.statement.names[binding.alias]
    renames = (below or top != alias.name) and (below or not alias.asname)
    if renames and may_rename(scene, binding, references, module, top):
        edits = [renamed(scene, reference, name) for reference in references]
        return made(scene, [row], [*edits, *further], [need(row, module, top, top, free.anchor)], [free])
    if below:
        raise Declined(f"it is an attribute of `{module}.{top}` now, and `{binding.name}` has to stay")
    return made(scene, [row], further, [need(row, module, name, binding.name, free.anchor)], [free])


def _only_named(use: SymbolUse, name: str, references: list[Reference], scene: Scene) -> bool:
    """Whether a class under the same name is only told apart by it, in annotations and questions: then it is no
    matter what arguments and members it has."""
    assert use.binding is not None
    same = name == use.name.rpartition(".")[2] and bool(references)
    return same and not exported(scene, use.binding) and all(names_a_class(scene, r) for r in references)


# -- from module import * ------------------------------------------------------------------------------


def _star(use: SymbolUse, scene: Scene) -> Fix:
    assert use.statement is not None and use.binding is not None
    anchor = scene.start(use.statement)
    if use.reference is not None:
        module, name = importable(use.hit.row)
        return made(scene, [use.hit.row], [], [need(use.hit.row, module, name, use.reference.root, anchor)])
    stars = [node for node, _, _ in scene.scopes.imports if node.names[0].name == "*"]
    if scene.document.name.endswith("__init__.py") or len(stars) > 1:
        raise Declined("which names the star import brings, and to whom, cannot be told")
    rows, needs = [], []
    for root in dict.fromkeys(reference.root for reference in unbound(scene)):
        hit = scene.symbols.find(f"{use.name}.{root}")
        if hit is None or hit.symbol == use.hit.symbol:
            raise Declined(f"it is not known whether the star import brings `{root}`")
        module, name = importable(hit.row)
        needs.append(need(hit.row, module, name, root, anchor))
        rows.append(hit.row)
    if not rows:
        raise Declined("nothing shows what the star import is for")
    return made(scene, rows, [], needs, [Free(anchor, 0)])
