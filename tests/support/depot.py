"""An external shop in memory and its integration: every resource of the catalogue, no HTTP.

It keeps references as keys of its own, refuses what points at nothing (``Pending``), counts what is
written, and finds a record by the external key that it carries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from mostik.commerce.catalog import Picture, Product, PropertyDef, Section, Unit, Variant
from mostik.commerce.prices import Price, PriceType
from mostik.commerce.record import Canonical, Ref
from mostik.commerce.stock import Stock, Warehouse
from mostik.errors import GiveUp, MostikError, Pending, WhoActs
from mostik.http.client import Dialect
from mostik.http.paging import Page
from mostik.integration import CreateOnce, Integration, Misfit, Resource, Write
from tests.support.faults import Faults

NAME = "depot"
KINDS: Mapping[str, type[Canonical]] = {
    "sections": Section,
    "properties": PropertyDef,
    "units": Unit,
    "products": Product,
    "variants": Variant,
    "price_types": PriceType,
    "prices": Price,
    "warehouses": Warehouse,
    "stock": Stock,
    "pictures": Picture,
}
_CHECKED = {"sections", "section", "parent", "owner", "type", "warehouse", "properties"}
"""References that must lead somewhere; units may be unknown here."""


class DepotSettings(BaseModel):
    """Nothing to be set."""

    model_config = ConfigDict(extra="forbid")


@dataclass
class Depot(Faults):
    """The shop.

    Attributes:
        records: by resource and key here.
        writes: how often each resource was written.
        refused: errors that writing raises, by the key of the record that is written.
        contents: pictures whose content came with them, by owner.
    """

    OPERATIONS: ClassVar = ("read", "find", "write", "delete")

    records: dict[str, dict[str, Any]] = field(default_factory=lambda: {name: {} for name in KINDS})
    writes: Counter[str] = field(default_factory=Counter)
    refused: dict[str, MostikError] = field(default_factory=dict)
    contents: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def carrying(self, resource: str, system: str, key: str) -> list[Canonical]:
        """The records that carry an external key."""
        held = self.records[resource].values()
        return [one for one in held if one.external_ids.get(system) == key]

    def one(self, resource: str, key: str, system: str = "onec") -> Any:
        """The one record that carries an external key."""
        [found] = self.carrying(resource, system, key)
        return found

    def said(self, system: str = "onec") -> dict[str, dict[str, Any]]:
        """Everything, in the words of the other side: equal whatever the keys here are."""
        back = {
            (name, key): one.external_ids.get(system, key)
            for name, held in self.records.items()
            for key, one in held.items()
        }
        return {
            name: {
                one.external_ids.get(system, key): _named_back(one, back).content()
                for key, one in held.items()
            }
            for name, held in self.records.items()
        }


def _with_property(one: Any, ref: Ref) -> Any:
    return one.model_copy(update={"property": ref})


def _named_back(record: Canonical, back: Mapping[tuple[str, str], str]) -> Canonical:
    changes: dict[str, Any] = {}
    for path, resources in type(record).refers.items():
        if path not in _CHECKED:
            continue
        value = getattr(record, path)
        if path == "properties":
            continue
        if isinstance(value, Ref):
            found = [back[name, value.key] for name in resources if (name, value.key) in back]
            changes[path] = Ref(key=found[0] if found else value.key)
        elif value:
            changes[path] = tuple(Ref(key=back[resources[0], one.key]) for one in value)
    if values := getattr(record, "properties", None):
        named = (
            _with_property(one, Ref(key=back["properties", one.property.key])) for one in values
        )
        changes["properties"] = tuple(named)
    return record.model_copy(update=changes)


class DepotResource:
    """One resource of the shop.

    Args:
        depot: the shop.
        name: of the resource.
    """

    def __init__(self, depot: Depot, name: str) -> None:
        self._depot = depot
        self._name = name
        self._held = depot.records[name]

    def page(self, cursor: str | None, since: datetime | None) -> Page[Canonical | Misfit]:
        """See ``Listed.page``."""
        del cursor, since
        return Page(list(self._held.values()), None)

    def read(self, key: str) -> Canonical | None:
        """See ``Resource.read``."""
        with self._depot._operation("read"):
            return self._held.get(key)

    def find(self, system: str, key: str) -> Canonical | None:
        """See ``Resource.find``."""
        with self._depot._operation("find"):
            found = self._depot.carrying(self._name, system, key)
        if len(found) > 1:
            raise GiveUp("Two carry one key.", who=WhoActs.ADMIN)
        return found[0] if found else None

    def create(self, record: Canonical, system: str, once: CreateOnce) -> Canonical:
        """See ``Resource.create``."""
        del once
        key = f"{self._name}-{len(self._held) + 1}"
        return self._write(key, record, system, {system: record.key})

    def update(self, key: str, record: Canonical, system: str, once: CreateOnce) -> Canonical:
        """See ``Resource.update``."""
        del once
        return self._write(key, record, system, self._held[key].external_ids)

    def from_state(self, content: Mapping[str, Any]) -> Canonical:
        """It sends no events."""
        raise GiveUp(f"No state: {len(content)}", who=WhoActs.DEVELOPER)

    def read_many(self, keys: Sequence[str]) -> Mapping[str, Canonical | MostikError]:
        """See ``Bulk.read_many``."""
        with self._depot._operation("read"):
            return {key: self._held[key] for key in keys if key in self._held}

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, Canonical | MostikError]:
        """See ``Bulk.find_many``."""
        with self._depot._operation("find"):
            held = {one.external_ids.get(system): one for one in self._held.values()}
            return {key: held[key] for key in keys if key in held}

    def write_many(
        self, writes: Sequence[Write[Canonical]], system: str, once: CreateOnce
    ) -> Sequence[Canonical | MostikError]:
        """See ``Bulk.write_many``."""
        answers: list[Canonical | MostikError] = []
        for write in writes:
            try:
                if write.key is None:
                    answers.append(self.create(write.record, system, once))
                else:
                    answers.append(self.update(write.key, write.record, system, once))
            except MostikError as error:
                answers.append(error)
        return answers

    def delete(self, key: str) -> None:
        """See ``Deletable``."""
        with self._depot._operation("delete"):
            del self._held[key]

    def _write(
        self, key: str, record: Canonical, system: str, external: Mapping[str, str]
    ) -> Canonical:
        with self._depot._operation("write"):
            error = self._depot.refused.get(record.key) or self._depot.refused.get(key)
            if error is not None:
                raise error
            if isinstance(record, Picture) and record.file.extra.get("base64"):
                self._depot.contents.append(record.file.hash or "")
            known = {
                name: self._own(name, value, system)
                for name in type(record).model_fields
                if (value := getattr(record, name)) is not None
            }
            known |= {"key": key, "external_ids": dict(external), "extra": {}}
            if isinstance(record, Picture):
                known["file"] = record.file.model_copy(update={"extra": {}, "blob": None})
            before = self._held.get(key)
            stored = (before or record).model_copy(update=known)
            self._held[key] = stored
            self._depot.writes[self._name] += 1
            return stored

    def _own(self, name: str, value: Any, system: str) -> Any:
        if name not in _CHECKED:
            return value
        if isinstance(value, Ref):
            return self._ref(KINDS[self._name].refers[name], value, system)
        if name == "properties" and value:
            return tuple(
                _with_property(one, self._ref(("properties",), one.property, system))
                for one in value
            )
        if isinstance(value, tuple):
            resources = KINDS[self._name].refers[name]
            return tuple(self._ref(resources, one, system) for one in value)
        return value

    def _ref(self, resources: Sequence[str], ref: Ref, system: str) -> Ref:
        for resource in resources:
            held = self._depot.records[resource]
            key = ref.key_in(NAME) or (ref.key if ref.key in held else None)
            if key in held:
                return Ref(key=key or "")
            found = self._depot.carrying(resource, system, ref.key)
            if found:
                return Ref(key=found[0].key)
        raise Pending(f"No {resources[0]} {ref.key}.", resource=resources[0], key=ref.key)


def integration(depot: Depot) -> Integration[DepotSettings, None]:
    """The integration of the one shop."""
    factories = {name: partial(_resource, depot, name) for name in KINDS}
    return Integration(
        name=NAME,
        title="Depot",
        settings=DepotSettings,
        base_url=lambda _settings: "https://depot.invalid/",
        auth=lambda _settings: None,
        dialect=Dialect(errors={}),
        client=lambda _api, _settings: None,
        resources=factories,
        check=lambda _client, _settings: [],
        unsafe_resources=frozenset(KINDS),
    )


def _resource(
    depot: Depot, name: str, _client: None, _settings: DepotSettings, _connection: str
) -> Resource[Any]:
    return DepotResource(depot, name)
