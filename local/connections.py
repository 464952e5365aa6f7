"""How each sandbox is set up as a connection. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.sandbox.oddshop import OddConfig
from local.sandbox.shop import ShopConfig

ONEC_SETTINGS: dict[str, Any] = {
    "target": "portal",
    "goods": {"creates_percent": 100},
    "prices": {"create_types": True},
    "orders": {"enabled": False},
}
"""Of an empty portal: the first import may create everything. The shop's orders have no lines, and
1C takes none without."""
ONEC_SITE_SETTINGS: dict[str, Any] = {
    **ONEC_SETTINGS,
    "target": "site",
    "stock": {"enabled": False},
}
"""The same 1C, which exchanges with the site as a node of its own. A site that does not keep
inventory has one quantity for a good, and no warehouses."""
_MOSCOW = {"format": "%d.%m.%Y %H:%M:%S", "zone": "Europe/Moscow"}


def shop_settings(url: str) -> dict[str, Any]:
    """Returns how the sandbox shop is declared to the integration ``http_api``."""
    return {
        "base_url": f"{url}/api/v1/",
        "auth": "bearer",
        "credential": ShopConfig().api_key,
        "orders": {
            "list": {
                "path": "orders",
                "rows": "data",
                "paging": {"kind": "cursor", "parameter": "cursor", "next": "next_cursor"},
                "since": {"parameter": "updated_since"},
            },
            "get": "orders/{id}",
            "update": "orders/{id}",
            "update_method": "PATCH",
            "total": "total_kopecks",
            "minor_units": True,
            "statuses": {name: name for name in ("new", "paid", "packed", "shipped", "cancelled")},
            "customer": {
                "get": "customers/{id}",
                "id_of_order": "customer_id",
                "name": "full_name",
            },
        },
        "events": {"scheme": "standard_webhooks"},
    }


def oddshop_settings(url: str, *, page: int = 25) -> dict[str, Any]:
    """Returns how the odd shop is declared to the integration ``http_api``: all that is odd about
    it is said here, so that a link speaks of our fields on both sides.

    Args:
        url: its address.
        page: rows of a page of its lists.
    """
    calls = {name: _calls(*path_and_wrap, page) for name, path_and_wrap in _ODD_PATHS.items()}
    return {
        "base_url": f"{url}/v2/",
        "auth": "api_key",
        "auth_header": "X-Token",
        "credential": OddConfig().token,
        "resources": {
            "customers": {**calls["customers"], **_CLIENTS},
            "orders": {**calls["orders"], **_ORDERS},
        },
    }


def site_settings(url: str, webhook_url: str) -> dict[str, Any]:
    """Returns how the sandbox site is set up: its REST is open."""
    return {"address": url, "transport": "rest", "webhook_url": webhook_url}


_ODD_PATHS = {"customers": ("clients", "client"), "orders": ("orders", "order")}


def _calls(path: str, wrap: str, page: int) -> Mapping[str, Any]:
    paging = {"kind": "offset", "parameter": "from", "size_parameter": "count", "size": page}
    return {
        "list": {
            "path": path,
            "rows": "result.rows",
            "paging": paging,
            "since": {"parameter": "modified_from", **_MOSCOW},
        },
        "get": {"path": f"{path}/{{id}}", "record": "result"},
        "create": {"path": path, "wrap": wrap, "record": "result"},
        "update": {"path": f"{path}/{{id}}", "method": "PUT", "wrap": wrap},
        "delete": {"path": f"{path}/{{id}}"},
        "external_key": {
            "field": "foreign_id",
            "path": path,
            "parameter": "foreign_id",
            "rows": "result.rows",
        },
        "changed": {"field": "modified", **_MOSCOW},
    }


_CLIENTS: Mapping[str, Any] = {
    "key": "client_no",
    "read_only": ["client_no", "modified"],
    "fields": [
        {"ours": "name", "theirs": "fio"},
        {"ours": "phone", "theirs": "tel", "by": "phone"},
        {"ours": "email", "theirs": "mail", "by": "email"},
    ],
}
_ORDERS: Mapping[str, Any] = {
    "key": "order_no",
    "read_only": ["order_no", "modified"],
    "fields": [
        {"ours": "number", "theirs": "code", "required": True},
        {
            "ours": "status",
            "theirs": "state",
            "values": {
                "new": "new",
                "awaiting_payment": "new",
                "paid": "paid",
                "ready": "packed",
                "assembling": "packed",
                "courier": "shipped",
                "issued": "shipped",
                "cancelled": "cancelled",
                "refused": "cancelled",
            },
        },
        {
            "ours": ["total.amount", "total.currency"],
            "theirs": ["sum", "cur"],
            "by": "money",
            "options": {"as": "minor"},
        },
        {"ours": "comment", "theirs": "note"},
        {"ours": "customer_ref", "theirs": "client"},
        {"ours": "lines[].name", "theirs": "positions[].title"},
        {"ours": "lines[].quantity", "theirs": "positions[].qty"},
        {
            "ours": "lines[].price",
            "theirs": "positions[].price",
            "by": "money",
            "options": {"as": "minor"},
        },
    ],
}
