"""A document as the sandbox 1C keeps it: what it read of an order, and how it writes it back.

Read on its own, without the importer's reader: a mistake of that one would agree with itself. 1C
keeps the fields that it knows and forgets the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from lxml import etree

from local.sandbox.onec.paper import Node

ORDER = "Заказ товара"
_KEPT_OF_A_LINE = (
    "Ид", "ИдКаталога", "Артикул", "Наименование", "БазоваяЕдиница", "ЦенаЗаЕдиницу", "Количество",
    "Сумма", "Единица", "Коэффициент", "Налоги", "Скидки", "ЗначенияРеквизитов",
)  # fmt: skip
_NOTHING = Decimal(0)


class NotAnOrder(Exception):
    """1C refuses the whole answer: every document of it."""


@dataclass(frozen=True, slots=True)
class LineOfOrder:
    """A row of an order's goods.

    Attributes:
        key: of the good, as the site sent it.
        catalog: which it is in.
        node: all that 1C keeps of it.
    """

    key: str
    catalog: str
    name: str
    price: Decimal
    quantity: Decimal
    amount: Decimal
    tax_on_top: Decimal
    node: Node


@dataclass(frozen=True, slots=True)
class OrderOfSite:
    """An order as it stands in 1C.

    Attributes:
        key: the site's.
        number: the site's, as far as 1C keeps it.
        operation: ``ХозОперация``.
        amount: what the site said that it costs.
        parties: the counterparties, as sent.
        attributes: what the site said of it, by name.
        others: ``Налоги`` and ``Скидки`` of the whole.
        children: payments and shipments beside it.
    """

    key: str
    number: str
    date: str
    time: str
    operation: str
    currency: str
    rate: str
    amount: Decimal
    comment: str
    parties: Node | None
    lines: Sequence[LineOfOrder]
    attributes: Mapping[str, str]
    others: Sequence[Node] = ()
    children: Sequence[Node] = field(default_factory=tuple)

    @property
    def counted(self) -> Decimal:
        """What the lines give, with the tax that comes on top: 1C counts for itself."""
        return sum((one.amount + one.tax_on_top for one in self.lines), _NOTHING)


def documents_of(answer: bytes) -> Iterator[OrderOfSite]:
    """Yields the documents of an answer to ``query``.

    Raises:
        NotAnOrder: one of them is nothing that 1C can load.
    """
    try:
        root = etree.fromstring(answer)
    except etree.XMLSyntaxError as error:
        raise NotAnOrder(f"Не удалось прочитать заказы с сайта: {error.msg}") from None
    for element in root:
        if _name(element) == "Документ":
            yield _document(element, ())
        elif _name(element) == "Контейнер":
            inside = [one for one in element if _name(one) == "Документ"]
            own = [one for one in inside if _text(one, "ХозОперация") == ORDER]
            if len(own) != 1:
                raise NotAnOrder("В контейнере нет заказа.")
            yield _document(own[0], [node_of(one) for one in inside if one is not own[0]])


def written(order: OrderOfSite, said: Mapping[str, str], *, recounted: bool = True) -> Node:
    """Returns a document as 1C sends it to the site.

    Args:
        order: as it stands.
        said: its attributes: 1C tells its own, and those of the site that it knows.
        recounted: the sum is 1C's own, not the one that the site sent.
    """
    amount = order.counted if recounted else order.amount
    children: list[Node] = [
        Node("Ид", order.key),
        Node("Номер", order.number),
        Node("Дата", order.date),
        Node("Время", order.time),
        Node("ХозОперация", order.operation),
        Node("Роль", "Продавец"),
        Node("Валюта", order.currency),
        Node("Курс", order.rate or "1"),
        Node("Сумма", f"{amount:.2f}"),
    ]
    if order.parties is not None:
        children.append(order.parties)
    children.append(Node("Комментарий", order.comment))
    children += order.others
    children.append(Node("Товары", tuple(one.node for one in order.lines)))
    rows = [
        Node("ЗначениеРеквизита", (Node("Наименование", name), Node("Значение", value)))
        for name, value in said.items()
    ]
    children.append(Node("ЗначенияРеквизитов", tuple(rows)))
    return Node("Документ", tuple(children))


def with_quantity(line: LineOfOrder, quantity: Decimal) -> LineOfOrder:
    """Returns a line of which another quantity is sold: its sums follow."""
    share = quantity / line.quantity if line.quantity else Decimal(1)
    amount = (line.amount * share).quantize(Decimal("0.01"))
    changed = {"Количество": f"{quantity:f}", "Сумма": f"{amount:.2f}"}
    children = tuple(
        child._replace(content=changed[child.name]) if child.name in changed else child
        for child in line.node.content
        if isinstance(child, Node)
    )
    node = line.node._replace(content=children)
    return replace(line, quantity=quantity, amount=amount, node=node)


def node_of(element: etree._Element) -> Node:
    """Returns an element without its namespace, to be written again as it was."""
    children = tuple(node_of(one) for one in element if isinstance(one.tag, str))
    attributes = {str(name): str(value) for name, value in element.attrib.items()}
    return Node(_name(element), children or (element.text or "").strip(), attributes)


def _document(element: etree._Element, children: Sequence[Node]) -> OrderOfSite:
    parties = _child(element, "Контрагенты")
    said = {
        _text(row, "Наименование"): _text(row, "Значение")
        for row in _inside(element, "ЗначенияРеквизитов")
    }
    others = [node_of(one) for one in element if _name(one) in ("Налоги", "Скидки")]
    own = [node_of(one) for one in _inside(element, "ПодчиненныеДокументы")]
    return OrderOfSite(
        key=_text(element, "Ид"),
        number=_text(element, "Номер"),
        date=_text(element, "Дата"),
        time=_text(element, "Время"),
        operation=_text(element, "ХозОперация"),
        currency=_text(element, "Валюта"),
        rate=_text(element, "Курс"),
        amount=_number(_text(element, "Сумма")),
        comment=_text(element, "Комментарий"),
        parties=None if parties is None else node_of(parties),
        lines=tuple(_line(one) for one in _inside(element, "Товары")),
        attributes=said,
        others=tuple(others),
        children=(*children, *own),
    )


def _line(element: etree._Element) -> LineOfOrder:
    on_top = sum(
        (
            _number(_text(tax, "Сумма"))
            for tax in _inside(element, "Налоги")
            if _text(tax, "УчтеноВСумме") == "false"
        ),
        _NOTHING,
    )
    kept = tuple(node_of(one) for one in element if _name(one) in _KEPT_OF_A_LINE)
    return LineOfOrder(
        key=_text(element, "Ид"),
        catalog=_text(element, "ИдКаталога"),
        name=_text(element, "Наименование"),
        price=_number(_text(element, "ЦенаЗаЕдиницу")),
        quantity=_number(_text(element, "Количество")),
        amount=_number(_text(element, "Сумма")),
        tax_on_top=on_top,
        node=Node("Товар", kept),
    )


def _number(text: str) -> Decimal:
    try:
        return Decimal(text or "0")
    except InvalidOperation:
        raise NotAnOrder(f"Преобразование значения к типу Число не может быть: {text}") from None


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((one for one in element if _name(one) == name), None)


def _inside(element: etree._Element, name: str) -> Sequence[etree._Element]:
    found = _child(element, name)
    return () if found is None else list(found)


def _text(element: etree._Element, name: str) -> str:
    found = _child(element, name)
    return (found.text or "").strip() if found is not None else ""
