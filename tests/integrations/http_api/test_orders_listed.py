"""Orders declared the short way, listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from integrations.http_api.client import HttpApi
from integrations.http_api.models import ApiObject, Settings
from integrations.http_api.resources import orders
from mostik.commerce.order import Order
from mostik.errors import GiveUp, WhoActs
from mostik.http.paging import Page
from mostik.integration import Listed, Misfit

ORDERS: dict[str, Any] = {"get": "orders/{id}", "statuses": {"open": "new"}}
WHOLE = {"id": "1", "number": "N-1", "status": "open", "total": "10", "currency": "RUB"}


class Shop:
    """An API of which a page was read; ``refuses``: the call for one order is refused."""

    def __init__(self, *rows: Mapping[str, Any], refuses: bool = False) -> None:
        self._rows = [ApiObject.model_validate(row) for row in rows]
        self._refuses = refuses

    def orders(self, cursor: str | None, changed: Any = None) -> Page[ApiObject]:
        """See ``HttpApi.orders``."""
        del cursor, changed
        return Page(self._rows, "2")

    def order(self, key: str) -> ApiObject | None:
        """See ``HttpApi.order``."""
        if self._refuses:
            raise GiveUp("No.", who=WhoActs.ADMIN, status=403)
        return ApiObject.model_validate(WHOLE) if key == WHOLE["id"] else None


def listed(shop: Shop, **listing: Any) -> Listed[Order]:
    """The orders of a shop."""
    declared = {**ORDERS, "list": {"path": "orders", **listing}}
    content = {"base_url": "https://shop.example/", "credential": "k" * 16, "orders": declared}
    found = orders(cast(HttpApi, shop), Settings.model_validate(content), "shop")
    assert isinstance(found, Listed)
    return found


def test_orders_without_a_declared_list_cannot_be_walked_through() -> None:
    content = {"base_url": "https://shop.example/", "credential": "k" * 16, "orders": ORDERS}
    found = orders(cast(HttpApi, Shop()), Settings.model_validate(content), "shop")
    assert not isinstance(found, Listed)


def test_a_row_that_is_no_order_is_not_left_out() -> None:
    # GIVEN a page with an order, and with one of a status that nobody has declared
    page = listed(Shop(WHOLE, {**WHOLE, "id": "2", "status": "lost"})).page(None, None)
    # THEN
    order, misfit = page.items
    assert isinstance(order, Order)
    assert order.key == "1"
    assert isinstance(misfit, Misfit)
    assert misfit.key == "2"
    assert page.cursor == "2"


def test_rows_that_tell_less_than_an_order_are_read_one_by_one() -> None:
    # GIVEN a list of keys, of which one was deleted since
    page = listed(Shop({"id": "1"}, {"id": "9"}), whole=False).page(None, None)
    # THEN
    assert [one.key for one in page.items] == ["1"]


def test_a_call_that_is_refused_fails_the_page_and_not_a_row() -> None:
    with pytest.raises(GiveUp):
        listed(Shop({"id": "1"}, refuses=True), whole=False).page(None, None)
