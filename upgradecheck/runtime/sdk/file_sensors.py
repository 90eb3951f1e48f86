"""Sensors of the standard provider that wait for files and commands."""

from __future__ import annotations

import datetime
import os
import subprocess
import time
from glob import glob
from typing import Any

from upgradecheck.runtime.sdk.configuration import conf
from upgradecheck.runtime.sdk.exceptions import AirflowException, AirflowFailException
from upgradecheck.runtime.sdk.file_triggers import FileTrigger
from upgradecheck.runtime.sdk.sensor import BaseSensorOperator

HOME = "airflow.providers.standard.sensors"


class FileSensor(BaseSensorOperator):
    """Waits for a file."""

    template_fields: Any = ("filepath", "fs_conn_id")
    ui_color = "#91818a"

    def __init__(
        self,
        *,
        filepath: Any,
        fs_conn_id: str = "fs_default",
        recursive: bool = False,
        deferrable: bool | None = None,
        start_from_trigger: bool = False,
        trigger_kwargs: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filepath, self.fs_conn_id, self.recursive = filepath, fs_conn_id, recursive
        self.deferrable = conf.getboolean("operators", "default_deferrable") if deferrable is None else deferrable

    @property
    def path(self) -> str:
        """Where it has to be: below the path of the connection. Raises ``AirflowNotFoundException``."""
        from upgradecheck.runtime.sdk.connection import Connection

        base = Connection.get(self.fs_conn_id).extra_dejson.get("path", "")
        return os.path.join(str(base), os.fspath(self.filepath))

    def poke(self, context: Any) -> bool:
        """Is it there, or a folder with files in it?"""
        for path in glob(self.path, recursive=self.recursive):
            if os.path.isfile(path) or any(files for _, _, files in os.walk(path)):
                return True
        return False

    def execute(self, context: Any) -> Any:
        """Defer, or poke."""
        if not self.deferrable:
            return super().execute(context)
        if self.poke(context):
            return True
        trigger = FileTrigger(self.path, self.recursive, self.poke_interval)
        return self.defer(
            timeout=datetime.timedelta(seconds=self.timeout), trigger=trigger, method_name="execute_complete"
        )

    def execute_complete(self, context: Any, event: Any = None) -> bool:
        """After a deferral."""
        if not event:
            raise AirflowException("%s task failed as %s not found.", self.task_id, self.filepath)
        return True


class BashSensor(BaseSensorOperator):
    """Waits until a command ends with 0."""

    template_fields: Any = ("bash_command", "env")

    def __init__(
        self,
        *,
        bash_command: Any,
        env: Any = None,
        output_encoding: str = "utf-8",
        retry_exit_code: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bash_command, self.env, self.retry_exit_code = bash_command, env, retry_exit_code

    def poke(self, context: Any) -> bool:
        """Run it. Raises ``AirflowFailException`` for an exit code that is neither 0 nor to be waited for."""
        from upgradecheck.runtime.guard import shell

        given = dict(os.environ if self.env is None else self.env)
        with shell(None) as opened:
            env = {**given, "PATH": opened.path(given.get("PATH"))}
            done = subprocess.run(
                ["bash", "-c", self.bash_command], cwd=opened.cwd, env=env, capture_output=True, check=False
            )
            slept = opened.slept
        if slept:
            time.sleep(slept)  # in the time of the world
        if done.returncode and self.retry_exit_code is not None and done.returncode != self.retry_exit_code:
            raise AirflowFailException(f"Command exited with return code {done.returncode}")
        return not done.returncode


__all__ = ["BashSensor", "FileSensor"]
HOMES = {"BashSensor": f"{HOME}.bash", "FileSensor": f"{HOME}.filesystem"}
