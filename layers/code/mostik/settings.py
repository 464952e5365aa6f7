"""The only place that reads the environment: one read-only value for each function.

A missing or malformed variable is an error at the first event, and it names every one of them. No
pydantic and no dataclasses here: the first costs the webhook 0.6 of a botocore start, five of the
others two per cent (docs/decisions).
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from typing import Any

from mostik.errors import ConfigurationError


class Environment:
    """Reads every annotated field from the variable of its name in upper case.

    Raises:
        ConfigurationError: names every variable that is missing, empty or not a whole number.
    """

    stage: str
    state_table: str
    jobs_queue_url: str

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        source = os.environ if environ is None else environ
        wrong: list[str] = []
        for name, kind in self.fields().items():
            variable = name.upper()
            text = source.get(variable, "").strip()
            if not text:
                wrong.append(f"{variable} is missing")
            elif kind != "int":
                self.__dict__[name] = text
            elif text.isdecimal():
                self.__dict__[name] = int(text)
            else:
                wrong.append(f"{variable} must be a whole number")
        if wrong:
            raise ConfigurationError(
                f"{type(self).__name__}: {'; '.join(wrong)}. Set them under Environment in"
                " template.yaml and deploy again."
            )

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{name} is read from the environment once")

    @classmethod
    def fields(cls) -> dict[str, str]:
        """Returns the name and the type of every field."""
        return {
            name: kind
            for base in reversed(cls.__mro__)
            for name, kind in inspect.get_annotations(base).items()
        }


class WebhookSettings(Environment):
    """What functions/webhook needs. ``max_body_bytes``: a longer body is refused with 413."""

    secrets_prefix: str
    blobs_bucket: str
    max_body_bytes: int


class ExchangeSettings(Environment):
    """What functions/exchange needs."""

    secrets_prefix: str
    blobs_bucket: str


class WorkerSettings(Environment):
    """What functions/worker needs. The timeout sets the lease of a claim."""

    secrets_prefix: str
    blobs_bucket: str
    request_log_table: str
    worker_timeout_seconds: int
    log_retention_days: int


class SchedulerSettings(Environment):
    """What functions/scheduler needs."""

    blobs_bucket: str
    jobs_dead_letter_queue_url: str
    worker_timeout_seconds: int
    alert_topic_arn: str


class AdminSettings(Environment):
    """What functions/admin needs."""

    secrets_prefix: str
    blobs_bucket: str
    request_log_table: str
    jobs_dead_letter_queue_url: str
    log_retention_days: int


_BY_FUNCTION: Mapping[str, type[Environment]] = {
    "webhook": WebhookSettings,
    "exchange": ExchangeSettings,
    "worker": WorkerSettings,
    "scheduler": SchedulerSettings,
    "admin": AdminSettings,
}

REQUIRED_VARIABLES: dict[str, frozenset[str]] = {
    function: frozenset(name.upper() for name in settings.fields()) - {"STAGE"}
    for function, settings in _BY_FUNCTION.items()
}
"""Variables of each function beside STAGE and Powertools' own; tests/project holds them to the
template."""
