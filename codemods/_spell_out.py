"""A function that goes, but that one expression can stand for: each of its calls is written out."""

from __future__ import annotations

import ast
from functools import cache

from msgspec import Struct

from upgradecheck.facts import lookup
from upgradecheck.model import Edit, Fix, Free, Need
from upgradecheck.occurrences import SymbolUse
from upgradecheck.scene import Scene
from upgradecheck.scopes import Reference
from upgradecheck.spelling import in_fstring

from ._rename import Declined, exported, is_free, meant, mentioned, when_runs

_ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)


class Template(Struct, frozen=True):
    """``expression`` with the parameters in braces; ``module`` is what it needs to be imported."""

    parameters: tuple[str, ...]
    expression: str
    module: str
    new_2x: str

    @property
    def name(self) -> str:
        """What the expression calls, for people."""
        return self.expression.partition("(")[0]


@cache
def templates() -> dict[str, Template]:
    """The expressions, by the function that they stand for."""
    return {
        row["callable"]: Template(tuple(row["parameters"].split()), row["expression"], row["module"], row["new_2x"])
        for row in lookup("call_templates")
    }


def spell_out(use: SymbolUse, scene: Scene, free: Free) -> Fix | None:
    """The fix for an imported function with a template; None where there is no template or no use."""
    assert use.binding is not None
    template, references = templates().get(use.hit.symbol), meant(scene, use.binding)
    if template is None or not references:
        return None
    if exported(scene, use.binding) or mentioned(scene, use.binding.name):
        raise Declined("others get the function from here")
    edits = tuple(written(scene, reference, template) for reference in references)
    when = when_runs(template.new_2x, template.new_2x, scene.from_version)
    needs = (Need(template.module, "", template.module, free.anchor),)
    return Fix(f"Write {template.name} instead", "safe", when, edits, needs, (free,))


def written(scene: Scene, reference: Reference, template: Template) -> Edit:
    """The edit of one call."""
    if not is_free(scene, template.module, template.module):
        raise Declined(f"`{template.module}` already means something else in this file")
    function = reference.nodes[-1]
    call = next((call for call, _, _ in scene.scopes.calls if call.func is function), None)
    if call is None:
        raise Declined("the function is used without being called")
    text = scene.text(call)
    if in_fstring(scene.scopes, reference) or not text.startswith(reference.root):
        raise Declined("it is called inside an f-string")
    return scene.edit(call, template.expression.format(quote=_quote(scene), **_arguments(scene, call, template)))


def _arguments(scene: Scene, call: ast.Call, template: Template) -> dict[str, str]:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    given.update(zip(template.parameters, call.args, strict=False))
    unpacked = any(isinstance(value, ast.Starred) for value in call.args)
    if unpacked or set(given) != set(template.parameters) or len(call.args) > len(template.parameters):
        raise Declined("it is called with arguments that the new expression has no place for")
    return {str(name): _operand(scene, value) for name, value in given.items()}


def _operand(scene: Scene, value: ast.expr) -> str:
    """An argument's text, in parentheses unless it is one word or one call."""
    text = scene.text(value)
    if isinstance(value, _ATOMS) or (isinstance(value, ast.Constant) and isinstance(value.value, int)):
        return text
    return f"({text})"


def _quote(scene: Scene) -> str:
    """The quote that the file prefers."""
    text = scene.source.text
    return "'" if text.count("'") > text.count('"') else '"'
