"""``get_catalog``: the site's goods as a catalogue and a package of offers, part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local.sandbox.onec.paper import Node
from local.sandbox.portal.catalog.table import Row
from local.sandbox.site.paper import file_of

_VARIANTS = (4, 5)
_CATALOG = "site"


class Writer:
    """Writes packages of goods.

    Args:
        catalog: the catalogue.
        encoding: of the file.
    """

    def __init__(self, catalog: Any, encoding: str) -> None:
        self._catalog = catalog
        self._encoding = encoding
        self._sections = {one["id"]: one for one in catalog.sections}
        self._properties = [
            one for one in catalog.properties if one["iblockId"] == catalog.config.goods
        ]
        self._enums = {one["id"]: one for one in catalog.enums}

    def package(self, after: int, count: int) -> tuple[bytes, int]:
        """Writes the goods behind an id. Returns the last id too, 0: there are no more."""
        rows = [row for row in self._catalog.goods if row["id"] > after]
        chosen, more = rows[:count], len(rows) > count
        goods = [one for one in chosen if one["type"] not in _VARIANTS]
        parts = [self._classifier()] if not after else []
        parts += [
            Node(
                "Каталог",
                (
                    Node("Ид", _CATALOG),
                    Node("ИдКлассификатора", _CATALOG),
                    Node("Наименование", "Каталог"),
                    Node("Товары", tuple(map(self._good, goods))),
                ),
                {"СодержитТолькоИзменения": "true"},
            ),
            Node(
                "ПакетПредложений",
                (
                    Node("Ид", f"{_CATALOG}#"),
                    Node("ИдКаталога", _CATALOG),
                    Node("ТипыЦен", tuple(self._price_types())),
                    Node("Склады", tuple(self._stores())),
                    Node("Предложения", tuple(map(self._offer, chosen))),
                ),
                {"СодержитТолькоИзменения": "true"},
            ),
        ]
        return file_of(self._encoding, "2.07", parts), chosen[-1]["id"] if more else 0

    def _classifier(self) -> Node:
        tops = [one for one in self._sections.values() if one["iblockSectionId"] is None]
        return Node(
            "Классификатор",
            (
                Node("Ид", _CATALOG),
                Node("Наименование", "Каталог"),
                Node("Группы", tuple(map(self._group, tops))),
                Node("Свойства", tuple(self._definitions())),
            ),
        )

    def _group(self, row: Row) -> Node:
        inner = [one for one in self._sections.values() if one["iblockSectionId"] == row["id"]]
        children = [Node("Ид", _key(row)), Node("Наименование", row["name"])]
        if inner:
            children.append(Node("Группы", tuple(map(self._group, inner))))
        return Node("Группа", tuple(children))

    def _definitions(self) -> Iterator[Node]:
        for row in self._properties:
            if not row["xmlId"]:
                continue
            kind = {"N": "Число", "L": "Справочник"}.get(row["propertyType"], "Строка")
            children = [
                Node("Ид", row["xmlId"]),
                Node("Наименование", row["name"]),
                Node("ТипЗначений", kind),
            ]
            variants = [
                Node(
                    "Справочник",
                    (Node("ИдЗначения", one["xmlId"]), Node("Значение", one["value"])),
                )
                for one in self._enums.values()
                if one["propertyId"] == row["id"]
            ]
            if variants:
                children.append(Node("ВариантыЗначений", tuple(variants)))
            yield Node("Свойство", tuple(children))

    def _price_types(self) -> Iterator[Node]:
        for row in self._catalog.price_types:
            names = (Node("Ид", _key(row)), Node("Наименование", row["name"]))
            yield Node("ТипЦены", (*names, Node("Валюта", "RUB")))

    def _stores(self) -> Iterator[Node]:
        for row in self._catalog.stores:
            yield Node("Склад", (Node("Ид", _key(row)), Node("Наименование", row["title"])))

    def _good(self, row: Row) -> Node:
        children = [Node("Ид", row["xmlId"])]
        texts = self._texts(row)
        children += [Node("Штрихкод", one) for one in texts.get("CML2_BAR_CODE", ())]
        children += [Node("Артикул", one) for one in texts.get("CML2_ARTICLE", ())]
        children.append(Node("Наименование", row["name"]))
        if row["measure"]:
            children.append(Node("БазоваяЕдиница", "", {"Код": str(row["measure"])}))
        section = self._sections.get(row["iblockSectionId"])
        if section is not None:
            children.append(Node("Группы", (Node("Ид", _key(section)),)))
        if row["detailText"]:
            children.append(Node("Описание", row["detailText"]))
        values = [
            Node(
                "ЗначенияСвойства",
                (
                    Node("Ид", one["xmlId"]),
                    *(Node("Значение", value) for value in texts[one["xmlId"]]),
                ),
            )
            for one in self._properties
            if one["xmlId"] and texts.get(one["xmlId"])
        ]
        if values:
            children.append(Node("ЗначенияСвойств", tuple(values)))
        if row["vatId"]:
            rate = self._catalog.vats.rows[row["vatId"]]["rate"]
            said = "Без НДС" if rate is None else f"{rate:g}"
            inner = (Node("Наименование", "НДС"), Node("Ставка", said))
            children.append(Node("СтавкиНалогов", (Node("СтавкаНалога", inner),)))
        if row["active"] == "N":
            children.append(Node("ПометкаУдаления", "true"))
        return Node("Товар", tuple(children))

    def _texts(self, row: Row) -> Mapping[str, Sequence[str]]:
        """Values of properties, by external code, of the site's own ones by code."""
        found: dict[str, list[str]] = {}
        for one in self._properties:
            held = row.get(f"property{one['id']}")
            ones = [held] if isinstance(held, dict) else held or []
            values = [each["value"] for each in ones]
            if one["propertyType"] == "L":
                values = [self._enums[int(value)]["xmlId"] for value in values]
            if values:
                found[one["xmlId"] or one["code"]] = values
        return found

    def _offer(self, row: Row) -> Node:
        children = [Node("Ид", row["xmlId"]), Node("Наименование", row["name"])]
        prices = [
            Node(
                "Цена",
                (
                    Node("ИдТипаЦены", _key(self._catalog.price_types.rows[one["catalogGroupId"]])),
                    Node("ЦенаЗаЕдиницу", f"{one['price']}"),
                    Node("Валюта", one["currency"]),
                ),
            )
            for one in self._catalog.prices.where(productId=row["id"])
        ]
        if prices:
            children.append(Node("Цены", tuple(prices)))
        places = [
            Node(
                "Остаток",
                (
                    Node(
                        "Склад",
                        (
                            Node("Ид", _key(self._catalog.stores.rows[one["storeId"]])),
                            Node("Количество", f"{one['amount']:g}"),
                        ),
                    ),
                ),
            )
            for one in self._catalog.stock.where(productId=row["id"])
        ]
        if places:
            children.append(Node("Остатки", tuple(places)))
        children.append(Node("Количество", f"{row['quantity'] or 0:g}"))
        return Node("Предложение", tuple(children))


def _values(texts: Sequence[str]) -> Iterator[Node]:
    return (Node("Значение", text) for text in texts)


def _key(row: Row) -> str:
    return str(row["xmlId"] or row["id"])
