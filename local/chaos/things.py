"""A small integration whose API the harness plays: things with a text, by the real HTTP client."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr

from mostik.commerce.record import Canonical
from mostik.errors import CallFailed, GiveUp, WhoActs
from mostik.http.client import ApiClient, Dialect
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.limiter import Limit
from mostik.integration import (
    Check,
    CreateOnce,
    Finding,
    FullState,
    Hint,
    Integration,
    Webhook,
)
from mostik.jobs.message import Receipt

RESOURCE = "things"
LONGEST_REQUEST_SECONDS = 60.0
SLOWEST_REQUEST_SECONDS = 900.0
LIMIT = Limit("things", 4.0, 12)

READ = Endpoint("GET", "things/{key}", Replay.SAFE)
FIND = Endpoint("GET", "things", Replay.SAFE)
UPDATE = Endpoint("PUT", "things/{key}", Replay.SAFE)
CREATE = Endpoint("POST", "things", Replay.UNSAFE)
CREATE_KEYED = Endpoint("POST", "things", Replay.KEYED)


class Thing(Canonical):
    """A record with nothing in it but a text."""

    text: str = ""


class Settings(BaseModel):
    """Settings of a connection."""

    model_config = ConfigDict(extra="forbid")

    name: str
    api_key: SecretStr


class Answer(BaseModel):
    """A thing as the API spells it."""

    key: str
    text: str
    external: dict[str, str]


class Found(BaseModel):
    """The answer of a search."""

    items: list[Answer]


@dataclass(frozen=True, slots=True)
class Things:
    """The one resource."""

    api: ApiClient
    create_endpoint: Endpoint

    def read(self, key: str) -> Thing | None:
        """See ``Resource.read``."""
        try:
            return _thing(self.api.fetch(Answer, READ, path={"key": key}))
        except CallFailed as error:
            if error.status == 404:
                return None
            raise

    def find(self, system: str, key: str) -> Thing | None:
        """See ``Resource.find``."""
        found = self.api.fetch(Found, FIND, query={"system": system, "key": key}).items
        if len(found) > 1:
            raise GiveUp("Two things carry this key.", who=WhoActs.ADMIN)
        return _thing(found[0]) if found else None

    def create(self, record: Thing, system: str, once: CreateOnce) -> Thing:
        """See ``Resource.create``."""
        del once
        body = {"text": record.text, "external": {system: record.key}}
        return _thing(self.api.fetch(Answer, self.create_endpoint, body=body))

    def update(self, key: str, record: Thing, system: str, once: CreateOnce) -> Thing:
        """See ``Resource.update``."""
        del once
        body = {"text": record.text, "external": {system: record.key}}
        return _thing(self.api.fetch(Answer, UPDATE, path={"key": key}, body=body))

    def from_state(self, content: Mapping[str, Any]) -> Thing:
        """See ``Resource.from_state``."""
        return Thing.model_validate(content)


def findings(receipt: Receipt, settings: Settings) -> Sequence[Finding]:
    """``{"states": [{"key", "text"}], "keys": [...]}``."""
    del settings
    content = json.loads(receipt.body or b"")
    states = [FullState(RESOURCE, state["key"], state) for state in content.get("states", [])]
    return [*states, *(Hint(RESOURCE, key) for key in content.get("keys", []))]


def address(connection: str) -> str:
    """Where a connection's API is."""
    return f"https://{connection}.things.example/"


def integration(
    name: str,
    *,
    create: Endpoint = CREATE,
    limit: Limit | None = None,
    longest: float = LONGEST_REQUEST_SECONDS,
) -> Integration[Settings, ApiClient]:
    """Returns an integration of things.

    Args:
        name: its name.
        create: the endpoint that creates a thing.
        limit: the vendor's limit.
        longest: seconds after which its longest request has ended.
    """

    def check(_client: ApiClient, _settings: Settings) -> Iterable[Check]:
        return []

    def build(api: ApiClient, _settings: Settings, _name: str) -> Things:
        return Things(api, create)

    return Integration(
        name=name,
        title=name,
        settings=Settings,
        base_url=lambda settings: address(settings.name),
        auth=lambda _settings: None,
        dialect=Dialect(errors={}),
        client=lambda api, _settings: api,
        resources={RESOURCE: build},
        check=check,
        webhook=Webhook(lambda _settings: "hmac", lambda _settings: {}, findings),
        longest_request_seconds=longest,
        unsafe_resources=frozenset({RESOURCE}),
        limit=lambda _settings: limit,
    )


INTEGRATIONS = {
    "unsafe": integration("unsafe"),
    "slow": integration("slow", longest=SLOWEST_REQUEST_SECONDS),
    "keyed": integration("keyed", create=CREATE_KEYED),
    "limited": integration("limited", limit=LIMIT),
}


def _thing(answer: Answer) -> Thing:
    return Thing(key=answer.key, text=answer.text, external_ids=answer.external)
