"""The links that follow from a connection's settings. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from integrations.onec import names
from integrations.onec.settings import Gone, Settings
from mostik.integration import Bond


def links_of(settings: Settings, connection: str) -> tuple[Bond, ...]:
    """Returns the links between 1C and the connection that its settings name.

    Goods, prices and stock are 1C's: they go there, and what people change there of what 1C knows
    is changed back, except for stock, which a sale there changes before 1C knows of it. Orders are
    born there and created here; both sides change them.
    """
    return tuple(_bonds(settings, connection))


def link_id(connection: str, resource: str) -> str:
    """Returns the id of the link of a resource."""
    return f"{connection}-{resource}"


def _bonds(settings: Settings, connection: str) -> Iterator[Bond]:
    def bond(
        resource: str,
        *,
        creates: bool = True,
        restores: bool = True,
        gone: Gone = Gone.KEEP,
        brakes: Mapping[str, int] | None = None,
    ) -> Bond:
        return Bond(
            id=link_id(connection, resource),
            resource=resource,
            to=settings.target,
            there=resource,
            creates_there=creates,
            restores_there=restores,
            deletes_there=gone is Gone.DELETE,
            retires_there=gone is Gone.SWITCH_OFF,
            brakes=brakes or {},
        )

    goods = settings.goods
    if goods.enabled:
        brakes = {"creates_percent": goods.creates_percent, "deletes_percent": goods.gone_percent}
        yield bond(names.SECTIONS, creates=goods.create)
        yield bond(names.PROPERTIES, creates=goods.create)
        yield bond(names.UNITS, creates=goods.create)
        for resource in (names.PRODUCTS, names.VARIANTS):
            yield bond(resource, creates=goods.create, gone=goods.gone, brakes=brakes)
        if goods.pictures:
            yield bond(names.PICTURES, brakes={"creates_percent": 100})
    if settings.prices.enabled:
        brakes = {
            "creates_percent": 100,
            "price_percent": settings.prices.change_percent,
            "prices_percent": settings.prices.strange_percent,
        }
        yield bond(names.PRICE_TYPES, creates=settings.prices.create_types)
        yield bond(names.PRICES, brakes=brakes)
    if settings.stock.enabled:
        yield bond(names.WAREHOUSES, creates=settings.stock.create_warehouses)
        yield bond(names.STOCK, restores=False, brakes={"creates_percent": 100})
    if settings.orders.enabled:
        yield Bond(
            id=link_id(connection, names.ORDERS),
            resource=names.ORDERS,
            to=settings.target,
            there=names.ORDERS,
            creates_here=True,
            creates_there=False,
            updates_here=True,
            news_alone=True,
        )
