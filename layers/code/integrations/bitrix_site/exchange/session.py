"""Sessions with the script of the exchange, over the connection's own client.

The watermark trap: the site keeps "up to when 1C has its orders" in an option named by the first 22
signs of the script's path. A ``query`` of orders for 1C writes the time of the asking beside it,
and ``success`` commits that time, if its session is the one that logged in last for orders. So
where a real 1C uses the same address (mode ``shared``), none of the three is done here: we log in
as for goods, which is a session of all types and touches no option, and ask for orders as a
Bitrix24 asks a shop (type ``crm``), by a moment that we keep. 1C does not notice us.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from io import BytesIO
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from integrations.bitrix_site.exchange.english import Changes, Second, in_russian
from integrations.bitrix_site.models import Settings
from integrations.bitrix_site.rest import front
from mostik.commerceml.client import ExchangeClient, Manners
from mostik.commerceml.client_reply import HttpCall, HttpReply, Login, Terms
from mostik.errors import ConfigurationError, GiveUp, RetryLater, Unknown, WhoActs
from mostik.http.client import ApiClient
from mostik.http.endpoint import Endpoint, Format, Replay

SALE, CATALOG, GET_CATALOG, CRM = "sale", "catalog", "get_catalog", "crm"
AT_ONCE = 100
"""Orders that are asked for at once."""
_MOST_TOLD = 2_000
"""Orders of one second that a place names; more than that come twice, as unchanged."""
_MOST_POLLS = 2_000
_MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk through changed orders goes on.

    Attributes:
        after: the last second that was told; ``None``: it begins with the first order.
        most: so many are asked for.
    """

    after: Second | None = None
    most: int = AT_ONCE

    def __str__(self) -> str:
        told = sorted(self.after.ids)[:_MOST_TOLD] if self.after is not None else []
        at = self.after.at.isoformat() if self.after is not None else None
        return json.dumps([at, self.most, told], separators=(",", ":"))

    @classmethod
    def of(cls, text: str | None) -> Self:
        """Reads it back.

        Raises:
            GiveUp: it is none.
        """
        if text is None:
            return cls()
        try:
            at, most, told = json.loads(text)
            after = Second(datetime.fromisoformat(at), frozenset(map(str, told)))
            return cls(after, int(most))
        except (ValueError, TypeError):
            raise GiveUp(
                "The list cannot go on from this cursor: begin anew.", who=WhoActs.DEVELOPER
            ) from None


class Exchange:
    """The exchange of one site.

    Args:
        api: the connection's client, bound to a job.
        settings: of the connection.
    """

    def __init__(self, api: ApiClient, settings: Settings) -> None:
        self._api = api
        self._settings = settings

    # ── orders ────────────────────────────────────────────────────────────────────────────────

    def pull_orders(self, take: Callable[[bytes], bool]) -> None:
        """Asks for the orders that the site has for 1C. Never where a real 1C asks too.

        Args:
            take: keeps the answer. Only one that it could keep whole is confirmed: as 1C does it,
                the site is let tell the others again.
        """
        session = self._session(SALE)
        session.check_auth()
        if self._settings.agreed_schema:
            session.init()  # the site takes the schema from there
        if take(session.query()):
            session.success()

    def changes(self, since: datetime | None, now: datetime) -> Iterator[Changes]:
        """Yields the orders that were changed from a moment on, the oldest change first.

        Args:
            since: by the site's clock on the wall; ``None``: all orders.
            now: by the same clock.

        Raises:
            GiveUp: the site's answer cannot be read.
        """
        place: Place | None = Place(Second(since) if since is not None else None)
        while place is not None:
            found, place = self.some_changes(place, now)
            yield found

    def some_changes(self, place: Place, now: datetime) -> tuple[Changes, Place | None]:
        """Asks for a page of them, and says where the next one begins. Nothing of it moves what the
        site keeps for 1C.

        Raises:
            GiveUp: the site's answer cannot be read.
        """
        asked = self._label(place.after, now)
        found = in_russian(self._as_bitrix24.changed_orders(asked, place.most), place.after)
        if found.last is None or found.count < place.most:
            return found, None
        # What shares the last second may go on behind this page, so that second is asked for again.
        stays = self._label(found.last, now) <= asked
        return found, Place(found.last, place.most * 2 if stays else AT_ONCE)

    def order(self, key: str) -> Changes:
        """Asks for one order by the site's id, in the same way."""
        return in_russian(self._as_bitrix24.order(key))

    def push_orders(self, name: str, document: bytes) -> None:
        """Sends orders, and waits until the site has worked them off."""
        session = self._session(SALE)
        self._push(session, name, document)

    def info(self) -> bytes:
        """Asks for the lists of statuses, pay systems and delivery services."""
        session = self._session(SALE)
        session.check_auth(self._quietly)
        return session.info()

    # ── goods ─────────────────────────────────────────────────────────────────────────────────

    def push_goods(self, name: str, document: bytes) -> None:
        """Sends goods or offers, and waits until the site has worked them off. It is never said
        that a package is over: what it does not hold is not switched off."""
        self._push(self._session(CATALOG), name, document)

    def catalogue(self) -> Iterator[bytes]:
        """Yields the site's catalogue in its parts. Each is given once in a session: a repeated
        question would be answered with the next one.

        Raises:
            SiteRefuses: the site's export of goods is not set up.
            RetryLater: a part was lost: all of it is read again.
        """
        session = self._session(GET_CATALOG)
        session.check_auth()
        session.init()
        for _ in range(_MOST_PARTS):
            try:
                part = session.next_part()
            except Unknown as error:  # the site has gone on: only a new session begins anew
                raise _again(error) from None
            if part is None:
                return
            yield part
        raise RetryLater("The site's catalogue does not end.", who=WhoActs.EXTERNAL_ADMIN)

    # ── for the check ─────────────────────────────────────────────────────────────────────────

    def try_login(self) -> Login:
        """Logs in as for goods: a login for orders would disturb a 1C in its exchange."""
        return self._session(CATALOG).check_auth()

    def try_changes(self, now: datetime) -> None:
        """Asks for the orders of the future as in mode ``shared``: there are none."""
        for _ in self.changes(now.replace(year=now.year + 1), now):
            return

    def try_terms(self) -> Terms:
        """Asks for the terms of orders. It clears what others are sending: never when shared."""
        session = self._session(SALE)
        session.check_auth()
        return session.init()

    # ── inner works ───────────────────────────────────────────────────────────────────────────

    def _push(self, session: ExchangeClient, name: str, document: bytes) -> None:
        """A session begins with an empty directory, and an import of the same keys changes what it
        has made: whatever was lost on the way, the whole push may be repeated."""
        try:
            session.check_auth(self._quietly)
            terms = session.init()
            session.send(name, BytesIO(document), terms.file_limit)
            for polls, _told in enumerate(session.import_file(name)):
                if polls >= _MOST_POLLS:
                    raise RetryLater(
                        f"The site has not ended the import of {name} yet.",
                        who=WhoActs.EXTERNAL_ADMIN,
                    )
        except Unknown as error:
            raise _again(error) from None

    @property
    def _quietly(self) -> str | None:
        """Whose login is asked for, so that a 1C in its exchange of orders is not disturbed."""
        return CATALOG if self._settings.is_shared else None

    @cached_property
    def _as_bitrix24(self) -> ExchangeClient:
        """A session for questions of a Bitrix24; one for a job."""
        session = self._session(CRM)
        session.check_auth(CATALOG)
        return session

    def _label(self, second: Second | None, now: datetime) -> int:
        """The moment before a second, as the site turns it into its own time again: by the offset
        that it has now, which was another one where the clocks were changed in between."""
        if second is None:
            return 0
        since, zone = second.at, self._settings.time_zone
        then, today = (
            moment.replace(tzinfo=zone).utcoffset() or timedelta() for moment in (since, now)
        )
        return int((since.replace(tzinfo=UTC) - (then - today)).timestamp()) - 1

    def _session(self, kind: str) -> ExchangeClient:
        settings = self._settings
        if settings.exchange_login is None or settings.exchange_password is None:
            raise ConfigurationError(
                "Enter exchange_login and exchange_password: the exchange asks for a user."
            )
        return ExchangeClient(
            self._http,
            settings.script,
            settings.exchange_login,
            settings.exchange_password.get_secret_value(),
            kind=kind,
            schema=settings.agreed_schema if kind == SALE else None,
            manners=Manners(repeats_login=settings.front_login is not None),
        )

    def _http(self, call: HttpCall) -> HttpReply:
        """Every call is one of the connection: behind its gate, within its time, in its log."""
        parts = urlsplit(call.url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        goes_on = (query.get("type"), query.get("mode")) == (GET_CATALOG, "query")
        endpoint = Endpoint(
            call.method,
            parts.path,
            Replay.UNSAFE if call.method == "POST" or goes_on else Replay.SAFE,
            answers=Format.BYTES,
            private=query.get("mode") == "checkauth",
        )
        answer = self._api.request(
            endpoint,
            query=query,
            body=call.body if call.method == "POST" else None,
            headers={**front(self._settings), **call.headers},
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        content = answer.content if isinstance(answer.content, bytes) else b""
        return HttpReply(answer.status, headers, content)


def _again(error: Unknown) -> RetryLater:
    """What is harmless to do once more, from its beginning."""
    return RetryLater(
        error.text, who=error.who, status=error.status, code=error.code, gate=error.gate
    )
