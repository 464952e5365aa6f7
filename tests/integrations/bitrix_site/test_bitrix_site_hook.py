"""The hook of docs/php: short, and what it signs is let in by our door."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from integrations.bitrix_site import integration
from integrations.bitrix_site.models import Settings
from integrations.bitrix_site.sample import sample
from mostik.inbound.request import InboundRequest
from mostik.integration import Hint
from mostik.jobs.message import Receipt
from tests.integrations.subjects import Subject
from tests.integrations.world import a_world
from tests.support.fault_server import FaultServer, answers

HOOK = Path(__file__).parents[3] / "docs" / "php" / "mostik_hook.php"
SITE = Path(__file__).parent / "php" / "bitrix.php"
MOST_LINES = 60
PHP = shutil.which("php") or ("php" if "CI" in os.environ else None)
needs_php = pytest.mark.skipif(PHP is None, reason="no PHP interpreter: apt-get install php-cli")
SUBJECT = Subject("bitrix_site", integration)


def as_the_hook_does(body: bytes, secret: str, *, at: int) -> InboundRequest:
    """A request as the PHP writes it; how it signs is read from the PHP itself."""
    php = HOOK.read_text("utf-8")
    signs = re.search(r"setHeader\('([\w-]+)', hash_hmac\('(\w+)', \$body, MOSTIK_SECRET\)\)", php)
    assert signs is not None, "the hook signs in a way that this test does not know"
    header, algorithm = signs.groups()
    proof = hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()
    headers = {header.lower(): proof, "content-type": "application/json"}
    url = "https://mostik.example/webhooks/here"
    return InboundRequest("POST", url, "", headers, body, "203.0.113.7", at)


def run_hook(url: str, secret: str) -> str:
    """What the page of a site with the hook prints."""
    command = [PHP or "php", str(SITE), str(HOOK), url, secret]
    return subprocess.run(  # noqa: S603 - our own files
        command, capture_output=True, text=True, check=True, timeout=30
    ).stdout


def a_receipt(body: bytes) -> Receipt:
    """A request that the door has taken."""
    return Receipt("shop:1", "shop", 1.0, "hmac", "1", "POST", "/webhooks/shop", body=body)


def test_bitrix_site_hook_is_short_and_sends_what_it_says() -> None:
    php = HOOK.read_text("utf-8")
    assert len(php.splitlines()) <= MOST_LINES
    assert "json_encode(['event' => $event, 'id' => $id])" in php
    assert "OnSaleOrderSaved" in php


def test_bitrix_site_hook_is_let_in_by_our_door_and_becomes_a_hint() -> None:
    # GIVEN the door of a connection to a site
    with a_world(SUBJECT) as world:
        body = b'{"event":"order.saved","id":17}'
        request = as_the_hook_does(body, sample.door_secret, at=int(world.clock()))
        # WHEN the hook tells of an order
        reply = world.arrive(request)
        # THEN it is accepted, and asks for that order to be read
        assert reply.status == 200
        (receipt,) = world.queue.messages
        assert isinstance(receipt, Receipt)
    settings = Settings.model_validate(dict(sample.settings))
    assert integration.webhook is not None
    assert integration.webhook.findings(receipt, settings) == [Hint("orders", "17")]


def test_bitrix_site_hook_with_another_secret_is_not_let_in() -> None:
    with a_world(SUBJECT) as world:
        body = b'{"event":"order.saved","id":17}'
        request = as_the_hook_does(body, "another secret", at=int(world.clock()))
        assert world.arrive(request).status == 401
        assert not world.queue.messages


@pytest.mark.parametrize(
    ("content", "way", "found"),
    [
        ({"event": "order.saved", "id": "17"}, "rest", [Hint("orders", "17")]),
        ({"event": "order.saved", "id": 17}, "exchange", [Hint("orders", "17")]),
        ({"event": "product.saved", "id": 5}, "rest", [Hint("products", "5")]),
        ({"event": "product.saved", "id": 5}, "exchange", []),
        ({"event": "user.saved", "id": 5}, "rest", []),
    ],
)
def test_bitrix_site_hook_names_records_that_the_way_can_read(
    content: dict[str, object], way: str, found: list[Hint]
) -> None:
    given = {**sample.settings, "transport": way, "exchange_login": "mostik"}
    settings = Settings.model_validate(given)
    assert integration.webhook is not None
    receipt = a_receipt(json.dumps(content).encode())
    assert integration.webhook.findings(receipt, settings) == found


@pytest.mark.parametrize(
    "body", [b"[]", b'{"event":"order.saved"}', b'{"id":1}', b'{"event":1,"id":true}', b"no json"]
)
def test_bitrix_site_hook_that_makes_no_sense_is_refused(body: bytes) -> None:
    settings = Settings.model_validate(dict(sample.settings))
    assert integration.webhook is not None
    with pytest.raises(ValueError, match=r"."):
        integration.webhook.findings(a_receipt(body), settings)


@pytest.mark.loopback
@needs_php
def test_bitrix_site_hook_runs_in_php_and_never_holds_up_the_page() -> None:
    # GIVEN a site of as much as the hook touches, and a door that listens
    with FaultServer([answers("200 OK", b"{}")]) as door:
        # WHEN an order is saved three times on one page, and a good once
        told = run_hook(door.url, sample.door_secret)
    # THEN the page is sent first, and each record is told of once
    assert told.splitlines() == ["page", "done"]
    content = [json.loads(body) for body in door.bodies]
    assert content == [{"event": "order.saved", "id": 17}, {"event": "product.saved", "id": 5}]
    # AND our door lets in what PHP has signed
    with a_world(SUBJECT) as world:
        for head, body in zip(door.requests, door.bodies, strict=True):
            proof = re.search(r"(?im)^x-signature: (\w+)", head)
            assert proof is not None
            headers = {"x-signature": proof[1], "content-type": "application/json"}
            url = "https://mostik.example/webhooks/here"
            at = int(world.clock())
            request = InboundRequest("POST", url, "", headers, body, "203.0.113.7", at)
            assert world.arrive(request).status == 200
        assert len(world.queue.messages) == 2


@pytest.mark.loopback
@needs_php
def test_bitrix_site_hook_breaks_nothing_when_nobody_answers() -> None:
    # GIVEN an address where nobody listens WHEN an order is saved
    told = run_hook("http://127.0.0.1:9/webhooks/shop", "secret")
    # THEN the page ends as ever
    assert told.splitlines() == ["page", "done"]
