"""An external system in memory and its integration: one resource, no HTTP, faults on order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, SecretStr

from mostik.commerce.order import Canonical
from mostik.errors import GiveUp, WhoActs
from mostik.http.client import ApiClient, Dialect
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
from tests.support.faults import Faults

NAME = "shelf"
RESOURCE = "things"
LONGEST_REQUEST_SECONDS = 60.0


class Killed(BaseException):
    """The worker's process ends here: no handler sees it."""


class Thing(Canonical):
    """A record with nothing in it but a text."""

    text: str = ""


class ShelfSettings(BaseModel):
    """A setting that may be missing, and a secret."""

    model_config = ConfigDict(extra="forbid")

    name: str
    api_key: SecretStr


class Shelf(Faults):
    """A system that keeps things by key and lets two of them carry one external key.

    Attributes:
        things: by key here.
        created: the external key of every thing that was created from outside, in order.
        updates: how often a thing was changed from outside.
        refusals: what the next calls of an operation raise instead of doing anything.
        lost: what the next calls of an operation raise after they have done their work.
        after: called with the operation's name once its effect stands; a test may raise in it.
        deadly: keys of things that kill whoever reads them.
    """

    OPERATIONS: ClassVar = ("read", "find", "create", "update")

    def __init__(self) -> None:
        super().__init__()
        self.things: dict[str, Thing] = {}
        self.created: list[str] = []
        self.updates = 0
        self.refusals: dict[str, list[Exception]] = {}
        self.lost: dict[str, list[Exception]] = {}
        self.after: Callable[[str], None] | None = None
        self.deadly: set[str] = set()

    def put(self, key: str, text: str) -> None:
        """A person here changes a thing, or makes one."""
        standing = self.things.get(key)
        external = standing.external_ids if standing is not None else {}
        self.things[key] = Thing(key=key, text=text, external_ids=external)

    def texts(self) -> dict[str, str]:
        """What every thing says, by key."""
        return {key: thing.text for key, thing in sorted(self.things.items())}

    def carrying(self, system: str, key: str) -> list[Thing]:
        """The things that carry an external key."""
        return [t for t in self.things.values() if t.external_ids.get(system) == key]

    def call(self, operation: str, effect: Callable[[], Any]) -> Any:
        """One call from outside, with the faults that were ordered."""
        with self._operation(operation):
            if refusals := self.refusals.get(operation):
                raise refusals.pop(0)
            result = effect()
            if self.after is not None:
                self.after(operation)
            if lost := self.lost.get(operation):
                raise lost.pop(0)
            return result


@dataclass(frozen=True, slots=True)
class ShelfThings:
    """The one resource."""

    shelf: Shelf

    def read(self, key: str) -> Thing | None:
        """See ``Resource.read``."""
        if key in self.shelf.deadly:
            raise Killed
        found: Thing | None = self.shelf.call("read", lambda: self.shelf.things.get(key))
        return found

    def find(self, system: str, key: str) -> Thing | None:
        """See ``Resource.find``."""
        found: list[Thing] = self.shelf.call("find", lambda: self.shelf.carrying(system, key))
        if len(found) > 1:
            raise GiveUp("Two things carry this key.", who=WhoActs.ADMIN)
        return found[0] if found else None

    def create(self, record: Thing, system: str, once: CreateOnce) -> Thing:
        """See ``Resource.create``."""
        del once
        made: Thing = self.shelf.call("create", lambda: self._made(record, system))
        return made

    def update(self, key: str, record: Thing, system: str, once: CreateOnce) -> Thing:
        """See ``Resource.update``."""
        del once

        def change() -> Thing:
            self.shelf.updates += 1
            external = {**self.shelf.things[key].external_ids, system: record.key}
            self.shelf.things[key] = Thing(key=key, text=record.text, external_ids=external)
            return self.shelf.things[key]

        changed: Thing = self.shelf.call("update", change)
        return changed

    def from_state(self, content: Mapping[str, Any]) -> Thing:
        """See ``Resource.from_state``."""
        return Thing.model_validate(content)

    def _made(self, record: Thing, system: str) -> Thing:
        key = f"made-{len(self.shelf.created) + 1}"
        self.shelf.created.append(record.key)
        thing = Thing(key=key, text=record.text, external_ids={system: record.key})
        self.shelf.things[key] = thing
        return thing


def findings(receipt: Receipt, settings: ShelfSettings) -> Sequence[Finding]:
    """``{"states": [{"key", "text"}], "keys": [...]}``: full states first, then hints."""
    del settings
    content = json.loads(receipt.body or b"")
    if content.get("crash"):
        raise ArithmeticError(content["crash"])
    states = [FullState(RESOURCE, state["key"], state) for state in content.get("states", [])]
    return [*states, *(Hint(RESOURCE, key) for key in content.get("keys", []))]


def integration(shelf_of: Callable[[str], Shelf]) -> Integration[ShelfSettings, None]:
    """The integration; ``shelf_of`` finds the shelf of a connection."""

    def check(_client: None, _settings: ShelfSettings) -> Iterable[Check]:
        return []

    def no_client(_api: ApiClient, _settings: ShelfSettings) -> None:
        return None

    return Integration(
        name=NAME,
        title="Shelf",
        settings=ShelfSettings,
        base_url=lambda _settings: "https://shelf.invalid/",
        auth=lambda _settings: None,
        dialect=Dialect(errors={}),
        client=no_client,
        resources={RESOURCE: lambda _client, _settings, name: ShelfThings(shelf_of(name))},
        check=check,
        webhook=Webhook(lambda _settings: "hmac", lambda _settings: {}, findings),
        longest_request_seconds=LONGEST_REQUEST_SECONDS,
        unsafe_resources=frozenset({RESOURCE}),
    )
