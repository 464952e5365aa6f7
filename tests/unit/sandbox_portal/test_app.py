"""Rights, features, bindings, the offline queue and the platform's faults."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from local.sandbox.portal import Billing, PortalApp, PortalConfig, PortalSandbox
from local.sandbox.server import Call
from tests.support.sandbox import FakeClock, PortalInProcess, command

DEAL = 2
HANDLER = "https://mostik.example/webhooks/portal"


class App:
    """The application's side: calls with its token."""

    def __init__(self, clock: FakeClock, **config: Any) -> None:
        self.portal = PortalSandbox(
            PortalConfig(rate_limit=None, clock=clock, **{"app": PortalApp(), **config})
        )
        self.rest = PortalInProcess(self.portal)
        self.token = self.portal.install_app()["access_token"]

    def __call__(self, method: str, **params: Any) -> tuple[int, Any]:
        body = json.dumps({"auth": self.token, **params}).encode()
        return self.rest.raw(f"/rest/{method}", body)

    def result(self, method: str, **params: Any) -> Any:
        status, body = self(method, **params)
        assert status == 200, body
        return body["result"]

    def sent(self, event: str) -> list[dict[str, str]]:
        kept = self.portal.deliveries.kept()
        return [dict(parse_qsl(one.body.decode())) for one in kept if one.event == event]


@pytest.fixture
def app(clock: FakeClock) -> App:
    return App(clock)


def test_events_can_be_bound_by_an_application_only(app: App) -> None:
    # WHEN
    by_webhook = app.rest("event.bind", {"event": "ONCRMDEALADD", "handler": HANDLER})
    unknown = app("event.bind", event="ONNOTHING", handler=HANDLER)
    bound = app.result("event.bind", event="onCrmDealAdd", handler=HANDLER)
    twice = app("event.bind", event="ONCRMDEALADD", handler=HANDLER)

    # THEN
    assert (by_webhook[0], by_webhook[1]["error"]) == (403, "ACCESS_DENIED")
    assert (unknown[0], unknown[1]["error"]) == (400, "ERROR_EVENT_NOT_FOUND")
    assert bound is True
    assert twice[1]["error"] == "ERROR_CORE"
    assert app.result("event.get") == [
        {"event": "ONCRMDEALADD", "handler": HANDLER, "auth_type": "0", "offline": 0}
    ]
    assert app.result("event.unbind", event="ONCRMDEALADD", handler=HANDLER) == {"count": 1}


def test_an_event_to_the_application_carries_tokens_unless_a_robot_made_the_change(
    app: App,
) -> None:
    # GIVEN
    app.result("event.bind", event="ONCRMDEALADD", handler=HANDLER)

    # WHEN
    app.rest.add(DEAL, title="by a person")
    app.portal.events.acting.user_id = None
    app.portal.items.add(app.portal.items.stores[DEAL], {}, 1)

    # THEN
    by_person, by_robot = app.sent("ONCRMDEALADD")
    assert by_person["auth[access_token]"]
    assert by_person["auth[refresh_token]"]
    assert by_person["auth[application_token]"] == by_robot["auth[application_token]"]
    assert "auth[access_token]" not in by_robot


def test_nothing_reaches_an_application_whose_installation_was_not_finished(
    clock: FakeClock,
) -> None:
    # GIVEN
    app = App(clock, app=PortalApp(installed=False))
    app.result("event.bind", event="ONCRMDEALADD", handler=HANDLER)

    # WHEN
    app.rest.add(DEAL)

    # THEN
    assert app.result("app.info")["INSTALLED"] is False
    assert app.sent("ONCRMDEALADD") == []


def test_the_queue_holds_the_newest_entry_per_object_until_it_is_cleared(app: App) -> None:
    # GIVEN
    app.result("event.bind", event="ONCRMDEALUPDATE", event_type="offline")
    app.portal.seed(DEAL, [{"title": "a"}, {"title": "b"}])
    for title in ("c", "d"):
        app.portal.edit(DEAL, 1, {"title": title})
    app.portal.edit(DEAL, 2, {"title": "e"})

    # WHEN
    taken = app.result("event.offline.get", clear=0, limit=1)
    other = app.result("event.offline.get", clear=0)
    app.portal.edit(DEAL, 1, {"title": "while it is held"})
    held = app.result("event.offline.list", filter={"!PROCESS_ID": ""})
    app.result("event.offline.clear", process_id=taken["process_id"])

    # THEN
    assert [one["EVENT_DATA"] for one in taken["events"]] == [{"FIELDS": {"ID": "1"}}]
    assert [one["EVENT_DATA"] for one in other["events"]] == [{"FIELDS": {"ID": "2"}}]
    assert [one["PROCESS_ID"] for one in held] == [taken["process_id"], other["process_id"]]
    left = app.result("event.offline.list")
    assert [(one["ID"], one["PROCESS_ID"]) for one in left] == [
        ("2", other["process_id"]),
        ("3", ""),
    ]


def test_without_the_extended_mode_what_is_read_is_gone(clock: FakeClock) -> None:
    # GIVEN
    app = App(clock, features={"rest_offline_extended": False})
    app.result("event.bind", event="ONCRMDEALADD", event_type="offline")
    app.rest.add(DEAL)

    # WHEN
    got = app.result("event.offline.get", clear=0)

    # THEN
    assert (got["process_id"], len(got["events"])) == (None, 1)
    assert app.result("event.offline.list") == []
    assert app.result("feature.get", CODE="rest_offline_extended") == {"value": "N"}
    assert app("feature.get")[1]["error"] == "CODE_EMPTY"


def test_own_writes_with_the_source_key_do_not_enter_that_queue(app: App) -> None:
    # GIVEN
    for connector in ("mostik", "other"):
        app.result(
            "event.bind", event="ONCRMDEALADD", event_type="offline", auth_connector=connector
        )

    # WHEN
    app.result("crm.item.add", entityTypeId=DEAL, fields={"title": "x"}, auth_connector="mostik")

    # THEN
    assert app.result("event.offline.get", auth_connector="mostik")["events"] == []
    assert len(app.result("event.offline.get", auth_connector="other")["events"]) == 1


def test_a_new_entry_wakes_the_reader_no_more_often_than_it_asked_for(
    app: App, clock: FakeClock
) -> None:
    # GIVEN
    options = {"minTimeout": 5}
    app.result("event.bind", event="ONOFFLINEEVENT", handler=HANDLER, options=options)
    app.result("event.bind", event="ONCRMDEALADD", event_type="offline")

    # WHEN
    app.rest.add(DEAL)
    app.rest.add(DEAL)
    clock.turn(5)
    app.rest.add(DEAL)

    # THEN
    wakes = app.sent("ONOFFLINEEVENT")
    assert len(wakes) == 2
    assert wakes[0]["data[minTimeout]"] == "5.0"


def test_who_is_no_administrator_has_no_offline_queue(clock: FakeClock) -> None:
    # GIVEN
    app = App(clock, admins=())

    # WHEN
    bound = app("event.bind", event="ONCRMDEALADD", event_type="offline")
    read = app("event.offline.get")

    # THEN
    assert (bound[0], read[0]) == (403, 403)
    assert app.result("user.admin") is False


def test_a_missing_scope_is_said_and_a_missing_plan_too(clock: FakeClock) -> None:
    # GIVEN
    app = App(clock, app=PortalApp(scopes=("catalog",)))
    cheap = PortalInProcess(PortalSandbox(PortalConfig(clock=clock, commercial=False)))

    # WHEN
    scope = app("crm.item.list", entityTypeId=DEAL)
    plan = cheap("crm.item.list", {"entityTypeId": DEAL})

    # THEN
    assert (scope[0], scope[1]["error"]) == (403, "insufficient_scope")
    assert (plan[0], plan[1]["error"]) == (403, "ACCESS_DENIED")


def test_a_portal_that_moved_answers_302_with_the_whole_path(clock: FakeClock) -> None:
    # GIVEN
    portal = PortalSandbox(PortalConfig(clock=clock, domain="old.bitrix24.ru"))
    portal.rename("new.bitrix24.ru")
    headers = {"host": "old.bitrix24.ru"}

    # WHEN
    answer = portal.answer(Call("POST", "/rest/1/x/scope", "a=b", headers, b"", ""))

    # THEN
    assert answer.status == 302
    assert dict(answer.headers)["Location"] == "https://new.bitrix24.ru/rest/1/x/scope?a=b"


@pytest.mark.parametrize("billing", list(Billing))
def test_a_batch_is_billed_in_either_way(clock: FakeClock, billing: Billing) -> None:
    # GIVEN
    portal = PortalSandbox(
        PortalConfig(
            rate_limit=None,
            clock=clock,
            billing=billing,
            operating_limit=5,
            operating_cost={"crm.item.list": 3.0},
        )
    )
    rest = PortalInProcess(portal)
    lists = {f"c{n}": command("crm.item.list", ("entityTypeId", "2")) for n in range(3)}

    # WHEN
    status, first = rest("batch", {"cmd": lists})
    status_again, again = rest("batch", {"cmd": {"f": "scope"}})

    # THEN
    assert status == 200
    errors = first["result"]["result_error"]
    if billing is Billing.METHODS:
        assert errors["c2"]["error"] == "OPERATION_TIME_LIMIT"
        assert "operating" not in first["time"]
        assert status_again == 200
    else:
        assert errors == []
        assert first["time"]["operating"] >= 9
        assert (status_again, again["error"]) == (429, "OPERATION_TIME_LIMIT")


def test_a_cheap_batch_is_charged_a_tenth_of_a_second_at_least(clock: FakeClock) -> None:
    # GIVEN
    portal = PortalSandbox(PortalConfig(rate_limit=None, clock=clock, billing=Billing.BATCH))

    # WHEN
    _, body = PortalInProcess(portal)("batch", {"cmd": {"a": "scope", "b": "scope"}})

    # THEN
    assert body["time"]["operating"] == pytest.approx(0.1, abs=0.01)
    shown = body["result"]["result_time"]
    assert shown["a"]["operating"] == pytest.approx(0.1, abs=0.01)


@pytest.mark.loopback
def test_work_goes_on_when_the_connection_is_gone(portal: PortalSandbox) -> None:
    # GIVEN
    fault = {"method": "crm.item.add", "kind": "late_work", "seconds": 0.1}
    requests.post(f"{portal.url}/_sandbox/faults", json=fault, timeout=5)

    # WHEN
    with pytest.raises(requests.ConnectionError):
        requests.post(
            f"{portal.webhook_url}crm.item.add", json={"entityTypeId": 2, "fields": {}}, timeout=5
        )
    at_once = len(portal.deals)
    deadline = time.monotonic() + 5
    while not portal.deals and time.monotonic() < deadline:
        time.sleep(0.01)

    # THEN
    assert (at_once, len(portal.deals)) == (0, 1)
