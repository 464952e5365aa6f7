"""Takes a connection's settings from stage to stage: everything but its secrets.

An export holds the directories of its stage beside the settings. An import looks at those of the
stage that it comes to, says what every id becomes, and only then is saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mostik.admin.audit import Change
from mostik.admin.callsdesk import CallsDesk
from mostik.admin.forms import form_of
from mostik.admin.problems import Refused, Words
from mostik.admin.secretdesk import SecretDesk
from mostik.admin.settingsdesk import Draft, Lookup, SettingsDesk, differences
from mostik.admin.translation import How, Translation, portable, translate
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.rows import from_item, to_item
from mostik.discovery import Directory, Entry
from mostik.errors import ConfigurationError, MostikError, Skip
from mostik.integration import secret_fields
from mostik.ports import RemainingTime

VERSION = 1
_OWN = ("pk", "sk", "version", "changed_by", "changed_at")
_NO_EXPORT = Words(
    "This is no export of a connection of this release.",
    "Это не выгрузка подключения этой версии.",
)


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do.

    Attributes:
        connection: as it would be saved.
        seen: the version that would be replaced; 0: a new connection.
        changes: what would differ.
        translations: what each id becomes.
        missing_secrets: names of the secrets that must be entered.
        problem: why the ids of this stage could not be read; empty: they were.
    """

    connection: Connection
    seen: int
    changes: Sequence[Change]
    translations: Sequence[Translation]
    missing_secrets: Sequence[str] = field(default=())
    problem: str = ""

    @property
    def open_questions(self) -> int:
        """How many ids have no counterpart here."""
        return sum(one.how is How.NONE for one in self.translations)


class TransferDesk:
    """Exports and imports connections.

    Args:
        book: connections.
        settings: checks and saves them.
        secrets: knows which secrets are set.
        calls: looks what a stage has.
        lookup: finds an integration by name.
    """

    def __init__(
        self,
        book: ConnectionBook,
        settings: SettingsDesk,
        secrets: SecretDesk,
        calls: CallsDesk,
        lookup: Lookup,
    ) -> None:
        self._book = book
        self._settings = settings
        self._secrets = secrets
        self._calls = calls
        self._lookup = lookup

    def export(self, connection: Connection, remaining: RemainingTime) -> dict[str, Any]:
        """Returns a connection without its secrets, with the directories of its stage.

        A stage whose other side cannot be asked now is exported too, without directories.
        """
        directories, problem = self._directories(connection.id, remaining)
        item = {name: value for name, value in to_item(connection).items() if name not in _OWN}
        return {
            "mostik": VERSION,
            "id": connection.id,
            "connection": item,
            "directories": [portable(one) for one in directories],
            "problem": problem,
            "secrets": sorted(secret_fields(self._lookup(connection.integration).settings)),
        }

    def plan(
        self, document: Mapping[str, Any], as_id: str | None, remaining: RemainingTime
    ) -> ImportPlan:
        """Returns what an import would do; changes nothing.

        Args:
            document: an export.
            as_id: the connection here; ``None``: of the same id.
            remaining: seconds left.

        Raises:
            Refused: it is no export.
        """
        wanted, here = _read(document, as_id)
        try:
            integration = self._lookup(wanted.integration)
        except ConfigurationError as error:
            raise Refused(422, Words(error.text, "Такой интеграции здесь нет.")) from None
        standing = self._book.now(wanted.id)
        hidden = secret_fields(integration.settings)
        plain = {name: v for name, v in wanted.settings.items() if name not in hidden}
        there: Sequence[Directory] = ()
        problem = "The connection is new: its ids can be compared once its secrets are here."
        if standing is not None and here:
            there, problem = self._directories(wanted.id, remaining)
        translations: list[Translation] = []
        if there:
            plain, translations = translate(plain, form_of(integration), here, there)
        mode = standing.mode if standing is not None else wanted.mode
        fresh = replace(wanted, settings=plain, mode=mode)
        known = self._secrets.values(wanted.id)
        required = {
            name for name in hidden if integration.settings.model_fields[name].is_required()
        }
        return ImportPlan(
            connection=fresh,
            seen=standing.version if standing is not None else 0,
            changes=differences(standing, fresh),
            translations=translations,
            missing_secrets=sorted(required - set(known)),
            problem="" if not here or there else problem,
        )

    def draft(
        self, plan: ImportPlan, secrets: Mapping[str, str], choices: Mapping[str, str], *, seen: int
    ) -> Draft:
        """Returns what is saved of a plan.

        Args:
            plan: what it would do.
            secrets: the missing ones.
            choices: ids that a person has chosen, by setting, instead of those of the plan.
            seen: the version that the person has seen in a plan.

        Raises:
            Refused: a choice is about no setting of the plan.
        """
        settings = dict(plan.connection.settings)
        for place, value in choices.items():
            settings = _chosen(settings, place.split("."), value)
        return Draft(replace(plan.connection, settings=settings), secrets, seen)

    def _directories(
        self, connection: str, remaining: RemainingTime
    ) -> tuple[Sequence[Directory], str]:
        try:
            found, _ = self._calls.discover(connection, remaining)
        except Skip:
            return (), ""
        except MostikError as error:
            return (), str(error)
        return found.directories, ""


def _read(document: Mapping[str, Any], as_id: str | None) -> tuple[Connection, Sequence[Directory]]:
    if document.get("mostik") != VERSION:
        raise Refused(422, _NO_EXPORT)
    try:
        row = {**document["connection"], "sk": as_id or document["id"]}
        connection = from_item({**row, "id": row["sk"], "version": 0})
        directories = [_load(one) for one in document.get("directories", ())]
    except (KeyError, TypeError, ValueError, AttributeError, ConfigurationError):
        raise Refused(422, _NO_EXPORT) from None
    return connection, directories


def _load(content: Mapping[str, Any]) -> Directory:
    entries = [
        Entry(str(one["key"]), str(one["name"]), dict(one.get("more", {})))
        for one in content["entries"]
    ]
    return Directory(str(content["name"]), str(content["name"]), entries)


def _chosen(settings: dict[str, Any], path: Sequence[str], value: str) -> dict[str, Any]:
    """Settings with another value at a path."""
    name, *rest = path
    if name not in settings:
        words = Words("A choice is about no setting.", "Выбор не относится ни к одной настройке.")
        raise Refused(422, words)
    standing = settings[name]
    if rest and isinstance(standing, dict):
        return {**settings, name: _chosen(standing, rest, value)}
    as_number = isinstance(standing, int) and not isinstance(standing, bool) and value.isdecimal()
    return {**settings, name: int(value) if as_number else value}
