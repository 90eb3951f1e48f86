"""What the runtime says of Airflow's names that it does not have."""

from __future__ import annotations


class NotModelled(ImportError):
    """Airflow has this name; the runtime does not."""
