"""``catalog.document.*``: inventory documents, their elements, and whether there is inventory.

Sources: b24restdocs ``api-reference/catalog/document`` and ``…/enum``. The code of most refusals is
the text ``"0"``. Ours, where it is silent: a draft may be made while inventory management is off
(the pages name only conducting as needing it); a write-off may make a stock negative where the good
may be bought at zero or is not traced, never below what is reserved; ``deleteList`` and the like
are not played.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.sandbox.portal.catalog.config import Inventory
from local.sandbox.portal.catalog.query import Lists
from local.sandbox.portal.catalog.requests import fields_of, required
from local.sandbox.portal.catalog.state import Catalog
from local.sandbox.portal.catalog.table import Row, demand, written
from local.sandbox.portal.envelope import Reply, RestError
from local.sandbox.portal.methods import Caller, Method

TYPES = {
    "A": "Stock receipt",
    "S": "Stock adjustment",
    "M": "Transfer",
    "R": "Return",
    "D": "Write-off",
}
_IN, _OUT = ("A", "S", "R", "M"), ("D", "M")
_NEW = {"status": "N", "statusBy": None, "dateDocument": None, "total": None, "siteId": "s1"}


class Documents:
    """The methods of documents.

    Args:
        catalog: where they are kept.
        lists: answers lists.
    """

    def __init__(self, catalog: Catalog, lists: Lists) -> None:
        self._catalog = catalog
        self._lists = lists

    def methods(self) -> dict[str, Method]:
        """The methods by name."""
        document, element = "catalog.document", "catalog.document.element"
        return {
            f"{document}.mode.status": self.mode,
            "catalog.enum.getstoredocumenttypes": self.types,
            f"{document}.add": self.add,
            f"{document}.update": self.update,
            f"{document}.list": self.page,
            f"{document}.delete": self.delete,
            f"{document}.conduct": self.conduct,
            f"{document}.cancel": self.cancel,
            f"{document}.getfields": self.fields,
            f"{element}.add": self.add_element,
            f"{element}.update": self.update_element,
            f"{element}.delete": self.delete_element,
            f"{element}.list": self.element_page,
        }

    def mode(self, _params: Mapping[str, Any], _: Caller) -> Reply:
        """``mode.status``."""
        return Reply("Y" if self._catalog.inventory is Inventory.ON else "N")

    def types(self, _params: Mapping[str, Any], _: Caller) -> Reply:
        """``enum.getStoreDocumentTypes``."""
        return Reply({"enum": [{"value": code, "name": name} for code, name in TYPES.items()]})

    def add(self, params: Mapping[str, Any], caller: Caller) -> Reply:
        """``add``: a draft."""
        self._in_plan()
        table, now = self._catalog.documents, self._catalog.stamp.now()
        row: Row = {**dict.fromkeys(table.schema.fields), **_NEW}
        row |= {"createdBy": caller.user_id, "modifiedBy": caller.user_id}
        row |= {"dateCreate": now, "dateModify": now, "dateStatus": now}
        row |= written(table.schema, fields_of(params), self._catalog.stamp)
        if row["docType"] not in TYPES:
            raise RestError("0", "DOC_TYPE isn't available")
        demand(table.schema, row)
        return Reply({"document": dict(table.add(row))})

    def update(self, params: Mapping[str, Any], caller: Caller) -> Reply:
        """``update``: of a draft."""
        row = self._draft(required(params, "id"))
        schema = self._catalog.documents.schema
        for name, value in written(schema, fields_of(params), self._catalog.stamp).items():
            if not schema.fields[name].immutable:
                row[name] = value
        row |= {"modifiedBy": caller.user_id, "dateModify": self._catalog.stamp.now()}
        return Reply({"document": dict(row)})

    def page(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``list``."""
        return self._lists.page(self._catalog.documents, params)

    def delete(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``delete``: ``null`` for one that was conducted."""
        self._in_plan()
        row = self._one(required(params, "id"))
        if row["status"] == "Y":
            return Reply(None)
        for element in self._catalog.elements.where(docId=row["id"]):
            self._catalog.elements.remove(element["id"])
        self._catalog.documents.remove(row["id"])
        return Reply(True)

    def conduct(self, params: Mapping[str, Any], caller: Caller) -> Reply:
        """``conduct``: the stock follows the document, all of it or nothing."""
        self._in_plan()
        if self._catalog.inventory is not Inventory.ON:
            raise RestError("0", "Warehouse accounting must be enabled to conduct the document")
        row = self._one(required(params, "id"))
        if row["status"] == "Y":
            raise _conducting("Document is already conducted")
        moves = self._moves(row)
        for product, store, by in moves:
            self._check(product, store, by)
        self._apply(moves)
        self._status(row, "Y", caller)
        return Reply(True)

    def cancel(self, params: Mapping[str, Any], caller: Caller) -> Reply:
        """``cancel``: takes a conducted document back."""
        self._in_plan()
        row = self._one(required(params, "id"))
        if row["status"] != "Y":
            raise RestError(
                "0", "Error cancelling document conduct: Document has not been conducted yet"
            )
        self._apply([(product, store, -by) for product, store, by in self._moves(row)])
        self._status(row, "C", caller)
        return Reply(True)

    def fields(self, _params: Mapping[str, Any], _: Caller) -> Reply:
        """``getFields``."""
        schema = self._catalog.documents.schema
        return Reply({"document": {name: one.describe() for name, one in schema.fields.items()}})

    def add_element(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``element.add``."""
        table = self._catalog.elements
        given = written(table.schema, fields_of(params), self._catalog.stamp)
        row: Row = {**dict.fromkeys(table.schema.fields), **given}
        demand(table.schema, row)
        self._draft(row["docId"])
        if self._catalog.goods.get(row["elementId"]) is None:
            raise RestError("0", "Error of adding new document element")
        return Reply({"documentElement": dict(table.add(row))})

    def update_element(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``element.update``."""
        row = self._element(params)
        schema = self._catalog.elements.schema
        given = written(schema, fields_of(params), self._catalog.stamp)
        row |= {name: value for name, value in given.items() if not schema.fields[name].immutable}
        return Reply({"documentElement": dict(row)})

    def delete_element(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``element.delete``."""
        self._catalog.elements.remove(self._element(params)["id"])
        return Reply(True)

    def element_page(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``element.list``."""
        return self._lists.page(self._catalog.elements, params)

    # ── inner works ───────────────────────────────────────────────────────────────────────────

    def _in_plan(self) -> None:
        if self._catalog.inventory is Inventory.NOT_IN_PLAN:
            raise RestError("0", "Inventory accounting is not available on your plan")

    def _one(self, id_: object) -> Row:
        row = self._catalog.documents.get(id_)
        if row is None:
            raise RestError("0", "Document not found")
        return row

    def _draft(self, id_: object) -> Row:
        row = self._catalog.documents.get(id_)
        if row is None:
            raise RestError("ERROR_DOCUMENT_STATUS", "Document not found")
        if row["status"] == "Y":
            raise RestError("ERROR_DOCUMENT_STATUS", "Conducted document")
        return row

    def _element(self, params: Mapping[str, Any]) -> Row:
        row = self._catalog.elements.get(required(params, "id"))
        if row is None:
            raise RestError("ERROR_DOCUMENT_STATUS", "Document not found")
        self._draft(row["docId"])
        return row

    def _moves(self, row: Row) -> list[tuple[int, int, float]]:
        kind, moves = row["docType"], []
        for one in self._catalog.elements.where(docId=row["id"]):
            amount = one["amount"] or 0
            if kind in _OUT:
                moves.append((one["elementId"], self._store(one["storeFrom"]), -amount))
            if kind in _IN:
                moves.append((one["elementId"], self._store(one["storeTo"]), amount))
        if not moves:
            raise _conducting("The document has no products")
        if kind == "A":
            raise _conducting("Supplier not specified")
        return moves

    def _store(self, id_: object) -> int:
        row = self._catalog.stores.get(id_) if id_ is not None else None
        if row is None:
            raise _conducting("Warehouse not specified")
        return int(row["id"])

    def _check(self, product: int, store: int, by: float) -> None:
        if by >= 0:
            return
        good, row = self._catalog.goods.rows[product], self._catalog.held(product, store)
        left, reserved = row["amount"] + by, row["quantityReserved"] or 0
        free = good.get("canBuyZero") == "Y" or good.get("quantityTrace") == "N"
        if left < reserved and not (free and reserved == 0):
            raise _conducting(f'Insufficient quantity of "{good["name"]}" in the warehouse')

    def _apply(self, moves: list[tuple[int, int, float]]) -> None:
        for product, store, by in moves:
            self._catalog.move(product, store, by)

    def _status(self, row: Row, status: str, caller: Caller) -> None:
        now = self._catalog.stamp.now()
        row |= {"status": status, "statusBy": caller.user_id, "dateStatus": now, "dateModify": now}


def _conducting(why: str) -> RestError:
    return RestError("0", f"Document conducting error: {why}")
