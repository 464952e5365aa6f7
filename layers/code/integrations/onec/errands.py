"""Work of a connection to 1C that is about no record: what the shop calls its statuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integrations.onec.client import Onec
from integrations.onec.settings import Settings
from mostik.commerce.order import OrderStatus
from mostik.commerceml.outbox import SaleInfo
from mostik.commerceml.outgoing import Outgoing
from mostik.commerceml.words import Words
from mostik.discovery import DELIVERIES, ORDER_STATUSES, PAY_SYSTEMS, Discovery, Vocabulary
from mostik.errors import Skip
from mostik.integration import Entry, Errand, Tools

WORDS, KEY = "words", "orders"
WAKE_SECONDS = 900.0
"""So soon after the connection was made 1C reads the shop's statuses in ``sale/info``."""
_FRESH_SECONDS = 6 * 3_600.0


def learn_words(client: Onec, settings: Settings, tools: Tools, key: str) -> int:
    """Asks the shop for its statuses, pay systems and delivery services, a few times a day.

    Returns:
        1 if they are others than before.

    Raises:
        MostikError: the shop could not be asked.
    """
    del key
    outgoing = Outgoing(client.storage.table, client.storage.clock)
    known = outgoing.words(tools.connection)
    now = tools.now()
    if known.learned_at is not None and now - known.learned_at < _FRESH_SECONDS:
        return 0
    try:
        found = words_in(tools.discover(settings.target), now)
    except Skip:
        return 0  # a shop without directories
    outgoing.learn(tools.connection, found)
    return int((found.info, found.meanings) != (known.info, known.meanings))


def words_in(found: Discovery, now: float) -> Words:
    """Returns what a discovery says of orders."""
    said = found.vocabulary
    if said is None:
        by_name = {one.name: one.entries for one in found.directories}
        said = Vocabulary(
            statuses=by_name.get(ORDER_STATUSES, ()),
            pay_systems=by_name.get(PAY_SYSTEMS, ()),
            deliveries=by_name.get(DELIVERIES, ()),
        )
    info = SaleInfo(_pairs(said.statuses), _pairs(said.pay_systems), _pairs(said.deliveries))
    known = {one.value for one in OrderStatus}
    meanings = {key: OrderStatus(value) for key, value in said.meanings.items() if value in known}
    return Words(info, meanings, now)


def _pairs(entries: Sequence[Entry]) -> Sequence[tuple[str, str]]:
    return tuple((one.key, one.name) for one in entries)


ERRANDS: Mapping[str, Errand[Settings, Onec]] = {WORDS: Errand(learn_words)}
