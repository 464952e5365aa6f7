"""The application's way in: installed, proven, refreshed, renamed, removed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from local.sandbox.portal import PortalApp
from mostik.errors import ConfigurationError
from mostik.http.endpoint import Endpoint, Replay
from mostik.inbound.door import parse_door
from mostik.inbound.install import read_deposit
from mostik.jobs.row import JobState
from tests.integrations.bitrix24.app.world import (
    APP,
    DOMAIN,
    HANDLER,
    INSTALL_URL,
    PORTAL,
    SECRET,
    AppWorld,
    touch,
)


def test_an_installation_ends_in_stored_tokens_a_door_that_knows_and_bound_events() -> None:
    # GIVEN
    world = AppWorld()
    # WHEN
    auth = world.install()
    world.work()
    # THEN
    tokens = json.loads(world.secrets.documents[f"tokens/{PORTAL}"])
    assert tokens["current"]["refresh"] not in ("", auth["refresh_token"])
    assert tokens["current"]["expires_at"] is None
    door = parse_door(world.secrets.documents[f"door/{PORTAL}"])
    assert [one.value for one in door.live_secrets(0)] == [auth["application_token"]]
    assert world.settings.member_id == world.there.config.member_id
    assert read_deposit(world.secrets.documents[f"deposits/{PORTAL}"]) is None
    bound = {(one.event, one.offline) for one in world.there.events.bindings}
    assert ("ONCRMDEALUPDATE", True) in bound
    assert ("ONSALEORDERSAVED", True) in bound
    assert ("ONOFFLINEEVENT", False) in bound
    assert {one.handler for one in world.there.events.bindings if not one.offline} == {HANDLER}
    assert [(one.errand, one.key) for one in world.wakes.all()] == [("feed", "queue")]
    assert world.rows(JobState.FAILED, JobState.HELD, JobState.WAITING) == []


def test_no_token_stands_in_a_message_a_row_a_log_entry_or_a_line() -> None:
    # GIVEN
    world = AppWorld(used=("orders",))
    auth = world.install()
    during = world.everything
    # WHEN everything that follows happens, with events that carry tokens of their own
    world.work()
    world.there.seed(2, [{"title": "a"}])
    world.there.edit(2, 1, {"title": "b"})
    world.deliver()
    during += world.everything
    tokens = json.loads(world.secrets.documents[f"tokens/{PORTAL}"])["current"]
    # THEN
    issued = [*world.there.tokens.access, *world.there.tokens.refresh]
    secrets = {
        SECRET,
        INSTALL_URL.rpartition("/")[2],
        tokens["value"],
        tokens["refresh"],
        *issued,
        *(auth[name] for name in ("access_token", "refresh_token", "application_token")),
    }
    told = during + world.everything
    assert [secret for secret in secrets if secret in told] == []
    assert "ONOFFLINEEVENT" in told


def test_a_token_is_renewed_only_when_the_portal_says_so_and_stored_before_its_use() -> None:
    # GIVEN
    world = AppWorld().installed()
    renewals = world.there.tokens.renewals
    # WHEN it is used for less than an hour
    world.clock.advance(3_000)
    world.client.app.scope()
    # THEN
    assert world.there.tokens.renewals == renewals
    # WHEN the portal no longer takes it
    world.clock.advance(601)
    first = json.loads(world.secrets.documents[f"tokens/{PORTAL}"])["current"]["value"]
    world.wire.sent.clear()
    assert world.client.app.scope()
    # THEN one refused call, one renewal, one repeat
    assert world.wire.sent == ["scope", "token", "scope"]
    assert world.there.tokens.renewals == renewals + 1
    second = json.loads(world.secrets.documents[f"tokens/{PORTAL}"])
    assert second["current"]["value"] != first == second["previous"]["value"]


def test_before_any_installation_a_call_says_what_to_do() -> None:
    world = AppWorld()
    with pytest.raises(ConfigurationError, match="not installed on the portal yet"):
        world.client.app.scope()


def test_tokens_of_another_portal_are_refused_and_nothing_is_stored() -> None:
    # GIVEN the connection names another portal than the one that installs
    world = AppWorld(more={"domain": "other.bitrix24.ru"})
    # WHEN
    world.install()
    world.work()
    # THEN
    assert f"tokens/{PORTAL}" not in world.secrets.documents
    (row,) = world.rows()
    assert row.failure is not None
    assert "another portal" in row.failure.text


def test_a_forged_installation_does_not_stop_an_application_that_works() -> None:
    # GIVEN
    world = AppWorld().installed()
    before = world.secrets.documents[f"tokens/{PORTAL}"]
    # WHEN somebody who has the address hands over tokens that are not ours
    forged = {"auth[refresh_token]": "forged-refresh-token", "auth[access_token]": "forged-access"}
    document = json.dumps({"v": 1, "at": 1, "fields": forged})
    world.secrets.documents[f"deposits/{PORTAL}"] = document
    world.clock.advance(60)
    world.queue.send(touch("app", "standing", world.clock), group=PORTAL)
    world.work()
    # THEN that job has failed, the tokens are the same and the gate is open
    assert world.secrets.documents[f"tokens/{PORTAL}"] == before
    (row,) = world.rows(JobState.FAILED)
    assert row.failure is not None
    assert "goes on as before" in row.failure.text
    assert world.worker.gates.all() == []
    assert world.client.app.scope()


def test_an_update_brings_another_application_token_and_the_bindings_are_set_again() -> None:
    # GIVEN
    world = AppWorld().installed()
    first = world.there.events.application_token
    # WHEN
    world.there.platform.update(INSTALL_URL)
    assert world.there.events.bindings == []
    assert [reply.status for reply in world.deliver()] == [200]
    world.work()
    # THEN
    assert world.there.events.bindings
    door = parse_door(world.secrets.documents[f"door/{PORTAL}"])
    values = [one.value for one in door.live_secrets(int(world.clock()))]
    assert values == [world.there.events.application_token, first]


def test_bindings_that_got_lost_are_mended_and_those_that_stand_stay() -> None:
    # GIVEN
    world = AppWorld().installed()
    there = world.there.events.bindings
    kept = [one for one in there if one.event != "ONCRMDEALADD"]
    lost = [one for one in there if one.event == "ONCRMDEALADD"]
    there[:] = kept
    # WHEN
    world.run("app", "standing")
    # THEN
    assert [one.event for one in there if one not in kept] == ["ONCRMDEALADD"]
    assert len(there) == len(kept) + len(lost)


def test_an_installation_that_is_not_finished_says_what_is_missing_and_is_done_later() -> None:
    # GIVEN it was registered with a page of its own
    world = AppWorld(app=replace(APP, installed=False))
    # WHEN
    world.install()
    world.work()
    # THEN
    (row,) = world.rows()
    assert row.failure is not None
    assert "script only" in row.failure.text
    # WHEN somebody has finished it, the errand runs although the gate is closed
    world.there.replan(app=APP)
    world.clock.advance(60)
    world.queue.send(touch("app", "standing", world.clock), group=PORTAL)
    world.work()
    # THEN
    assert world.there.events.bindings


def test_without_the_loss_free_mode_single_events_are_bound() -> None:
    # GIVEN
    world = AppWorld(portal_is={"features": {"rest_offline_extended": False}})
    # WHEN
    world.installed()
    # THEN
    bound = {one.event: one for one in world.there.events.bindings}
    assert not any(one.offline for one in bound.values())
    assert bound["ONCRMDEALUPDATE"].handler == HANDLER
    assert "ONOFFLINEEVENT" not in bound
    assert list(world.wakes.all()) == []


def test_only_what_the_application_may_use_is_bound() -> None:
    # GIVEN
    world = AppWorld(app=PortalApp(client_secret=SECRET, scopes=("crm",)))
    # WHEN
    world.installed()
    # THEN
    events = {one.event for one in world.there.events.bindings}
    assert "ONCRMDEALADD" in events
    assert not [event for event in events if event.startswith(("CATALOG.", "ONSALE"))]


def test_a_portal_that_was_renamed_is_known_by_its_member_id() -> None:
    # GIVEN
    world = AppWorld().installed()
    # WHEN it is installed again under a new name
    world.there.replan(domain="renamed.bitrix24.ru")
    world.there.install_app(INSTALL_URL)
    world.deliver()
    world.work()
    # THEN the settings follow
    assert world.settings.domain == "renamed.bitrix24.ru"
    assert world.settings.domain != DOMAIN
    assert world.rows(JobState.FAILED, JobState.HELD) == []


def test_an_address_that_has_moved_is_followed_and_the_body_is_not_lost() -> None:
    # GIVEN
    world = AppWorld().installed()
    world.there.rename("renamed.bitrix24.ru")
    # WHEN
    item = {"entityTypeId": 2, "fields": {"title": "a"}}
    world.client.portal.call(Endpoint("POST", "crm.item.add", Replay.UNSAFE), item)
    # THEN it was made once, with what was said of it, and the next call goes there at once
    assert [deal["title"] for deal in world.there.deals] == ["a"]
    world.wire.sent.clear()
    world.client.app.scope()
    assert world.wire.sent == ["scope"]


def test_an_application_that_was_removed_closes_the_gate_with_words() -> None:
    # GIVEN
    world = AppWorld().installed()
    # WHEN
    world.there.platform.uninstall(HANDLER)
    assert [reply.status for reply in world.deliver()] == [200]
    world.work()
    # THEN
    (gate,) = world.worker.gates.all()
    assert gate.name == PORTAL
    assert "install the application again" in gate.why.text
    # AND installing it again opens it
    world.install()
    world.work()
    assert not [one for one in world.worker.gates.all() if one.is_closed(world.clock())]
    assert world.client.app.scope()
