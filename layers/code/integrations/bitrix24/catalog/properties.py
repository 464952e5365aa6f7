"""Properties of goods and of variations, with the values of lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.bitrix24.catalog.endpoints import ENUMS, PROPERTIES, Methods
from integrations.bitrix24.catalog.keys import code_of, keys_in
from integrations.bitrix24.catalog.lookup import Searched, value_of
from integrations.bitrix24.catalog.models import EnumRow, PropertyRow, flag, read, said
from integrations.bitrix24.catalog.rowwise import Rowwise, each
from integrations.bitrix24.transport.batch import Command
from integrations.bitrix24.transport.listing import Row
from mostik.commerce.catalog import EnumValue, PropertyDef, PropertyType
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.integration import CreateOnce, Write

_KINDS: Mapping[PropertyType, tuple[str, str | None]] = {
    PropertyType.TEXT: ("S", None),
    PropertyType.NUMBER: ("N", None),
    PropertyType.ENUM: ("L", None),
    PropertyType.DATE: ("S", "Date"),
    PropertyType.TIME: ("S", "DateTime"),
    PropertyType.HTML: ("S", "HTML"),
    PropertyType.FILE: ("F", None),
}
"""How each type is written. Yes and no is a list of two values on the side that has no such type;
the portal's own check box and its links are read only."""
_READ: Mapping[tuple[str, str], PropertyType] = {
    **{(kind, user or ""): type_ for type_, (kind, user) in _KINDS.items()},
    ("N", "SASDCheckboxNum"): PropertyType.BOOLEAN,
}
_LINKS = ("E", "G")


def type_of(row: PropertyRow) -> PropertyType:
    """What the values of a property are; a type of somebody's own is text."""
    if row.property_type in _LINKS or row.user_type == "directory":
        return PropertyType.REFERENCE
    known = _READ.get((row.property_type, row.user_type or ""))
    return known or _READ.get((row.property_type, ""), PropertyType.TEXT)


class Properties(Rowwise[PropertyDef]):
    """Properties. Values of a list that the other side does not name stay: absent is not
    deleted."""

    holds = frozenset(
        {
            "name", "code", "type", "multiple", "of_variants", "required", "sort", "active",
            "values.name", "values.code", "values.sort",
        }
    )  # fmt: skip

    def lists(self) -> Sequence[Searched[Methods]]:
        """See ``Rowwise``: the properties of goods and those of variations are two lists."""
        iblocks = [self.directory.goods, self.directory.offers]
        return [(PROPERTIES, {"iblockId": one}, ()) for one in iblocks if one is not None]

    def record_of(self, methods: Methods, row: Row) -> PropertyDef | None:
        """See ``Rowwise``."""
        del methods
        held = read(PropertyRow, row)
        return PropertyDef(
            key=str(held.id),
            external_ids=keys_in(held.xml_id, held.id, self.settings),
            active=said(held.active),
            name=held.name or "",
            code=held.code or "",
            type=type_of(held),
            multiple=said(held.multiple),
            of_variants=held.iblock_id == self.directory.offers,
            required=said(held.is_required),
            sort=held.sort,
        )

    def read_many(self, keys: Sequence[str]) -> Mapping[str, PropertyDef | MostikError]:
        """See ``Bulk.read_many``: their list takes no several values, and there are few."""
        wanted = set(keys)
        held = [
            row
            for methods, filters, _ in self.lists()
            for row in self.directory.properties(filters["iblockId"])
            if str(row.id) in wanted and methods is PROPERTIES
        ]
        records = [self.record_of(PROPERTIES, row.model_dump(by_alias=True)) for row in held]
        known = [record for record in records if record is not None]
        return {record.key: record for record in self.completed(known)}

    def find_many(
        self, system: str, keys: Sequence[str]
    ) -> Mapping[str, PropertyDef | MostikError]:
        """See ``Bulk.find_many``."""
        codes = {code_of(system, key, self.settings): key for key in keys}
        held: dict[str, list[int]] = {}
        for _, filters, _ in self.lists():
            for row in self.directory.properties(filters["iblockId"]):
                if row.xml_id in codes:
                    held.setdefault(codes[row.xml_id], []).append(row.id)
        found: dict[str, PropertyDef | MostikError] = {}
        records = self.read_many([str(ids[0]) for ids in held.values()])
        for key, ids in held.items():
            if len(ids) > 1:
                found[key] = GiveUp(
                    f"Several properties of the portal carry the same external key {system}:{key}"
                    f" (ids {', '.join(map(str, ids))}): keep one and clear the key of the others.",
                    who=WhoActs.ADMIN,
                )
            else:
                found[key] = records[str(ids[0])]
        return found

    def completed(self, records: Sequence[PropertyDef]) -> Sequence[PropertyDef]:
        """See ``Rowwise``: with the values of lists."""
        lists = [record for record in records if record.type is PropertyType.ENUM]
        self.directory.learn_enums(int(record.key) for record in lists)
        values = {
            record.key: tuple(_value(row) for row in self.directory.enums(int(record.key)))
            for record in lists
        }
        return [
            record.model_copy(update={"values": values[record.key]})
            if record.key in values
            else record
            for record in records
        ]

    def commands(
        self, writes: Sequence[Write[PropertyDef]], system: str, once: CreateOnce
    ) -> Sequence[Command | MostikError]:
        """See ``Rowwise``."""
        del once
        return each(writes, lambda write: self._command(write, system))

    def afterwards(
        self,
        writes: Sequence[Write[PropertyDef]],
        answers: Sequence[PropertyDef | MostikError],
        system: str,
        once: CreateOnce,
    ) -> Sequence[PropertyDef | MostikError]:
        """See ``Rowwise``: the values of lists are written behind their properties."""
        self.directory.forget_properties()
        commands: list[tuple[int, Command]] = []
        for number, (write, answer) in enumerate(zip(writes, answers, strict=True)):
            if isinstance(answer, MostikError) or answer.type is not PropertyType.ENUM:
                continue
            commands += [
                (number, command) for command in self._value_commands(write.record, int(answer.key))
            ]
        outcomes = self.portal.batch([command for _, command in commands])
        left = list(answers)
        for (number, _), outcome in zip(commands, outcomes, strict=True):
            try:
                value_of(outcome)
            except MostikError as error:
                left[number] = error
        if commands:
            self.directory.forget_properties()
        return super().afterwards(writes, left, system, once)

    def _command(self, write: Write[PropertyDef], system: str) -> Command:
        record = write.record
        offers = self.directory.offers if record.of_variants else self.directory.goods
        if offers is None:
            raise GiveUp(
                "The portal has no catalogue of variations, so it keeps no properties of them.",
                who=WhoActs.EXTERNAL_ADMIN,
            )
        fields: dict[str, Any] = {"iblockId": offers, "name": record.name}
        if record.code:
            fields["code"] = record.code
        if record.required is not None:
            fields["isRequired"] = flag(record.required)
        if record.sort is not None:
            fields["sort"] = record.sort
        if record.active is not None:
            fields["active"] = flag(record.active)
        if write.key is not None:
            # a type is not changed: the values of goods would be lost
            return Command(PROPERTIES.update, {"id": int(write.key), "fields": fields})
        if record.type is None or record.type not in _KINDS:
            raise GiveUp(
                f"The portal keeps no properties of the kind {record.type or 'unknown'}: make"
                f" {record.name!r} there by hand, or map it to another kind.",
                who=WhoActs.ADMIN,
            )
        kind, user = _KINDS[record.type]
        fields |= {"propertyType": kind, "multiple": flag(bool(record.multiple))}
        if user is not None:
            fields["userType"] = user
        fields["xmlId"] = code_of(system, record.key, self.settings)
        return Command(PROPERTIES.add, {"fields": fields})

    def _value_commands(self, record: PropertyDef, property_id: int) -> list[Command]:
        held = {row.xml_id: row for row in self.directory.enums(property_id)}
        commands = []
        for value in record.values or ():
            code = value.code or value.key
            if not code:
                continue
            fields: dict[str, Any] = {"propertyId": property_id, "value": value.name, "xmlId": code}
            if value.sort is not None:
                fields["sort"] = value.sort
            row = held.get(code)
            if row is None:
                commands.append(Command(ENUMS.add, {"fields": fields}))
            elif row.value != value.name or value.sort not in (None, row.sort):
                commands.append(Command(ENUMS.update, {"id": row.id, "fields": fields}))
        return commands


def _value(row: EnumRow) -> EnumValue:
    return EnumValue(
        key=str(row.id),
        name=row.value or "",
        code=row.xml_id or "",
        sort=row.sort,
        default=row.chosen == "Y",
    )
