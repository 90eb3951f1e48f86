"""A function that goes, but that one expression can stand for: each of its calls is written out."""

from __future__ import annotations

import ast
from functools import cache

from msgspec import Struct

from upgradecheck.model import Edit, Fix, Free, Need
from upgradecheck.occurrences import SymbolUse
from upgradecheck.python.scopes import Reference
from upgradecheck.python.spelling import called, in_fstring, other_quote
from upgradecheck.rulebook.facts import lookup
from upgradecheck.scene import Scene

from ._drop import offered
from ._rename import Declined, is_free, meant, mentioned, when_runs

_ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)


class Template(Struct, frozen=True):
    """``expression`` with the parameters in braces; ``module`` is what it needs to be imported, if anything.

    ``further`` stands behind it where optional parameters (``name?``) are given, which it takes by name.
    """

    parameters: tuple[str, ...]
    expression: str
    further: str
    module: str
    new_2x: str

    @property
    def names(self) -> list[str]:
        """All parameters, in their order."""
        return [parameter.rstrip("?") for parameter in self.parameters]

    @property
    def optional(self) -> list[str]:
        """The parameters that need not be given."""
        return [parameter.rstrip("?") for parameter in self.parameters if parameter.endswith("?")]

    def needs(self, anchor: int) -> tuple[Need, ...]:
        """The import of what it needs."""
        return (Need(self.module, "", self.module, anchor),) if self.module else ()

    @property
    def name(self) -> str:
        """What the expression calls, for people."""
        return self.expression.partition("(")[0]


@cache
def templates() -> dict[str, Template]:
    """The expressions, by the function that they stand for."""
    return {
        row["callable"]: Template(
            tuple(row["parameters"].split()), row["expression"], row["further"], row["module"], row["new_2x"]
        )
        for row in lookup("call_templates")
    }


def spell_out(use: SymbolUse, scene: Scene, free: Free) -> Fix | None:
    """The fix for an imported function with a template; None where there is no template or no use."""
    assert use.binding is not None
    template, references = templates().get(use.hit.symbol), meant(scene, use.binding)
    if template is None or not references:
        return None
    if offered(scene, use.binding) or mentioned(scene, use.binding.name):
        raise Declined("others get the function from here")
    edits = tuple(written(scene, reference, template) for reference in references)
    when = when_runs(template.new_2x, template.new_2x, scene.from_version)
    return Fix(f"Write {template.name} instead", "safe", when, edits, template.needs(free.anchor), (free,))


def written(scene: Scene, reference: Reference, template: Template) -> Edit:
    """The edit of one call."""
    if template.module and not is_free(scene, template.module, template.module):
        raise Declined(f"`{template.module}` already means something else in this file")
    function = reference.nodes[-1]
    call = next((call for call, _, _ in scene.scopes.calls if call.func is function), None)
    if call is None:
        raise Declined("the function is used without being called")
    found = called(scene.source, scene.scopes, reference, call)
    if found is None:
        raise Declined("where the call stands in a string cannot be told")
    arguments = _arguments(scene.source.text[found[0] : found[1]], template)
    new = template.expression.format(quote=_quote(scene, reference), **arguments)
    if given := [f"{name}={arguments[name]}" for name in template.optional if name in arguments]:
        new += template.further.format(further=", ".join(given))
    return Edit(scene.document.name, *found, new)


def _arguments(text: str, template: Template) -> dict[str, str]:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    given.update(zip(template.names, call.args, strict=False))
    unpacked = any(isinstance(value, ast.Starred) for value in call.args)
    missing = set(template.names) - set(template.optional) - set(given)
    if unpacked or missing or not set(given) <= set(template.names) or len(call.args) > len(template.names):
        raise Declined("it is called with arguments that the new expression has no place for")
    return {str(name): _operand(text, value) for name, value in given.items()}


def _operand(text: str, value: ast.expr) -> str:
    """An argument's text, in parentheses unless it is one word or one call."""
    own = ast.get_source_segment(text, value) or ""
    if isinstance(value, _ATOMS) or (isinstance(value, ast.Constant) and isinstance(value.value, int)):
        return own
    return f"({own})"


def _quote(scene: Scene, reference: Reference) -> str:
    """The quote that the file prefers; inside an f-string, the one that does not end it."""
    if in_fstring(scene.scopes, reference):
        quote = other_quote(scene.source, scene.scopes, reference)
        if quote is None:
            raise Declined("it is called inside an f-string that is written in parts or with escapes")
        return quote
    text = scene.source.text
    return "'" if text.count("'") > text.count('"') else '"'
