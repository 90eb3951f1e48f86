"""``BaseNotifier``: a callback with templates."""

from __future__ import annotations

from typing import Any

from upgradecheck.runtime.sdk.templater import SandboxedEnvironment, Templater

HOME = "airflow.sdk"


class BaseNotifier(Templater):
    """Tells somebody."""

    def __init__(self, **kwargs: Any) -> None:
        self.context: dict[str, Any] = {}

    def notify(self, context: Any) -> None:
        """Tell."""
        raise NotImplementedError()

    async def async_notify(self, context: Any) -> None:
        """Tell."""
        raise NotImplementedError()

    @property
    def log(self) -> Any:
        """A logger."""
        import logging

        return logging.getLogger(type(self).__module__)

    def get_template_env(self, dag: Any = None) -> Any:
        """The DAG's environment."""
        return dag.get_template_env(force_sandboxed=True) if dag else SandboxedEnvironment(cache_size=0)

    def __call__(self, *args: Any) -> None:
        """Called back: with the context alone, or with more."""
        context = args[0] if len(args) == 1 else {"dag": args[0], "task_list": args[1] if len(args) > 1 else None}
        dag = context.get("dag") if hasattr(context, "get") else None
        env = self.get_template_env(dag)
        self._do_render_template_fields(self, self.template_fields, context, env, set())
        self.notify(context)


__all__ = ["BaseNotifier"]
