"""A catalogue of any size, as 1C exports it: the same seed, the same goods, whatever the files.

What a good says depends on the seed and its number alone, so a catalogue can be cut into portions
of any size, written in any style, and changed in single goods.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from local.sandbox.onec.paper import Node, Part, Style, document

_COLOURS = ("Красный", "Синий", "Белый", "Чёрный", "Зелёный", "Бежевый")
_KINDS = ("Ботинки", "Чайник", "Стул", "Фонарь", "Ключ гаечный", "Плед", "Кабель", "Насос")
_MAKERS = ("Север", "Ладога", "Прогресс", "Альфа & Ко", 'ООО "Заря"')


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a sandbox 1C holds.

    Attributes:
        products: how many goods.
        seed: decides all texts.
        groups: how many groups, ten in each of those above.
        properties: how many list properties a good has.
        with_offers: one good in so many has two characteristics; 0: none.
        pictures: of a good.
        pictured: only so many goods have them, the first ones; ``None``: all.
        warehouses: how many.
        least_stock: of a good in a warehouse; real 1Cs go below zero.
        changed: one good in so many is different from what the seed says; 0: none.
    """

    products: int
    seed: int = 1
    groups: int = 40
    properties: int = 6
    with_offers: int = 4
    pictures: int = 1
    pictured: int | None = None
    warehouses: int = 2
    least_stock: int = -2
    changed: int = 0

    def key(self, kind: str, number: int) -> str:
        """Returns the key of a thing: always the same one."""
        return _key(f"{self.seed}/{kind}/{number}")

    def pictures_of(self, number: int) -> range:
        """Returns the numbers of a good's pictures."""
        has = self.pictured is None or number < self.pictured
        return range(self.pictures if has else 0)

    def stock_of(self, key: str) -> list[int]:
        """Returns what of an offer lies in each warehouse."""
        dice = Random(f"{self.seed}/stock/{key}")  # noqa: S311 - no secret
        return [dice.randint(self.least_stock, 50) for _ in range(self.warehouses)]

    def offer_keys(self, number: int) -> list[str]:
        """Returns the keys under which a good is sold."""
        good = self.key("good", number)
        if self.with_offers and number % self.with_offers == 0:
            return [f"{good}#{self.key(f'char{which}', number)}" for which in (0, 1)]
        return [good]


def import_file(
    shop: Catalogue,
    style: Style,
    *,
    first: int = 0,
    count: int | None = None,
    only_changes: bool = False,
    classifier: bool = True,
) -> Iterator[bytes]:
    """Yields an ``import`` file: classifier and goods."""
    goods = range(first, shop.products if count is None else min(shop.products, first + count))
    catalogue = Part(
        "Каталог",
        {"СодержитТолькоИзменения": _flag(only_changes)},
        (
            Node("Ид", shop.key("catalog", 0)),
            Node("ИдКлассификатора", shop.key("catalog", 0)),
            Node("Наименование", "Основной каталог товаров"),
        ),
        "Товары",
        (_good(shop, number) for number in goods),
    )
    return document(style, (_classifier(shop), catalogue) if classifier else (catalogue,))


def offers_file(
    shop: Catalogue,
    style: Style,
    *,
    first: int = 0,
    count: int | None = None,
    only_changes: bool = False,
    what: str = "all",
) -> Iterator[bytes]:
    """Yields an ``offers`` file, or a file of ``prices`` or ``rests`` alone."""
    goods = range(first, shop.products if count is None else min(shop.products, first + count))
    head = [
        Node("Ид", shop.key("catalog", 0) + "#"),
        Node("Наименование", "Пакет предложений"),
        Node("ИдКаталога", shop.key("catalog", 0)),
        Node("ИдКлассификатора", shop.key("catalog", 0)),
    ]
    if what == "all":
        head += [_price_types(shop), _warehouses(shop)]
    records = (
        _offer(shop, number, which, key, what)
        for number in goods
        for which, key in enumerate(shop.offer_keys(number))
    )
    attributes = {"СодержитТолькоИзменения": _flag(only_changes)}
    return document(
        style, (Part("ПакетПредложений", attributes, tuple(head), "Предложения", records),)
    )


def picture_name(shop: Catalogue, number: int, which: int) -> str:
    """Returns the name under which a good's picture is sent."""
    return f"import_files/{number % 100:02}/{shop.key(f'picture{which}', number)}.png"


def picture(shop: Catalogue, number: int, which: int) -> bytes:
    """Returns a good's picture: a square of two pixels in a colour of its own."""
    dice = Random(f"{shop.seed}/picture/{which}/{number}")  # noqa: S311 - no secret
    row = b"\0" + dice.randbytes(3) * 2
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(row * 2)),
            (b"IEND", b""),
        )
    )


def portions(
    shop: Catalogue, style: Style, *, size: int, names: str = "{kind}0_{number}.xml"
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yields the files of a full export: names and contents. Only the first portion says that it is
    a full one, as UT11's does."""
    for number, first in enumerate(range(0, shop.products, size), 1):
        yield (
            names.format(kind="import", number=number),
            import_file(
                shop,
                style,
                first=first,
                count=size,
                only_changes=number > 1,
                classifier=number == 1,
            ),
        )
    for number, first in enumerate(range(0, shop.products, size), 1):
        yield (
            names.format(kind="offers", number=number),
            offers_file(shop, style, first=first, count=size, only_changes=number > 1),
        )


def _classifier(shop: Catalogue) -> Node:
    top = [number for number in range(shop.groups) if number < 10]
    return Node(
        "Классификатор",
        (
            Node("Ид", shop.key("catalog", 0)),
            Node("Наименование", "Классификатор (Основной каталог товаров)"),
            Node("Группы", tuple(_group(shop, number) for number in top)),
            Node("Свойства", tuple(_property(shop, number) for number in range(shop.properties))),
        ),
    )


def _group(shop: Catalogue, number: int) -> Node:
    below = [one for one in range((number + 1) * 10, (number + 2) * 10) if one < shop.groups]
    children = [
        Node("Ид", shop.key("group", number)),
        Node("ПометкаУдаления", "false"),
        Node("Наименование", f"Группа {number}"),
    ]
    if below:
        children.append(Node("Группы", tuple(_group(shop, one) for one in below)))
    return Node("Группа", tuple(children))


def _property(shop: Catalogue, number: int) -> Node:
    variants = tuple(
        Node(
            "Справочник",
            (
                Node("ИдЗначения", shop.key(f"value{number}", which)),
                Node("Значение", f"{_COLOURS[which]} {number}"),
            ),
        )
        for which in range(len(_COLOURS))
    )
    return Node(
        "Свойство",
        (
            Node("Ид", shop.key("property", number)),
            Node("Наименование", f"Свойство {number}"),
            Node("ТипЗначений", "Справочник"),
            Node("ВариантыЗначений", variants),
            Node("ДляТоваров", "true"),
        ),
    )


def _good(shop: Catalogue, number: int) -> Node:
    dice = Random(f"{shop.seed}/good/{number}")  # noqa: S311 - no secret
    name = f"{dice.choice(_KINDS)} {dice.choice(_MAKERS)} {number}"
    if shop.changed and number % shop.changed == 0:
        name += " (новый)"
    maker = dice.randrange(len(_MAKERS))
    values = tuple(
        Node(
            "ЗначенияСвойства",
            (
                Node("Ид", shop.key("property", one)),
                Node("Значение", shop.key(f"value{one}", dice.randrange(len(_COLOURS)))),
            ),
        )
        for one in range(shop.properties)
    )
    pictures = tuple(
        Node("Картинка", picture_name(shop, number, one)) for one in shop.pictures_of(number)
    )
    return Node(
        "Товар",
        (
            Node("Ид", shop.key("good", number)),
            Node("НомерВерсии", f"AAAAAAD{number:08x}="),
            Node("ПометкаУдаления", "false"),
            Node("Штрихкод", str(2_000_000_000_000 + number)),
            Node("Артикул", f"А-{number:06}"),
            Node("Код", f"00-{number:08}"),
            Node("Наименование", name),
            Node(
                "БазоваяЕдиница",
                (Node("Пересчет", (Node("Единица", "796"), Node("Коэффициент", "1"))),),
                {
                    "Код": "796",
                    "НаименованиеПолное": "Штука",
                    "МеждународноеСокращение": "PCE",
                },
            ),
            Node("Группы", (Node("Ид", shop.key("group", number % max(shop.groups, 1))),)),
            Node("Категория", shop.key("category", number % len(_KINDS))),
            Node(
                "Описание",
                f"{name}. Гарантия {dice.randint(6, 36)} мес., масса <{dice.randint(1, 9)} кг",
            ),
            *pictures,
            Node(
                "Изготовитель",
                (Node("Ид", shop.key("maker", maker)), Node("Наименование", _MAKERS[maker])),
            ),
            Node("ЗначенияСвойств", values),
            Node(
                "СтавкиНалогов",
                (Node("СтавкаНалога", (Node("Наименование", "НДС"), Node("Ставка", "20"))),),
            ),
            Node(
                "ЗначенияРеквизитов",
                tuple(
                    Node("ЗначениеРеквизита", (Node("Наименование", what), Node("Значение", value)))
                    for what, value in (
                        ("ВидНоменклатуры", "Товар"),
                        ("ТипНоменклатуры", "Запас"),
                        ("Полное наименование", name),
                    )
                ),
            ),
        ),
    )


def _offer(shop: Catalogue, number: int, which: int, key: str, what: str) -> Node:
    dice = Random(f"{shop.seed}/offer/{key}")  # noqa: S311 - no secret
    price = dice.randint(100, 99_999)
    stock = shop.stock_of(key)
    if shop.changed and number % shop.changed == 0:
        price += 1
    children = [Node("Ид", key)]
    if what == "all":
        children.append(Node("Наименование", f"Товар {number}"))
        if "#" in key:
            pair = (Node("Наименование", "Цвет"), Node("Значение", _COLOURS[which]))
            children.append(Node("ХарактеристикиТовара", (Node("ХарактеристикаТовара", pair),)))
    if what in ("all", "prices"):
        children.append(
            Node(
                "Цены",
                tuple(
                    Node(
                        "Цена",
                        (
                            Node("Представление", f"{price} RUB за шт"),
                            Node("ИдТипаЦены", shop.key("price_type", kind)),
                            Node("ЦенаЗаЕдиницу", f"{price * (10 - kind) // 10}.{number % 100:02}"),
                            Node("Валюта", "RUB"),
                            Node("Единица", "шт"),
                            Node("Коэффициент", "1"),
                        ),
                    )
                    for kind in (0, 1)
                ),
            )
        )
    if what in ("all", "rests"):
        children.append(Node("Количество", str(sum(stock))))
        children += [
            Node(
                "Склад",
                "",
                {"ИдСклада": shop.key("warehouse", one), "КоличествоНаСкладе": str(stock[one])},
            )
            for one in range(shop.warehouses)
        ]
    return Node("Предложение", tuple(children))


def _price_types(shop: Catalogue) -> Node:
    return Node(
        "ТипыЦен",
        tuple(
            Node(
                "ТипЦены",
                (
                    Node("Ид", shop.key("price_type", kind)),
                    Node("Наименование", name),
                    Node("Валюта", "RUB"),
                ),
            )
            for kind, name in enumerate(("Розничная", "Оптовая"))
        ),
    )


def _warehouses(shop: Catalogue) -> Node:
    return Node(
        "Склады",
        tuple(
            Node(
                "Склад",
                (Node("Ид", shop.key("warehouse", one)), Node("Наименование", f"Склад {one}")),
            )
            for one in range(shop.warehouses)
        ),
    )


def _flag(value: bool) -> str:
    return "true" if value else "false"


@lru_cache(maxsize=2_000)
def _key(what: str) -> str:
    digits = hashlib.blake2s(what.encode(), digest_size=16).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
