"""Whose keys the external codes (XML_ID) of the portal are, and how references are resolved."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from integrations.bitrix24.catalog.endpoints import Methods
from integrations.bitrix24.catalog.lookup import Searched, by_value, matching, one_of_them
from integrations.bitrix24.catalog.settings import CatalogSettings
from integrations.bitrix24.transport.listing import Row
from integrations.bitrix24.transport.portal import Portal
from mostik.commerce.record import Ref
from mostik.errors import GiveUp, MostikError, Pending

_PREFIXED = re.compile(r"([a-z0-9][a-z0-9-]{0,38}):(.+)", re.DOTALL)


def code_of(system: str, key: str, settings: CatalogSettings) -> str:
    """Returns the external code of a record that is ``key`` in ``system``.

    The exchange of 1C writes its keys as they are, so those of the owner are kept that way; two
    systems may have equal keys, so those of the others get their connection's id in front.
    """
    if settings.key_owner in (None, "", system):
        return key
    return f"{system}:{key}"


def keys_in(xml_id: str | None, own_id: int, settings: CatalogSettings) -> Mapping[str, str]:
    """Returns the keys elsewhere that an external code stands for.

    The portal gives a record without a code its own id as one: that says nothing.
    """
    if not xml_id or xml_id == str(own_id) or not settings.key_owner:
        return {}
    prefixed = _PREFIXED.fullmatch(xml_id)
    if prefixed and prefixed[1] != settings.key_owner:
        return {prefixed[1]: prefixed[2]}
    return {settings.key_owner: xml_id}


@dataclass
class References:
    """Resolves references to one resource for a whole write, in few requests.

    Attributes:
        portal: calls the portal.
        settings: of the catalogue.
        connection: id of this connection.
        resource: what is referred to.
        lists: where its records are.
        key_field: where the external key stands in them.
        code: what stands there for a key of a system; ``None``: no record can be meant.
        accepts: whether a row that was found is one of its records.
        instead: where what cannot be referred to may be; asked for what was not found.
        misplaced: what is then said.
    """

    portal: Portal
    settings: CatalogSettings
    connection: str
    resource: str
    lists: Sequence[Searched[Methods]]
    key_field: str = "xmlId"
    code: Callable[[str, str, CatalogSettings], str | None] = code_of
    accepts: Callable[[Methods, Row], bool] = lambda _methods, _row: True
    instead: Sequence[Searched[Methods]] = ()
    misplaced: Callable[[Ref], GiveUp] | None = None
    _known: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _elsewhere: set[tuple[str, str]] = field(default_factory=set)

    def learn(self, refs: Iterable[Ref | None], system: str) -> None:
        """Looks up what the core does not know, all of it at once."""
        unknown = {
            ref.key: self.code(system, ref.key, self.settings)
            for ref in refs
            if ref is not None
            and not ref.key_in(self.connection)
            and (system, ref.key) not in self._known
        }
        codes = [code for code in unknown.values() if code is not None]
        matches = matching(self.portal, self.lists, self.key_field, codes) if codes else []
        found = by_value([row for one, row in matches if self.accepts(one, row)], self.key_field)
        for key, code in unknown.items():
            rows = found.get(code, ()) if code is not None else ()
            self._known[system, key] = list(dict.fromkeys(str(row["id"]) for row in rows))
        missing = {code: key for key, code in unknown.items() if code and code not in found}
        if missing and self.instead:
            matches = matching(self.portal, self.instead, self.key_field, [*missing])
            self._elsewhere |= {(system, missing[str(row[self.key_field])]) for _, row in matches}

    def put(self, system: str, key: str, id_: str) -> None:
        """A record was just made."""
        self._known[system, key] = [id_]

    def id_of(self, ref: Ref, system: str) -> str:
        """Returns the id of the record that a reference means.

        Raises:
            Pending: it is not there yet.
            GiveUp: several carry its key, or what carries it cannot be referred to.
        """
        known = ref.key_in(self.connection)
        if known:
            return known
        if (system, ref.key) not in self._known:
            self.learn([ref], system)
        ids = self._known[system, ref.key]
        several: MostikError | None = one_of_them(ids, system, ref.key)
        if several is not None:
            raise several
        if not ids and self.misplaced is not None and (system, ref.key) in self._elsewhere:
            raise self.misplaced(ref)
        if not ids:
            raise Pending(
                f"The record waits for {ref.name or ref.key!r}, which is not on the portal yet.",
                resource=self.resource,
                key=ref.key,
            )
        return ids[0]
