"""Everything on one machine: the stack, the sandboxes beside it, and the connections between
them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local import readylinks, sandboxes
from local.connections import (
    ONEC_SETTINGS,
    ONEC_SITE_SETTINGS,
    oddshop_settings,
    shop_settings,
    site_settings,
)
from local.desk import Desk
from local.sandbox.oidc import CLIENT_ID
from local.sandbox.shop import DEFAULT_SECRET
from local.sandboxes import PORTAL_TOKEN, Sandbox
from local.stack import down as stack_down
from local.stack import up as stack_up
from local.stack.description import LocalStack
from local.stack.errors import LocalStackError
from local.stack.places import state_folder
from mostik.linkdoc.yamlfile import load as load_links
from mostik.sync.linkbook import LinkBook

ONEC_LOGIN, ONEC_PASSWORD = "onec", "sandbox-1c-password"
LOOPBACK = ("127.0.0.0/8",)

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class World:
    """A running world.

    Attributes:
        stack: what runs in the emulator.
        sandboxes: what stands beside it, by kind.
    """

    stack: LocalStack
    sandboxes: Mapping[str, Sandbox]

    @property
    def portal(self) -> Sandbox:
        """The Bitrix24 portal."""
        return self.sandboxes["portal"]

    @property
    def shop(self) -> Sandbox:
        """The shop."""
        return self.sandboxes["shop"]

    @property
    def oddshop(self) -> Sandbox:
        """The shop that differs from our model on purpose."""
        return self.sandboxes["oddshop"]

    @property
    def site(self) -> Sandbox:
        """The 1C-Bitrix site."""
        return self.sandboxes["site"]

    @property
    def identity(self) -> Sandbox:
        """The identity provider."""
        return self.sandboxes["oidc"]

    @property
    def desk(self) -> Desk:
        """The stack's ports for a person."""
        return Desk.of(self.stack)

    def webhook_url(self, connection: str) -> str:
        """Where an external system sends events of a connection."""
        return f"{self.stack.api_url}/webhooks/{connection}"


def start(
    name: str = "mostik-local", *, fresh: bool = False, stocked: bool = False, report: Report
) -> World:
    """Starts everything, or brings what runs already up to date.

    Args:
        name: of the stack.
        fresh: forget all earlier state first.
        stocked: put a first order into an empty shop: the sample events are about it.
        report: told about each step.

    Raises:
        LocalStackError: something did not start; the text says what to do.
    """
    folder = state_folder(name)
    if fresh:
        sandboxes.stop(folder)
        sandboxes.forget(folder)
    stack = stack_up(name=name, fresh=fresh, report=report)
    began = time.monotonic()
    world = World(stack, sandboxes.start(folder))
    _connect(world)
    if stocked and not world.shop.get("/_sandbox/state")["orders"]:
        _stock(world.shop)
    report(f"sandboxes and connections ready ({time.monotonic() - began:.1f} s)")
    return world


def load(name: str = "mostik-local") -> World:
    """Returns the world that runs.

    Raises:
        LocalStackError: none does.
    """
    folder = state_folder(name)
    found = sandboxes.running(folder)
    if not all(kind in found for kind in sandboxes.OPTIONS):
        raise LocalStackError("Nothing runs here: start it with 'make run'.")
    return World(LocalStack.load(folder), found)


def stop(name: str = "mostik-local") -> bool:
    """Stops everything and keeps its state. Returns whether anything ran."""
    ran = sandboxes.stop(state_folder(name))
    return stack_down(name=name) or ran


def _connect(world: World) -> None:
    """Sets up the connections, the link between them, and who tells whom about changes."""
    desk = world.desk
    desk.connect(
        "portal",
        "bitrix24",
        {"webhook_url": world.portal.webhook_url},
        door_secret=PORTAL_TOKEN,
        networks=LOOPBACK,
    )
    desk.connect("shop", "http_api", shop_settings(world.shop.url), door_secret=DEFAULT_SECRET,
                 networks=LOOPBACK)  # fmt: skip
    desk.connect("oddshop", "http_api", oddshop_settings(world.oddshop.url), networks=LOOPBACK)
    settings = site_settings(world.site.url, world.site.webhook_url)
    desk.connect("site", "bitrix_site", settings, networks=LOOPBACK)
    desk.let_sign_in(world.identity.url, CLIENT_ID, LOOPBACK)
    for connection, onec in (("onec", ONEC_SETTINGS), ("onec-site", ONEC_SITE_SETTINGS)):
        desk.connect(connection, "onec", onec)
        desk.admit_1c(connection, ONEC_LOGIN, ONEC_PASSWORD)
    _link(desk, "shop-orders")
    portal_events = {
        "event": "*",
        "url": world.webhook_url("portal"),
        "application_token": PORTAL_TOKEN,
    }
    shop_events = {"url": world.webhook_url("shop"), "secret": DEFAULT_SECRET}
    for sandbox, subscription in ((world.portal, portal_events), (world.shop, shop_events)):
        sandbox.post("/_sandbox/subscriptions", {"subscriptions": [subscription], "replace": True})


def _link(desk: Desk, name: str) -> None:
    """Sets up a link that lies ready, unless there is one already: a person may have changed it.
    Both its sides begin empty, so nothing has to be matched."""
    book = LinkBook(desk.links, desk.state, time.time)
    for one in load_links(readylinks.text_of(name)):
        if one.document is None:
            raise LocalStackError(f"The link {name} cannot be read: {one.problems[0]}")
        standing = desk.links.get(one.document.id)
        if standing is None or standing.document is None:
            book.settle(book.apply(one.document, by="make run").link.id)


def _stock(shop: Sandbox) -> None:
    """A buyer orders: order 1001 of the sample events. The shop tells Mostik by itself."""
    buyer = {"full_name": "Иван Петров", "phone": "+7 900 000-00-17"}
    customer = shop.post("/_sandbox/create", {"resource": "customers", "fields": buyer})
    order = {
        "status": "new",
        "total_kopecks": 1_234_550,
        "currency": "RUB",
        "customer_id": customer["id"],
    }
    shop.post("/_sandbox/create", {"fields": order})
