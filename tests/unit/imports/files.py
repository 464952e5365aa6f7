"""Small CommerceML files, written by hand."""

from __future__ import annotations

from collections.abc import Iterable

from mostik.commerceml.client_flow import Sendable

RETAIL = "retail"


def xml(*parts: str, head: str = "") -> bytes:
    """A whole file."""
    body = "".join(parts)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<КоммерческаяИнформация ВерсияСхемы="2.07"{head}>{body}</КоммерческаяИнформация>'
    )
    return text.encode()


def catalogue(*goods: str, changes: bool = False) -> str:
    """``Каталог`` with goods."""
    flag = "true" if changes else "false"
    return (
        f'<Каталог СодержитТолькоИзменения="{flag}"><Ид>c</Ид><Товары>{"".join(goods)}</Товары>'
        "</Каталог>"
    )


def good(key: str, name: str = "", more: str = "") -> str:
    """``Товар``."""
    return f"<Товар><Ид>{key}</Ид><Наименование>{name or key}</Наименование>{more}</Товар>"


def package(*offers: str, changes: bool = False, types: Iterable[str] = (RETAIL,)) -> str:
    """``ПакетПредложений`` with offers, its price types and its offers."""
    flag = "true" if changes else "false"
    kinds = "".join(
        f"<ТипЦены><Ид>{one}</Ид><Наименование>{one}</Наименование><Валюта>руб</Валюта></ТипЦены>"
        for one in types
    )
    held = f"<ТипыЦен>{kinds}</ТипыЦен>" if kinds else ""
    return (
        f'<ПакетПредложений СодержитТолькоИзменения="{flag}"><Ид>c#</Ид>{held}'
        f"<Предложения>{''.join(offers)}</Предложения></ПакетПредложений>"
    )


def offer(key: str, price: str = "", quantity: str = "", what: str = "", kind: str = RETAIL) -> str:
    """``Предложение``; ``what`` is the value of its one characteristic."""
    more = ""
    if what:
        more += (
            "<Наименование>x</Наименование><ХарактеристикиТовара><ХарактеристикаТовара>"
            f"<Наименование>Размер</Наименование><Значение>{what}</Значение>"
            "</ХарактеристикаТовара></ХарактеристикиТовара>"
        )
    if price:
        more += (
            f"<Цены><Цена><ИдТипаЦены>{kind}</ИдТипаЦены><ЦенаЗаЕдиницу>{price}</ЦенаЗаЕдиницу>"
            "</Цена></Цены>"
        )
    if quantity:
        more += f"<Количество>{quantity}</Количество>"
    return f"<Предложение><Ид>{key}</Ид>{more}</Предложение>"


def offered(*keys: str) -> str:
    """``ПакетПредложений`` that says of goods that they have no characteristics, and no more."""
    return package(*map(offer, keys), types=())


def file(name: str, *parts: str) -> Sendable:
    """A file to be sent."""
    return Sendable.of_bytes(name, xml(*parts))
