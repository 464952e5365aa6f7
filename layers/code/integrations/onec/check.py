"""What can be checked without calling 1C: whether it has come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from integrations.onec.client import Onec
from integrations.onec.settings import Settings
from mostik.commerceml.sessions import noted
from mostik.integration import Check

_DAY = 86_400.0
_CALLS = {"catalog": "goods", "sale": "orders"}


def check(client: Onec, settings: Settings) -> Iterable[Check]:
    """Yields one line for each kind of exchange that 1C should have made."""
    seen = noted(client.storage.table, client.storage.connection)
    goods = settings.goods.enabled or settings.prices.enabled or settings.stock.enabled
    wanted = {"catalog": goods, "sale": settings.orders.enabled}
    for kind, purpose in _CALLS.items():
        if not wanted[kind]:
            continue
        row = seen.get(kind)
        if row is None:
            yield Check(
                f"1C has come for {purpose}",
                False,
                "It has never logged in: enter address, login and password in its exchange with"
                " a site, and let it check the connection.",
            )
            continue
        at = float(row["at"])
        when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
        yield Check(
            f"1C has come for {purpose} within a day",
            client.storage.clock() - at < _DAY,
            f"It came last at {when}: look at the schedule of its exchange.",
        )
