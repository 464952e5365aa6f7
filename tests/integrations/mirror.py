"""The other end of a link: an integration of this suite whose one resource is a dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from mostik.commerce.record import Canonical
from mostik.errors import GiveUp, WhoActs
from mostik.http.client import ApiClient, Dialect
from mostik.integration import Check, CreateOnce, Integration

NAME = "mirror"
RESOURCE = "records"


class MirrorSettings(BaseModel):
    """It needs none."""

    model_config = ConfigDict(extra="forbid")


@dataclass
class Mirror:
    """A system that keeps canonical records as they are.

    Attributes:
        records: by key here.
        effects: how often it was changed from outside.
    """

    records: dict[str, Canonical] = field(default_factory=dict)
    effects: int = 0

    def keep(self, key: str, record: Canonical, external_ids: Mapping[str, str]) -> Canonical:
        """Stores a record under a key of this system."""
        kept = record.model_copy(update={"key": key, "external_ids": dict(external_ids)})
        self.records[key] = kept
        return kept

    def integration(self) -> Integration[MirrorSettings, Mirror]:
        """This system as an integration; nothing ever calls its address."""

        def client(_api: ApiClient, _settings: MirrorSettings) -> Mirror:
            return self

        return Integration(
            name=NAME,
            title="Mirror",
            settings=MirrorSettings,
            base_url=lambda _settings: "https://mirror.invalid/",
            auth=lambda _settings: None,
            dialect=Dialect(errors={}),
            client=client,
            resources={RESOURCE: lambda mirror, _settings, _connection: MirrorRecords(mirror)},
            check=_nothing_to_check,
        )


def _nothing_to_check(_mirror: Mirror, _settings: MirrorSettings) -> Iterable[Check]:
    return ()


class MirrorRecords:
    """Its records, of whatever kind the other side has."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    def read(self, key: str) -> Canonical | None:
        """See ``Resource.read``."""
        return self._mirror.records.get(key)

    def find(self, system: str, key: str) -> Canonical | None:
        """See ``Resource.find``."""
        found = [
            record
            for record in self._mirror.records.values()
            if record.external_ids.get(system) == key
        ]
        return found[0] if found else None

    def create(self, record: Canonical, system: str, once: CreateOnce) -> Canonical:
        """See ``Resource.create``."""
        del once
        self._mirror.effects += 1
        key = f"m-{len(self._mirror.records) + 1}"
        return self._mirror.keep(key, record, {system: record.key})

    def update(self, key: str, record: Canonical, system: str, once: CreateOnce) -> Canonical:
        """See ``Resource.update``."""
        del system, once
        self._mirror.effects += 1
        return self._mirror.keep(key, record, self._mirror.records[key].external_ids)

    def from_state(self, content: Mapping[str, Any]) -> Canonical:
        """Its records change only from outside or by a test."""
        del content
        raise GiveUp("The mirror sends no events.", who=WhoActs.DEVELOPER)
