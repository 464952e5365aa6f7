"""What happens to a CRM record when it is added, changed or deleted, by REST or by a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.sandbox.portal.config import PortalConfig
from local.sandbox.portal.crm.fields import COMPANY, CONTACT, DEAL, Access, EntityType, entity_types
from local.sandbox.portal.crm.store import Item, ItemStore
from local.sandbox.portal.crm.values import invalid_value, written
from local.sandbox.portal.envelope import RestError, Stamp
from local.sandbox.portal.phpform import as_list

Fire = Callable[[str, Mapping[str, object]], None]

_WON = "WON"
_LOST = ("LOSE", "APOLOGY")


class CrmItems:
    """All CRM records of the portal.

    Args:
        config: currencies, funnels and user fields.
        stamp: the portal's clock and zone.
        fire: tells subscribers about an event.
    """

    def __init__(self, config: PortalConfig, stamp: Stamp, fire: Fire) -> None:
        self._config = config
        self._stamp = stamp
        self._fire = fire
        self._types = entity_types(config.user_fields)
        self.currencies: list[str] = []
        self.clear()

    def clear(self) -> None:
        """No records, and the currencies of the first day."""
        self.stores = {id_: ItemStore(entity) for id_, entity in self._types.items()}
        self.currencies = list(self._config.currencies)
        self._last_fm_id = 0

    def snapshot(self) -> dict[str, Any]:
        """Everything as JSON."""
        stores = {
            str(id_): {"items": list(store), "last_id": store.last_id}
            for id_, store in self.stores.items()
        }
        return {"stores": stores, "currencies": self.currencies, "last_fm_id": self._last_fm_id}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Everything from a snapshot."""
        self.clear()
        self.currencies = list(data["currencies"])
        self._last_fm_id = data["last_fm_id"]
        for id_, saved in data["stores"].items():
            store = self.stores[int(id_)]
            for item in saved["items"]:
                store.put(item)
            store.last_id = saved["last_id"]

    def store(self, entity_type_id: object) -> ItemStore:
        """The records of an entity type.

        Raises:
            RestError: ``NOT_FOUND``, there is no such type.
        """
        try:
            return self.stores[int(str(entity_type_id))]
        except (KeyError, ValueError):
            raise RestError("NOT_FOUND", "Smart process not found") from None

    def item(self, store: ItemStore, id_: object, missing: str = "Item not found") -> Item:
        """One record.

        Raises:
            RestError: ``NOT_FOUND``.
        """
        try:
            return store.items[int(str(id_))]
        except (KeyError, ValueError):
            raise RestError("NOT_FOUND", missing) from None

    def add(
        self, store: ItemStore, fields: Mapping[str, Any], user_id: int, *, announce: bool = True
    ) -> Item:
        """Adds a record, fills in what is missing and, if asked, fires ``ONCRM…ADD``."""
        item = self._blank(store.entity, user_id)
        self._write(store.entity, item, fields)
        item["id"] = store.next_id()
        if store.entity.id == DEAL and not item["title"]:
            item["title"] = f"Deal #{item['id']}"
        if store.entity.id == CONTACT and not (item["name"] or item["lastName"]):
            item["lastName"] = f"Contact #{item['id']}"
        if store.entity.id == COMPANY and not item["title"]:
            item["title"] = f"Company #{item['id']}"
        store.put(item)
        if announce:
            self._fire(f"ONCRM{store.entity.code}ADD", {"ID": item["id"]})
        return item

    def update(self, store: ItemStore, old: Item, fields: Mapping[str, Any], user_id: int) -> Item:
        """Changes a record and fires ``ONCRM…UPDATE``; when nothing changes, nothing is saved."""
        if "id" in fields:
            raise RestError(0, "Setting value for Primary ID is not allowed, it is read-only field")
        item = {**old}
        self._write(store.entity, item, fields)
        if item == old:
            return old
        now = self._stamp.now()
        if store.entity.has_stages and item["stageId"] != old["stageId"]:
            item.update(previousStageId=old["stageId"], movedBy=user_id, movedTime=now)
        item.update(updatedTime=now, updatedBy=user_id)
        store.put(item)
        self._fire(f"ONCRM{store.entity.code}UPDATE", {"ID": item["id"]})
        return item

    def delete(self, store: ItemStore, item: Item) -> None:
        """Deletes a record and fires ``ONCRM…DELETE``."""
        store.remove(item["id"])
        self._fire(f"ONCRM{store.entity.code}DELETE", {"ID": item["id"]})

    # ── rules ─────────────────────────────────────────────────────────────────────────────────

    def _blank(self, entity: EntityType, user_id: int) -> Item:
        now = self._stamp.now()
        item: Item = {name: [] if one.multiple else None for name, one in entity.fields.items()}
        item.update(createdTime=now, updatedTime=now, createdBy=user_id, updatedBy=user_id)
        item.update(assignedById=user_id, opened="Y", lastActivityTime=now, lastActivityBy=user_id)
        if entity.id == DEAL:
            day = now[:10] + "T00:00:00" + now[19:]
            item.update(begindate=day, categoryId=0, currencyId=self.currencies[0], opportunity=0)
            item.update(isManualOpportunity="N", isRecurring="N", isReturnCustomer="N", isNew="Y")
            item.update(isRepeatedApproach="N", taxValue=0, typeId="SALE", companyId=0, contactId=0)
            item.update(movedBy=user_id, movedTime=now)
            self._move(item)
        else:
            item.update(hasPhone="N", hasEmail="N", hasImol="N", categoryId=0)
            item.update({"export": "Y"} if entity.id == CONTACT else {"isMyCompany": "N"})
        item["entityTypeId"] = entity.id
        return item

    def _write(self, entity: EntityType, item: Item, fields: Mapping[str, Any]) -> None:
        values = {}
        for name, value in fields.items():
            field = entity.fields.get(name)
            if field is None or field.access is not Access.WRITE:
                continue  # "An incorrect field in `fields` will be ignored."
            if name != "fm":
                values[name] = written(field, value, self._stamp)
            elif value:
                item["fm"] = [*item["fm"], *self._new_fm(value)]
        if entity.has_stages:
            self._check_deal(entity, item, values)
        item.update(values)
        if entity.has_stages:
            self._move(item)
        if entity.has_fm:
            _derive_from_fm(item)

    def _check_deal(self, entity: EntityType, item: Item, values: dict[str, Any]) -> None:
        if values.get("currencyId", item["currencyId"]) not in self.currencies:
            raise invalid_value(entity.fields["currencyId"])
        funnel = values.get("categoryId", item["categoryId"]) or 0
        if funnel not in self._config.funnels:
            raise invalid_value(entity.fields["categoryId"])
        if "categoryId" in values:
            values["categoryId"] = funnel
        stages = self._stages(funnel)
        if "stageId" in values and values["stageId"] not in stages:
            raise invalid_value(entity.fields["stageId"])
        if "stageId" not in values and funnel != item["categoryId"]:
            values["stageId"] = stages[0]
        if "contactIds" in values:
            values["contactIds"] = list(dict.fromkeys(values["contactIds"]))
            values["contactId"] = (values["contactIds"] or [0])[0]
        elif "contactId" in values:
            values["contactIds"] = [values["contactId"]] if values["contactId"] else []

    def _stages(self, funnel: int) -> list[str]:
        prefix = f"C{funnel}:" if funnel else ""
        return [prefix + code for code in self._config.funnels[funnel]]

    def _move(self, item: Item) -> None:
        stages = self._stages(item["categoryId"])
        stage = item["stageId"] if item["stageId"] in stages else stages[0]
        code = stage.rpartition(":")[2]
        semantic = "S" if code == _WON else "F" if code in _LOST else "P"
        item.update(stageId=stage, stageSemanticId=semantic)
        item.update(
            closed="N" if semantic == "P" else "Y", isNew="Y" if stage == stages[0] else "N"
        )

    def _new_fm(self, value: object) -> Iterable[dict[str, Any]]:
        # crm.item.update only adds to fm: `id` is ignored, nothing is replaced (object-fields.md)
        for one in as_list(value):
            if isinstance(one, Mapping) and one.get("value"):
                self._last_fm_id += 1
                yield {
                    "id": self._last_fm_id,
                    "valueType": str(one.get("valueType") or "WORK"),
                    "value": str(one["value"]),
                    "typeId": str(one.get("typeId") or "PHONE"),
                }


def _derive_from_fm(item: Item) -> None:
    for kind, single, flag in (("PHONE", "phone", "hasPhone"), ("EMAIL", "email", "hasEmail")):
        values = [one for one in item["fm"] if one["typeId"] == kind]
        item[single] = values[0]["value"] if values else ""
        item[flag] = "Y" if values else "N"
        for type_ in ("MOBILE", "WORK", "MAILING", "HOME"):
            name = f"{single}{type_.title()}"
            if name in item:
                item[name] = next((v["value"] for v in values if v["valueType"] == type_), "")
