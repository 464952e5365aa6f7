"""The odd shop differs from our model where it says that it does."""

from __future__ import annotations

import json
from typing import Any

from local.sandbox.oddshop import OddConfig, OddShop
from local.sandbox.server import Call
from tests.support.clock import FakeClock


def shop(**more: Any) -> tuple[OddShop, FakeClock]:
    """A shop on a clock to turn; what it tells is never stale unless that is asked for."""
    clock = FakeClock()
    return OddShop(OddConfig(clock=clock, **{"stale_share": 0.0, **more})), clock


def call(there: OddShop, verb: str, path: str, body: Any = None, query: str = "") -> Any:
    """Status and content of an answer."""
    headers = {"x-token": there.config.token}
    made = Call(verb, f"/v2/{path}", query, headers, json.dumps(body).encode(), "127.0.0.1")
    answer = there.answer(made)
    return answer.status, json.loads(answer.body) if answer.body else None


def test_a_put_replaces_the_whole_row() -> None:
    there, _ = shop()
    key = there.create("clients", {"fio": "Иван", "tel": "8 903", "bonus": 7})["client_no"]
    status, _ = call(there, "PUT", f"clients/{key}", {"client": {"fio": "Пётр"}})
    assert status == 204
    [row] = there.rows("clients")
    assert (row["fio"], row["tel"], row["bonus"]) == ("Пётр", "", 0)


def test_times_are_those_of_moscow_and_do_not_say_so() -> None:
    there, clock = shop()
    clock.now = 1_795_000_000.0  # 2026-11-18 11:06:40 UTC
    there.create("clients", {"fio": "Иван"})
    assert there.rows("clients")[0]["modified"] == "18.11.2026 14:06:40"


def test_a_list_is_sorted_by_change_and_capped_and_forgets_what_was_deleted() -> None:
    there, clock = shop(most_rows=3)
    keys = []
    for number in range(5):
        keys.append(there.create("clients", {"fio": f"N {number}"})["client_no"])
        clock.advance(1)
    there.edit("clients", keys[0], {"fio": "Edited"})
    there.remove("clients", keys[4])
    _, content = call(there, "GET", "clients", query="count=100")
    assert [row["fio"] for row in content["result"]["rows"]] == ["Edited", "N 3", "N 2"]
    assert content["result"]["total"] == 4


def test_a_share_of_the_reads_tells_what_was_so_a_moment_ago_the_same_for_one_seed() -> None:
    seen = []
    for _ in range(2):
        there, clock = shop(stale_share=0.02)
        key = there.create("clients", {"fio": "Before"})["client_no"]
        clock.advance(10)
        there.edit("clients", key, {"fio": "After"})
        clock.advance(1)
        answers = [call(there, "GET", f"clients/{key}")[1]["result"]["fio"] for _ in range(1000)]
        seen.append([place for place, text in enumerate(answers) if text == "Before"])
        assert there.stale == len(seen[-1])
        # THEN after three seconds none is wrong any more
        clock.advance(3)
        assert call(there, "GET", f"clients/{key}")[1]["result"]["fio"] == "After"
    assert seen[0] == seen[1]
    assert 10 <= len(seen[0]) <= 35


def test_it_refuses_strangers_and_what_it_does_not_know() -> None:
    there, _ = shop()
    stranger = Call("GET", "/v2/clients", "", {}, b"", "127.0.0.1")
    assert there.answer(stranger).status == 401
    assert call(there, "POST", "clients", {"client": {"nose": 1}})[0] == 422
    assert call(there, "POST", "orders", {"order": {"state": "lost"}})[0] == 422
    assert call(there, "GET", "clients/77")[0] == 404


def test_what_it_keeps_comes_back() -> None:
    # GIVEN rows of which one was deleted
    there, clock = shop()
    for code in ("Z-1", "Z-2", "Z-3"):
        there.create("orders", {"code": code, "sum": 990})
    there.remove("orders", 1002)
    there.remove("orders", 1003)
    before = there.rows("orders")
    # WHEN the shop ends and starts later
    kept = json.loads(json.dumps(there.snapshot()))
    clock.advance(3600)
    again = OddShop(OddConfig(clock=clock, stale_share=0.0))
    again.restore(kept)
    # THEN numbers and times are the same, and no number is given twice
    assert again.rows("orders") == before
    assert again.create("orders", {"code": "Z-4", "sum": 1})["order_no"] == 1004
