"""A worker may die at any call of a port; what 1C sent is in the shop once, and accounted for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mostik.commerceml.client_flow import Sendable
from mostik.commerceml.imports import State
from tests.support.onec_world import Stack
from tests.support.shelf import Killed
from tests.unit.imports.files import catalogue, good, offer, package, xml

LANES = 4
"""The calls are divided among so many tests, which run beside each other."""
SECOND_KILL = 23
PICTURE = b"\x89PNG\r\n\x1a\n a picture"


class Deaths:
    """Counts the calls of ports inside of workers, and ends the process at some of them.

    Args:
        stack: whose ports.
        at: numbers of the calls at which a worker dies; empty: it only counts.
    """

    def __init__(self, stack: Stack, at: Sequence[int] = ()) -> None:
        self.calls = 0
        self.deaths = 0
        self._stack = stack
        self._at = set(at)
        self._inside = False
        for port in (stack.table, stack.blobs, stack.queue, stack.shop):
            port.before = self._before

    def work(self) -> None:
        """Invocations, one of which may be its worker's last."""
        self._inside = True
        try:
            self._stack.work()
        except Killed:
            self.deaths += 1
        finally:
            self._inside = False

    def _before(self, operation: str) -> None:
        del operation
        if not self._inside:
            return
        self.calls += 1
        if self.calls in self._at:
            raise Killed


def sent() -> Stack:
    """A stack to which 1C has sent a file and two goods' pictures; nobody has worked yet."""
    stack = Stack()
    group = "<Группы><Группа><Ид>g</Ид><Наименование>Группа</Наименование></Группа></Группы>"
    classifier = f"<Классификатор><Ид>k</Ид>{group}</Классификатор>"
    inside = "<Группы><Ид>g</Ид></Группы><Картинка>import_files/{}.png</Картинка>"
    goods = catalogue(*(good(name, more=inside.format(name)) for name in "abcd"))
    offers = package(
        offer("a#1", "10", "1", what="S"),
        offer("a#2", "11", "2", what="M"),
        *(offer(name, "12", "3") for name in "bcd"),
    )
    stack.site.while_waiting = lambda: None
    client = stack.program(zips=False).client()
    client.check_auth()
    client.init()
    for name in "ab":
        picture = Sendable.of_bytes(f"import_files/{name}.png", PICTURE + name.encode())
        with picture.open() as source:
            client.send(picture.name, source, 1_000_000)
    client.send_fragment("import.xml", xml(classifier, goods, offers))
    assert client.import_once("import.xml").word.value == "progress"
    return stack


def run_through(stack: Stack, deaths: Deaths) -> None:
    """Lets the import come to its end, with everything that goes wrong."""
    for _ in range(90):
        for _ in range(8):
            deaths.work()
        if not stack.plans.open() and not len(stack.queue):
            break
        stack.clock.advance(60)
        stack.tick()
    row = stack.row("import.xml")
    assert row.state is State.DONE, (row, stack.queue.bodies, stack.plans.open())
    assert stack.plan(row).is_open is False


def test_an_import_accounts_for_every_record() -> None:
    # GIVEN an import in which nothing goes wrong
    stack = sent()
    run_through(stack, Deaths(stack))
    # THEN 4 goods, 2 variants, 5 prices, 5 figures, a group, a price type, 2 pictures
    row = stack.row("import.xml")
    assert row.total == row.done == 18
    assert row.counts == {"created": 20}
    assert row.errors == ("Картинки названы, но не переданы: 2.",)


@pytest.mark.parametrize("lane", range(LANES))
def test_a_worker_that_dies_at_any_call_of_an_import_loses_and_doubles_nothing(lane: int) -> None:
    # GIVEN what the shop holds when nothing goes wrong, and how many calls that takes
    clean = sent()
    whole = Deaths(clean)
    run_through(clean, whole)
    assert whole.calls > 100
    # WHEN a worker dies at each of them in turn, and another one soon after
    for call in range(1 + lane, whole.calls + 1, LANES):
        stack = sent()
        deaths = Deaths(stack, [call, call + SECOND_KILL])
        # THEN the shop holds the same, and 1C reads the same figures
        run_through(stack, deaths)
        assert deaths.deaths >= 1, call
        assert stack.shop.said() == clean.shop.said(), call
        assert stack.row("import.xml").counts == {"created": 20}, call
