"""Modules that are imported whole, and the names that code reaches through them."""

from __future__ import annotations

import ast
from itertools import chain

from msgspec.structs import replace

from upgradecheck.model import Edit, Fix, Free, How, Need
from upgradecheck.occurrences import SymbolUse
from upgradecheck.python.scopes import Binding, Reference, import_target
from upgradecheck.python.spelling import place
from upgradecheck.readers.python import node_of
from upgradecheck.rulebook.symbols import Hit, NameRow
from upgradecheck.scene import Scene

from ._drop import delete
from ._held import ANSWER, answered, held
from ._rename import Declined, exported, home, is_free, made, meant, mentioned, need
from ._spell_out import templates, written

_IMPORTS = (ast.Import, ast.ImportFrom)


def reached(use: SymbolUse, scene: Scene) -> Fix:
    """A name reached through a module. Where the module's import has to change as well, that is the fix."""
    assert use.binding is not None and use.reference is not None
    if (whole := _import_of(use, scene)) is not None:
        return whole_module(whole, scene)
    edit, needs, row = _replaced(scene, use.binding, use.reference, use.hit, use.name)
    frees: list[Free] = []
    if not exported(scene, use.binding) and not mentioned(scene, use.binding.name):
        same = [b for b in scene.scopes.bindings(use.reference) if b.target == use.binding.target]
        frees = [Free(scene.start(b.node), b.alias) for b in same]
    return made(scene, [row], [edit], needs, frees)


def _import_of(use: SymbolUse, scene: Scene) -> SymbolUse | None:
    """The import by which a name is reached, as a use of its own, if it cannot stay as it is."""
    assert use.reference is not None
    best: SymbolUse | None = None
    for binding in scene.scopes.bindings(use.reference):
        node = binding.node
        if not isinstance(node, _IMPORTS):
            continue
        name = _imported(node, binding)
        hit = scene.symbols.find(name) if f"{use.name}.".startswith(f"{name}.") else None
        if hit and hit.status != "ok" and (best is None or len(name) > len(best.name)):
            alias = node.names[binding.alias]
            best = replace(use, name=name, hit=hit, how=How.IMPORT, node=alias, statement=node, binding=binding)
    return best


def _imported(node: ast.Import | ast.ImportFrom, binding: Binding) -> str:
    alias = node.names[binding.alias]
    return alias.name if isinstance(node, ast.Import) else import_target(node, alias.name)


def _replaced(
    scene: Scene, binding: Binding, reference: Reference, hit: Hit | None, full: str
) -> tuple[Edit, tuple[Need, ...], NameRow]:
    """The edit for one ``module.name``, and the imports it needs."""
    if hit is None:
        raise Declined("the module is used in ways that cannot be followed")
    if (template := templates().get(hit.symbol)) and isinstance(binding.node, _IMPORTS):
        anchor = scene.start(binding.node)
        row = replace(hit.row, new=template.name, new_from=hit.since, new_2x=template.new_2x, safety="safe")
        return written(scene, reference, template), template.needs(anchor), row
    if hit.symbol in held():
        row = replace(hit.row, new=ANSWER, new_from=hit.since, new_2x=scene.from_version, safety="safe")
        return answered(scene, reference, hit.symbol), (), row
    module, name = home(hit.row)
    if hit.row.kind == "module":
        raise Declined(f"nothing is known of what became of `{full}`")
    if not isinstance(binding.node, _IMPORTS):
        raise Declined("the module is reached through a variable")
    top, bound = name.partition(".")[0], name.partition(".")[0] or module
    if not is_free(scene, bound, f"{module}.{top}" if top else module):
        if "*" in scene.scopes.bound:
            raise Declined(f"a star import in this file may bring another `{bound}`")
        raise Declined(f"`{bound}` already means something else in this file")
    found = place(scene.source, scene.scopes, reference, node_of(reference, full, hit))
    if found is None:
        raise Declined("the name stands in an f-string or a string where it cannot be told apart")
    if reference.store and full == hit.symbol:
        raise Declined("the name is written to")
    edit = Edit(scene.document.name, *found, name or module)
    return edit, (need(hit.row, module, top, bound, scene.start(binding.node)),), hit.row


def _hit_of(scene: Scene, binding: Binding, reference: Reference) -> tuple[Hit | None, str]:
    for dotted, found in scene.scopes.targets(reference):
        if found is binding:
            for resolved in scene.project.resolve(dotted):
                return scene.symbols.find(resolved.name), resolved.name
    return None, ""


def whole_module(use: SymbolUse, scene: Scene) -> Fix:
    """The import of a module, with everything that is reached through it: one fix for all of its uses."""
    key = ("whole module", id(use.binding), use.name)
    if key not in scene.memory:
        try:
            scene.memory[key] = _whole(use, scene)
        except Declined as declined:
            scene.memory[key] = declined
    found = scene.memory[key]
    if isinstance(found, Declined):
        raise Declined(str(found))
    assert isinstance(found, Fix)
    return found


def _whole(use: SymbolUse, scene: Scene) -> Fix:
    assert use.binding is not None and use.statement is not None
    binding, row = use.binding, use.hit.row
    free = Free(scene.start(use.statement), binding.alias)
    references = _through(scene, use)
    if not references:
        return _unused(use, scene, free)
    if row.new and use.hit.symbol == use.name and _same_names(scene, use, references):
        return _moved(use, scene, free, references)
    if exported(scene, binding) or mentioned(scene, binding.name):
        raise Declined("others import the module from here")
    hits = [_hit_of(scene, binding, reference) for reference in references]
    unknown = [hit for hit, _ in hits if hit is None or hit.symbol == use.hit.symbol]
    if unknown and not row.new:
        raise Declined(row.reason or "nothing replaces it")
    found = [_replaced(scene, binding, r, *hit) for r, hit in zip(references, hits, strict=True)]
    edits, needs, rows = zip(*found, strict=True)
    return made(scene, list(rows), edits, chain.from_iterable(needs), [free])


def _unused(use: SymbolUse, scene: Scene, free: Free) -> Fix:
    assert use.binding is not None
    broken = use.hit.status == "broken" and use.hit.symbol == use.name
    if not broken or exported(scene, use.binding) or mentioned(scene, use.binding.name):
        raise Declined(use.hit.row.reason or "nothing shows what it is imported for")
    return delete(use.binding, scene, free)


def _through(scene: Scene, use: SymbolUse) -> list[Reference]:
    """The references that go through a module import. ``import a.b.c`` shares its ``a`` with others."""
    assert use.binding is not None
    references = meant(scene, use.binding)
    if use.binding.target == use.name or isinstance(use.statement, ast.ImportFrom):
        return references
    root = use.binding.name
    inside = [r for r in references if f"{'.'.join((r.root, *r.attributes))}.".startswith(f"{use.name}.")]
    others = [
        b for b in scene.scopes.bound[root] if b.kind == "import" and b.target == root and b is not use.binding
    ]
    if len(inside) < len(references) and not others:
        raise Declined(f"`{root}` is used for more than `{use.name}`")
    return inside


def _same_names(scene: Scene, use: SymbolUse, references: list[Reference]) -> bool:
    """Whether everything reached through the module has the same name in the module's new home."""
    assert use.binding is not None and use.statement is not None
    if isinstance(use.statement, ast.Import) and not use.statement.names[use.binding.alias].asname:
        return False
    for reference in references:
        hit = _hit_of(scene, use.binding, reference)[0] if reference.attributes else None
        if hit is None or hit.symbol == use.hit.symbol:
            return False
        if hit.row.new != f"{use.hit.row.new}{hit.symbol[len(use.hit.symbol) :]}":
            return False
    return True


def _moved(use: SymbolUse, scene: Scene, free: Free, references: list[Reference]) -> Fix:
    assert use.binding is not None
    new, bound = use.hit.row.new, use.binding.name
    module, _, name = new.rpartition(".")
    if isinstance(use.statement, ast.Import) or not module:
        module, name = new, ""
    hits = [_hit_of(scene, use.binding, reference)[0] for reference in references]
    rows = [use.hit.row, *(hit.row for hit in hits if hit)]
    return made(scene, rows, [], [need(use.hit.row, module, name, bound, free.anchor)], [free])
