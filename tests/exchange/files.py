"""CommerceML files for the tests through the HTTP endpoint: short, and as odd as a test wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from local.sandbox.onec.paper import Node, Style, document

RETAIL, WHOLESALE = "11111111-0000-4000-8000-000000000001", "11111111-0000-4000-8000-000000000002"
MAIN, NORTH = "22222222-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"
CATALOGUE = "33333333-0000-4000-8000-000000000001"


def guid(number: int) -> str:
    """A key as 1C makes them."""
    return f"cbcf498f-55bc-11d9-848a-{number:012x}"


def characteristic(number: int) -> str:
    """The second half of a variant's key."""
    return f"d3a1c5e2-55bc-11d9-848a-{number:012x}"


def flag(value: bool) -> str:
    """As 1C writes it."""
    return "true" if value else "false"


def good(key: str, name: str = "Чайник", *children: Node, groups: Sequence[str] = ()) -> Node:
    """A ``Товар``; ``children`` are added."""
    own = [Node("Ид", key), Node("Наименование", name)]
    if groups:
        own.append(Node("Группы", tuple(Node("Ид", one) for one in groups)))
    return Node("Товар", (*own, *children))


def group(key: str, name: str, *below: Node) -> Node:
    """A ``Группа`` with those below it."""
    own = [Node("Ид", key), Node("Наименование", name)]
    return Node("Группа", (*own, *([Node("Группы", below)] if below else [])))


def catalogue(
    *goods: Node,
    groups: Sequence[Node] | None = (),
    properties: Sequence[Node] = (),
    only_changes: bool = False,
    classifier: bool = True,
    style: Style | None = None,
) -> bytes:
    """An ``import`` file. ``groups=None``: its classifier has no ``Группы`` at all."""
    head = [Node("Ид", CATALOGUE), Node("Наименование", "Классификатор")]
    if groups is not None:
        head.append(Node("Группы", tuple(groups)))
    if properties:
        head.append(Node("Свойства", tuple(properties)))
    body = Node(
        "Каталог",
        (
            Node("Ид", CATALOGUE),
            Node("ИдКлассификатора", CATALOGUE),
            Node("Наименование", "Основной каталог товаров"),
            Node("Товары", goods),
        ),
        {"СодержитТолькоИзменения": flag(only_changes)},
    )
    parts = [Node("Классификатор", tuple(head)), body] if classifier else [body]
    return b"".join(document(style or Style(), parts))


def price(kind: str, amount: str, currency: str = "RUB") -> Node:
    """A ``Цена``."""
    return Node(
        "Цена",
        (Node("ИдТипаЦены", kind), Node("ЦенаЗаЕдиницу", amount), Node("Валюта", currency)),
    )


def place(warehouse: str, quantity: str) -> Node:
    """Stock of a warehouse, in the spelling of attributes."""
    return Node("Склад", "", {"ИдСклада": warehouse, "КоличествоНаСкладе": quantity})


def offer(
    key: str,
    *children: Node,
    name: str | None = None,
    prices: Sequence[Node] = (),
    values: Mapping[str, str] | None = None,
) -> Node:
    """A ``Предложение``.

    Args:
        key: ``guid`` or ``guid#guid``.
        children: more of it: stock, for example.
        name: for people.
        prices: its prices.
        values: characteristics by name.
    """
    own = [Node("Ид", key)]
    if name is not None:
        own.append(Node("Наименование", name))
    if values:
        rows = [
            Node("ХарактеристикаТовара", (Node("Наименование", title), Node("Значение", value)))
            for title, value in values.items()
        ]
        own.append(Node("ХарактеристикиТовара", tuple(rows)))
    if prices:
        own.append(Node("Цены", tuple(prices)))
    return Node("Предложение", (*own, *children))


def package(
    *offers: Node,
    price_types: Mapping[str, str] | None = None,
    warehouses: Mapping[str, str] | None = None,
    only_changes: bool = False,
    root: str = "ПакетПредложений",
    style: Style | None = None,
) -> bytes:
    """An ``offers`` file. ``None`` leaves the list out, as files of prices or stock alone do."""
    children = [
        Node("Ид", f"{CATALOGUE}#"),
        Node("Наименование", "Пакет предложений"),
        Node("ИдКаталога", CATALOGUE),
    ]
    if price_types is not None:
        rows = [
            Node("ТипЦены", (Node("Ид", key), Node("Наименование", name), Node("Валюта", "RUB")))
            for key, name in price_types.items()
        ]
        children.append(Node("ТипыЦен", tuple(rows)))
    if warehouses is not None:
        rows = [
            Node("Склад", (Node("Ид", key), Node("Наименование", name)))
            for key, name in warehouses.items()
        ]
        children.append(Node("Склады", tuple(rows)))
    children.append(Node("Предложения", offers))
    flags = {"СодержитТолькоИзменения": flag(only_changes)}
    return b"".join(document(style or Style(), [Node(root, tuple(children), flags)]))


def offers(*found: Node, style: Style | None = None) -> tuple[str, bytes]:
    """An offers file that names the price types and warehouses of the town."""
    types = {RETAIL: "Розничная", WHOLESALE: "Оптовая"}
    houses = {MAIN: "Основной", NORTH: "Северный"}
    return "offers0_1.xml", package(*found, price_types=types, warehouses=houses, style=style)


KETTLE = good(guid(1), "Чайник")
GOODS = ("import0_1.xml", catalogue(KETTLE))
"""A file of one good."""
