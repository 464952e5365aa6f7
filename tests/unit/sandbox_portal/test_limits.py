"""The request limit and the ledger of execution time, on a clock that is turned by hand."""

from __future__ import annotations

from local.sandbox.portal import PortalConfig, PortalSandbox, RateLimit
from local.sandbox.portal.limiter import LeakyBucket, OperatingLedger
from tests.support.sandbox import FakeClock, PortalInProcess


def _admitted(bucket: LeakyBucket, times: int) -> int:
    return sum(bucket.admit() for _ in range(times))


def test_the_bucket_takes_its_threshold_at_once_and_then_its_rate(clock: FakeClock) -> None:
    # GIVEN
    bucket = LeakyBucket(RateLimit(threshold=50, per_second=2), clock)

    # WHEN
    burst = _admitted(bucket, 60)
    clock.turn(1)
    after_one_second = _admitted(bucket, 10)
    clock.turn(10)
    after_ten_more = _admitted(bucket, 100)

    # THEN
    assert (burst, after_one_second, after_ten_more) == (50, 2, 20)


def test_the_bucket_falls_at_whole_seconds_and_never_below_nothing(clock: FakeClock) -> None:
    # GIVEN
    bucket = LeakyBucket(RateLimit(threshold=4, per_second=2), clock)
    _admitted(bucket, 4)

    # WHEN
    clock.turn(0.9)
    early = _admitted(bucket, 1)
    clock.turn(0.1)
    at_the_second = _admitted(bucket, 3)
    clock.turn(3600)
    after_an_hour = _admitted(bucket, 10)

    # THEN
    assert (early, at_the_second, after_an_hour) == (0, 2, 4)


def test_the_portal_refuses_above_the_limit_with_the_documented_error(clock: FakeClock) -> None:
    # GIVEN
    portal = PortalSandbox(PortalConfig(clock=clock, rate_limit=RateLimit(3, 2)))
    rest = PortalInProcess(portal)

    # WHEN
    statuses = [rest("crm.item.list", {"entityTypeId": 2})[0] for _ in range(4)]
    status, body = rest("crm.item.list", {"entityTypeId": 2})

    # THEN
    assert statuses == [200, 200, 200, 503]
    assert status == 503
    assert body == {
        "error": "QUERY_LIMIT_EXCEEDED",
        "error_description": "Too many requests",
    }
    assert portal.refused == 2
    assert portal.calls["crm.item.list"] == 3


def test_a_batch_counts_as_one_request_and_each_address_has_its_own_counter(
    clock: FakeClock,
) -> None:
    # GIVEN
    portal = PortalSandbox(PortalConfig(clock=clock, rate_limit=RateLimit(1, 2)))
    rest = PortalInProcess(portal)
    path = f"/rest/1/{portal.config.secret}/crm.item.list"

    # WHEN
    rest.batch({"a": "crm.item.list?entityTypeId=2", "b": "crm.item.list?entityTypeId=3"})
    same, _ = rest.raw(path, b'{"entityTypeId":2}')
    other, _ = rest.raw(path, b'{"entityTypeId":2}', client="127.0.0.2")

    # THEN
    assert (same, other) == (503, 200)


def test_a_filled_bucket_refuses_the_next_request(clock: FakeClock) -> None:
    # GIVEN
    portal = PortalSandbox(PortalConfig(clock=clock))
    portal.fill_bucket()

    # WHEN
    status, _ = PortalInProcess(portal)("crm.item.list", {"entityTypeId": 2})

    # THEN
    assert status == 503


def test_execution_time_is_summed_over_ten_minutes_per_method(clock: FakeClock) -> None:
    # GIVEN
    ledger = OperatingLedger(clock, limit=10)
    ledger.charge("crm.item.list", 6)
    clock.turn(120)
    ledger.charge("crm.item.list", 6)

    # WHEN
    used, blocked, reset_at = (
        ledger.used("crm.item.list"),
        ledger.blocked("crm.item.list"),
        ledger.reset_at("crm.item.list"),
    )
    clock.turn(reset_at - clock.now)

    # THEN
    assert (used, blocked) == (12, True)
    assert ledger.used("crm.item.list") == 6
    assert not ledger.blocked("crm.item.list")
    assert not ledger.blocked("crm.item.add")


def test_a_method_over_its_time_is_blocked_alone_and_comes_back(clock: FakeClock) -> None:
    # GIVEN
    costs = {"crm.item.list": 300.0}
    portal = PortalSandbox(
        PortalConfig(clock=clock, rate_limit=None, operating_limit=480, operating_cost=costs)
    )
    rest = PortalInProcess(portal)
    rest("crm.item.list", {"entityTypeId": 2})
    _, last_good = rest("crm.item.list", {"entityTypeId": 2})

    # WHEN
    status, body = rest("crm.item.list", {"entityTypeId": 2})
    other, _ = rest("crm.item.fields", {"entityTypeId": 2})
    clock.turn(last_good["time"]["operating_reset_at"] - clock.now)
    later, _ = rest("crm.item.list", {"entityTypeId": 2})

    # THEN
    assert (status, body["error"]) == (429, "OPERATION_TIME_LIMIT")
    assert last_good["time"]["operating"] >= 600
    assert (other, later) == (200, 200)
