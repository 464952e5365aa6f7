"""The resources of this integration about selling, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from integrations.bitrix24.app.names import COMPANIES, CUSTOMERS, ORDERS
from integrations.bitrix24.catalog.goods import owners
from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.crm.companies import Companies
from integrations.bitrix24.crm.goods import Goods
from integrations.bitrix24.crm.people import Contacts
from integrations.bitrix24.crm.resources import Deals
from integrations.bitrix24.crm.settings import OrderAs, UnknownGoods
from integrations.bitrix24.models import Settings
from integrations.bitrix24.sale.bound import BoundOrders
from integrations.bitrix24.sale.resources import SaleOrders
from mostik.integration import Resource

Factory = Callable[[Bitrix24, Settings, str], Resource[Any]]


def orders(client: Bitrix24, settings: Settings, connection: str) -> Deals | SaleOrders:
    """Orders, as the settings say what an order is on this portal."""
    goods = _goods(client, settings, connection)
    match settings.order_as:
        case OrderAs.DEAL:
            return Deals(client.crm, settings, connection, goods)
        case OrderAs.ORDER:
            return SaleOrders(client.sale, settings, connection, goods)
        case OrderAs.BOTH:
            return BoundOrders(client.sale, client.crm, settings, connection, goods)


def customers(client: Bitrix24, settings: Settings, connection: str) -> Contacts:
    """Contacts of the CRM."""
    return Contacts(client.crm, settings, connection)


def companies(client: Bitrix24, settings: Settings, connection: str) -> Companies:
    """Companies of the CRM."""
    return Companies(client.crm, settings, connection)


def _goods(client: Bitrix24, settings: Settings, connection: str) -> Goods:
    if settings.unknown_goods is UnknownGoods.NAME:
        return Goods(connection)
    return Goods(connection, lambda: owners(client.catalog, connection))


TRADE: Mapping[str, Factory] = {
    ORDERS: orders,
    CUSTOMERS: customers,
    COMPANIES: companies,
}
