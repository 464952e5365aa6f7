"""The transport over real sockets: what a portal does to a connection."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from integrations.bitrix24 import integration
from integrations.bitrix24.transport.batch import Done, Refused
from integrations.bitrix24.transport.listing import Listing
from integrations.bitrix24.transport.portal import Portal
from local.sandbox.faults import Fault, FaultKind
from local.sandbox.portal import PortalConfig, PortalSandbox
from local.sandbox.portal.crm.fields import DEAL
from mostik.errors import RetryLater, Unknown
from mostik.http.client import ApiClient, Effects
from mostik.http.guard import Reach
from mostik.http.redact import Redactor
from mostik.http.session import open_session
from tests.integrations.bitrix24.transport.world import GET, LIST, add, errors, update

pytestmark = pytest.mark.loopback


@pytest.fixture
def there() -> Iterator[PortalSandbox]:
    with PortalSandbox(PortalConfig(rate_limit=None)) as running:
        yield running


def portal_at(there: PortalSandbox) -> Portal:
    return Portal(
        ApiClient(
            connection="portal",
            base_url=there.webhook_url,
            session=open_session(4, Reach(("127.0.0.0/8",))),
            auth=None,
            dialect=integration.dialect,
            redactor=Redactor([there.webhook_url]),
            effects=Effects(time.time, lambda _seconds: None, random.random),
        )
    )


def test_a_hundred_adds_whose_answers_are_lost_are_there_once(there: PortalSandbox) -> None:
    # GIVEN a portal that does the work and resets the connection
    there.faults.add(Fault("batch", FaultKind.LOST_ANSWER, times=2))
    # WHEN 100 deals are added
    outcomes = portal_at(there).batch([add(f"deal {number}") for number in range(100)])
    # THEN all are in doubt, and the portal holds each once
    assert [type(error) for error in errors(outcomes)] == [Unknown] * 100
    assert sorted(deal["title"] for deal in there.deals) == sorted(
        f"deal {number}" for number in range(100)
    )


@pytest.mark.parametrize("kind", [FaultKind.LOST_ANSWER, FaultKind.JUNK, FaultKind.HTML])
def test_writes_that_may_be_repeated_are_repeated_over_a_new_connection(
    there: PortalSandbox, kind: FaultKind
) -> None:
    # GIVEN a deal, and a portal whose first answer is lost, cut short or a page
    there.seed(DEAL, [{"title": "old"}])
    there.faults.add(Fault("batch", kind, times=1))
    # WHEN it is updated
    (outcome,) = portal_at(there).batch([update(1, "new")])
    # THEN it is done
    assert isinstance(outcome, Done)
    assert [deal["title"] for deal in there.deals] == ["new"]


def test_a_portal_that_is_down_has_done_nothing(there: PortalSandbox) -> None:
    # GIVEN a portal that nobody listens at any more
    portal = portal_at(there)
    there.stop()
    # WHEN a deal is to be added
    (outcome,) = portal.batch([add("x")])
    # THEN it certainly was not, and may be tried again
    assert isinstance(outcome, Refused)
    assert type(outcome.error) is RetryLater


def test_lists_and_batches_work_over_the_wire(there: PortalSandbox) -> None:
    # GIVEN more deals than one batch lists
    there.seed(DEAL, [{"title": f"Заказ {number}"} for number in range(5_200)])
    portal = portal_at(there)
    deals = Listing(LIST, rows="items", fixed={"entityTypeId": DEAL})
    # THEN they are listed whole, with everything that a text may hold
    rows = [row for page in portal.stream(deals, select=("title",)) for row in page.items]
    assert [row["id"] for row in rows] == list(range(1, 5_201))
    assert rows[5_199]["title"] == "Заказ 5199"
    title = 'кавычки "&=%+[]{}" и\nстроки'
    (outcome,) = portal.batch([update(1, title)])
    assert isinstance(outcome, Done)
    read = portal.call(GET, {"entityTypeId": DEAL, "id": 1})
    assert read["item"]["title"] == title
