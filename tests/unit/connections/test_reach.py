"""What a connection may reach, from its row to its session; and a rename that is reported."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from integrations.bitrix24 import integration as bitrix24
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.open import OpenConnections
from mostik.errors import ConfigurationError
from mostik.http.client import Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.guard import Reach
from tests.support.api_router import ApiRouter, says
from tests.support.clock import FakeClock
from tests.support.memory import MemorySecrets, state_table

WEBHOOK = "https://b24-abc.bitrix24.ru/rest/1/hush-hush-secret/"
GET = Endpoint("POST", "crm.item.get", Replay.SAFE)


class Stand:
    """Connections to portals."""

    def __init__(self, webhook: str = WEBHOOK) -> None:
        clock, table = FakeClock(), state_table()
        self.renamed: list[tuple[str, str]] = []
        self.book = ConnectionBook(table, clock)
        self.connections = OpenConnections(
            ConnectionBook(table, clock),
            MemorySecrets({"client/portal": json.dumps({"webhook_url": webhook})}),
            lambda _name: bitrix24,
            Effects(clock, clock.sleep, lambda: 0.5),
            renamed=lambda connection, host: self.renamed.append((connection, host)),
        )


def test_the_session_may_reach_what_the_row_says() -> None:
    # GIVEN
    stand = Stand()
    saved = Connection("portal", "bitrix24", networks=("10.0.0.0/8",), ports=(8443,))
    # WHEN
    stand.book.save(saved)
    # THEN
    assert stand.book.get("portal") == saved
    assert stand.connections.get("portal").api._session.reach == Reach(("10.0.0.0/8",), (8443,))


@pytest.mark.parametrize(
    ("webhook", "words"),
    [
        ("https://10.0.0.7/rest/1/hush-hush-secret/", "private or reserved"),
        ("https://portal.example:8443/rest/1/hush-hush-secret/", "port 443"),
        ("http://portal.example/rest/1/hush-hush-secret/", "https://"),
    ],
)
def test_an_address_out_of_reach_is_not_opened(webhook: str, words: str) -> None:
    # GIVEN
    stand = Stand(webhook)
    connection = Connection("portal", "bitrix24")
    stand.book.save(connection)
    # THEN
    with pytest.raises(ConfigurationError, match=words) as refused:
        stand.connections.get("portal")
    assert "hush-hush" not in refused.value.text
    # AND it is when its network or port is allowed
    stand = Stand(webhook)
    stand.book.save(replace(connection, networks=("10.0.0.0/8",), ports=(8443,)))
    assert stand.connections.get("portal").api.connection == "portal"


def test_a_rename_is_reported_once_by_connection_and_host() -> None:
    # GIVEN a portal that was renamed
    stand = Stand()
    stand.book.save(Connection("portal", "bitrix24"))
    api = stand.connections.get("portal").api
    router = ApiRouter(WEBHOOK, {"POST crm.item.get": {}})
    there = WEBHOOK.replace("b24-abc", "company") + GET.path
    moves, stays = says(302, None, {"Location": there}), says(200, {})
    router.break_route(
        "POST crm.item.get",
        lambda request: (moves if "b24-abc" in str(request.url) else stays)(request),
    )
    api._session.mount("https://", router)
    # WHEN it is called three times
    for _ in range(3):
        api.request(GET, body={})
    # THEN
    assert stand.renamed == [("portal", "company.bitrix24.ru")]
    assert len(router.calls) == 4
