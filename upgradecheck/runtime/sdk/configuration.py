"""``conf``: the options that matter to DAGs, with the defaults of 3.3.2; the environment may say otherwise."""

from __future__ import annotations

import os
from typing import Any

from upgradecheck.runtime import dialect
from upgradecheck.runtime.sdk.exceptions import AirflowConfigException

HOME = "airflow.sdk.configuration"
NO_DATABASE = "airflow-db-not-allowed:///"
DEFAULTS = {
    ("core", "dags_folder"): "/opt/airflow/dags",
    ("core", "max_active_tasks_per_dag"): "16",
    ("core", "max_active_runs_per_dag"): "16",
    ("core", "max_consecutive_failed_dag_runs_per_dag"): "0",
    ("core", "parallelism"): "32",
    ("core", "max_map_length"): "1024",
    ("core", "executor"): "LocalExecutor",
    ("core", "default_timezone"): "utc",
    ("core", "unit_test_mode"): "False",
    ("core", "load_examples"): "True",
    ("core", "allowed_deserialization_classes"): "airflow.*",
    ("core", "allowed_deserialization_classes_regexp"): "",
    ("core", "default_task_retries"): "0",
    ("core", "rerun_with_latest_version"): "",
    ("scheduler", "catchup_by_default"): "False",
    ("scheduler", "create_cron_data_intervals"): "False",
    ("scheduler", "create_delta_data_intervals"): "False",
    ("scheduler", "use_job_schedule"): "True",
    ("operators", "default_owner"): "airflow",
    ("operators", "default_queue"): "default",
    ("operators", "default_deferrable"): "false",
    ("sensors", "default_timeout"): "604800",
    ("api", "base_url"): "http://localhost:8080/",
    ("logging", "base_log_folder"): "/opt/airflow/logs",
    ("logging", "logging_level"): "INFO",
    ("database", "sql_alchemy_conn"): NO_DATABASE,
    ("database", "sql_alchemy_conn_async"): NO_DATABASE,
    ("smtp", "smtp_mail_from"): "airflow@example.com",
    ("kubernetes_executor", "worker_container_repository"): "",
    ("kubernetes_executor", "worker_container_tag"): "",
    ("kubernetes_executor", "namespace"): "default",
}


class Configuration:
    """Reads options as Airflow does: the environment first, then the default."""

    def get(self, section: str, key: str, **kwargs: Any) -> Any:
        """Text. Raises ``AirflowConfigException`` for an option that is not there."""
        section, key = section.lower(), key.lower()
        if section == "database" and key.startswith("sql_alchemy_conn"):
            return NO_DATABASE
        name = f"AIRFLOW__{section.replace('.', '_').replace('-', '_').upper()}__{key.upper()}"
        if name in os.environ:
            return os.environ[name]
        defaults = DEFAULTS | dialect.current().options
        if (section, key) in defaults:
            return defaults[section, key]
        if "fallback" in kwargs:
            return kwargs["fallback"]
        raise AirflowConfigException(f"section/key [{section}/{key}] not found in config")

    def getboolean(self, section: str, key: str, **kwargs: Any) -> bool:
        """True or false."""
        value = str(self.get(section, key, **kwargs)).lower().split("#")[0].strip()
        if value in ("t", "true", "1"):
            return True
        if value in ("f", "false", "0"):
            return False
        raise AirflowConfigException(
            f'Failed to convert value to bool. Please check "{key}" key in "{section}" section. '
            f'Current value: "{value}".'
        )

    def getint(self, section: str, key: str, **kwargs: Any) -> int:
        """A number."""
        return int(self.get(section, key, **kwargs))

    def getfloat(self, section: str, key: str, **kwargs: Any) -> float:
        """A number."""
        return float(self.get(section, key, **kwargs))

    def getlist(self, section: str, key: str, **kwargs: Any) -> list[str]:
        """Words between commas."""
        return [word.strip() for word in str(self.get(section, key, **kwargs)).split(",") if word.strip()]

    def has_option(self, section: str, key: str, **kwargs: Any) -> bool:
        """Is it there?"""
        try:
            self.get(section, key)
        except AirflowConfigException:
            return False
        return True


conf = Configuration()

__all__ = ["conf"]
HOMES = {"conf": "airflow.sdk"}
ALSO = {"airflow.configuration.conf": conf}
