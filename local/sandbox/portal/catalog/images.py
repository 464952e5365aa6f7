"""``catalog.productImage.*``: one picture a call, base64 in JSON, never inside of a batch.

Source: b24restdocs ``api-reference/catalog/product-image``. There is no update: another order or
another kind means to delete and to add. Ours: a good has one picture of each of the kinds
``DETAIL_PICTURE`` and ``PREVIEW_PICTURE``, a second one replaces it; lists are in id order.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from local.sandbox.portal.catalog.requests import fields_of, required
from local.sandbox.portal.catalog.state import Catalog
from local.sandbox.portal.catalog.table import Row
from local.sandbox.portal.envelope import Reply, RestError
from local.sandbox.portal.methods import Caller, Method
from local.sandbox.portal.phpform import as_list

KINDS = ("DETAIL_PICTURE", "PREVIEW_PICTURE", "MORE_PHOTO")
NOT_IN_A_BATCH = frozenset({"catalog.productimage.add"})
_SUFFIXES = ("jpg", "jpeg", "png", "gif", "webp", "bmp")


class Images:
    """The methods of pictures.

    Args:
        catalog: where they are kept.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def methods(self) -> dict[str, Method]:
        """The methods by name."""
        prefix = "catalog.productimage"
        return {
            f"{prefix}.add": self.add,
            f"{prefix}.get": self.get,
            f"{prefix}.list": self.page,
            f"{prefix}.delete": self.delete,
        }

    def add(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``add``."""
        given = fields_of(params)
        product = self._good(given.get("productId"))
        name, content = _content(required(params, "fileContent"))
        kind = str(given.get("type") or "MORE_PHOTO")
        if kind not in KINDS:
            raise RestError(0, "Invalid image type")
        if kind != "MORE_PHOTO":
            for old in self._catalog.images.where(productId=product["id"], type=kind):
                self._catalog.images.remove(old["id"])
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        row = self._catalog.images.add(
            {
                "name": name,
                "productId": product["id"],
                "type": kind,
                "createTime": self._catalog.stamp.now(),
                "detailUrl": f"/upload/iblock/{digest[:3]}/{name}",
                "downloadUrl": f"/rest/download.json?token={digest}",
            }
        )
        self._catalog.touch(product)
        return Reply({"productImage": dict(row)})

    def get(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``get``."""
        return Reply({"productImage": dict(self._one(params))})

    def page(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``list``: all pictures of a good."""
        product = self._good(required(params, "productId"))
        names = [str(name) for name in as_list(params.get("select") or [])]
        rows = [
            {name: row[name] for name in row if not names or name in names}
            for row in self._catalog.images.where(productId=product["id"])
        ]
        return Reply({"productImages": rows}, len(rows))

    def delete(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``delete``."""
        row = self._one(params)
        self._catalog.images.remove(row["id"])
        self._catalog.touch(self._catalog.goods.rows[row["productId"]])
        return Reply(True)

    def _good(self, id_: object) -> Row:
        if id_ in (None, ""):
            raise RestError(0, "Product identifier is not specified")
        row = self._catalog.goods.get(id_)
        if row is None:
            raise RestError(0, "Product not found")
        return row

    def _one(self, params: Mapping[str, Any]) -> Row:
        product = self._good(required(params, "productId"))
        row = self._catalog.images.get(required(params, "id"))
        if row is None or row["productId"] != product["id"]:
            raise RestError(0, "Image not found")
        return row


def _content(value: Any) -> tuple[str, bytes]:
    parts = as_list(value)
    if len(parts) != 2 or not parts[0]:
        raise RestError(0, "File name is not specified")
    name = str(parts[0])
    if "/" in name or "\\" in name:
        raise RestError(0, "File name contains invalid characters")
    if name.rpartition(".")[2].lower() not in _SUFFIXES:
        raise RestError(0, "Invalid file type")
    try:
        return name, base64.b64decode(str(parts[1]), validate=True)
    except binascii.Error:
        raise RestError(0, "Error saving the file") from None
