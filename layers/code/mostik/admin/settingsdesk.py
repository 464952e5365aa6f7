"""Settings of a connection: checked field by field, written as a new version, never half."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from mostik.admin.audit import Change, changes_between
from mostik.admin.complaints import field_problems
from mostik.admin.problems import WRONG_INPUT, FieldProblem, Refused, Words, no_such
from mostik.admin.secretdesk import SecretDesk
from mostik.connections.book import Changed, ConnectionBook
from mostik.connections.connection import Connection, is_connection_id
from mostik.connections.rows import to_item
from mostik.errors import ConfigurationError
from mostik.http.guard import Reach, check_base_url
from mostik.inbound.door import Door, dump_door
from mostik.integration import Integration, secret_fields
from mostik.jobs.wakes import SHORTEST_SECONDS, Wakes
from mostik.sync.bonds import Bonds
from mostik.sync.link import Links

Lookup = Callable[[str], Integration[Any, Any]]
CONNECTION = Words("connection", "подключение")
_NOT_SETTINGS = frozenset({"pk", "sk", "version", "changed_by", "changed_at", "integration"})


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants a connection to be.

    Attributes:
        connection: with everything but secrets.
        secrets: new values; those that are not named stay as they are.
        seen: the version that the person has changed; 0: a new connection.
        grace: seconds that the secrets before go on working.
    """

    connection: Connection
    secrets: Mapping[str, str]
    seen: int
    grace: int = 0


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of it."""

    connection: Connection
    changes: list[Change]


class SettingsDesk:
    """Checks and saves connections.

    Args:
        book: connections.
        secrets: their secrets.
        wakes: the errands that are woken.
        lookup: finds an integration by name.
        links: those that follow from settings are kept there.
    """

    def __init__(
        self,
        book: ConnectionBook,
        secrets: SecretDesk,
        wakes: Wakes,
        lookup: Lookup,
        links: Links | None = None,
    ) -> None:
        self._links = links
        self._book = book
        self._secrets = secrets
        self._wakes = wakes
        self._lookup = lookup

    def standing(self, connection_id: str) -> Connection:
        """Returns a connection as it is at this moment.

        Raises:
            Refused: there is none of this id.
        """
        found = self._book.now(connection_id) if is_connection_id(connection_id) else None
        if found is None:
            raise no_such(CONNECTION)
        return found

    def checked(self, draft: Draft) -> BaseModel:
        """Returns the settings as the integration reads them.

        Raises:
            Refused: something is wrong; names every field.
        """
        wanted = draft.connection
        integration = self._integration(wanted.integration)
        hidden = secret_fields(integration.settings)
        wrong = [
            FieldProblem(
                f"settings.{name}",
                Words("Enter this as a secret.", "Это секрет: введите его в поле секрета."),
            )
            for name in sorted(hidden & set(wanted.settings))
        ]
        wrong += [
            FieldProblem(
                f"secrets.{name}", Words("There is no such secret.", "Такого секрета нет.")
            )
            for name in sorted(set(draft.secrets) - hidden)
        ]
        if wrong:
            raise Refused(422, WRONG_INPUT, fields=wrong)
        values = {**self._secrets.values(wanted.id), **draft.secrets}
        known = {name: value for name, value in values.items() if name in hidden}
        try:
            settings: BaseModel = integration.settings.model_validate({**wanted.settings, **known})
        except ValidationError as error:
            found = [replace(one, field=_place(one.field, hidden)) for one in field_problems(error)]
            raise Refused(422, WRONG_INPUT, fields=found) from None
        wrong = self._elsewhere(wanted, integration, settings)
        if wrong:
            raise Refused(422, WRONG_INPUT, fields=wrong)
        return settings

    def _elsewhere(
        self, wanted: Connection, integration: Integration[Any, Any], settings: BaseModel
    ) -> list[FieldProblem]:
        """What is wrong beside the integration's own settings."""
        wrong = []
        try:
            reach = Reach(wanted.networks, wanted.ports)
            if integration.stored is None:  # else nothing is called
                check_base_url(integration.base_url(settings), reach)
        except ConfigurationError as error:
            wrong.append(
                FieldProblem(
                    "networks", Words(error.text, f"Этот адрес нельзя вызывать: {error.text}")
                )
            )
        except ValueError as error:
            wrong.append(FieldProblem("networks", Words(str(error), f"Неверная сеть: {error}")))
        errands = {errand for errand, _, _ in integration.wakes(settings)}
        for errand, seconds in wanted.schedule.items():
            if errand not in errands:
                wrong.append(
                    FieldProblem(
                        f"schedule.{errand}",
                        Words("Nothing of this name is scheduled.", "Такого задания нет."),
                    )
                )
            elif seconds < SHORTEST_SECONDS:
                wrong.append(
                    FieldProblem(
                        f"schedule.{errand}",
                        Words(
                            f"Enter {SHORTEST_SECONDS:g} seconds or more.",
                            f"Не чаще раза в {SHORTEST_SECONDS:g} секунд.",
                        ),
                    )
                )
        return wrong

    def save(self, draft: Draft, *, by: str) -> Saved:
        """Checks and saves; secrets first, so that what counts is never without them.

        Raises:
            Refused: something is wrong, or somebody else has changed it meanwhile.
            Busy: it was not saved, or not whole: save again.
        """
        settings = self.checked(draft)
        wanted = draft.connection
        before = self._book.now(wanted.id)
        version = before.version if before is not None else 0
        if version != draft.seen or (before is not None and draft.seen == 0 and version):
            raise changed_meanwhile(before)
        if before is not None and before.integration != wanted.integration:
            words = Words(
                "A connection keeps its integration; make another one.",
                "Тип подключения не меняется; создайте другое.",
            )
            raise Refused(422, words, fields=[FieldProblem("integration", words)])
        door = self._door_of(wanted, settings)
        exchanged = self._secrets.exchange(wanted.id, draft.secrets, grace=draft.grace, by=by)
        changes = [Change(f"secrets.{name}", None, "set") for name in exchanged]
        changes += differences(before, wanted)
        if before is not None and not differences(before, wanted):
            return Saved(before, changes)
        try:
            saved = self._book.revise(wanted, seen=draft.seen, by=by)
        except Changed as changed:
            raise changed_meanwhile(changed.standing) from None
        self._schedule(saved, settings)
        self._link(saved, settings)
        if door is not None:
            self._secrets.keep_door(saved.id, door)
        return Saved(saved, changes)

    def _link(self, connection: Connection, settings: BaseModel) -> None:
        """Keeps the links that follow from the settings; where the other side is not set up yet,
        they are made when they are needed."""
        if self._links is None:
            return

        def resources_of(name: str) -> Collection[str]:
            return self._lookup(self._book.get(name).integration).resources

        integration = self._integration(connection.integration)
        with suppress(ConfigurationError):
            Bonds(self._links, resources_of).keep(connection.id, integration, settings)

    def _schedule(self, connection: Connection, settings: BaseModel) -> None:
        integration = self._integration(connection.integration)
        wanted = {
            (errand, key): connection.schedule.get(errand, every)
            for errand, key, every in integration.wakes(settings)
        }
        for wake in list(self._wakes.all()):
            if wake.connection == connection.id and (wake.errand, wake.key) not in wanted:
                self._wakes.set(wake.connection, wake.errand, wake.key, None)
        for (errand, key), every in wanted.items():
            self._wakes.set(connection.id, errand, key, every)

    def _door_of(self, connection: Connection, settings: BaseModel) -> Door | None:
        """The door that follows from the settings, where it is another one than stands.

        Raises:
            ConfigurationError: it is none.
        """
        webhook = self._integration(connection.integration).webhook
        door = self._secrets.door(connection.id)
        if webhook is None or door is None:
            return None
        fresh = replace(
            door,
            scheme_name=webhook.scheme(settings),
            parameters={**door.parameters, **webhook.parameters(settings)},
        )
        if (fresh.scheme_name, fresh.parameters) == (door.scheme_name, door.parameters):
            return None
        dump_door(fresh)
        return fresh

    def _integration(self, name: str) -> Integration[Any, Any]:
        try:
            return self._lookup(name)
        except ConfigurationError as error:
            words = Words(error.text, "Такой интеграции нет.")
            raise Refused(422, WRONG_INPUT, fields=[FieldProblem("integration", words)]) from None


def changed_meanwhile(standing: Connection | None) -> Refused:
    """Returns the refusal of a change that was made over an older version."""
    version = standing.version if standing is not None else None
    who = standing.changed_by if standing is not None else ""
    return Refused(
        409,
        Words(
            "Somebody else has changed this meanwhile; look at it and save again.",
            "Кто-то уже изменил это; посмотрите и сохраните ещё раз.",
        ),
        more={"version": version, "changed_by": who},
    )


def differences(before: Connection | None, after: Connection) -> list[Change]:
    """Returns what differs between two versions; nothing of it is secret."""
    return changes_between(_shown(before) if before is not None else {}, _shown(after))


def _shown(connection: Connection) -> dict[str, Any]:
    return {name: v for name, v in to_item(connection).items() if name not in _NOT_SETTINGS}


def _place(field: str, hidden: frozenset[str]) -> str:
    if not field:
        return "settings"
    return f"secrets.{field}" if field.partition(".")[0] in hidden else f"settings.{field}"
