"""Tasks that wait for a person's answer: the plan gives it (``answers``), or it does not come."""

from __future__ import annotations

from typing import Any

from upgradecheck.runtime.sdk.exceptions import AirflowException, TaskAwaitingInput
from upgradecheck.runtime.sdk.names import is_arg_set
from upgradecheck.runtime.sdk.notifier import BaseNotifier
from upgradecheck.runtime.sdk.operator import BaseOperator
from upgradecheck.runtime.sdk.params import ParamsDict
from upgradecheck.runtime.sdk.skipping import BranchMixIn, SkipMixin

HOME = "airflow.providers.standard.operators.hitl"


class HITLTriggerEventError(Exception):
    """The answer is an error."""


class HITLTimeoutError(HITLTriggerEventError):
    """No answer came in time."""


class HITLRejectException(AirflowException):
    """The answer was no."""


class HITLOperator(BaseOperator):
    """Asks a person to choose."""

    template_fields: Any = ("subject", "body")

    def __init__(
        self,
        *,
        subject: str,
        options: list[str],
        body: str | None = None,
        defaults: Any = None,
        multiple: bool = False,
        params: Any = None,
        notifiers: Any = None,
        assigned_users: Any = None,
        response_timeout: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if self.execution_timeout and not response_timeout:
            response_timeout, self.execution_timeout = self.execution_timeout, None
        self.response_timeout, self.subject, self.body, self.options = response_timeout, subject, body, options
        self.defaults = [defaults] if isinstance(defaults, str) else defaults
        self.multiple = multiple
        self.params = params if isinstance(params, ParamsDict) else ParamsDict(params or {})
        self.notifiers = [notifiers] if isinstance(notifiers, BaseNotifier) else notifiers or []
        self.assigned_users = [assigned_users] if isinstance(assigned_users, dict) else assigned_users
        self._check()

    def _check(self) -> None:
        if not self.options:
            raise ValueError('"options" cannot be empty.')
        if "_options" in self.params:
            raise ValueError('"_options" is not allowed in params')
        if self.defaults is not None:
            if not set(self.defaults).issubset(self.options):
                raise ValueError(f'defaults "{self.defaults}" should be a subset of options "{self.options}"')
            if self.multiple is False and len(self.defaults) > 1:
                raise ValueError('More than one defaults given when "multiple" is set to False.')

    def execute(self, context: Any) -> Any:
        """Tell the notifiers, and wait."""
        for notifier in self.notifiers:
            notifier(context)
        raise TaskAwaitingInput(
            method_name="execute_complete",
            timeout=self.response_timeout,
            defaults=self.defaults,
            params=self._values(),
        )

    def _values(self) -> dict[str, Any]:
        given = {name: param.value for name, param in self.params._params.items()}
        return {name: value if is_arg_set(value) else None for name, value in given.items()}

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """The answer. Raises ``HITLTimeoutError``, ``ValueError`` where it does not fit."""
        if "error" in event:
            raise (HITLTimeoutError if event["error_type"] == "timeout" else HITLTriggerEventError)(event)
        chosen, given = event["chosen_options"], event["params_input"] or {}
        if diff := set(chosen) - set(self.options):
            raise ValueError(f"Responses {diff} not in {self.options}")
        if self.params and given and set(self.params) ^ set(given):
            raise ValueError(f"params_input {given} does not match params {self.params}")
        return {
            "chosen_options": chosen,
            "params_input": given,
            "responded_at": event["responded_at"],
            "responded_by_user": event["responded_by_user"],
        }


class ApprovalOperator(SkipMixin, HITLOperator):
    """Asks for a yes or no; after a no what is behind is skipped."""

    APPROVE, REJECT = "Approve", "Reject"
    FIXED_ARGS: Any = ("options", "multiple")

    def __init__(
        self, *, ignore_downstream_trigger_rules: bool = False, fail_on_reject: bool = False, **kwargs: Any
    ) -> None:
        for arg in self.FIXED_ARGS:
            if arg in kwargs:
                raise ValueError(f"Passing {arg} to ApprovalOperator is not allowed.")
        self.ignore_downstream_trigger_rules, self.fail_on_reject = ignore_downstream_trigger_rules, fail_on_reject
        super().__init__(options=[self.APPROVE, self.REJECT], multiple=False, **kwargs)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """The answer, and what follows from it."""
        found = super().execute_complete(context, event)
        chosen = found["chosen_options"][0]
        if chosen == self.APPROVE:
            return found
        if self.fail_on_reject and chosen == self.REJECT:
            raise HITLRejectException('Receive "Reject"')
        task = context["task"]
        if self.ignore_downstream_trigger_rules is True:
            behind = task.get_flat_relatives(upstream=False)
        else:
            behind = task.get_direct_relatives(upstream=False)
        self.skip(context["ti"], (each for each in behind if not each.is_teardown))
        return found


class HITLBranchOperator(BranchMixIn, HITLOperator):
    """The answer says what goes on."""

    def __init__(self, *, options_mapping: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.options_mapping = options_mapping or {}
        invalid = set(self.options_mapping) - set(self.options)
        if invalid:
            raise ValueError(f"`options_mapping` contains keys that are not in `options`: {sorted(invalid)}")
        others = {k: (v, type(v).__name__) for k, v in self.options_mapping.items() if not isinstance(v, str)}
        if others:
            raise ValueError(f"`options_mapping` values must be strings (task_ids).\nInvalid entries: {others}")

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Follow what was chosen."""
        chosen = super().execute_complete(context, event)["chosen_options"]
        return self.do_branch(context, [self.options_mapping.get(option, option) for option in chosen])


class HITLEntryOperator(HITLOperator):
    """Asks for values."""

    OK = "OK"

    def __init__(self, **kwargs: Any) -> None:
        if "options" not in kwargs:
            kwargs["options"] = [self.OK]
            kwargs.setdefault("defaults", [self.OK])
        super().__init__(**kwargs)


__all__ = ["ApprovalOperator", "HITLBranchOperator", "HITLEntryOperator", "HITLOperator"]
ERRORS = ("HITLRejectException", "HITLTimeoutError", "HITLTriggerEventError")
__all__ += [*ERRORS]
HOMES = dict.fromkeys(ERRORS, "airflow.providers.standard.exceptions")
