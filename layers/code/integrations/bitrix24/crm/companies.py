"""Companies with their requisites: found by external key, tax number, phone or e-mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.bitrix24.crm.client import Crm, is_id, item_in
from integrations.bitrix24.crm.duplicates import Finder
from integrations.bitrix24.crm.models import EntityType, Item
from integrations.bitrix24.crm.parties import company_fields, company_from, new_ways, ways
from integrations.bitrix24.crm.people import changed_since, no_state
from integrations.bitrix24.crm.requisites import Requisites
from integrations.bitrix24.crm.settings import SeveralFound
from integrations.bitrix24.fit import listed
from integrations.bitrix24.models import Settings
from integrations.bitrix24.transport.listing import Row
from mostik.commerce.parties import Company
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.http.paging import Page
from mostik.integration import CreateOnce, Misfit, Write

KIND = EntityType.COMPANY


class Companies:
    """Companies of a portal in canonical form.

    Args:
        crm: the gateway.
        settings: of the connection.
        connection: its id.
    """

    holds = frozenset(
        {"name", "phones", "emails", "comment", "requisites.name", "requisites.full_name"}
        | {"requisites.inn", "requisites.kpp", "requisites.ogrn", "requisites.okpo"}
        | {"requisites.director", "requisites.accountant", "requisites.accounts"}
    )
    shares = True
    """Several accounts of one buyer in a shop are one here."""

    def __init__(self, crm: Crm, settings: Settings, connection: str) -> None:
        self._crm = crm
        self._several = settings.several_found
        self._connection = connection
        self._finder = Finder(crm, KIND, settings.several_found)
        self._requisites = Requisites(crm.portal, settings.requisite_preset)

    def read(self, key: str) -> Company | None:
        """See ``Resource.read``."""
        item = self._crm.get(KIND, key)
        return self._whole([item])[0] if item is not None else None

    def find(self, system: str, key: str) -> Company | None:
        """See ``Resource.find``."""
        item = self._finder.by_key(system, key)
        return self._whole([item])[0] if item is not None else None

    def create(self, record: Company, system: str, once: CreateOnce) -> Company:
        """See ``Resource.create``."""

        def make() -> Company:
            item = self._crm.add(KIND, _new_fields(record, system))
            return self._with_requisites(item, record, system)

        return once(
            f"{self._connection}/companies/{_identity(record, system)}",
            lambda: self._present(record, system),
            make,
        )

    def update(self, key: str, record: Company, system: str, once: CreateOnce) -> Company:
        """See ``Resource.update``: phones, e-mails and requisites are added, never taken away."""
        del once
        present = self._crm.get(KIND, key)
        if present is None:
            raise GiveUp(f"The portal has no company {key} any more.", who=WhoActs.ADMIN)
        item = self._crm.update(KIND, key, _fields(record, present))
        return self._with_requisites(item, record, system)

    def delete(self, key: str) -> None:
        """See ``Deletable.delete``."""
        self._crm.delete(KIND, key)

    def from_state(self, content: Mapping[str, Any]) -> Company:
        """See ``no_state``."""
        del content
        raise no_state()

    # ── many at once ──────────────────────────────────────────────────────────────────────────

    def page(self, cursor: str | None, since: datetime | None) -> Page[Company | Misfit]:
        """See ``Listed.page``. A change of requisites alone does not move a company's time."""
        found = self._crm.page(KIND, changed_since(since), cursor)
        answers = self._answers(found.items)
        entries = [listed(row["id"], answers[str(row["id"])]) for row in found.items]
        return Page(entries, found.cursor)

    def read_many(self, keys: Sequence[str]) -> Mapping[str, Company | MostikError]:
        """See ``Bulk.read_many``."""
        ids = [int(key) for key in dict.fromkeys(keys) if is_id(key)]
        rows: list[Row] = []
        for begin in range(0, len(ids), 50):
            rows += self._crm.rows_with_ids(KIND, ids[begin : begin + 50])
        return self._answers(rows)

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, Company | MostikError]:
        """See ``Bulk.find_many``."""
        found = self._finder.by_keys(system, keys)
        items = {key: item for key, item in found.items() if isinstance(item, Item)}
        wholes = dict(zip(items, self._whole(list(items.values())), strict=True))
        errors = {key: one for key, one in found.items() if isinstance(one, MostikError)}
        return {**wholes, **errors}

    def write_many(
        self, writes: Sequence[Write[Company]], system: str, once: CreateOnce
    ) -> Sequence[Company | MostikError]:
        """See ``Bulk.write_many``. A company is several records of the portal that hang on each
        other, so they are written one company after another."""
        answers: list[Company | MostikError] = []
        for write in writes:
            try:
                answers.append(
                    self.create(write.record, system, once)
                    if write.key is None
                    else self.update(write.key, write.record, system, once)
                )
            except MostikError as error:
                answers.append(error)
        return answers

    # ── inner works ───────────────────────────────────────────────────────────────────────────

    def _present(self, record: Company, system: str) -> Company | None:
        item = self._finder.by_key(system, record.key) or self._by_tax_number(record)
        if item is None and any(ways(record).values()):
            item = self._finder.by_ways(record)
        if item is None:
            return None
        fields: dict[str, Any] = {}
        if not item.origin_id:
            fields = {"originatorId": system, "originId": record.key}
        if added := new_ways(record, item):
            fields["fm"] = added
        item = self._crm.update(KIND, str(item.id), fields) if fields else item
        return self._with_requisites(item, record, system)

    def _by_tax_number(self, record: Company) -> Item | None:
        owners: set[str] = set()
        for part in record.requisites or ():
            if part.inn:
                owners |= self._requisites.owners(KIND, part.inn, part.kpp)
        ordered = sorted(owners, key=int)
        if len(ordered) > 1 and self._several is SeveralFound.ASK:
            raise GiveUp(
                "Several companies of the portal have the buyer's tax number (ids"
                f" {', '.join(ordered[:5])}): merge them on the portal, then repeat.",
                who=WhoActs.ADMIN,
            )
        return self._crm.get(KIND, ordered[0]) if ordered else None

    def _with_requisites(self, item: Item, record: Company, system: str) -> Company:
        company = company_from(item)
        parts = self._requisites.write(KIND, str(item.id), record, system)
        return company.model_copy(update={"requisites": parts})

    def _answers(self, rows: Sequence[Row]) -> dict[str, Company | MostikError]:
        """Companies by their ids; of a row that is not understood the error."""
        items = {str(row["id"]): item_in(row) for row in rows}
        good = {key: item for key, item in items.items() if isinstance(item, Item)}
        wholes = dict(zip(good, self._whole(list(good.values())), strict=True))
        return {
            key: item if isinstance(item, MostikError) else wholes[key]
            for key, item in items.items()
        }

    def _whole(self, items: Sequence[Item]) -> list[Company]:
        parts = self._requisites.read(KIND, [str(item.id) for item in items])
        return [
            company_from(item).model_copy(update={"requisites": parts.get(str(item.id), ())})
            for item in items
        ]


def _identity(record: Company, system: str) -> str:
    for part in record.requisites or ():
        if part.inn:
            return f"inn/{part.inn}/{part.kpp or ''}"
    return f"{system}/{record.key}"


def _new_fields(record: Company, system: str) -> dict[str, Any]:
    return {
        **company_fields(record),
        "fm": new_ways(record, None),
        "originatorId": system,
        "originId": record.key,
    }


def _fields(record: Company, present: Item) -> dict[str, Any]:
    added = new_ways(record, present)
    return {**company_fields(record), "fm": added} if added else company_fields(record)
