"""How the use of a moved name is rewritten: which names are needed, which freed, what text changes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from upgradecheck.facts import Rule
from upgradecheck.model import Edit, Fix, Free, How, Need, NoFix, When
from upgradecheck.occurrences import SymbolUse
from upgradecheck.readers.python import node_of, unbound
from upgradecheck.scene import Scene
from upgradecheck.scopes import Binding, Reference
from upgradecheck.symbols import NameRow


class _Declined(Exception):
    """No rewrite would be right; the message is the reason."""


def plan(use: SymbolUse, scene: Scene, rule: Rule) -> Fix | NoFix:
    """The rewrite for one use, or why there is none."""
    try:
        if rule.fix == "none":
            raise _Declined(use.hit.row.reason or "this change is for a person to make")
        if use.how in (How.STRING, How.DYNAMIC):
            return _string(use, scene)
        if use.how is How.STAR:
            return _star(use, scene)
        if use.how is How.ATTRIBUTE:
            return _attribute(use, scene)
        return _module(use, scene) if _is_module(use) else _imported_name(use, scene)
    except _Declined as declined:
        return NoFix(str(declined))


def _is_module(use: SymbolUse) -> bool:
    return isinstance(use.statement, ast.Import) or use.hit.row.kind == "module"


def _fix(use: SymbolUse, scene: Scene, rows: list[NameRow], edits: list[Edit], needs: list[Need],
         frees: list[Free], description: str = "", caution: str = "") -> Fix:  # fmt: skip
    unsafe = [row for row in rows if row.safety != "safe"]
    caution = caution or (unsafe[0].reason if unsafe else "")
    when: When = "now" if all(_runs_before(row, scene.from_version) for row in rows) else "cutover"
    description = description or f"Replace with {', '.join(sorted({row.new.replace(':', '.') for row in rows}))}"
    safety = "unsafe" if caution or unsafe else "safe"
    return Fix(description, safety, when, _unique(edits), _unique(needs), _unique(frees), caution)  # type: ignore[arg-type]


def _unique(items: list) -> tuple:  # type: ignore[type-arg]
    return tuple(dict.fromkeys(items))


def _runs_before(row: NameRow, version: str) -> bool:
    """Whether the replacement also runs on the version the project comes from."""
    least = row.new_2x if version.startswith("2.") else row.new_from
    return bool(least) and tuple(map(int, least.split("."))) <= tuple(map(int, version.split(".")))


def _home(row: NameRow) -> tuple[str, str]:
    if not row.new:
        raise _Declined(row.reason or "nothing replaces it")
    return row.home


# -- strings -------------------------------------------------------------------------------------------


def _string(use: SymbolUse, scene: Scene) -> Fix:
    row = use.hit.row
    _home(row)
    text = scene.text(use.node)
    if text[1:-1] != use.name or text[0] not in "'\"":
        raise _Declined("the string is written in parts or with escapes")
    if row.kind == "module" and use.name != use.hit.symbol:
        raise _Declined(f"nothing is known of what became of `{use.name}`")
    new = row.new.replace(":", ".") + use.name[len(use.hit.symbol) :]
    caution = "" if use.how is How.DYNAMIC else "nothing shows how this string is used"
    return _fix(use, scene, [row], [scene.edit(use.node, text[0] + new + text[0])], [], [], caution=caution)


# -- from module import name -----------------------------------------------------------------------


def _imported_name(use: SymbolUse, scene: Scene) -> Fix:
    assert use.binding is not None and use.statement is not None
    row, binding = use.hit.row, use.binding
    free = Free(scene.start(use.statement), binding.alias)
    references = _references(scene, binding)
    if not row.new and use.hit.status == "broken":
        return _drop(use, scene, references, free)
    module, name = _home(row)
    below = use.name[len(use.hit.symbol) :]
    if below:
        raise _Declined(f"nothing is known of what became of `{use.name}`")
    alias = use.statement.names[binding.alias]
    bound, edits = binding.name, list[Edit]()
    if name != alias.name and not alias.asname and _may_rename(scene, binding, name, references, module):
        bound = name
        edits = [_rename(scene, reference, name) for reference in references]
    need = Need(module, name, bound, free.anchor)
    return _fix(use, scene, [row], edits, [need], [free])


def _drop(use: SymbolUse, scene: Scene, references: list[Reference], free: Free) -> Fix:
    assert use.binding is not None
    row = use.hit.row
    if references or len(scene.scopes.bound[use.binding.name]) > 1 or scene.exported(use.binding.name):
        raise _Declined(row.reason or "nothing replaces it")
    if use.binding.block is not scene.scopes.root:
        raise _Declined("it is imported on a condition, for a reason that does not show")
    return Fix("Delete the import, which nothing uses", "safe", "now", frees=(free,))


def _references(scene: Scene, binding: Binding) -> list[Reference]:
    """All references that may mean this binding."""
    return [
        reference
        for reference in scene.scopes.references
        if reference.root == binding.name and binding in scene.scopes.bindings(reference)
    ]


def _may_rename(scene: Scene, binding: Binding, name: str, references: list[Reference], module: str) -> bool:
    """Whether every use can take the new name: nobody else sees the old one, nothing has the new one."""
    if len(scene.scopes.bound[binding.name]) > 1 or scene.exported(binding.name):
        return False
    plain = all(_spelled(scene, reference) for reference in references)
    return plain and _is_free(scene, name, f"{module}.{name}")


def _is_free(scene: Scene, name: str, target: str) -> bool:
    """Whether a name is unused in the document, or stands for ``target`` wherever it is bound."""
    taken = [b for b in scene.scopes.bound.get(name, ()) if b.target != target]
    return not taken and all(reference.root != name for reference in unbound(scene))


def _spelled(scene: Scene, reference: Reference) -> bool:
    """Whether the reference's text can be edited: it stands in the source as it was parsed."""
    if reference.store:
        return False
    if reference.text is not None:
        return scene.text(reference.text)[1:-1] == reference.text.value and reference.text.value.strip() == (
            reference.text.value
        )
    try:
        return scene.text(reference.nodes[0]) == reference.root
    except (IndexError, UnicodeDecodeError):  # positions inside f-strings are not to be trusted before 3.12
        return False


def _place(scene: Scene, reference: Reference, node: ast.expr) -> tuple[int, int]:
    """Start and end of a part of a reference, in the document."""
    start, end = 0, 0
    if reference.text is None:
        return scene.start(node), scene.end(node)
    start = scene.start(reference.text) + 1 + node.col_offset
    end = start + (node.end_col_offset or 0) - node.col_offset
    return start, end


def _rename(scene: Scene, reference: Reference, name: str) -> Edit:
    start, end = _place(scene, reference, reference.nodes[0])
    return Edit(scene.document.name, start, end, name)


# -- modules, and names reached through them ----------------------------------------------------------


def _attribute(use: SymbolUse, scene: Scene) -> Fix:
    assert use.binding is not None and use.reference is not None
    edit, need, row = _reached(scene, use.binding, use.reference, use)
    frees = []
    if isinstance(use.binding.node, ast.Import | ast.ImportFrom) and not scene.exported(use.binding.name):
        frees = [Free(scene.start(use.binding.node), use.binding.alias)]
    return _fix(use, scene, [row], [edit], [need], frees)


def _reached(
    scene: Scene, binding: Binding, reference: Reference, use: SymbolUse | None
) -> tuple[Edit, Need, NameRow]:
    """The edit for one ``module.name``, and the import it needs."""
    hit, full = _hit_of(scene, binding, reference) if use is None else (use.hit, use.name)
    if hit is None or full is None:
        raise _Declined("the module is used in ways that cannot be followed")
    module, name = _home(hit.row)
    if not name or hit.row.kind == "module":
        raise _Declined(f"nothing is known of what became of `{full}`")
    if not isinstance(binding.node, ast.Import | ast.ImportFrom):
        raise _Declined("the module is reached through a variable")
    if reference.store or not _spelled(scene, reference):
        raise _Declined("the name is written to, or stands inside an f-string")
    if not _is_free(scene, name, f"{module}.{name}"):
        raise _Declined(f"`{name}` already means something else in this file")
    start, end = _place(scene, reference, node_of(reference, full, hit))
    edit = Edit(scene.document.name, start, end, name)
    return edit, Need(module, name, name, scene.start(binding.node)), hit.row


def _hit_of(scene: Scene, binding: Binding, reference: Reference):  # type: ignore[no-untyped-def]
    for dotted, found in scene.scopes.targets(reference):
        if found is binding:
            for resolved in scene.project.resolve(dotted):
                return scene.symbols.find(resolved.name), resolved.name
    return None, None


def _module(use: SymbolUse, scene: Scene) -> Fix:
    assert use.binding is not None and use.statement is not None
    binding = use.binding
    free = Free(scene.start(use.statement), binding.alias)
    references = list(_through(scene, use))
    if not references:
        return _unused_module(use, scene, free)
    if use.hit.row.new and use.hit.symbol == use.name and _same_names(scene, use, references):
        return _moved_module(use, scene, free)
    if scene.exported(binding.name):
        raise _Declined("others import the module from here")
    found = [_reached(scene, binding, reference, None) for reference in references]
    edits = [edit for edit, _, _ in found]
    needs = [need for _, need, _ in found]
    return _fix(use, scene, [row for _, _, row in found], edits, needs, [free])


def _unused_module(use: SymbolUse, scene: Scene, free: Free) -> Fix:
    assert use.binding is not None
    row = use.hit.row
    if use.hit.status != "broken" or use.hit.symbol != use.name or scene.exported(use.binding.name):
        raise _Declined(row.reason or "nothing shows what it is imported for")
    if use.binding.block is not scene.scopes.root:
        raise _Declined("it is imported on a condition, for a reason that does not show")
    return Fix("Delete the import, which nothing uses", "safe", "now", frees=(free,))


def _through(scene: Scene, use: SymbolUse) -> Iterator[Reference]:
    """The references that go through a module import. ``import a.b.c`` shares its ``a`` with others."""
    assert use.binding is not None
    for reference in _references(scene, use.binding):
        if use.binding.target == use.name or isinstance(use.statement, ast.ImportFrom):
            yield reference
            continue
        full = ".".join((reference.root, *reference.attributes))
        if full == use.name or full.startswith(use.name + "."):
            yield reference


def _same_names(scene: Scene, use: SymbolUse, references: list[Reference]) -> bool:
    """Whether everything reached through the module has the same name in the module's new home."""
    if isinstance(use.statement, ast.Import) and not use.statement.names[use.binding.alias].asname:  # type: ignore[union-attr]
        return False
    for reference in references:
        hit, full = _hit_of(scene, use.binding, reference) if reference.attributes else (None, None)  # type: ignore[arg-type]
        if hit is None or full is None or hit.symbol == use.hit.symbol:
            return False
        if hit.row.new != f"{use.hit.row.new}{hit.symbol[len(use.hit.symbol) :]}":
            return False
    return True


def _moved_module(use: SymbolUse, scene: Scene, free: Free) -> Fix:
    assert use.binding is not None
    module, _, name = use.hit.row.new.rpartition(".")
    need = Need(module, name, use.binding.name, free.anchor)
    rows = [use.hit.row]
    for reference in _through(scene, use):
        hit, _ = _hit_of(scene, use.binding, reference)
        rows.append(hit.row)
    return _fix(use, scene, rows, [], [need], [free])


# -- from module import * ------------------------------------------------------------------------------


def _star(use: SymbolUse, scene: Scene) -> Fix:
    assert use.statement is not None and use.binding is not None
    anchor = scene.start(use.statement)
    if use.reference is not None:
        module, name = _home(use.hit.row)
        return _fix(use, scene, [use.hit.row], [], [Need(module, name, use.reference.root, anchor)], [])
    stars = [node for node, _, _ in scene.scopes.imports if node.names[0].name == "*"]
    if scene.document.name.endswith("__init__.py") or len(stars) > 1:
        raise _Declined("which names the star import brings, and to whom, cannot be told")
    rows, needs = [], []
    for root in sorted({reference.root for reference in unbound(scene)}):
        hit = scene.symbols.find(f"{use.name}.{root}")
        if hit is None or hit.symbol == use.hit.symbol:
            raise _Declined(f"it is not known whether the star import brings `{root}`")
        module, name = _home(hit.row)
        needs.append(Need(module, name, root, anchor))
        rows.append(hit.row)
    if not rows:
        raise _Declined("nothing shows what the star import is for")
    return _fix(use, scene, rows, [], needs, [Free(anchor, 0)])
