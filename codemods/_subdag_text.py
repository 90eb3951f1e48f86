"""The texts of a SubDAG's rewrite: the id of the group, the call that makes it, a statement put into a context."""

from __future__ import annotations

import ast
import re

import msgspec

from upgradecheck.python.scopes import Scope
from upgradecheck.scene import Scene

from ._rename import Declined

_KEPT = "default_args"
_LOST = {
    "concurrency": "tasks at a time",
    "max_active_tasks": "tasks at a time",
}
_MEANT = frozenset(
    {
        "user_defined_macros", "user_defined_filters", "template_searchpath", "params", "template_undefined",
        "on_success_callback", "on_failure_callback", "sla_miss_callback", "render_template_as_native_obj",
        "jinja_environment_kwargs", "access_control", "dagrun_timeout",
    }
)  # fmt: skip


def group_call(scene: Scene, call: ast.Call, name: str, scope: Scope) -> tuple[str, str]:
    """The text that makes a group in place of a DAG, and what is lost by that ("" for nothing)."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if None in given:
        raise Declined("the arguments of the SubDAG's DAG are not plain to see")
    if len(call.args) > 1:
        raise Declined("the arguments of the SubDAG's DAG stand by position")
    if meant := sorted(_MEANT.intersection(str(name) for name in given)):
        raise Declined(f"a task group has no `{meant[0]}`")
    if "#" in re.sub(r"""("[^"\n]*"|'[^'\n]*')""", "", scene.text(call)):
        raise Declined("there are comments among the arguments of the SubDAG's DAG")
    dag_id = given.get("dag_id", call.args[0] if call.args else None)
    if dag_id is None:
        raise Declined("the SubDAG's id is not plain to see")
    text = f"{name}(group_id={child_of(scene, _written(dag_id, scope))}"
    if _KEPT in given:
        text += f", {_KEPT}={scene.text(given[_KEPT])}"
    lost = [f"`{name}` no longer limits its {what}" for name, what in _LOST.items() if name in given]
    return f"{text})", "; ".join(lost)


def _written(value: ast.expr, scope: Scope) -> ast.expr:
    """What a name of this scope was given, where it is given once."""
    bindings = scope.bindings.get(value.id, []) if isinstance(value, ast.Name) else []
    return bindings[0].value if len(bindings) == 1 and bindings[0].value is not None else value


def child_of(scene: Scene, dag_id: ast.expr) -> str:
    """The source of a SubDAG's own id, out of ``parent.child``. Raises `Declined`."""
    if isinstance(dag_id, ast.Constant) and isinstance(dag_id.value, str) and "." in dag_id.value:
        return msgspec.json.encode(dag_id.value.rpartition(".")[2]).decode()
    if isinstance(dag_id, ast.JoinedStr):
        return _of_fstring(scene, dag_id)
    own = _after_percent(dag_id) or _after_format(dag_id) or _after_join(dag_id) or _after_plus(dag_id)
    if own is None:
        raise Declined("which part of the SubDAG's id is its own cannot be told")
    return scene.text(own)


def _after_percent(node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and _is(node.left, "%s.%s"):
        values = node.right.elts if isinstance(node.right, ast.Tuple) else []
        return values[1] if len(values) == 2 else None
    return None


def _after_format(node: ast.expr) -> ast.expr | None:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "format":
        return None
    if node.keywords and not node.args and isinstance(node.func.value, ast.Constant):
        parts = re.fullmatch(r"\{(\w+)\}\.\{(\w+)\}", str(node.func.value.value))
        return next((k.value for k in node.keywords if parts and k.arg == parts[2]), None)
    plain = any(_is(node.func.value, form) for form in ("{}.{}", "{0}.{1}"))
    return node.args[1] if plain and len(node.args) == 2 else None


def _after_join(node: ast.expr) -> ast.expr | None:
    """Of ``".".join([parent, child])``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join":
        values = getattr(node.args[0], "elts", []) if _is(node.func.value, ".") and node.args else []
        return values[1] if len(values) == 2 and not any(isinstance(v, ast.Starred) for v in values) else None
    return None


def _after_plus(node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left = node.left
        return node.right if isinstance(left, ast.BinOp) and _is(left.right, ".") else None
    return None


def _is(node: ast.expr, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _of_fstring(scene: Scene, node: ast.JoinedStr) -> str:
    parts = list(node.values)
    dots = [i for i, part in enumerate(parts) if isinstance(part, ast.Constant) and "." in str(part.value)]
    if not dots:
        raise Declined("which part of the SubDAG's id is its own cannot be told")
    first = parts[dots[-1]]
    assert isinstance(first, ast.Constant)
    own = [ast.Constant(str(first.value).rpartition(".")[2]), *parts[dots[-1] + 1 :]]
    own = [part for part in own if not (isinstance(part, ast.Constant) and part.value == "")]
    if len(own) == 1 and isinstance(own[0], ast.FormattedValue) and own[0].format_spec is None:
        return ast.unparse(own[0].value)
    if own and all(isinstance(part, ast.Constant) for part in own):
        return msgspec.json.encode("".join(str(part.value) for part in own)).decode()  # type: ignore[attr-defined]
    text = ast.unparse(ast.fix_missing_locations(ast.JoinedStr(values=own)))
    return text if '"' in text else text.replace("'", '"')


def in_context(scene: Scene, statement: ast.stmt, context: str, new: tuple[ast.expr, str]) -> str:
    """A statement's text with one expression replaced, inside ``with context:``."""
    node, text = new
    start = scene.start(statement)
    indent = scene.source.text[scene.source.starts[statement.lineno - 1] : start]
    if indent.strip():
        raise Declined("the SubDagOperator shares its line with another statement")
    whole = scene.text(statement)
    at, end = scene.start(node) - start, scene.end(node) - start
    step = "\t" if "\t" in indent else "    "
    return f"with {context}:{scene.source.newline}{indent}{step}{whole[:at]}{text}{whole[end:]}"
