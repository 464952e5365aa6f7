"""What the standard suite runs on: every integration that is there, and their template.

No integration has a line here, or anywhere in this folder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from mostik.inbound.door import Door
from mostik.inbound.scheme import AcceptedSecret
from mostik.integration import Integration, Sample, Webhook, secret_fields
from mostik.registry import discovered
from tests.support.signers import Event

TEMPLATE = "_template"


@dataclass(frozen=True)
class Subject:
    """One integration under test.

    Attributes:
        package: name of its package below ``integrations``.
        integration: what the package offers.
    """

    package: str
    integration: Integration[Any, Any] = field(repr=False)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What Hypothesis shows of a failing example: what it may have exchanged."""
        del cycle
        sample = self.sample
        printer.text(f"{self.package}: settings={sample.settings!r}, answers={sample.answers!r}")

    @property
    def module(self) -> str:
        """Full name of its package."""
        return f"integrations.{self.package}"

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return Path(str(sys.modules[self.module].__file__)).parent

    @property
    def readme(self) -> str:
        """What an administrator reads about it."""
        return (self.folder / "README.md").read_text(encoding="utf-8")

    @property
    def sample(self) -> Sample:
        """Its sample event and answers."""
        assert self.integration.sample is not None, f"{self.module} offers no sample"
        return self.integration.sample

    @property
    def settings(self) -> BaseModel:
        """The sample's settings, secrets included."""
        settings: BaseModel = self.integration.settings.model_validate(dict(self.sample.settings))
        return settings

    @property
    def public_settings(self) -> Mapping[str, Any]:
        """What a connection keeps in the state table."""
        secret = secret_fields(self.integration.settings)
        return {name: value for name, value in self.sample.settings.items() if name not in secret}

    @property
    def client_secrets(self) -> Mapping[str, Any]:
        """What a connection keeps in Secrets Manager for its calls."""
        secret = secret_fields(self.integration.settings)
        return {name: value for name, value in self.sample.settings.items() if name in secret}

    @property
    def webhook(self) -> Webhook[Any]:
        """What it says about requests that come in."""
        assert self.integration.webhook is not None
        return self.integration.webhook

    @property
    def event(self) -> Event:
        """The sample event, not signed yet."""
        return Event(self.sample.body, self.sample.content_type)

    def door(self, *secrets: AcceptedSecret) -> Door:
        """The door of a connection with the sample's settings."""
        settings = self.settings
        return Door(
            scheme_name=self.webhook.scheme(settings),
            parameters=self.webhook.parameters(settings),
            secrets=secrets or (AcceptedSecret("1", self.sample.door_secret),),
        )


def _subjects() -> list[Subject]:
    template = import_module(f"integrations.{TEMPLATE}")
    found = [Subject(name, one) for name, one in sorted(discovered().items())]
    return [*found, Subject(TEMPLATE, template.integration)]


SUBJECTS = _subjects()
CALLED = [subject for subject in SUBJECTS if subject.integration.stored is None]
LISTENING = [subject for subject in SUBJECTS if subject.integration.webhook is not None]

Mark = Callable[[Callable[..., None]], Callable[..., None]]


def _each(subjects: list[Subject]) -> Mark:
    mark: Mark = pytest.mark.parametrize(
        "subject", subjects, ids=[subject.package for subject in subjects]
    )
    return mark


EVERY_INTEGRATION = _each(SUBJECTS)
EVERY_CALLED = _each(CALLED)
"""Those whose other side is called; the others bring and take by themselves."""
EVERY_LISTENER = _each(LISTENING)
"""Those that take webhooks."""
