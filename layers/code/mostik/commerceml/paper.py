"""``Paper`` over the project's writer: what a site gives 1C, one piece after the other.

In windows-1251, as a Bitrix site sends it, and without a namespace: 1C reads such documents
leniently, and type-checks the others.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from mostik.commerceml import writer
from mostik.commerceml.outbox import SaleInfo
from mostik.commerceml.protocol import ENCODING

if TYPE_CHECKING:
    from mostik.commerce.order import Order

WriteOrder = Callable[["Order", str], bytes]
"""Writes one document in windows-1251 for a schema; raises ``Refused`` for a bad one."""


class FramedPaper:
    """``Paper`` around a writer of single orders.

    Args:
        write_order: see ``WriteOrder``.
        zone: of ``ДатаФормирования``.
    """

    encoding = ENCODING

    def __init__(self, write_order: WriteOrder, zone: tzinfo = UTC) -> None:
        self._write_order = write_order
        self._zone = zone

    def begin(self, schema: str, at: float) -> bytes:
        """See ``Paper.begin``."""
        formed_at = datetime.fromtimestamp(at, self._zone)
        return writer.opening(schema, formed_at, encoding=self.encoding)

    def order(self, order: Order, schema: str) -> bytes:
        """See ``Paper.order``."""
        return self._write_order(order, schema)

    def end(self) -> bytes:
        """See ``Paper.end``."""
        return writer.closing(encoding=self.encoding)

    def info(self, info: SaleInfo) -> bytes:
        """See ``Paper.info``."""
        return writer.sale_info(
            info.statuses, info.pay_systems, info.deliveries, encoding=self.encoding
        )
