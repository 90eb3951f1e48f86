"""The exceptions that DAGs raise and catch, with the words of the real ones (read off Airflow 3.3.2)."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from typing import Any

HOME = "airflow.sdk.exceptions"


class AirflowException(Exception):
    """The base of most others."""

    status_code = 500


class AirflowOptionalProviderFeatureException(AirflowException):
    """A provider lacks something optional."""


class AirflowNotFoundException(AirflowException):
    """A connection or another thing does not exist."""

    status_code = 404


class AirflowDagCycleException(AirflowException):
    """Tasks wait for each other in a circle."""


class AirflowTimetableInvalid(AirflowException):
    """A schedule cannot be understood."""


class ErrorType(enum.Enum):
    """What the task API says when it refuses."""

    CONNECTION_NOT_FOUND = "CONNECTION_NOT_FOUND"
    VARIABLE_NOT_FOUND = "VARIABLE_NOT_FOUND"
    XCOM_NOT_FOUND = "XCOM_NOT_FOUND"
    ASSET_NOT_FOUND = "ASSET_NOT_FOUND"
    DAGRUN_ALREADY_EXISTS = "DAGRUN_ALREADY_EXISTS"
    DAG_NOT_FOUND = "DAG_NOT_FOUND"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    GENERIC_ERROR = "GENERIC_ERROR"
    API_SERVER_ERROR = "API_SERVER_ERROR"


class AirflowRuntimeError(Exception):
    """The task API refused a request."""

    def __init__(self, error: Any) -> None:
        self.error = error
        super().__init__(f"{error.error.value}: {error.detail}")


class XComForMappingNotPushed(TypeError):
    """A task that others map over returned nothing."""

    def __str__(self) -> str:
        return "did not push XCom for task mapping"


class UnmappableXComTypePushed(TypeError):
    """A task that others map over returned what has no length."""

    def __init__(self, value: Any, *values: Any) -> None:
        super().__init__(value, *values)

    def __str__(self) -> str:
        typename = type(self.args[0]).__qualname__
        for arg in self.args[1:]:
            typename = f"{typename}[{type(arg).__qualname__}]"
        return f"unmappable return type {typename!r}"


class AirflowFailException(AirflowException):
    """Fail at once, whatever retries are left."""


class AirflowInactiveAssetInInletOrOutletException(AirflowFailException):
    """A task reads or writes an asset that nobody refers to any more."""

    def __init__(self, inactive_assets: Any) -> None:
        self.inactive_assets = inactive_assets
        told = ", ".join(map(_asset, inactive_assets))
        super().__init__(f"Task has the following inactive assets in its inlets or outlets: {told}")


def _asset(leaf: dict[str, str]) -> str:
    """An asset or a reference to one, as it is named in Python."""
    fields = {"name": "name", "uri": "uri"}.get(leaf["kind"])
    return (
        f"Asset.ref({fields}={leaf['value']!r})" if fields else f"Asset(name={leaf['name']!r}, uri={leaf['uri']!r})"
    )


class AirflowRescheduleException(AirflowException):
    """Give the slot back until ``reschedule_date``."""

    def __init__(self, reschedule_date: datetime) -> None:
        super().__init__()
        self.reschedule_date = reschedule_date


class AirflowSensorTimeout(AirflowException):
    """A sensor waited too long."""


class AirflowSkipException(AirflowException):
    """This task is skipped."""


class AirflowTaskTerminated(BaseException):
    """The task's process was told to end."""


class AirflowTaskTimeout(BaseException):
    """``execution_timeout`` passed."""


class TaskDeferred(BaseException):
    """The task waits in the triggerer for an event."""

    def __init__(
        self,
        *,
        trigger: Any,
        method_name: str,
        kwargs: dict[str, Any] | None = None,
        timeout: timedelta | int | float | None = None,
    ) -> None:
        super().__init__()
        self.trigger, self.method_name, self.kwargs = trigger, method_name, kwargs
        self.timeout = timedelta(seconds=timeout) if isinstance(timeout, int | float) else timeout
        if self.timeout is not None and not isinstance(self.timeout, timedelta):
            raise ValueError("Timeout value must be a timedelta")


class TaskAwaitingInput(BaseException):
    """The task waits for a person's answer."""

    def __init__(
        self, *, method_name: str, timeout: timedelta | None = None, defaults: Any = None, params: Any = None
    ) -> None:
        super().__init__()
        self.method_name, self.timeout, self.defaults, self.params = method_name, timeout, defaults, params


class TaskDeferralError(AirflowException):
    """The trigger of a deferred task died."""


class TaskDeferralTimeout(AirflowException):
    """The trigger of a deferred task took too long."""


class DagRunTriggerException(AirflowException):
    """Asks the task runner to start a run of another DAG; carries what it should be like."""

    def __init__(self, **wanted: Any) -> None:
        super().__init__()
        self.__dict__.update(wanted)


class DownstreamTasksSkipped(AirflowException):
    """The task succeeded, and these of its downstream tasks are skipped."""

    def __init__(self, *, tasks: Any) -> None:
        super().__init__()
        self.tasks = tasks


class XComNotFound(AirflowException):
    """A named output of a task was never pushed."""

    def __init__(self, dag_id: str, task_id: str, key: str) -> None:
        super().__init__()
        self.dag_id, self.task_id, self.key = dag_id, task_id, key

    def __str__(self) -> str:
        return f'XComArg result from {self.task_id} at {self.dag_id} with key="{self.key}" is not found!'


class ParamValidationError(AirflowException, ValueError):
    """A param does not fit its schema."""


class DuplicateTaskIdFound(AirflowException):
    """Two tasks or groups of a DAG have one id."""


class TaskAlreadyInTaskGroup(AirflowException):
    """A task was put into a second group."""

    def __init__(self, task_id: str, existing_group_id: str | None, new_group_id: str | None) -> None:
        super().__init__(task_id, new_group_id)
        self.task_id, self.existing_group_id, self.new_group_id = task_id, existing_group_id, new_group_id

    def __str__(self) -> str:
        existing = f"{self.existing_group_id!r}" if self.existing_group_id else "the DAG's root group"
        return f"cannot add {self.task_id!r} to {self.new_group_id!r} (already in {existing})"


class TaskNotFound(AirflowException):
    """No task of the DAG has this id."""


class NodeNotFound(TaskNotFound, KeyError):
    """No task or group of the DAG has this id."""


class FailFastDagInvalidTriggerRule(AirflowException):
    """A DAG with ``fail_fast`` has a task with another rule than all_success."""

    def __str__(self) -> str:
        return "A 'fail_fast' dag can only have TriggerRule.ALL_SUCCESS trigger rule"


class RemovedInAirflow4Warning(DeprecationWarning):
    """Works until 4.0."""

    deprecated_since: str | None = None


class AirflowProviderDeprecationWarning(DeprecationWarning):
    """Deprecated in a provider."""

    deprecated_provider_since: str | None = None


class SerializationError(AirflowException):
    """A DAG holds what cannot be stored."""


class AirflowConfigException(Exception):
    """An option is not there."""


class TaskAlreadyRunningError(AirflowException):
    """Another process runs the task."""


class AirflowBadRequest(AirflowException):
    """A request that cannot be understood."""


class DagRunAlreadyExists(AirflowBadRequest):
    """A DAG has a run of this id or date."""


def _named(base: type, names: str) -> dict[str, Any]:
    """Exceptions of the server, which DAG files name and the runtime does not raise."""
    return {name: type(name, (base,), {"__module__": "airflow.exceptions"}) for name in names.split()}


OF_SERVER = {
    **_named(
        AirflowNotFoundException, "DagCodeNotFound DagNotFound DagRunNotFound PoolNotFound TaskInstanceNotFound"
    ),
    **_named(
        AirflowException,
        "AirflowClearRunningTaskException AirflowClusterPolicyError AirflowClusterPolicySkipDag "
        "AirflowClusterPolicyViolation AirflowDagDuplicatedIdException AirflowFileParseException "
        "AirflowUnsupportedFileTypeException ConnectionNotUnique DagRunTypeNotAllowed InvalidStatsNameException "
        "PodMutationHookException PodReconciliationError VariableNotUnique",
    ),
    **_named(
        ValueError,
        "DagNotPartitionedError DeserializingResultError InvalidPartitionKeyError UnknownExecutorException",
    ),
    **_named(Exception, "DeserializationError NotMapped"),
    **_named(BaseException, "AirflowInternalRuntimeError"),
}


class AirflowSecretsBackendAccessDenied(PermissionError):
    """A secrets backend says no."""


__all__ = [
    name for name, value in list(globals().items()) if isinstance(value, type) and value.__module__ == __name__
]
HOMES = {
    **dict.fromkeys(["AirflowProviderDeprecationWarning", "SerializationError"], "airflow.exceptions"),
    **dict.fromkeys(["AirflowBadRequest", "DagRunAlreadyExists"], "airflow.exceptions"),
    "AirflowConfigException": "airflow._shared.configuration.exceptions",
}
ALSO = {
    **{f"airflow.exceptions.{name}": kind for name, kind in OF_SERVER.items()},
    "airflow.exceptions.RemovedInAirflow4Warning": RemovedInAirflow4Warning,
    "airflow.sdk._shared.configuration.exceptions.AirflowConfigException": AirflowConfigException,
}
