"""The site's goods: what 1C sends becomes goods, and goods become what 1C may take.

The same catalogue as the one behind REST. A good that 1C does not name stays: ``Каталог`` of
anything but a full package deletes nothing, and the sandbox knows no ``deactivate``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from local.sandbox.portal.catalog.table import Row
from local.sandbox.portal.envelope import RestError
from local.sandbox.site.goods_given import Writer
from local.sandbox.site.paper import (
    Unreadable,
    child,
    every,
    inside,
    name_of,
    number,
    root_of,
    text,
)

if TYPE_CHECKING:
    from local.sandbox.site.site import SiteSandbox

ARTICLE, BARCODE = "CML2_ARTICLE", "CML2_BAR_CODE"
_WITH_OFFERS = 3
_KINDS = {"Строка": "S", "Число": "N", "Справочник": "L"}
_PACKAGES = ("ПакетПредложений", "ИзмененияПакетаПредложений")


class GoodsOfSite:
    """The goods of one site.

    Args:
        site: the site.
    """

    def __init__(self, site: SiteSandbox) -> None:
        self._site = site
        self._ids: dict[str, int] = {}

    @property
    def _catalog(self) -> Any:
        return self._site.catalog

    def id_of(self, key: str) -> int | None:
        """Returns the id of the good with an external code."""
        rows = self._catalog.goods.rows
        known = self._ids.get(key)
        if known is not None and known in rows and rows[known]["xmlId"] == key:
            return known
        self._ids = {row["xmlId"]: row["id"] for row in rows.values()}
        return self._ids.get(key)

    def as_sold(self, id_: int) -> Mapping[str, Any] | None:
        """What a basket needs to know of a good."""
        row = self._catalog.goods.rows.get(id_)
        if row is None:
            return None
        price = next((one["price"] for one in self._catalog.prices.where(productId=id_)), 0)
        measure = row["measure"] or 796
        return {"name": row["name"], "price": price, "measure": measure, "xmlId": row["xmlId"]}

    def given(self, encoding: str, after: int, count: int) -> tuple[bytes, int]:
        """Writes the next package."""
        return Writer(self._catalog, encoding).package(after, count)

    def taken(self, content: bytes, step: int) -> Iterator[str]:
        """Works off a file in steps."""
        root = root_of(content)
        done = 0
        try:
            for part in root:
                if name_of(part) == "Классификатор":
                    self._classifier(part)
                    continue
                take = self._good if name_of(part) == "Каталог" else self._offer
                if name_of(part) in _PACKAGES:
                    self._directories(part)
                rows = [*inside(part, "Товары"), *inside(part, "Предложения")]
                for element in rows:
                    take(element)
                    done += 1
                    if done % step == 0:
                        yield f"Обработано {done} элементов."
        except RestError as error:
            raise Unreadable(f"Ошибка сохранения элемента: {error.description}") from None

    # ── directories ───────────────────────────────────────────────────────────────────────────

    def _classifier(self, part: Element) -> None:
        for group in inside(part, "Группы"):
            self._group(group, None)
        for found in inside(part, "Свойства"):
            self._property(found)
        self._directories(part)

    def _group(self, element: Element, parent: int | None) -> None:
        key = text(element, "Ид") or ""
        known = self._one(self._catalog.sections, key)
        fields: Row = {"name": text(element, "Наименование") or key, "iblockSectionId": parent}
        if known is None:
            fields |= {"iblockId": self._goods, "xmlId": key}
            known = self._run("catalog.section.add", fields=fields)["section"]
        else:
            self._run("catalog.section.update", id=known["id"], fields={**known, **fields})
        for inner in inside(element, "Группы"):
            self._group(inner, known["id"])

    def _property(self, element: Element) -> None:
        key = text(element, "Ид") or ""
        kind = _KINDS.get(text(element, "ТипЗначений") or "Строка", "S")
        known = self._one(self._catalog.properties, key)
        if known is None:
            fields = {
                "iblockId": self._goods,
                "name": text(element, "Наименование") or key,
                "propertyType": kind,
                "xmlId": key,
                "multiple": "Y" if text(element, "Множественное") == "true" else "N",
            }
            known = self._run("catalog.productProperty.add", fields=fields)["productProperty"]
        for variant in inside(element, "ВариантыЗначений"):
            value = text(variant, "ИдЗначения") or text(variant, "Ид") or ""
            rows = self._catalog.enums.where(propertyId=known["id"], xmlId=value)
            if next(rows, None) is None:
                named = text(variant, "Значение") or value
                one = {"propertyId": known["id"], "value": named, "xmlId": value}
                self._run("catalog.productPropertyEnum.add", fields=one)

    def _directories(self, part: Element) -> None:
        for element in inside(part, "ТипыЦен"):
            key = text(element, "Ид") or ""
            if self._one(self._catalog.price_types, key) is None:
                fields = {"name": text(element, "Наименование") or key, "xmlId": key}
                self._run("catalog.priceType.add", fields=fields)
        for element in inside(part, "Склады"):
            key, named = text(element, "Ид") or "", text(element, "Наименование") or ""
            if self._one(self._catalog.stores, key) is None:
                fields = {"title": named or key, "address": named or key, "xmlId": key}
                self._run("catalog.store.add", fields=fields)

    # ── goods and offers ──────────────────────────────────────────────────────────────────────

    def _good(self, element: Element) -> None:
        key = text(element, "Ид") or ""
        fields = self._fields(element, self._goods)
        if self._site.site.demands_names and not fields.get("name"):
            raise Unreadable(f"Товар {key}: Не заполнено название.")
        known = self.id_of(key)
        if known is None:
            self._added(key, "catalog.product.add", {**fields, "iblockId": self._goods})
            return
        method = {1: "catalog.product.update", 7: "catalog.product.service.update"}.get(
            self._catalog.goods.rows[known]["type"], "catalog.product.sku.update"
        )
        self._run(method, id=known, fields=fields)

    def _fields(self, element: Element, iblock: int) -> Row:
        fields: Row = {}
        named = text(element, "Наименование")
        if named is not None:
            fields["name"] = named
        described = text(element, "Описание")
        if described is not None:
            fields["detailText"] = described
        unit = child(element, "БазоваяЕдиница")
        if unit is not None and (unit.get("Код") or "").isdecimal():
            fields["measure"] = int(unit.get("Код") or 0)
        groups = [(one.text or "").strip() for one in inside(element, "Группы")]
        if groups:
            section = self._one(self._catalog.sections, groups[0])
            fields["iblockSectionId"] = section["id"] if section else None
        for rate in inside(element, "СтавкиНалогов"):
            fields["vatId"] = self._vat(text(rate, "Ставка") or "")
        removed = text(element, "ПометкаУдаления")
        if removed is not None:
            fields["active"] = "N" if removed == "true" else "Y"
        if iblock == self._goods:
            fields |= self._values(element)
        return fields

    def _values(self, element: Element) -> Row:
        fields: Row = {}
        article = text(element, "Артикул")
        if article is not None:
            fields[self._own(ARTICLE, "Артикул", "N")] = {"value": article}
        codes = [(one.text or "").strip() for one in every(element, "Штрихкод")]
        if codes:
            fields[self._own(BARCODE, "Штрихкод", "Y")] = [{"value": one} for one in codes]
        for value in inside(element, "ЗначенияСвойств"):
            known = self._one(self._catalog.properties, text(value, "Ид") or "")
            if known is None:
                continue
            texts = [(one.text or "").strip() for one in every(value, "Значение")]
            if known["propertyType"] == "L":
                rows = {
                    one["xmlId"]: one["id"]
                    for one in self._catalog.enums.where(propertyId=known["id"])
                }
                texts = [str(rows[one]) for one in texts if one in rows]
            ones: Any = [{"value": one} for one in texts]
            fields[f"property{known['id']}"] = ones if known["multiple"] == "Y" else (
                ones[0] if ones else {"value": ""}
            )  # fmt: skip
        return fields

    def _offer(self, element: Element) -> None:
        key = text(element, "Ид") or ""
        known = self.id_of(key)
        if known is None and "#" in key:
            known = self._variant(key, element)
        elif known is not None and self._catalog.goods.rows[known]["type"] in (4, 5):
            fields = self._fields(element, self._offers)
            if fields:
                self._run("catalog.product.offer.update", id=known, fields=fields)
        if known is None:
            return  # a price of a good that was never sent
        self._prices(known, element)
        self._stock(known, element)

    def _variant(self, key: str, element: Element) -> int:
        parent = self.id_of(key.partition("#")[0])
        if parent is None:
            raise Unreadable(f"Предложение {key}: нет товара.")
        row = self._catalog.goods.rows[parent]
        if row["type"] == 1:
            row["type"] = _WITH_OFFERS  # the site counts types anew by itself
        named = text(element, "Наименование") or row["name"]
        fields = {**self._fields(element, self._offers), "name": named}
        fields |= {"iblockId": self._offers, "parentId": parent}
        return self._added(key, "catalog.product.offer.add", fields)

    def _prices(self, good: int, element: Element) -> None:
        """All prices of an offer are those that it states: the site deletes the others."""
        stated = child(element, "Цены")
        if stated is None:
            return
        present = {one["catalogGroupId"]: one for one in self._catalog.prices.where(productId=good)}
        for one in stated:
            kind = self._one(self._catalog.price_types, text(one, "ИдТипаЦены") or "")
            amount = number(text(one, "ЦенаЗаЕдиницу"))
            if kind is None or amount is None:
                continue
            fields: Row = {"price": f"{amount:f}", "currency": text(one, "Валюта") or "RUB"}
            old = present.pop(kind["id"], None)
            if old is not None:
                self._run("catalog.price.update", id=old["id"], fields=fields)
            else:
                fields |= {"productId": good, "catalogGroupId": kind["id"]}
                self._run("catalog.price.add", fields=fields)
        for old in present.values():
            self._run("catalog.price.delete", id=old["id"])

    def _stock(self, good: int, element: Element) -> None:
        row = self._catalog.goods.rows[good]
        total = number(text(element, "Количество"))
        rows = [
            (text(place, "Ид") or "", number(text(place, "Количество")))
            for rest in inside(element, "Остатки")
            for place in every(rest, "Склад")
        ]
        for key, amount in rows:
            store = self._one(self._catalog.stores, key)
            if store is not None and amount is not None:
                self._catalog.held(good, store["id"])["amount"] = float(amount)
        if total is not None:
            row["quantity"] = float(total)
        elif rows:
            row["quantity"] = sum(
                one["amount"] for one in self._catalog.stock.where(productId=good)
            )
        if rows or total is not None:
            self._catalog.recount(good)
            self._catalog.touch(row)

    # ── inner works ───────────────────────────────────────────────────────────────────────────

    @property
    def _goods(self) -> int:
        return int(self._catalog.config.goods)

    @property
    def _offers(self) -> int:
        return int(self._catalog.config.offers)

    def _run(self, method: str, **params: Any) -> Any:
        return self._site.run(method, **params)

    def _added(self, key: str, method: str, fields: Row) -> int:
        answer = self._run(method, fields={**fields, "xmlId": key})
        id_ = int(next(iter(answer.values()))["id"])
        self._ids[key] = id_
        return id_

    @staticmethod
    def _one(table: Any, key: str) -> Row | None:
        found: Row | None = next(table.where(xmlId=key), None) if key else None
        return found

    def _own(self, code: str, named: str, multiple: str) -> str:
        rows = self._catalog.properties.where(iblockId=self._goods, code=code)
        known = next(rows, None)
        if known is None:
            fields = {
                "iblockId": self._goods,
                "code": code,
                "name": named,
                "propertyType": "S",
                "multiple": multiple,
            }
            known = self._run("catalog.productProperty.add", fields=fields)["productProperty"]
        return f"property{known['id']}"

    def _vat(self, rate: str) -> int | None:
        wanted = float(rate) if rate.replace(".", "", 1).isdecimal() else None
        rows = self._catalog.vats
        return next((one["id"] for one in rows if one["rate"] == wanted), None)
