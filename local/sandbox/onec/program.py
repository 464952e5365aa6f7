"""The sandbox 1C: exchanges as UT11 does, over a real endpoint or over anything that answers.

Portions of goods, each in a session of its own: login, terms, the files in fragments or as one
archive with the name of a temporary file, then an import of every document by its own name, asked
for without a pause. Orders: a login and ``query`` without ``init``, ``success`` when all of them
were loaded, its own orders in a second session (facts on the exchange protocol, order of calls).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from local.sandbox.onec.catalogue import (
    Catalogue,
    import_file,
    offers_file,
    picture,
    picture_name,
)
from local.sandbox.onec.documents import NotAnOrder
from local.sandbox.onec.ledger import Ledger
from local.sandbox.onec.paper import Style
from mostik.commerceml.client import ExchangeClient, Manners, Told
from mostik.commerceml.client_flow import Pushed, Sendable, pull_orders, push_orders, push_portion
from mostik.commerceml.client_reply import Http, SiteRefuses
from mostik.errors import MostikError

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Site:
    """The site's address and login, as somebody types them into 1C."""

    url: str
    login: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Habits:
    """What differs between two 1Cs.

    Attributes:
        portion: goods in a portion.
        zips: sends a portion as one archive, if the site takes archives.
        schema: names it in ``init`` and ``query``, as modules from 2.08 on do.
        waits: asks for imports; a setting of 1C only uploads.
        on_linux: sends the paths of its own files.
        ends: says when a package is over: modules from 4.0.2.3 on.
        retries: how often a portion that failed is sent again.
        manners: of a single session.
    """

    portion: int = 500
    zips: bool = True
    schema: str | None = None
    waits: bool = True
    on_linux: bool = False
    ends: bool = False
    retries: int = 2
    manners: Manners = field(default_factory=Manners)


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of an export.

    Attributes:
        portions: what was sent and taken.
        failures: what 1C's log of the exchange says: portions that failed, repeats included.
        whole: every portion was taken in the end.
    """

    portions: Sequence[Pushed]
    failures: Sequence[str]
    whole: bool


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What became of an exchange of orders.

    Attributes:
        loaded: numbers of the orders that came from the site.
        refusal: why none of them was loaded; then the site was not told ``success``.
        sent: what the site said about 1C's own; the last one counts.
    """

    loaded: Sequence[str]
    refusal: str | None = None
    sent: Sequence[Told] = ()


class Program:
    """A 1C.

    Args:
        http: sends its requests.
        site: where to.
        habits: how it exchanges.
        ledger: its orders.
        say: told about each answer to an import.
    """

    def __init__(
        self,
        http: Http,
        site: Site,
        habits: Habits | None = None,
        *,
        ledger: Ledger | None = None,
        say: Say = lambda _line: None,
    ) -> None:
        self.http = http
        self.site = site
        self.habits = habits or Habits()
        self.ledger = ledger or Ledger()
        self._say = say
        self._sessions = 0

    def client(self, kind: str = "catalog") -> ExchangeClient:
        """Returns a session that has not logged in yet."""
        self._sessions += 1
        return ExchangeClient(
            self.http,
            self.site.url,
            self.site.login,
            self.site.password,
            kind=kind,
            schema=self.habits.schema,
            manners=self.habits.manners,
        )

    # ── goods ─────────────────────────────────────────────────────────────────────────────────

    def export(
        self, shop: Catalogue, style: Style | None = None, *, only_changes: bool = False
    ) -> Exported:
        """Exports a catalogue: portions of goods, then portions of offers, each a session."""
        return self.send(portions_of(shop, style or Style(), self.habits.portion, only_changes))

    def send(self, portions: Iterable[Sequence[Sendable]]) -> Exported:
        """Sends portions; one that fails is sent again, and at last the others are not sent."""
        done: list[Pushed] = []
        failures: list[str] = []
        client = None
        began: str | None = None
        for files in portions:
            for _ in range(1 + self.habits.retries):
                client = self.client()
                try:
                    done.append(self.push(files, client))
                except MostikError as error:
                    failures.append(_words(error))
                    self._say(failures[-1])
                else:
                    began = began or client.timestamp
                    break
            else:
                return Exported(done, failures, whole=False)
        if client is not None and self.habits.ends:
            client.deactivate(began)
            client.complete()
        return Exported(done, failures, whole=True)

    def push(self, files: Sequence[Sendable], client: ExchangeClient | None = None) -> Pushed:
        """Sends one portion.

        Raises:
            SiteRefuses: the site said ``failure``: nothing more is sent.
            RetryLater: there was no proper answer.
        """
        client = client or self.client()
        habits = self.habits
        sent = files
        if habits.on_linux:
            sent = [replace(one, name=f"/tmp/{one.name}") for one in files]  # noqa: S108 - 1C's own
        archive = f"v8_{self._sessions:04X}_3e.zip" if habits.zips else None
        pushed = push_portion(
            client,
            files if archive else sent,
            archive=archive,
            wait=habits.waits,
            listener=lambda name, told: self._say(f"{name}: {told.word.value} {told.text}"),
        )
        return pushed

    # ── orders ────────────────────────────────────────────────────────────────────────────────

    def exchange_orders(self) -> Exchanged:
        """Takes the site's orders, and sends its own that have changed."""
        taken = self.take_orders()
        return replace(taken, sent=self.send_orders()) if taken.refusal is None else taken

    def take_orders(self) -> Exchanged:
        """Takes the site's orders: all of them are loaded and ``success`` is said, or none is.

        Raises:
            RetryLater: there was no proper answer.
        """
        loaded: list[str] = []
        try:
            pull_orders(self.client("sale"), lambda answer: loaded.extend(self.ledger.take(answer)))
        except NotAnOrder as refusal:
            return Exchanged((), str(refusal))
        return Exchanged(loaded)

    def send_orders(self, numbers: Iterable[str] | None = None) -> Sequence[Told]:
        """Sends orders back: those that changed, or some by their numbers."""
        content = self.ledger.export(numbers=numbers)
        if content is None:
            return ()
        self._sessions += 1
        name = f"orders-{UUID(int=self._sessions)}_1.xml"
        told = push_orders(self.client("sale"), name, content, ask=self.habits.waits)
        self.ledger.sent()
        return list(told)


def portions_of(
    shop: Catalogue, style: Style, size: int, only_changes: bool = False
) -> Iterator[Sequence[Sendable]]:
    """Yields what 1C puts into its directory, portion after portion. Only the first of a full
    export says that it is one (``СодержитТолькоИзменения``)."""
    starts = list(enumerate(range(0, shop.products, size), 1))
    for number, first in starts:
        goods = import_file(
            shop,
            style,
            first=first,
            count=size,
            only_changes=only_changes or number > 1,
            classifier=number == 1,
        )
        pictures = [
            Sendable.of_bytes(picture_name(shop, good, which), picture(shop, good, which))
            for good in range(first, min(shop.products, first + size))
            for which in shop.pictures_of(good)
        ]
        yield [Sendable.of_bytes(f"import0_{number}.xml", b"".join(goods)), *pictures]
    for number, first in starts:
        offers = offers_file(
            shop, style, first=first, count=size, only_changes=only_changes or number > 1
        )
        yield [Sendable.of_bytes(f"offers0_{number}.xml", b"".join(offers))]


def from_disk(paths: Iterable[Path], root: Path | None = None) -> list[Sendable]:
    """Returns files of a disk, named as they lie below ``root`` or by their own names."""
    return [
        Sendable(
            path.relative_to(root).as_posix() if root is not None else path.name,
            lambda path=path: path.open("rb"),  # type: ignore[misc]  # mypy: bpo-11877
        )
        for path in paths
    ]


def _words(error: MostikError) -> str:
    if isinstance(error, SiteRefuses):
        return f"mode={error.mode}: {error.said}"
    return str(error)
