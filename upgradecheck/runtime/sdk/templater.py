"""Jinja templates in the fields of operators: undefined names are errors, literals stay as they are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import Any

import jinja2
import jinja2.nativetypes
import jinja2.sandbox

from upgradecheck.runtime.sdk.params import ResolveMixin

HOME = "airflow.sdk.definitions._internal.templater"


class LiteralValue(ResolveMixin):
    """A value whose braces mean nothing."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        """No task."""
        return iter(())

    def resolve(self, context: Any) -> Any:
        """The value."""
        return self.value


def literal(value: Any) -> LiteralValue:
    """A value whose braces mean nothing."""
    return LiteralValue(value)


FILTERS = {
    "ds": lambda value: value.strftime("%Y-%m-%d") if value is not None else None,
    "ds_nodash": lambda value: value.strftime("%Y%m%d") if value is not None else None,
    "ts": lambda value: value.isoformat() if value is not None else None,
    "ts_nodash": lambda value: value.strftime("%Y%m%dT%H%M%S") if value is not None else None,
    "ts_nodash_with_tz": lambda value: (
        value.isoformat().replace("-", "").replace(":", "") if value is not None else None
    ),
}


class _Filters:
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters.update(FILTERS)  # type: ignore[attr-defined]

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return not jinja2.sandbox.is_internal_attribute(obj, attr)


class NativeEnvironment(_Filters, jinja2.nativetypes.NativeEnvironment):
    """Templates whose results are Python values."""


class SandboxedEnvironment(_Filters, jinja2.sandbox.SandboxedEnvironment):
    """Templates whose results are text."""


def create_template_env(
    *,
    native: bool = False,
    searchpath: list[str] | None = None,
    template_undefined: Any = jinja2.StrictUndefined,
    jinja_environment_kwargs: dict[str, Any] | None = None,
    user_defined_macros: dict[str, Any] | None = None,
    user_defined_filters: dict[str, Any] | None = None,
) -> jinja2.Environment:
    """The environment that a DAG's templates are rendered in."""
    options: dict[str, Any] = {
        "undefined": template_undefined,
        "extensions": ["jinja2.ext.do"],
        "cache_size": 0,
        **({"loader": jinja2.FileSystemLoader(searchpath)} if searchpath else {}),
        **(jinja_environment_kwargs or {}),
    }
    env = NativeEnvironment(**options) if native else SandboxedEnvironment(**options)
    env.globals.update(user_defined_macros or {})
    env.filters.update(user_defined_filters or {})
    return env


def of_context(template: Any, context: Any, native: bool) -> Any:
    """Render without copying the context: what a template does not name is never computed."""
    env = template.environment
    try:
        parts = template.root_render_func(template.new_context(dict_like(context, env), shared=True))
        if native:
            return jinja2.nativetypes.native_concat(parts)
        return env.concat(parts)
    except Exception:  # any error of a template's own: Jinja puts the template's lines into the traceback
        return env.handle_exception()


def dict_like(context: Any, env: jinja2.Environment) -> Any:
    """The environment's globals under the context's keys."""
    return {**env.globals, **dict(context)}


class Templater:
    """What has ``template_fields``."""

    template_fields: Any = ()
    template_ext: Any = ()
    template_fields_renderers: Any = MappingProxyType({})

    def get_template_env(self, dag: Any = None) -> jinja2.Environment:
        """The DAG's environment."""
        return dag.get_template_env() if dag else SandboxedEnvironment(cache_size=0)

    def prepare_template(self) -> None:
        """For operators that change the content of their files."""

    def resolve_template_files(self) -> None:
        """Read the files that fields name."""
        if self.template_ext:
            env = self.get_template_env()
            for field in self.template_fields:
                content = getattr(self, field, None)
                if isinstance(content, str):
                    setattr(self, field, self._source(env, content))
                elif isinstance(content, list):
                    content[:] = [self._source(env, item) for item in content]
        self.prepare_template()

    def _source(self, env: jinja2.Environment, content: Any) -> Any:
        if not isinstance(content, str) or not content.endswith(tuple(self.template_ext)):
            return content
        try:
            assert env.loader is not None
            return env.loader.get_source(env, content)[0]
        except Exception:  # as in Airflow: the name stays, and rendering fails with TemplateNotFound
            return content

    def _native(self, dag: Any) -> bool:
        own = getattr(self, "render_template_as_native_obj", None)
        return bool(own if own is not None else dag and dag.render_template_as_native_obj)

    def _render(self, template: Any, context: Any, dag: Any = None) -> Any:
        return of_context(template, context, self._native(dag))

    def _do_render_template_fields(
        self, parent: Any, fields: Iterable[str], context: Any, env: jinja2.Environment, seen: set[int]
    ) -> None:
        for field in fields:
            if not hasattr(parent, field):
                raise AttributeError(
                    f"{field!r} is configured as a template field but {type(parent).__name__} does not have "
                    "this attribute."
                )
            value = getattr(parent, field)
            try:
                empty = not value
            except Exception:  # a value without truth (a data frame) is no empty one
                empty = False
            if not empty:
                done = (
                    value(context=context, jinja_env=env)
                    if callable(value)
                    else self.render_template(value, context, env, seen)
                )
                setattr(parent, field, done)

    def render_template(
        self, content: Any, context: Any, jinja_env: jinja2.Environment | None = None, seen_oids: Any = None
    ) -> Any:
        """The content with its templates rendered, whatever it is nested in."""
        seen = seen_oids if seen_oids is not None else set()
        if id(content) in seen:
            return content
        env = jinja_env or self.get_template_env()
        if isinstance(content, str):
            is_file = bool(self.template_ext) and content.endswith(tuple(self.template_ext))
            template = env.get_template(content) if is_file else env.from_string(content)
            return self._render(template, context)
        if not isinstance(content, os.PathLike) and (resolve := getattr(content, "resolve", None)):
            return resolve(context)
        return self._nested(content, context, env, seen)

    def _nested(self, value: Any, context: Any, env: jinja2.Environment, seen: set[int]) -> Any:
        def inner(item: Any) -> Any:
            return self.render_template(item, context, env, seen)

        if isinstance(value, tuple):
            items = [inner(item) for item in value]
            return tuple(items) if value.__class__ is tuple else value.__class__(*items)
        if isinstance(value, list):
            return [inner(item) for item in value]
        if isinstance(value, dict):
            return {key: inner(item) for key, item in value.items()}
        if isinstance(value, set):
            return {inner(item) for item in value}
        if id(value) not in seen:
            seen.add(id(value))
            if fields := getattr(value, "template_fields", None):
                self._do_render_template_fields(value, fields, context, env, seen)
        return value


__all__ = [
    "LiteralValue",
    "NativeEnvironment",
    "SandboxedEnvironment",
    "Templater",
    "create_template_env",
    "literal",
]
HOMES = {"literal": "airflow.sdk"}
