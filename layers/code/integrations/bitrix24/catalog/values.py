"""Values of properties between the portal's words and canonical ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.bitrix24.catalog.directory import Directory
from integrations.bitrix24.catalog.endpoints import ENUMS
from integrations.bitrix24.catalog.keys import code_of
from integrations.bitrix24.catalog.models import GoodRow, PropertyRow
from integrations.bitrix24.catalog.properties import type_of
from integrations.bitrix24.transport.batch import Command
from mostik.commerce.catalog import PROPERTIES, PropertyType, PropertyValue, Value
from mostik.commerce.record import Ref
from mostik.errors import GiveUp, Pending, WhoActs

_PICTURES, _PARENT = "MORE_PHOTO", "CML2_LINK"


class Values:
    """Reads and writes the properties of goods of one catalogue.

    Args:
        directory: the portal's properties and their values.
        connection: id of this connection.
        iblock: the catalogue.
    """

    def __init__(self, directory: Directory, connection: str, iblock: int) -> None:
        self._directory = directory
        self._connection = connection
        self._iblock = iblock

    def own(self) -> list[PropertyRow]:
        """The properties that are no fields of a canonical good."""
        settings = self._directory.settings
        fields = {settings.article_property, settings.barcode_property, _PICTURES, _PARENT}
        return [row for row in self._directory.properties(self._iblock) if row.code not in fields]

    def texts(self, row: GoodRow, code: str) -> tuple[str, ...] | None:
        """The values of the property with a code; ``None``: there is no such property."""
        known = self._directory.property_with(self._iblock, code)
        return None if known is None else row.values_of(known.id)

    def of(self, row: GoodRow) -> tuple[PropertyValue, ...]:
        """What a good says of its properties; those without a value are left out."""
        found = []
        for known in self.own():
            held = row.values_of(known.id)
            type_ = type_of(known)
            if not held or type_ is PropertyType.FILE:
                continue
            about = Ref(key=str(known.id), name=known.name)
            if type_ is PropertyType.ENUM:
                found.append(PropertyValue(property=about, enums=tuple(Ref(key=v) for v in held)))
            elif type_ is PropertyType.REFERENCE:
                found.append(PropertyValue(property=about, links=tuple(Ref(key=v) for v in held)))
            else:
                values = tuple(_value(type_, text) for text in held)
                found.append(PropertyValue(property=about, values=values))
        return tuple(found)

    # ── writing ───────────────────────────────────────────────────────────────────────────────

    def property_of(self, ref: Ref, system: str) -> PropertyRow:
        """Returns the property that a reference means.

        Raises:
            Pending: it is not there yet.
        """
        known, code = ref.key_in(self._connection), self._code(system, ref)
        for row in self._directory.properties(self._iblock):
            if str(row.id) == known or (known is None and row.xml_id == code):
                return row
        raise Pending(
            f"The good waits for the property {ref.name or ref.key!r}, which is not on the portal"
            " yet.",
            resource=PROPERTIES,
            key=ref.key,
        )

    def learn(self, values: Iterable[PropertyValue], system: str) -> None:
        """Reads the lists that will be needed, and adds the values that they lack."""
        chosen: dict[int, dict[str, Ref]] = {}
        for value in values:
            if not value.enums:
                continue
            try:
                row = self.property_of(value.property, system)
            except Pending:
                continue  # told when its good is written
            chosen.setdefault(row.id, {}).update({ref.key: ref for ref in value.enums})
        self._directory.learn_enums(chosen)
        if not self._directory.settings.adds_list_values:
            return
        missing = [
            (id_, ref)
            for id_, refs in chosen.items()
            for ref in refs.values()
            if ref.name and self._enum_id(id_, ref) is None
        ]
        adds = [
            Command(ENUMS.add, {"fields": {"propertyId": id_, "value": ref.name, "xmlId": ref.key}})
            for id_, ref in missing
        ]
        if adds:
            # Two workers may add one value: the portal refuses the second, both then read it.
            self._directory.portal.batch(adds)
            self._directory.forget_enums({id_ for id_, _ in missing})

    def fields(self, values: Sequence[PropertyValue], system: str) -> Mapping[str, Any]:
        """Returns what properties say in the portal's words.

        Raises:
            Pending: a property, or a value of a list, is not there yet.
        """
        said: dict[str, Any] = {}
        for value in values:
            row = self.property_of(value.property, system)
            if type_of(row) is PropertyType.FILE:
                continue  # pictures travel alone
            texts = [_text(one) for one in value.values]
            texts += [self._chosen(row, ref) for ref in value.enums]
            texts += [ref.key_in(self._connection) or ref.key for ref in value.links]
            said[f"property{row.id}"] = several(texts) if row.multiple == "Y" else one_of(texts)
        return said

    def text_field(self, code: str, texts: Sequence[str]) -> Mapping[str, Any]:
        """Returns what the property with a code says; nothing when the portal has none."""
        known = self._directory.property_with(self._iblock, code)
        if known is None:
            return {}
        shown = several(texts) if known.multiple == "Y" else one_of(texts[:1])
        return {f"property{known.id}": shown}

    def _chosen(self, row: PropertyRow, ref: Ref) -> str:
        found = self._enum_id(row.id, ref)
        if found is not None:
            return str(found)
        if not self._directory.settings.adds_list_values:
            raise Pending(
                f"The good waits for the value {ref.name or ref.key!r} of the list {row.name!r},"
                " which is not on the portal.",
                resource=PROPERTIES,
                key=row.xml_id or str(row.id),
            )
        raise GiveUp(
            f"The portal did not take the value {ref.name or ref.key!r} into its list"
            f" {row.name!r}.",
            who=WhoActs.ADMIN,
        )

    def _enum_id(self, property_id: int, ref: Ref) -> int | None:
        known = ref.key_in(self._connection)
        for row in self._directory.enums(property_id):
            if str(row.id) == known or (known is None and row.xml_id == ref.key):
                return row.id
        return None

    def _code(self, system: str, ref: Ref) -> str:
        return code_of(system, ref.key, self._directory.settings)


def several(texts: Iterable[str]) -> Any:
    """The values of a property that takes several; none is an empty text."""
    return [{"value": text} for text in texts] or ""


def one_of(texts: Sequence[str]) -> Any:
    """The value of a property that takes one."""
    return {"value": texts[0]} if texts else {"value": ""}


def _value(type_: PropertyType, text: str) -> Value:
    try:
        if type_ is PropertyType.NUMBER:
            return Decimal(text)
        if type_ is PropertyType.BOOLEAN:
            return text in ("1", "Y")
        if type_ is PropertyType.DATE:
            return date.fromisoformat(text[:10])
        if type_ is PropertyType.TIME:
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo is not None else text
    except (ValueError, InvalidOperation):
        return text
    return text


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value
