"""The whole admin in memory: real door, routes and desks; three users of the sandbox's identity
provider; two connections to shelves and a link between them."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from local.sandbox.oidc import CLIENT_ID, USERS, IdentityProvider
from local.sandbox.oidc.provider import IdentityError
from mostik.admin.api import build_api
from mostik.admin.audit import Audit
from mostik.admin.callsdesk import CallsDesk
from mostik.admin.desk import AdminDesk
from mostik.admin.exchangedesk import ExchangeDesk
from mostik.admin.front import Front
from mostik.admin.health import Health
from mostik.admin.jsonapi import build_json_api
from mostik.admin.linkends import LinkEnds
from mostik.admin.logreplay import LogReplay
from mostik.admin.mappingdesk import MappingDesk
from mostik.admin.matchdesk import MatchDesk
from mostik.admin.once import Once
from mostik.admin.pages.build import build_site
from mostik.admin.recorddesk import RecordDesk
from mostik.admin.secretdesk import SecretDesk
from mostik.admin.settingsdesk import SettingsDesk
from mostik.admin.signin.door import CSRF_HEADER, SESSION_COOKIE, AdminDoor
from mostik.admin.signin.sessions import Sessions
from mostik.admin.transfer import TransferDesk
from mostik.alerts.book import Alerts
from mostik.bootstrap.orders import zone_of
from mostik.connections.gateboard import GateBoard
from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnections
from mostik.errors import ConfigurationError
from mostik.http.client import Effects
from mostik.ids import ulid
from mostik.inbound.door import Door, dump_door
from mostik.inbound.scheme import AcceptedSecret
from mostik.integration import Integration
from mostik.jobs.failed import FailedJobs
from mostik.jobs.replay import Replay
from mostik.jobs.wakes import Wakes
from mostik.ports import Busy
from mostik.requestlog.query import LogReader
from mostik.requestlog.store import RequestLog
from mostik.sync.comparison import Comparisons
from mostik.sync.conflicts import ConflictDesk
from mostik.sync.content import Contents
from mostik.sync.judge import Judge
from mostik.sync.link import Links
from mostik.sync.linkbook import LinkBook
from mostik.sync.reconcile import ReconcileDesk
from mostik.sync.results import Results
from mostik.sync.rundiff import RunDiffs
from mostik.sync.xref import Pairs
from tests.support.queue import MemoryGauge
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import NAME
from tests.support.slots import MemorySlots

HOST = "mostik.example"
PUBLIC = f"https://{HOST}"
ISSUER = "https://id.example"
PASSWORD = "a-generated-password-of-thirty-two"
CONTEXT: Any = SimpleNamespace(
    aws_request_id="request-1", get_remaining_time_in_millis=lambda: 25_000, function_name="admin"
)
SIGN_IN = json.dumps({"issuer": ISSUER, "client_id": CLIENT_ID})


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the admin."""

    status: int
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.text)


class ProviderCalls:
    """``Calls`` that reach the identity provider without a network.

    Attributes:
        away: whether it does not answer.
    """

    def __init__(self, provider: IdentityProvider) -> None:
        self.provider = provider
        self.away = False

    def get(self, url: str) -> Mapping[str, Any]:
        """See ``Calls.get``."""
        if self.away:
            raise Busy("nobody answers")
        if url == f"{ISSUER}/.well-known/openid-configuration":
            return self.provider.metadata()
        assert url == f"{ISSUER}/keys"
        return self.provider.keys()

    def post(self, url: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        """See ``Calls.post``."""
        assert url == f"{ISSUER}/token"
        try:
            return self.provider.token(form)
        except IdentityError as error:
            return {"error": str(error)}


class Browser:
    """Keeps cookies and knows the page's token, as a browser that shows the admin does."""

    def __init__(self, rig: AdminRig) -> None:
        self._rig = rig
        self.cookies: dict[str, str] = {}
        self.csrf = ""
        rig.browsers += 1
        self._address = f"192.0.2.{rig.browsers}"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Sends one request from our own page."""
        own = {"sec-fetch-site": "same-origin", CSRF_HEADER: self.csrf}
        if method not in ("GET", "HEAD"):
            own["origin"] = PUBLIC
        reply = self._rig.send(
            method,
            path,
            body,
            query=query,
            headers={**own, **(headers or {})},
            cookies=self.cookies,
            address=self._address,
        )
        for name, value in reply.cookies.items():
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return reply

    def sign_in(self, login: str, place: str = "/admin") -> Reply:
        """Goes the whole way through the identity provider."""
        begun = self.call("GET", "/admin/login", query={"to": place})
        assert begun.status == 302, begun.text
        query = dict(parse_qsl(urlsplit(begun.headers["Location"]).query))
        back = urlsplit(self._rig.provider.sign_in(query, login))
        ended = self.call("GET", back.path, query=dict(parse_qsl(back.query)))
        if ended.status == 302:
            self.csrf = self.call("GET", "/admin/api/session").json["csrf"]
        return ended

    @property
    def session(self) -> str:
        """The secret name of its session."""
        return self.cookies[SESSION_COOKIE]


@dataclass
class AdminRig:
    """The admin over ports in memory; ``rig`` is the stack behind it."""

    rig: Rig = field(default_factory=Rig)
    browsers: int = 0

    def __post_init__(self) -> None:
        self.clock = self.rig.clock
        self.slots = MemorySlots()
        self.provider = IdentityProvider(ISSUER, self.clock)
        self.calls = ProviderCalls(self.provider)
        self.secrets = self.rig.secrets
        self.secrets.documents |= {"admin": PASSWORD, "sign-in": SIGN_IN}
        door = Door("hmac", {"signature": "header:x-sign"}, (AcceptedSecret("1", "door-secret"),))
        self.secrets.documents[f"door/{HERE}"] = dump_door(door)
        self.sessions = Sessions(self.rig.table, self.clock)
        self.desk = self._desk()
        self.api = build_json_api(self.desk)
        self.lines: list[str] = []
        self.front = Front(
            AdminDoor(
                secrets=self.secrets,
                sessions=self.sessions,
                slots=self.slots,
                calls=lambda _networks: self.calls,
                clock=self.clock,
            ),
            lambda: self.api,
            build_api(
                secrets=self.secrets,
                health=self.desk.health,
                log=self.desk.log,
                clock=self.clock,
                emit=self.lines.append,
            ),
            lambda api: build_site(api, self.clock),
        )

    def lookup(self, name: str) -> Integration[Any, Any]:
        """Finds the integration of a shelf."""
        if name != NAME:
            raise ConfigurationError(f"There is no integration {name!r}. Existing: {NAME}.")
        return self.rig.offers()

    def _desk(self) -> AdminDesk:
        rig, clock = self.rig, self.clock
        effects = Effects(clock, clock.sleep, lambda: 0.5)
        connections = OpenConnections(rig.book, rig.secrets, self.lookup, effects, 1)
        calls = CallsDesk(connections, RequestLog(rig.log_table, rig.blobs), clock)
        secrets = SecretDesk(rig.secrets, rig.table, clock)
        settings = SettingsDesk(rig.book, secrets, Wakes(rig.table, clock), self.lookup)
        links, pairs = Links(rig.table, clock), Pairs(rig.table)
        link_book, ends = LinkBook(links, rig.table, clock), LinkEnds(calls)

        def log() -> LogReader:
            ids = [connection.id for connection in rig.book.all()]
            return LogReader(rig.log_table, ids, rig.blobs, clock)

        return AdminDesk(
            integrations={NAME: rig.offers()},
            book=rig.book,
            settings=settings,
            secrets=secrets,
            calls=calls,
            transfer=TransferDesk(rig.book, settings, secrets, calls, self.lookup),
            records=RecordDesk(
                links=links, pairs=Pairs(rig.table), parked=rig.parked, rows=rig.rows,
                queue=rig.queue, calls=calls, clock=clock,
            ),
            matching=MatchDesk(
                table=rig.table, blobs=rig.blobs, ends=ends, book=link_book, pairs=pairs,
                clock=clock,
            ),
            mapping=MappingDesk(
                book=link_book, ends=ends, pairs=pairs, parked=rig.parked, queue=rig.queue,
                clock=clock,
            ),
            conflicts=ConflictDesk(links, pairs, rig.queue, clock, ends),
            exchange=ExchangeDesk(
                rig.table, rig.blobs, rig.queue, rig.book, {NAME: rig.offers()}, zone_of, clock
            ),
            gates=GateBoard(rig.table, rig.book, clock),
            alerts=Alerts(rig.table),
            health=Health(MemoryGauge(rig.queue), rig.rows, rig.gates, clock),
            rows=rig.rows,
            failed=FailedJobs(rig.rows),
            replay=Replay(rig.rows, rig.queue, clock),
            replays=rig.replays,
            links=links,
            runs=rig.desk,
            results=Results(rig.table),
        diffs=RunDiffs(Results(rig.table), Contents(rig.blobs)),
        reconcile=ReconcileDesk(
            comparisons=Comparisons(rig.table, rig.blobs), links=links, pairs=pairs,
            judge=Judge(pairs, rig.parked, rig.rows, clock), queue=rig.queue, clock=clock,
            open_ends=ends,
        ),
            parked=rig.parked,
            log=log,
            log_replay=lambda: LogReplay(rig.rows, rig.queue, log(), clock),
            blobs=rig.blobs,
            last_used=LastUsed(rig.table, clock),
            audit=Audit(rig.table, clock, in_order()),
            once=Once(rig.table, clock),
            clock=clock,
        )  # fmt: skip

    def browser(self, login: str | None = None) -> Browser:
        """Returns a browser, signed in as one of the three users."""
        browser = Browser(self)
        if login is not None:
            assert browser.sign_in(login).status == 302
        return browser

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        address: str = "192.0.2.200",
        raw_query: str | None = None,
    ) -> Reply:
        """Sends one request as API Gateway hands it on."""
        coded = isinstance(body, bytes)
        if isinstance(body, bytes):
            body = b64encode(body).decode()
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        typed = {"content-type": "application/json"} if text is not None else {}
        answer = self.front.resolve(
            {
                "version": "2.0",
                "rawPath": path,
                "rawQueryString": urlencode(query or {}) if raw_query is None else raw_query,
                "queryStringParameters": dict(query) if query else None,
                "headers": {"host": HOST, **typed, **(headers or {})},
                "cookies": [f"{name}={value}" for name, value in (cookies or {}).items()],
                "body": text,
                "isBase64Encoded": coded,
                "requestContext": {
                    "stage": "$default",
                    "domainName": HOST,
                    "http": {"method": method, "path": path, "sourceIp": address},
                },
            },
            CONTEXT,
        )
        return Reply(
            answer["statusCode"],
            answer["headers"],
            _set_cookies(answer.get("cookies") or []),
            answer.get("body") or "",
        )


def in_order() -> Callable[[float], str]:
    """Makes ids that sort as they were made, though no time passes."""
    numbers = count()
    return lambda now: ulid(now, lambda size: next(numbers).to_bytes(size, "big"))


def by_password(password: str = PASSWORD) -> dict[str, str]:
    """The command line's header."""
    return {"authorization": "Basic " + b64encode(f"admin:{password}".encode()).decode()}


def _set_cookies(lines: list[str]) -> dict[str, str]:
    found = {}
    for line in lines:
        name, _, value = line.partition(";")[0].partition("=")
        found[name] = value
    return found


LOGINS: Mapping[str, str] = {user.groups[-1]: login for login, user in USERS.items()}
"""Who has which role."""
EVERYONE = (HERE, THERE)
