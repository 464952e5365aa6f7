"""The odd shop's clients, for the acceptance suite, and how the odd shop is declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.sandbox.oddshop import OddConfig, OddShop
from mostik.commerce.parties import Customer
from mostik.commerce.record import Canonical
from tests.integrations.acceptance.played import Clock

MOSCOW = {"format": "%d.%m.%Y %H:%M:%S", "zone": "Europe/Moscow"}


def _calls(path: str, wrap: str) -> dict[str, Any]:
    paging = {"kind": "offset", "parameter": "from", "size_parameter": "count", "size": 10}
    return {
        "list": {
            "path": path,
            "rows": "result.rows",
            "paging": paging,
            "since": {"parameter": "modified_from", **MOSCOW},
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
        "changed": {"field": "modified", **MOSCOW},
    }


CLIENTS: dict[str, Any] = {
    **_calls("clients", "client"),
    "key": "client_no",
    "read_only": ["client_no", "modified"],
    "fields": [
        {"ours": "name", "theirs": "fio"},
        {"ours": "phone", "theirs": "tel", "by": "phone"},
        {"ours": "email", "theirs": "mail", "by": "email"},
    ],
}
ORDERS: dict[str, Any] = {
    **_calls("orders", "order"),
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


def declared(**more: Any) -> dict[str, Any]:
    """The settings of a connection to an odd shop."""
    return {
        "base_url": "https://odd.example/v2/",
        "auth": "api_key",
        "auth_header": "X-Token",
        "credential": OddConfig().token,
        "resources": {"customers": CLIENTS, "orders": ORDERS},
        **more,
    }


class OddClients:
    """See ``Played``."""

    resource = "customers"
    listing = "/v2/clients"
    required = "client_no"

    def __init__(self, shop: OddShop) -> None:
        self.sandbox = shop
        self.settings: Mapping[str, Any] = declared()

    def make(self, text: str) -> str:
        """See ``Played.make``."""
        said = {"fio": text, "tel": "8 (903) 123-45-67", "bonus": 7}
        return str(self.sandbox.create("clients", said)["client_no"])

    def edit(self, key: str, text: str) -> None:
        """See ``Played.edit``."""
        self.sandbox.edit("clients", int(key), {"fio": text})

    def remove(self, key: str) -> None:
        """See ``Played.remove``."""
        self.sandbox.remove("clients", int(key))

    def texts(self) -> Mapping[str, str]:
        """See ``Played.texts``."""
        return {str(row["client_no"]): row["fio"] for row in self.sandbox.rows("clients")}

    def besides(self, key: str) -> Mapping[str, Any]:
        """See ``Played.besides``."""
        rows = self.sandbox.rows("clients")
        return {str(row["client_no"]): {"bonus": row["bonus"]} for row in rows}[key]

    def record(self, key: str, text: str) -> Canonical:
        """See ``Played.record``."""
        return Customer(key=key, name=text, phone="+79031234567")

    def text_of(self, record: Canonical) -> str:
        """See ``Played.text_of``."""
        assert isinstance(record, Customer)
        return record.name


def played(clock: Clock) -> OddClients:
    """The odd shop; its stale answers have a test of their own."""
    return OddClients(OddShop(OddConfig(clock=clock, stale_share=0.0)))
