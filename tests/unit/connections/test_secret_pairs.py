"""Two versions of outgoing secrets: whichever works is used, and the old one ends by itself."""

from __future__ import annotations

import json

import pytest

from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.gatehouse import Gatehouse
from mostik.connections.open import OpenConnections
from mostik.connections.secretpair import SecretPair, read_pair
from mostik.http.client import Effects
from mostik.http.limiter import Limit
from mostik.integration import Integration
from tests.support.clock import FakeClock
from tests.support.memory import MemorySecrets, state_table
from tests.support.shelf import NAME, Shelf, ShelfSettings, integration
from tests.support.slots import MemorySlots

SHELF = integration(lambda _name: Shelf())


class World:
    """One connection with two versions of its secret."""

    def __init__(self) -> None:
        self.clock, self.secrets, table = FakeClock(), MemorySecrets(), state_table()
        book = ConnectionBook(table, self.clock)
        book.save(Connection("shop", NAME, {"name": "shop"}))
        self.set("old")
        self.opened = OpenConnections(
            book, self.secrets, lambda _name: SHELF, Effects(self.clock, self.clock.sleep, float)
        )

    def set(self, value: str, grace: int = 0) -> None:
        pair = read_pair(self.secrets.documents.get("client/shop"))
        now = self.clock()
        fresh = pair.exchanged("api_key", value, not_after=int(now) + grace, now=now)
        self.secrets.documents["client/shop"] = fresh.dump()

    @property
    def key(self) -> str:
        settings = self.opened.get("shop").settings
        assert isinstance(settings, ShelfSettings)
        return settings.api_key.get_secret_value()


def test_the_new_one_is_used_first() -> None:
    world = World()
    world.set("new", grace=60)
    assert world.key == "new"


def test_when_the_new_one_is_refused_the_old_one_is_used_and_the_reverse() -> None:
    # GIVEN an exchange that the other side has not made yet
    world = World()
    world.set("new", grace=60)
    assert world.key == "new"
    # WHEN it refuses
    assert world.opened.refresh("shop")
    # THEN the old one is used, until that is refused in its turn
    assert world.key == "old"
    assert world.opened.refresh("shop")
    assert world.key == "new"


def test_after_the_grace_only_the_new_one_is_used() -> None:
    # GIVEN a container that uses the old one
    world = World()
    world.set("new", grace=60)
    world.opened.refresh("shop")
    assert world.key == "old"
    # WHEN
    world.clock.advance(61)
    # THEN
    assert world.key == "new"
    assert not world.opened.refresh("shop")


def test_with_one_version_a_refusal_changes_nothing() -> None:
    world = World()
    assert world.key == "old"
    assert not world.opened.refresh("shop")
    assert world.key == "old"


def test_a_pair_is_read_back_as_it_was_written() -> None:
    pair = SecretPair({"a": "1", "b": "2"}, {"a": "0"}, 99)
    assert read_pair(pair.dump()) == pair
    assert read_pair(None) == SecretPair()
    assert read_pair('{"a": "1"}') == SecretPair({"a": "1"})


@pytest.mark.parametrize("document", ["[]", "5", '"x"', "{"])
def test_what_is_no_document_is_no_pair(document: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's own error is one, too
        read_pair(document)


def test_exchanging_two_secrets_keeps_both_before() -> None:
    pair = SecretPair({"a": "1", "b": "2"})
    pair = pair.exchanged("a", "3", not_after=50, now=10.0)
    pair = pair.exchanged("b", "4", not_after=90, now=10.0)
    assert pair.live(20.0) == [{"a": "3", "b": "4"}, {"a": "1", "b": "2"}]
    assert pair.live(90.0) == [{"a": "3", "b": "4"}]
    assert pair.taken_back(20.0) == SecretPair({"a": "1", "b": "2"})
    assert pair.taken_back(90.0) is None


def test_without_grace_the_one_before_is_gone() -> None:
    pair = SecretPair({"a": "1"}).exchanged("a", "2", not_after=10, now=10.0)
    assert json.loads(pair.dump()) == {"a": "2"}


def test_a_pair_shows_no_value() -> None:
    assert "s3cr3t" not in repr(SecretPair({"a": "s3cr3t"}, {"a": "s3cr3t"}, 9))


@pytest.mark.parametrize(
    ("vendor", "own", "share", "pace"),
    [
        (None, None, 1.0, None),
        (None, 3.0, 1.0, 3.0),
        (Limit("v", 2.0, 50), None, 0.5, 1.0),
        (Limit("v", 2.0, 50), 0.4, 1.0, 0.4),
        (Limit("v", 2.0, 50), 0.4, 0.5, 0.4),
        (Limit("v", 2.0, 50), 9.0, 0.5, 1.0),
    ],
)
def test_the_narrower_of_two_limits_counts(
    vendor: Limit | None, own: float | None, share: float, pace: float | None
) -> None:
    # GIVEN
    clock = FakeClock()
    limited = Integration(
        **{
            **{name: getattr(SHELF, name) for name in SHELF.__dataclass_fields__},
            "limit": lambda _settings: vendor,
        }
    )
    house = Gatehouse(
        state_table(), MemorySlots(), Effects(clock, clock.sleep, float), lambda _line: None
    )
    connection = Connection("shop", NAME, limit_share=share, calls_per_second=own)
    # WHEN
    gate = house(connection, limited, ShelfSettings(name="a", api_key="b"))
    # THEN
    limiter = gate._limiter
    assert (limiter.pace if limiter is not None else None) == pace
