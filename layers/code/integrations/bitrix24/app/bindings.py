"""Which events the application has bound, and how that is mended.

A portal forgets an application's bindings with each update and reinstallation (apidocs.bitrix24.ru,
event.bind), so they are compared and mended at each installation, once a day and by the check.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.bitrix24.app.client import EVENT_BIND, EVENT_UNBIND, LOSS_FREE, OWN_MARK, App
from integrations.bitrix24.app.models import Access, Bound
from integrations.bitrix24.transport.batch import Command, Refused
from integrations.bitrix24.webhook import LIFE, RECORDS, WAKE_UP

WAKE_SECONDS = 5
"""The portal wakes the reader no more often."""


@dataclass(frozen=True, slots=True)
class Feed:
    """How the portal's changes reach us.

    Attributes:
        offline: by its offline queue, loss-free; else by single events, which may get lost.
        connector: source key of the queue; empty: the plan has none.
    """

    offline: bool
    connector: str = ""

    def as_note(self) -> dict[str, Any]:
        """What an errand notes of it."""
        return {"offline": self.offline, "connector": self.connector}

    @classmethod
    def of_note(cls, note: Mapping[str, Any]) -> Feed:
        """Reads what an errand has noted."""
        return cls(bool(note["offline"]), str(note["connector"]))


@dataclass(frozen=True, slots=True)
class Mended:
    """What was done to the bindings.

    Attributes:
        bound: events that were bound.
        unbound: events that were unbound.
        refused: events that the portal does not let us bind, and its reason.
    """

    bound: tuple[str, ...]
    unbound: tuple[str, ...]
    refused: Mapping[str, str]


def choose_feed(app: App, access: Access) -> Feed:
    """Chooses by the plan's features and the user's rights: the queue is for administrators."""
    if not access.is_app or not app.has_feature(LOSS_FREE) or not app.is_admin():
        return Feed(offline=False)
    marked = bool(access.auth_connector) and app.has_feature(OWN_MARK)
    return Feed(offline=True, connector=access.auth_connector if marked else "")


def mend(app: App, access: Access, feed: Feed, scopes: Iterable[str]) -> Mended:
    """Binds what is missing and unbinds what is ours and no longer wanted."""
    wanted = _wanted(access, feed, frozenset(scopes))
    there = app.bound()
    known = {_name_of(one) for one in there}
    missing = {name: how for name, how in wanted.items() if name not in known}
    stale = [one for one in there if _name_of(one) not in wanted and _is_ours(one, access)]
    commands = [Command(EVENT_BIND, how) for how in missing.values()]
    commands += [Command(EVENT_UNBIND, _address(one)) for one in stale]
    outcomes = app.change_bindings(commands) if commands else ()
    refused = {
        str(command.params["event"]): str(outcome.error)
        for command, outcome in zip(commands, outcomes, strict=True)
        if isinstance(outcome, Refused) and command.endpoint is EVENT_BIND
    }
    return Mended(
        bound=tuple(name[0] for name in missing if name[0] not in refused),
        unbound=tuple(one.name for one in stale),
        refused=refused,
    )


_Name = tuple[str, str, bool, str]


def _name_of(one: Bound) -> _Name:
    return (one.name, one.handler, bool(one.offline), one.connector_id or "")


def _wanted(access: Access, feed: Feed, scopes: frozenset[str]) -> dict[_Name, dict[str, Any]]:
    handler = access.handler_url or ""
    wanted: dict[_Name, dict[str, Any]] = {}

    def online(event: str, **more: Any) -> None:
        if handler:
            wanted[event, handler, False, ""] = {"event": event, "handler": handler, **more}

    for event in LIFE:
        online(event)
    for event, scope in RECORDS.items():
        if scope not in scopes:
            continue
        if not feed.offline:
            online(event)
            continue
        how: dict[str, Any] = {"event": event, "event_type": "offline"}
        if feed.connector:
            how["auth_connector"] = feed.connector
        wanted[event, "", True, feed.connector] = how
    if feed.offline:
        online(WAKE_UP, options={"minTimeout": WAKE_SECONDS})
    return wanted


def _is_ours(one: Bound, access: Access) -> bool:
    """Another copy of the application may have bindings of its own elsewhere."""
    if one.offline:
        return (one.connector_id or "") in ("", access.auth_connector)
    return one.handler == access.handler_url


def _address(one: Bound) -> dict[str, Any]:
    if not one.offline:
        return {"event": one.event, "handler": one.handler}
    address: dict[str, Any] = {"event": one.event, "event_type": "offline"}
    if one.connector_id:
        address["auth_connector"] = one.connector_id
    return address
