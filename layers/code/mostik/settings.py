"""The only place that reads the environment: one frozen value per function.

A missing or malformed variable is an error at the first event, and it names every one of them.
Plain
dataclasses, because pydantic alone costs the webhook 0.6 of a botocore start (docs/decisions).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self, get_type_hints

from mostik.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class _Environment:
    """Reads every field from the variable of its name in upper case."""

    stage: str
    state_table: str
    jobs_queue_url: str

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Returns the settings of this function.

        Raises:
            ConfigurationError: names every variable that is missing, empty or not a whole number.
        """
        source = os.environ if environ is None else environ
        hints = get_type_hints(cls)
        values: dict[str, str | int] = {}
        wrong: list[str] = []
        for field in fields(cls):
            name = field.name.upper()
            text = source.get(name, "").strip()
            if not text:
                wrong.append(f"{name} is missing")
            elif hints[field.name] is int:
                if text.isdecimal():
                    values[field.name] = int(text)
                else:
                    wrong.append(f"{name} must be a whole number")
            else:
                values[field.name] = text
        if wrong:
            raise ConfigurationError(
                f"{cls.__name__}: {'; '.join(wrong)}. Set them under Environment in template.yaml"
                " and deploy again."
            )
        return cls(**values)  # type: ignore[arg-type]  # checked against the hints above


@dataclass(frozen=True, slots=True)
class WebhookSettings(_Environment):
    """What functions/webhook needs. ``max_body_bytes``: a longer body is refused with 413."""

    secrets_prefix: str
    blobs_bucket: str
    max_body_bytes: int


@dataclass(frozen=True, slots=True)
class ExchangeSettings(_Environment):
    """What functions/exchange needs."""

    secrets_prefix: str
    blobs_bucket: str


@dataclass(frozen=True, slots=True)
class WorkerSettings(_Environment):
    """What functions/worker needs. The timeout sets the lease of a claim."""

    secrets_prefix: str
    blobs_bucket: str
    request_log_table: str
    worker_timeout_seconds: int
    log_retention_days: int


@dataclass(frozen=True, slots=True)
class SchedulerSettings(_Environment):
    """What functions/scheduler needs."""

    jobs_dead_letter_queue_url: str
    worker_timeout_seconds: int


@dataclass(frozen=True, slots=True)
class AdminSettings(_Environment):
    """What functions/admin needs."""

    secrets_prefix: str
    blobs_bucket: str
    request_log_table: str
    jobs_dead_letter_queue_url: str


_BY_FUNCTION: Mapping[str, type[_Environment]] = {
    "webhook": WebhookSettings,
    "exchange": ExchangeSettings,
    "worker": WorkerSettings,
    "scheduler": SchedulerSettings,
    "admin": AdminSettings,
}

REQUIRED_VARIABLES: dict[str, frozenset[str]] = {
    function: frozenset(field.name.upper() for field in fields(settings)) - {"STAGE"}
    for function, settings in _BY_FUNCTION.items()
}
"""Variables of each function beside STAGE and Powertools' own; tests/project holds them to the
template."""
