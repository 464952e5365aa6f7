"""``sale.*``: orders, their parts and the directories of the online store.

Source: b24restdocs ``api-reference/sale`` and ``api-reference/pay-system``. Everything but the
lists is for the administrator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.sandbox.portal.envelope import Reply, missing_parameter
from local.sandbox.portal.methods import Caller, Method
from local.sandbox.portal.sale import directories
from local.sandbox.portal.sale.fields import BASKET, ORDER, PAYMENT, SHIPMENT, Schema
from local.sandbox.portal.sale.orders import Orders
from local.sandbox.portal.sale.parts import Parts
from local.sandbox.portal.sale.store import Store
from local.sandbox.portal.table import Row, Table

Params = Mapping[str, Any]

_UPPER = {
    "sale.paysystem.list": "pay_systems",
    "sale.delivery.getlist": "deliveries",
}
_LOWER = {
    "sale.status.list": ("statuses", "statuses"),
    "sale.persontype.list": ("personTypes", "person_types"),
    "sale.property.list": ("properties", "properties"),
}


def sale_methods(
    store: Store, orders: Orders, parts: Parts, page_size: int, after_add: Callable[[Row], None]
) -> dict[str, Method]:
    """The methods of this module by name, in lower case as the portal looks them up.

    Args:
        store: the online store.
        orders: its orders.
        parts: their parts.
        page_size: rows a page.
        after_add: what the portal's automation does with a new order.
    """

    def order_add(params: Params, caller: Caller) -> Reply:
        row = orders.add(fields_of(params), caller.user_id)
        after_add(row)
        return Reply({"order": {**row, "clients": [], "requisiteLink": []}})

    def order_update(params: Params, caller: Caller) -> Reply:
        row = orders.update(required(params, "id"), fields_of(params), caller.user_id)
        return Reply({"order": {**row, "clients": [], "requisiteLink": []}})

    def order_get(params: Params, _: Caller) -> Reply:
        return Reply({"order": orders.whole(orders.get(required(params, "id")))})

    def order_delete(params: Params, _: Caller) -> Reply:
        orders.delete(required(params, "id"))
        return Reply(True)

    def values_modify(params: Params, _: Caller) -> Reply:
        order = fields_of(params).get("order")
        if not isinstance(order, Mapping):
            raise missing_parameter("fields")
        return Reply(
            {
                "propertyValues": parts.modify_values(
                    order.get("id"), order.get("propertyValues", [])
                )
            }
        )

    methods: dict[str, Method] = {
        "sale.order.add": order_add,
        "sale.order.update": order_update,
        "sale.order.get": order_get,
        "sale.order.delete": order_delete,
        "sale.order.list": listed(lambda: store.orders, "orders", page_size),
        "sale.order.getfields": described(ORDER, "order"),
        "sale.propertyvalue.modify": values_modify,
        "sale.propertyvalue.list": listed(lambda: store.values, "propertyValues", page_size),
        "sale.statuslang.list": lambda _params, _caller: Reply(
            {"statusLangs": directories.status_names()}
        ),
        **_part_methods(store, parts, page_size),
    }
    for name, (key, attribute) in _LOWER.items():
        methods[name] = _directory(store, attribute, page_size, key)
    for name, attribute in _UPPER.items():
        methods[name] = _directory(store, attribute, page_size, None)
    return methods


def _part_methods(store: Store, parts: Parts, size: int) -> dict[str, Method]:
    def kind(
        name: str,
        key: str,
        table: Callable[[], Table],
        missing: tuple[int, str],
        add: Callable[[Params, Caller], Row],
        update: Callable[[Params, Caller], Row],
        delete: Callable[[object], None],
        whole: Callable[[Row], Row] = dict,
    ) -> dict[str, Method]:
        def delete_(params: Params, _: Caller) -> Reply:
            delete(required(params, "id"))
            return Reply(True)

        def get(params: Params, _: Caller) -> Reply:
            return Reply({key: whole(parts.part(table(), required(params, "id"), *missing))})

        return {
            f"sale.{name}.add": lambda params, caller: Reply({key: add(params, caller)}),
            f"sale.{name}.update": lambda params, caller: Reply({key: update(params, caller)}),
            f"sale.{name}.get": get,
            f"sale.{name}.delete": delete_,
            f"sale.{name}.list": listed(table, f"{key}s", size),
        }

    return {
        **kind(
            "basketitem",
            "basketItem",
            lambda: store.baskets,
            (200140400001, "basket item does not exist"),
            lambda params, _: parts.add_basket_item(fields_of(params)),
            lambda params, _: parts.update_basket_item(required(params, "id"), fields_of(params)),
            parts.delete_basket_item,
        ),
        **kind(
            "payment",
            "payment",
            lambda: store.payments,
            (200640400001, "payment does not exist"),
            lambda params, caller: parts.add_payment(fields_of(params), caller.user_id),
            lambda params, caller: parts.update_payment(
                required(params, "id"), fields_of(params), caller.user_id
            ),
            parts.delete_payment,
        ),
        **kind(
            "shipment",
            "shipment",
            lambda: store.shipments,
            (201140400001, "shipment does not exist"),
            lambda params, caller: {
                **parts.add_shipment(fields_of(params), caller.user_id),
                "shipmentItems": [],
            },
            lambda params, caller: parts.update_shipment(
                required(params, "id"), fields_of(params), caller.user_id
            ),
            parts.delete_shipment,
            lambda row: {
                **row,
                "shipmentItems": store.shipment_items.where("orderDeliveryId", row["id"]),
            },
        ),
        **kind(
            "shipmentitem",
            "shipmentItem",
            lambda: store.shipment_items,
            (201240400001, "shipment item does not exist"),
            lambda params, _: parts.add_shipment_item(fields_of(params)),
            lambda params, _: parts.update_shipment_item(required(params, "id"), fields_of(params)),
            parts.delete_shipment_item,
        ),
        "sale.basketitem.getfields": described(BASKET, "basketItem"),
        "sale.payment.getfields": described(PAYMENT, "payment"),
        "sale.shipment.getfields": described(SHIPMENT, "shipment"),
    }


def listed(table: Callable[[], Table], key: str, size: int) -> Method:
    """A list method: its rows under ``key``. The table is asked for anew, it may be another one."""

    def list_(params: Params, _: Caller) -> Reply:
        page = table().page(params, size)
        return Reply({key: page.result}, page.total, page.next)

    return list_


def described(schema: Schema, key: str) -> Method:
    """A ``getFields`` method."""

    def get_fields(_: Params, __: Caller) -> Reply:
        return Reply(
            {
                key: {
                    name: {
                        "isImmutable": name in schema.fixed,
                        "isReadOnly": name not in schema.writable,
                        "isRequired": name in schema.required,
                        "type": kind,
                    }
                    for name, kind in schema.types.items()
                }
            }
        )

    return get_fields


def _directory(store: Store, attribute: str, size: int, key: str | None) -> Method:
    def list_(params: Params, _: Caller) -> Reply:
        rows = [{k: v for k, v in row.items() if k != "price"} for row in getattr(store, attribute)]
        id_ = "id" if key else "ID"
        fields = {name: "string" for row in rows for name in row}
        table = Table({**fields, id_: "string"}, store.stamp, id_="_at")
        for row in rows:
            table.insert(row)
        page = table.page(params, size, upper=key is None)
        for row in page.result:
            row.pop("_at", None)
        return Reply({key: page.result} if key else page.result, page.total if key else None)

    return list_


def required(params: Params, name: str) -> Any:
    """A parameter that must be there."""
    if params.get(name) in (None, ""):
        raise missing_parameter(name)
    return params[name]


def fields_of(params: Params) -> Params:
    """The parameter ``fields``, a map that is not empty."""
    fields = params.get("fields")
    if not isinstance(fields, Mapping) or not fields:
        raise missing_parameter("fields")
    return fields
