"""A shop of which one GET in fifty tells what was so three seconds ago."""

from __future__ import annotations

from random import Random

from mostik.sync.run import RunKind
from tests.integrations.acceptance.stack import Stack
from tests.integrations.http_api.played import OddClients

EDITS = 200


def test_two_hundred_edits_arrive_although_reads_are_sometimes_stale() -> None:
    made = Stack(name="http_api", what="clients")
    played = made.played = OddClients(made.clock, seed=7)
    shop = made.wire._sandbox = played.sandbox
    random = Random(7)  # noqa: S311 - it chooses no secret
    keys = made.stock(20)
    made.clock.advance(60)
    made.run()
    # GIVEN people in the shop, each of whose edits is told at once by a webhook
    for number in range(EDITS):
        key = random.choice(keys)
        made.played.edit(key, f"Edit {number}")
        made.clock.advance(1)
        made.touch_here(key)
        made.work()
        made.clock.advance(random.choice([1, 4]))
    made.settle_down()
    made.clock.advance(60)
    # WHEN two runs have looked behind the webhooks
    made.run(RunKind.INCREMENTAL)
    made.clock.advance(60)
    made.run(RunKind.FULL)
    # THEN some reads were stale, and both sides say the same, each record once
    assert shop.stale
    assert made.in_step()
