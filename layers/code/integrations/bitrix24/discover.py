"""Looks what a portal has, and proposes what follows for the settings. Changes nothing.

Sources: apidocs.bitrix24.ru, the list methods of each area; ``crm.settings.mode.get`` is documented
on dev.1c-bitrix.ru only. A directory that cannot be read says why and keeps nothing else back: each
is a command of its own in one batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.bitrix24.app.client import (
    APP_INFO,
    FEATURE_GET,
    LOSS_FREE,
    OWN_MARK,
    SCOPE,
    USER_ADMIN,
)
from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.models import Settings
from integrations.bitrix24.proposals import proposals
from integrations.bitrix24.transport.batch import Command, Done, Outcome, Refused
from integrations.bitrix24.transport.php import as_list, as_map
from integrations.bitrix24.vocabulary import vocabulary
from mostik.http.endpoint import Endpoint, Replay
from mostik.integration import Directory, Discovery, Entry

_PAGE = 50
_MOST_ROWS = 1_000
"""Of one directory: more is no directory that a person looks through."""


def _read(method: str) -> Endpoint:
    return Endpoint("POST", method, Replay.SAFE)


@dataclass(frozen=True, slots=True)
class Source:
    """One directory and how it is read.

    Attributes:
        name: of the directory.
        title: for people.
        endpoint: the method.
        rows: the key around the rows; empty: they are the result.
        key: the field that other calls name a row by.
        label: the field that people know it by.
        more: further fields that are kept.
        params: of the method.
    """

    name: str
    title: str
    endpoint: Endpoint
    rows: str = ""
    key: str = "id"
    label: str = "name"
    more: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)

    def entries(self, result: Any) -> list[Entry]:
        """Reads an answer."""
        rows = as_map(result).get(self.rows) if self.rows else result
        return [
            Entry(
                str(row.get(self.key, "")),
                str(row.get(self.label) or row.get(self.key, "")),
                {name: row[name] for name in self.more if row.get(name) is not None},
            )
            for row in map(as_map, as_list(rows))
        ]


def _user_fields(title: str, entity: str) -> Source:
    return Source(
        f"user fields of {title}", f"User fields of {title}", _read("userfieldconfig.list"),
        "fields", "fieldName", "fieldName",
        ("id", "userTypeId", "multiple", "xmlId", "editFormLabel", "enum"),
        {"moduleId": "crm", "filter": {"entityId": entity}},
    )  # fmt: skip


_DEAL = {"entityTypeId": 2}

SOURCES: tuple[Source, ...] = (
    Source(
        "catalogues", "Catalogues", _read("catalog.catalog.list"), "catalogs", "iblockId",
        more=("productIblockId", "vatId"),
    ),
    Source("currencies", "Currencies", _read("crm.currency.list"), "", "CURRENCY", "FULL_NAME",
           ("BASE", "AMOUNT")),
    Source("price types", "Price types", _read("catalog.priceType.list"), "priceTypes",
           more=("base", "xmlId")),
    Source("warehouses", "Warehouses", _read("catalog.store.list"), "stores", label="title",
           more=("active", "isDefault", "xmlId", "address")),
    Source("units", "Units", _read("catalog.measure.list"), "measures", "code", "measureTitle",
           ("id", "symbol", "isDefault")),
    Source("VAT rates", "VAT rates", _read("catalog.vat.list"), "vats",
           more=("rate", "active")),
    Source("payer types", "Payer types", _read("sale.persontype.list"), "personTypes",
           more=("code", "active", "xmlId")),
    Source("pay systems", "Payment systems", _read("sale.paysystem.list"), "", "ID", "NAME",
           ("ACTIVE", "PERSON_TYPE_ID", "XML_ID")),
    Source("delivery services", "Delivery services", _read("sale.delivery.getlist"), "", "ID",
           "NAME", ("ACTIVE", "CURRENCY", "XML_ID")),
    Source("order statuses", "Statuses of orders", _read("sale.statusLang.list"), "statusLangs",
           "statusId", more=("lid",)),
    Source("funnels", "Funnels of deals", _read("crm.category.list"), "categories",
           more=("isDefault", "sort"), params=_DEAL),
    Source("stages", "Stages of deals", _read("crm.status.list"), "", "STATUS_ID", "NAME",
           ("ENTITY_ID", "SORT", "SEMANTICS", "EXTRA"),
           {"filter": {"%ENTITY_ID": "DEAL_STAGE"}, "order": {"SORT": "ASC"}}),
    Source("users", "Users", _read("user.get"), "", "ID", "LAST_NAME",
           ("NAME", "EMAIL", "ACTIVE")),
    _user_fields("deals", "CRM_DEAL"),
    _user_fields("contacts", "CRM_CONTACT"),
    _user_fields("companies", "CRM_COMPANY"),
)  # fmt: skip

_INVENTORY = _read("catalog.document.mode.status")
_CRM_MODE = _read("crm.settings.mode.get")
_CRM_MODES = {"1": "with leads", "2": "without leads"}


def discover(client: Bitrix24, settings: Settings) -> Discovery:
    """Reads everything in two or three requests.

    Raises:
        CallFailed: the portal did not answer at all.
        ConfigurationError: it does not let us in.
    """
    facts = _facts_asked(settings)
    asked = [*facts.values(), *(_command(source, 0) for source in SOURCES)]
    outcomes = client.portal.batch(asked)
    known = dict(zip(facts, outcomes, strict=False))
    first = outcomes[len(facts) :]
    rest = _further(client, first)
    directories = [
        _directory(source, outcome, rest.get(source.name, ()))
        for source, outcome in zip(SOURCES, first, strict=True)
    ]
    said = _facts(known, settings)
    by_name = {one.name: one for one in directories}
    return Discovery(
        said, directories, list(proposals(said, by_name)), vocabulary(settings, by_name)
    )


def _facts_asked(settings: Settings) -> dict[str, Command]:
    asked = {
        "scopes": Command(SCOPE),
        "administrator": Command(USER_ADMIN),
        LOSS_FREE: Command(FEATURE_GET, {"CODE": LOSS_FREE}),
        OWN_MARK: Command(FEATURE_GET, {"CODE": OWN_MARK}),
        "inventory": Command(_INVENTORY),
        "CRM": Command(_CRM_MODE),
    }
    if settings.is_app:
        asked["application"] = Command(APP_INFO)
    return asked


def _command(source: Source, start: int) -> Command:
    return Command(source.endpoint, {**source.params, "start": start} if start else source.params)


def _further(client: Bitrix24, first: Sequence[Outcome]) -> Mapping[str, Sequence[Outcome]]:
    """The pages behind the first one, of the directories that have counted more rows."""
    wanted = [
        (source.name, _command(source, start))
        for source, outcome in zip(SOURCES, first, strict=True)
        if isinstance(outcome, Done)
        for start in range(_PAGE, min(outcome.total or 0, _MOST_ROWS), _PAGE)
    ]
    found: dict[str, list[Outcome]] = {}
    if wanted:
        outcomes = client.portal.batch([command for _, command in wanted])
        for (name, _), outcome in zip(wanted, outcomes, strict=True):
            found.setdefault(name, []).append(outcome)
    return found


def _directory(source: Source, first: Outcome, rest: Sequence[Outcome]) -> Directory:
    entries: list[Entry] = []
    problem = ""
    for outcome in (first, *rest):
        match outcome:
            case Done(value):
                entries += source.entries(value)
            case Refused(error):
                problem = str(error)
    if isinstance(first, Done) and (first.total or 0) > _MOST_ROWS:
        problem = f"Only the first {_MOST_ROWS} of {first.total} are shown."
    return Directory(source.name, source.title, entries, problem)


def _facts(known: Mapping[str, Outcome], settings: Settings) -> Mapping[str, Any]:
    return dict(_said(known, settings))


def _said(known: Mapping[str, Outcome], settings: Settings) -> Iterator[tuple[str, Any]]:
    values = {name: one.value for name, one in known.items() if isinstance(one, Done)}
    yield "way", "application" if settings.is_app else "inbound webhook"
    if "scopes" in values:
        yield "scopes", sorted(str(scope) for scope in as_list(values["scopes"]))
    if "administrator" in values:
        yield "administrator", bool(values["administrator"])
    for name in (LOSS_FREE, OWN_MARK):
        if name in values:
            value = str(as_map(values[name]).get("value", ""))
            yield name, value == "Y" or value.endswith("_selfhosted")
            yield "edition", "self-hosted" if value.endswith("_selfhosted") else "cloud"
    if "application" in values:
        info = as_map(values["application"])
        yield "plan", info.get("LICENSE")
        yield "installed", bool(info.get("INSTALLED"))
    if "inventory" in values:
        yield "inventory", values["inventory"] in (True, "Y", 1, "1")
    if "CRM" in values:
        yield "CRM", _CRM_MODES.get(str(values["CRM"]), str(values["CRM"]))
    for name, one in known.items():
        if isinstance(one, Refused):
            yield f"{name}: not known", str(one.error)
