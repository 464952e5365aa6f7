"""What the tests through the HTTP endpoint share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.exchange.street import Street
from tests.exchange.town import Town


@pytest.fixture
def street(monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    """1C's side of the street and the site's, with the function's HTTP endpoint between them."""
    with Street(monkeypatch) as opened:
        yield opened


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """The whole way from 1C to a portal."""
    with Town(monkeypatch) as opened:
        yield opened


@pytest.fixture
def creating(monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A town in which 1C's price types may be made on the portal."""
    with Town(monkeypatch, {"prices": {"create_types": True}}) as opened:
        yield opened
