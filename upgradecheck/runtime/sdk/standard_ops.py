"""The other operators of the standard provider: empty, bash, latest only, dates and days."""

from __future__ import annotations

import datetime
import os
import shutil
import subprocess
import time
from collections.abc import Iterable
from typing import Any

from upgradecheck.runtime.sdk import timezone
from upgradecheck.runtime.sdk.decorated import DecoratedOperator, determine_kwargs
from upgradecheck.runtime.sdk.exceptions import AirflowException, AirflowSkipException
from upgradecheck.runtime.sdk.operator import BaseOperator
from upgradecheck.runtime.sdk.skipping import BaseBranchOperator
from upgradecheck.runtime.sdk.task_factory import task_decorator_factory
from upgradecheck.runtime.sdk.weekday import WeekDay

HOME = "airflow.providers.standard.operators"
KEPT_OUTPUT = 100_000


class EmptyOperator(BaseOperator):
    """Does nothing; the scheduler ends it by itself."""

    ui_color = "#e8f7e4"
    _is_empty = True

    def execute(self, context: Any) -> None:
        """Nothing."""


class BashOperator(BaseOperator):
    """Runs a shell command; its last line is the value."""

    template_fields: Any = ("bash_command", "env", "cwd")
    template_ext: Any = (".sh", ".bash")
    ui_color = "#f0ede4"

    def __init__(
        self,
        *,
        bash_command: Any,
        env: Any = None,
        append_env: bool = False,
        output_encoding: str = "utf-8",
        skip_on_exit_code: Any = 99,
        cwd: str | None = None,
        output_processor: Any = lambda output: output,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bash_command, self.env, self.append_env, self.cwd = bash_command, env, append_env, cwd
        self.output_encoding, self.output_processor = output_encoding, output_processor
        codes = [] if skip_on_exit_code is None else skip_on_exit_code
        self.skip_on_exit_code = codes if isinstance(codes, Iterable) else [codes]

    def execute(self, context: Any) -> Any:
        """Run it in an empty folder. Raises ``AirflowSkipException``, ``AirflowException`` by its exit code."""
        from upgradecheck.runtime.guard import shell

        if self.cwd is not None and not os.path.exists(self.cwd):
            raise AirflowException(f"Can not find the cwd: {self.cwd}")
        if self.cwd is not None and not os.path.isdir(self.cwd):
            raise AirflowException(f"The cwd {self.cwd} must be a directory")
        given = {str(key): str(value) for key, value in (self.env or {}).items()}
        env = {**os.environ, **given} if self.env is None or self.append_env else given
        env.update({name: value for name, value in os.environ.items() if name.startswith("AIRFLOW_CTX_")})
        with shell(self.cwd) as opened:
            done = subprocess.run(
                [shutil.which("bash") or "bash", "-c", self.bash_command],
                cwd=opened.cwd,
                env={**env, "PATH": opened.path(env.get("PATH"))},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            slept = opened.slept
        if slept:
            time.sleep(slept)  # in the time of the world
        if done.returncode in self.skip_on_exit_code:
            raise AirflowSkipException(f"Bash command returned exit code {done.returncode}. Skipping.")
        if done.returncode != 0:
            raise AirflowException(
                f"Bash command failed. The command returned a non-zero exit code {done.returncode}."
            )
        lines = done.stdout[-KEPT_OUTPUT:].decode(self.output_encoding, errors="backslashreplace").splitlines()
        return self.output_processor(lines[-1].rstrip() if lines else "")


class _BashDecoratedOperator(DecoratedOperator, BashOperator):
    template_fields: Any = (*DecoratedOperator.template_fields, *BashOperator.template_fields)
    custom_operator_name = "@task.bash"

    def __init__(self, *, python_callable: Any, op_args: Any = None, op_kwargs: Any = None, **kwargs: Any) -> None:
        super().__init__(
            python_callable=python_callable, op_args=op_args, op_kwargs=op_kwargs, bash_command="", **kwargs
        )

    def execute(self, context: Any) -> Any:
        """The command is what the function returns; templates in it are rendered. Raises ``TypeError``."""
        context.update(self.op_kwargs)
        kwargs = determine_kwargs(self.python_callable, self.op_args, context)
        self.bash_command = self.python_callable(*self.op_args, **kwargs)
        if not isinstance(self.bash_command, str) or not self.bash_command.strip():
            raise TypeError("The returned value from the TaskFlow callable must be a non-empty string.")
        self.render_template_fields(context)
        return BashOperator.execute(self, context)


def bash_task(python_callable: Any = None, **kwargs: Any) -> Any:
    """``@task.bash``."""
    return task_decorator_factory(python_callable, decorated_operator_class=_BashDecoratedOperator, **kwargs)


class LatestOnlyOperator(BaseBranchOperator):
    """Skips what is behind unless this is the newest run."""

    ui_color = "#e9ffdb"

    def choose_branch(self, context: Any) -> Any:
        """All, for manual runs and the newest interval."""
        from upgradecheck.runtime.windows import latest_window

        run = context["dag_run"]
        window = None if run.run_type == "manual" else latest_window(self.dag, run)
        if window is None or window[0] < timezone.utcnow() <= window[1]:
            return list(self.downstream_task_ids)
        return []


def _now(operator: Any, context: Any) -> Any:
    if operator.use_task_logical_date:
        return context.get("logical_date") or context["dag_run"].run_after
    return timezone.coerce_datetime(timezone.utcnow())


class BranchDateTimeOperator(BaseBranchOperator):
    """Chooses by the time."""

    def __init__(
        self,
        *,
        follow_task_ids_if_true: Any,
        follow_task_ids_if_false: Any,
        target_lower: Any,
        target_upper: Any,
        use_task_logical_date: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if target_lower is None and target_upper is None:
            raise AirflowException(
                "Both target_upper and target_lower are None. At least one "
                "must be defined to be compared to the current datetime"
            )
        self.target_lower, self.target_upper = target_lower, target_upper
        self.follow_task_ids_if_true, self.follow_task_ids_if_false = (
            follow_task_ids_if_true,
            follow_task_ids_if_false,
        )
        self.use_task_logical_date = use_task_logical_date

    def choose_branch(self, context: Any) -> Any:
        """True between the bounds."""
        now = _now(self, context)
        lower, upper = target_times_as_dates(now, self.target_lower, self.target_upper)
        lower, upper = (timezone.coerce_datetime(bound, self.dag.timezone) for bound in (lower, upper))
        outside = (upper is not None and upper < now) or (lower is not None and lower > now)
        return self.follow_task_ids_if_false if outside else self.follow_task_ids_if_true


def target_times_as_dates(base: Any, lower: Any, upper: Any) -> tuple[Any, Any]:
    """Bounds as dates; where both are times and the upper is earlier, it is on the next day."""
    if isinstance(lower, datetime.datetime) and isinstance(upper, datetime.datetime):
        return lower, upper
    if isinstance(lower, datetime.time):
        lower = datetime.datetime.combine(base, lower)
    if isinstance(upper, datetime.time):
        upper = datetime.datetime.combine(base, upper)
    if lower is not None and upper is not None and upper < lower:
        upper += datetime.timedelta(days=1)
    return lower, upper


class BranchDayOfWeekOperator(BaseBranchOperator):
    """Chooses by the day of the week."""

    def __init__(
        self,
        *,
        follow_task_ids_if_true: Any,
        follow_task_ids_if_false: Any,
        week_day: Any,
        use_task_logical_date: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.follow_task_ids_if_true, self.follow_task_ids_if_false = (
            follow_task_ids_if_true,
            follow_task_ids_if_false,
        )
        self.week_day, self.use_task_logical_date = week_day, use_task_logical_date
        self._week_day_num = WeekDay.validate_week_day(week_day)

    def choose_branch(self, context: Any) -> Any:
        """True on these days."""
        now = _now(self, context)
        now = now if self.use_task_logical_date else now.astimezone(self.dag.timezone)
        chosen = now.isoweekday() in self._week_day_num
        return self.follow_task_ids_if_true if chosen else self.follow_task_ids_if_false


__all__ = [
    "BashOperator",
    "BranchDateTimeOperator",
    "BranchDayOfWeekOperator",
    "EmptyOperator",
    "LatestOnlyOperator",
    "bash_task",
]
HOMES = {
    "BashOperator": f"{HOME}.bash",
    "BranchDateTimeOperator": f"{HOME}.datetime",
    "BranchDayOfWeekOperator": f"{HOME}.weekday",
    "EmptyOperator": f"{HOME}.empty",
    "LatestOnlyOperator": f"{HOME}.latest_only",
    "bash_task": "airflow.providers.standard.decorators.bash",
}
