"""A portal with a trade catalogue, and a job of ours that works with it.

By default without sockets; ``on_loopback`` takes the real wire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from integrations.bitrix24 import integration
from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.models import Settings
from local.sandbox.faults import Fault, FaultKind
from local.sandbox.portal import PortalConfig, PortalSandbox
from local.sandbox.portal.catalog.config import CatalogConfig, Inventory
from mostik.errors import MostikError
from mostik.http.client import ApiClient, Effects
from mostik.http.guard import Reach
from mostik.http.redact import Redactor
from mostik.http.session import open_session
from mostik.http.trail import Trail
from mostik.integration import RecordT
from mostik.requestlog.entry import LogEntry
from tests.integrations.bitrix24.transport.world import PortalWire
from tests.support.clock import FakeClock
from tests.support.sandbox import PortalInProcess

OWN = "portal"
"""The connection to the portal."""
SHOP = "onec"
"""The connection that the records come from."""


def just_create(
    name: str, find: Callable[[], RecordT | None], create: Callable[[], RecordT]
) -> RecordT:
    """``CreateOnce`` of a world with one worker."""
    del name
    found = find()
    return found if found is not None else create()


def a_config(inventory: Inventory = Inventory.OFF, **how: Any) -> PortalConfig:
    """A portal with three warehouses and three price types, without a request limit."""
    config = CatalogConfig(
        inventory=inventory,
        stores=("Main", "North", "South"),
        price_types=("BASE", "WHOLESALE", "STAFF"),
        **how,
    )
    return PortalConfig(rate_limit=None, catalog=config)


@dataclass
class Job:
    """One job of ours at one portal.

    Attributes:
        there: the portal.
        settings: of the connection, beside the webhook.
        ask: what the work was asked by.
        base_url: where the portal is; by default nobody is called, the wire is a short one.
    """

    there: PortalSandbox
    settings: dict[str, Any] = field(default_factory=dict)
    ask: str | None = "run-7"
    base_url: str | None = None
    entries: list[LogEntry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = clock = FakeClock()
        webhook = f"https://company.bitrix24.ru/rest/1/{self.there.config.secret}/"
        session = open_session(4, Reach(("127.0.0.0/8",)))
        self.wire = PortalWire(self.there)
        if self.base_url is None:
            session.mount("https://", self.wire)
        self.api = ApiClient(
            connection=OWN,
            base_url=self.base_url or webhook,
            session=session,
            auth=None,
            dialect=integration.dialect,
            redactor=Redactor([webhook]),
            effects=Effects(clock, clock.sleep, lambda: 0.5),
        )
        self.set = Settings.model_validate({"webhook_url": webhook, **self.settings})
        self.next_job()

    def next_job(self) -> None:
        """From now on it is another job of the same worker."""
        trail = Trail(lambda: 900.0, self.entries.append, ask=self.ask)
        self.client = Bitrix24(self.api.following(trail), self.set)

    def resource(self, name: str) -> Any:
        """A resource as the core builds it."""
        return integration.resources[name](self.client, self.set, OWN)

    def breaks(self, method: str, kind: FaultKind, **more: Any) -> None:
        """Scripts a fault."""
        self.there.faults.add(Fault(method, kind, **more))

    @property
    def sent(self) -> list[str]:
        """Methods of the requests that were made, batches as one."""
        return self.wire.sent

    def writes(self) -> int:
        """Calls that change something, those inside of batches included."""
        return sum(
            count
            for method, count in self.there.calls.items()
            if method.rpartition(".")[2] in ("add", "update", "modify", "delete", "conduct")
        )

    def table(self, name: str) -> list[dict[str, Any]]:
        """The rows that the portal holds."""
        return list(self.there.catalog.tables[name])


def a_job(inventory: Inventory = Inventory.OFF, *, settings: Any = None, **how: Any) -> Job:
    """A job at a fresh portal."""
    return Job(PortalSandbox(a_config(inventory, **how)), dict(settings or {}))


@contextmanager
def on_loopback(inventory: Inventory, settings: Any = None) -> Iterator[Job]:
    """A job at a portal that listens."""
    with PortalSandbox(a_config(inventory)) as there:
        yield Job(there, dict(settings or {}), base_url=there.webhook_url)


def a_good(job: Job, xml_id: str, **fields: Any) -> int:
    """A simple good that the portal has had for ever."""
    given = {"iblockId": 23, "name": xml_id, "xmlId": xml_id, **fields}
    added = PortalInProcess(job.there).result("catalog.product.add", {"fields": given})
    return int(added["element"]["id"])


def name_store(job: Job, number: int, xml_id: str) -> None:
    """Gives a warehouse its external code."""
    job.there.catalog.stores.rows[number]["xmlId"] = xml_id


def name_price_type(job: Job, number: int, xml_id: str) -> None:
    """Gives a price type its external code."""
    job.there.catalog.price_types.rows[number]["xmlId"] = xml_id


def errors_in(answers: Sequence[Any]) -> list[MostikError]:
    """The errors among answers."""
    return [one for one in answers if isinstance(one, MostikError)]
