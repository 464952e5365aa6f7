"""Numbers of orders for 1C: at most 11 characters, one order each, and the same for ever.

1C finds an order by its number and date: two orders with one number would become one, and a number
that changes would make a second order (facts on the exchange protocol, orders).
Rows: ``order-number#<connection>`` / ``<number>/<year>`` says whose it is.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from mostik.commerce.order import LONGEST_NUMBER_FOR_1C, Order
from mostik.ports import Table

_KEPT_SECONDS = 3 * 366 * 86_400
_OWN = "ID"
_LONGEST = 200
"""Of a number as people ask for it: sort keys have 1,024 bytes at most."""


def candidates(order: Order) -> Sequence[str]:
    """Returns the numbers that an order may have in 1C, the best first.

    The last one is made of a hash of its key: no other order has it.
    """
    own = order.number.strip()
    found = [own] if own == order.number and _fits(own) else []
    by_key = f"{_OWN}{order.key}"
    if _fits(by_key) and by_key not in found:
        found.append(by_key)
    digest = hashlib.sha256(order.key.encode(errors="surrogatepass")).digest()
    found.append("H" + base64.b32encode(digest).decode()[: LONGEST_NUMBER_FOR_1C - 1])
    return found


class Numbers:
    """Who has which number.

    Args:
        table: the state table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, connection: str, order: Order, now: float) -> str:
        """Returns the number of an order, from now on its own."""
        year = _year(order)
        wanted = candidates(order)
        claimed = next(one for one in wanted if self._take(connection, one, year, order, now))
        shown = order.number[:_LONGEST]
        if shown and shown != claimed:
            # People ask for it by the number that the shop shows.
            self._take(connection, shown, year, order, now)
        return claimed

    def keys(self, connection: str, number: str) -> Sequence[str]:
        """Returns the keys of the orders that have a number, in 1C or in the shop; newest first."""
        shown = number[:_LONGEST]
        page = self._table.query(
            _partition(connection), first=f"{shown}/", last=f"{shown}/~", newest_first=True
        )
        own = [item for item in page.items if str(item["sk"]).rpartition("/")[0] == shown]
        return list(dict.fromkeys(str(item["key"]) for item in own))

    def _take(self, connection: str, number: str, year: str, order: Order, now: float) -> bool:
        row = {
            "pk": _partition(connection),
            "sk": f"{number}/{year}",
            "key": order.key,
            "expires_at": int(now + _KEPT_SECONDS),
        }
        standing = self._table.insert(row)
        return standing is None or standing["key"] == order.key


def _fits(number: str) -> bool:
    """Whether 1C keeps a number as it is: no more than 11 signs, all of them in its code page."""
    if not 0 < len(number) <= LONGEST_NUMBER_FOR_1C or not number.isprintable():
        return False
    try:
        number.encode("windows-1251")
    except UnicodeEncodeError:
        return False
    return True


def _year(order: Order) -> str:
    """Shops that begin anew each year have a number once a year."""
    return f"{order.date:%Y}" if order.date is not None else "-"


def _partition(connection: str) -> str:
    return f"order-number#{connection}"
