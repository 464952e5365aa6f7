"""The suite ``onec``: a catalogue from a sandbox 1C to sandbox portals, over the local stack.

First without a limiter: an export in peace, then the same one to another portal while the worker's
processes are killed (SIGKILL) and a proxy sends every fragment twice. Then with the portal's
limiter and ours: while 1C exports everything changed and new pictures, a shop takes orders and 1C
sends a file of rests. The portals send no events: each record would come back as one more job.
The short form takes some minutes, too: what a killed worker held comes back when its lease, the
vendor's longest request and two look-ups are over, and no setting makes that shorter.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.onec_bed import Bed, Content, EnoughError, Timed, bed, content_of, portal, stock_of
from bench.rows import Row, absolute
from local.connections import shop_settings
from local.sandbox.onec.catalogue import Catalogue, offers_file
from local.sandbox.onec.paper import Style
from local.sandbox.onec.program import Habits
from local.sandbox.onec.wire import Repeating
from local.sandbox.portal import RateLimit
from local.sandbox.shop import DEFAULT_SECRET, ShopSandbox, ShopSubscription
from local.world import LOOPBACK
from mostik.commerceml.client_flow import Sendable
from mostik.sync.link import End, Link, Side

SUITE = "onec"
_POLL_SECONDS, _ORDER_SECONDS, _RESTS_SECONDS = 25.0, 30.0, 300.0
_BETWEEN_KILLS = 12.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Attributes:
        goods: of the catalogue.
        pictures: of them.
        portion: goods in a portion.
        kills: of the worker.
        timeout: seconds that the worker may run.
        rests: offers in the file of rests.
        orders: that the shop takes meanwhile.
        every: seconds between two of them.
        limit: of the portal.
        patience: seconds for one export to settle.
    """

    goods: int
    pictures: int
    portion: int
    kills: int
    timeout: int
    rests: int
    orders: int
    every: float
    limit: RateLimit
    patience: float


_FULL = Size(
    goods=5_000, pictures=200, portion=500, kills=3, timeout=60, rests=1_000, orders=6, every=20.0,
    limit=RateLimit(50, 2.0), patience=1_800.0,
)  # fmt: skip
_SHORT = Size(
    goods=300, pictures=12, portion=150, kills=1, timeout=45, rests=100, orders=2, every=4.0,
    limit=RateLimit(50, 2.0), patience=600.0,
)  # fmt: skip


def measure(short: bool) -> Sequence[Row]:
    """Returns the rows of the suite."""
    size = _SHORT if short else _FULL
    shop = Catalogue(size.goods, pictured=size.pictures, with_offers=0, least_stock=1)
    with portal() as calm, portal() as rough, bed(size.timeout) as stack, ShopSandbox() as orders:
        stack.connect("calm", calm)
        stack.connect("rough", rough)
        _open_shop(stack, orders)
        return [
            *_without_limiter(stack, shop, size),
            *_with_limiter(stack, shop, size, orders),
            row_of("the longest answer to a poll", "s", max(stack.polls), _POLL_SECONDS),
        ]


# ── without a limiter ─────────────────────────────────────────────────────────────────────────────


def _without_limiter(stack: Bed, shop: Catalogue, size: Size) -> Sequence[Row]:
    habits = Habits(portion=size.portion, zips=False, retries=4, ends=True)
    began = time.monotonic()
    with stack.onec("calm", habits) as program:
        exported = program.export(shop)
    settled = stack.settle("calm", size.patience)
    calm, seconds = content_of(stack.portals["calm"]), time.monotonic() - began
    what = f"{size.goods:,} goods, {size.pictures} pictures"
    rows = [
        row_of(f"{what}: an export in peace", "s", seconds, None),
        row_of(f"{what}: what is missing after it", "records", missing_in(calm, shop), 0),
    ]
    began = time.monotonic()
    over = threading.Event()
    killer = threading.Thread(target=_kill, args=(stack, size, over), daemon=True)
    killer.start()
    repeating: list[Repeating] = []

    def twice(timed: Timed) -> Repeating:
        repeating.append(Repeating(timed))
        return repeating[-1]

    with stack.onec("rough", habits, twice) as program:
        rougher = program.export(shop)
    settled = stack.settle("rough", size.patience) and settled
    over.set()
    killer.join()
    seconds = time.monotonic() - began
    rough = content_of(stack.portals["rough"])
    unlike = _unlike(calm, rough)
    if not (settled and exported.whole and rougher.whole):
        unlike += 1
        say(f"not whole: {exported.failures} {rougher.failures}")
    repeated = repeating[0].repeated
    return [
        *rows,
        row_of(f"{what}: with kills and {repeated} repeated fragments", "s", seconds, None),
        row_of(f"{what}: what is otherwise than in peace", "records", unlike, 0),
        at_least("processes of the worker killed at work: times", stack.kills, size.kills),
    ]


def _kill(stack: Bed, size: Size, over: threading.Event) -> None:
    """Kills at goods, at prices and stock, and wherever the last portions are."""
    there, left = stack.portals["rough"], size.kills
    tables = there.catalog.tables
    most = size.goods * 6  # a good, two prices, two rows of stock, and some more by documents
    while left and not over.wait(0.5):
        with there.lock:
            held = sum(len(tables[name]) for name in ("goods", "prices", "stock"))
        due = most * (size.kills - left + 0.5) / (size.kills + 1)
        if held >= due and stack.kill():
            left -= 1
            say(f"killed at {held} records")
            over.wait(_BETWEEN_KILLS)


def missing_in(content: Content, shop: Catalogue) -> int:
    """Returns how many records a portal has too few or too many of."""
    found = Counter(kind for kind, _ in content)
    pictured = sum(len(shop.pictures_of(number)) for number in range(shop.products))
    wanted = {
        "good": shop.products,
        "price": shop.products * 2,
        "stock": shop.products * shop.warehouses,
        "picture": pictured,
        "section": shop.groups,
    }
    say(f"the portal holds {dict(found)}")
    return sum(abs(number - found[kind]) for kind, number in wanted.items())


def _unlike(one: Content, other: Content) -> int:
    unlike = [key for key in {**one, **other} if one.get(key) != other.get(key)]
    for key in unlike[:5]:
        say(f"{key}: {one.get(key)} / {other.get(key)}")
    return len(unlike)


# ── with a limiter ────────────────────────────────────────────────────────────────────────────────


def _with_limiter(stack: Bed, shop: Catalogue, size: Size, orders: ShopSandbox) -> Sequence[Row]:
    there = stack.portals["calm"]
    there.replan(rate_limit=size.limit)
    stack.unlimited.clear()
    changed = replace(shop, changed=1, pictured=size.pictures * 2)
    habits = Habits(portion=size.portion, zips=False, retries=4)
    enough = threading.Event()
    export = threading.Thread(target=_export, args=(stack, changed, habits, enough))
    export.start()
    _wait_until_it_writes(stack)
    rests: list[float] = []
    sending = threading.Thread(target=_rests, args=(stack, shop, size, rests))
    sending.start()
    took = _orders(stack, orders, size)
    while sending.is_alive():
        stack.tick()
        sending.join(1.0)
    names = [row["name"] for row in there.catalog.goods]
    left = sum(not name.endswith("(новый)") for name in names)
    went_on = export.is_alive()
    enough.set()
    export.join(60.0)
    say(f"orders took {', '.join(f'{one:.1f}' for one in took)} s; refused {there.refused}")
    return [
        row_of(
            f"limiter, full import: slowest of {len(took)} order events",
            "s", max(took), _ORDER_SECONDS,
        ),
        row_of(
            f"limiter, full import: {size.rests:,} offers of rests", "s", rests[0], _RESTS_SECONDS
        ),
        at_least("the full import ran on meanwhile: yes", int(went_on), 1),
        row_of("goods that it had still to change", "goods", left, None),
    ]  # fmt: skip


def _open_shop(stack: Bed, orders: ShopSandbox) -> None:
    """Before anything else: a worker knows a new connection only after some time."""
    orders.subscribe(ShopSubscription(f"{stack.stack.api_url}/webhooks/shop"))
    stack.desk.connect(
        "shop", "http_api", shop_settings(orders.url), door_secret=DEFAULT_SECRET,
        networks=LOOPBACK,
    )  # fmt: skip
    stack.desk.link(
        Link(
            "orders",
            left=End("shop", "orders"),
            right=End("portal-calm", "orders"),
            creates=frozenset({Side.RIGHT}),
        )
    )


def _export(stack: Bed, shop: Catalogue, habits: Habits, enough: threading.Event) -> None:
    def until_enough(timed: Timed) -> Timed:
        timed.enough = enough
        return timed

    try:
        with stack.onec("calm", habits, until_enough) as program:
            program.export(shop)
    except EnoughError:
        return


def _wait_until_it_writes(stack: Bed) -> None:
    there = stack.portals["calm"]
    deadline = time.monotonic() + 180.0
    while time.monotonic() < deadline:
        stack.tick()
        with there.lock:
            if any(row["name"].endswith("(новый)") for row in there.catalog.goods):
                return
        time.sleep(0.2)
    raise AssertionError("the full import does not begin")


def _rests(stack: Bed, shop: Catalogue, size: Size, took: list[float]) -> None:
    """1C sends rests; it is over when the portal has them all."""
    there = stack.portals["calm"]
    news = replace(shop, least_stock=30)
    stores = [shop.key("warehouse", one) for one in range(shop.warehouses)]
    wanted = {
        (key, store): float(amount)
        for number in range(size.rests)
        for key in shop.offer_keys(number)
        for store, amount in zip(stores, news.stock_of(key), strict=True)
    }
    file = b"".join(offers_file(news, Style(), count=size.rests, only_changes=True, what="rests"))
    began = time.monotonic()
    with stack.onec("calm", Habits(zips=False, retries=4)) as program:
        program.send([[Sendable.of_bytes("rests0_1.xml", file)]])
    while time.monotonic() - began < 2 * _RESTS_SECONDS:
        held = stock_of(there)
        # Once seen is enough: the offers of the full import come later, and say otherwise again.
        wanted = {key: amount for key, amount in wanted.items() if held.get(key) != amount}
        if not wanted:
            break
        time.sleep(0.5)
    took.append(time.monotonic() - began)


def _orders(stack: Bed, shop: ShopSandbox, size: Size) -> Sequence[float]:
    took = []
    for number in range(size.orders):
        began = time.monotonic()
        buyer = shop.create("customers", {"full_name": "Иван Петров", "phone": "+7 900 000-00-17"})
        order = {
            "status": "new",
            "total_kopecks": 100_000 + number,
            "currency": "RUB",
            "customer_id": buyer["id"],
        }
        id_ = str(shop.create("orders", order)["id"])
        while time.monotonic() - began < 4 * _ORDER_SECONDS:
            if any(deal["originId"] == id_ for deal in stack.portals["calm"].deals):
                break
            stack.tick()
            time.sleep(0.2)
        took.append(time.monotonic() - began)
        time.sleep(max(0.0, size.every - took[-1]))
    return took


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────


def row_of(case: str, unit: str, ours: float, target: float | None, *, suite: str = SUITE) -> Row:
    """Returns a row, and says it."""
    row = absolute(suite, case, unit, ours=round(ours, 1), target=target)
    say(f"{case}: {row.ours:g} {unit}")
    return row


def at_least(case: str, ours: int, target: int) -> Row:
    """Returns a row whose target is a least number, and says it."""
    say(f"{case}: {ours}")
    return Row(SUITE, case, "", "higher", ours, None, "", ours, target, ours >= target, 1)


def say(line: str) -> None:
    """Tells whoever watches."""
    print(f"  {line}", file=sys.stderr, flush=True)
