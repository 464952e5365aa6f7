"""Who a buyer is on the portal: by the external key, else by phone and e-mail, else nobody.

More than one found is for a rule or for a person; a further one is never made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integrations.bitrix24.crm.client import DUPLICATES, Crm, find_items, items_in
from integrations.bitrix24.crm.models import EntityType, Item
from integrations.bitrix24.crm.parties import spellings, ways
from integrations.bitrix24.crm.settings import SeveralFound
from integrations.bitrix24.fit import fitted
from integrations.bitrix24.transport.batch import Command, Done, Refused
from integrations.bitrix24.transport.php import as_list, as_map
from mostik.commerce.parties import Company, Customer
from mostik.errors import GiveUp, MostikError, WhoActs

_NAMES = {EntityType.CONTACT: "CONTACT", EntityType.COMPANY: "COMPANY"}
_PEOPLE = {EntityType.CONTACT: "contacts", EntityType.COMPANY: "companies"}


class Finder:
    """Finds contacts or companies.

    Args:
        crm: the gateway.
        kind: of what.
        several: what to do when several have the phone or e-mail.
    """

    def __init__(self, crm: Crm, kind: EntityType, several: SeveralFound) -> None:
        self._crm = crm
        self._kind = kind
        self._several = several

    def by_key(self, system: str, key: str) -> Item | None:
        """Finds the one item that carries an external key.

        Raises:
            GiveUp: several carry it: the portal promises no uniqueness.
        """
        return only(self._crm.find(self._kind, origin(system, key)), system, key)

    def by_keys(self, system: str, keys: Sequence[str]) -> Mapping[str, Item | MostikError]:
        """Finds the items that carry external keys; what nothing carries is left out."""
        commands = [find_items(self._kind, origin(system, key)) for key in keys]
        found: dict[str, Item | MostikError] = {}
        for key, outcome in zip(keys, self._crm.portal.batch(commands), strict=True):
            try:
                if isinstance(outcome, Refused):
                    raise outcome.error
                item = only(items_in(outcome.value), system, key)
            except MostikError as error:
                found[key] = error
            else:
                if item is not None:
                    found[key] = item
        return found

    def by_ways(self, record: Customer | Company) -> Item | None:
        """Finds who has the record's phone or e-mail.

        Raises:
            GiveUp: several have, and a person shall choose.
        """
        found = self.by_ways_of([record])[0]
        if isinstance(found, MostikError):
            raise found
        return found

    def by_ways_of(
        self, records: Sequence[Customer | Company]
    ) -> Sequence[Item | MostikError | None]:
        """Finds for each record who has its phone or e-mail."""
        commands: list[Command] = []
        spans: list[tuple[int, int]] = []
        for record in records:
            begin = len(commands)
            commands += [
                Command(
                    DUPLICATES,
                    {
                        "type": type_,
                        "values": spellings(type_, known),
                        "entity_type": _NAMES[self._kind],
                    },
                )
                for type_, known in ways(record).items()
                if known
            ]
            spans.append((begin, len(commands)))
        outcomes = self._crm.portal.batch(commands) if commands else []
        chosen: list[str | MostikError | None] = []
        for begin, end in spans:
            ids: set[str] = set()
            error: MostikError | None = None
            for outcome in outcomes[begin:end]:
                if isinstance(outcome, Refused):
                    error = error or outcome.error
                else:
                    ids |= set(map(str, as_list(as_map(outcome.value).get(_NAMES[self._kind]))))
            chosen.append(error or self._one_of(ids))
        return self._read(chosen)

    def _one_of(self, ids: set[str]) -> str | MostikError | None:
        ordered = sorted(ids, key=int)
        if len(ordered) > 1 and self._several is SeveralFound.ASK:
            return GiveUp(
                f"Several {_PEOPLE[self._kind]} of the portal have the buyer's phone or e-mail"
                f" (ids {', '.join(ordered[:5])}): merge them on the portal, then repeat.",
                who=WhoActs.ADMIN,
            )
        return ordered[0] if ordered else None

    def _read(
        self, chosen: Sequence[str | MostikError | None]
    ) -> Sequence[Item | MostikError | None]:
        ids = list(dict.fromkeys(one for one in chosen if isinstance(one, str)))
        if not ids:
            return [one if isinstance(one, MostikError) else None for one in chosen]
        commands = [find_items(self._kind, {"id": int(one)}) for one in ids]
        items: dict[str, Item | MostikError | None] = {}
        for id_, outcome in zip(ids, self._crm.portal.batch(commands), strict=True):
            match outcome:
                case Refused(error):
                    items[id_] = error
                case Done(value):
                    found = fitted(items_in, value)
                    items[id_] = (
                        found if isinstance(found, MostikError) else next(iter(found), None)
                    )
        return [items[one] if isinstance(one, str) else one for one in chosen]


def origin(system: str, key: str) -> Mapping[str, str]:
    """Returns the conditions on an external key."""
    return {"originatorId": system, "originId": key}


def only(items: Sequence[Item], system: str, key: str) -> Item | None:
    """Returns the one item that carries an external key.

    Raises:
        GiveUp: several do, or the portal did not filter by it.
    """
    carriers = [one for one in items if one.originator_id == system and one.origin_id == key]
    if len(carriers) < len(items):
        raise GiveUp(
            "The portal does not filter by external keys: nothing can be looked up safely.",
            who=WhoActs.DEVELOPER,
        )
    if len(carriers) > 1:
        ids = ", ".join(str(item.id) for item in carriers[:5])
        raise GiveUp(
            f"Several records of the portal carry the same external key {system}:{key}"
            f" (ids {ids}): keep one and clear the key of the others.",
            who=WhoActs.ADMIN,
        )
    return carriers[0] if carriers else None
