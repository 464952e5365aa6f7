"""The one redirect that is followed: a portal that was renamed inside its vendor's zones."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import requests

from integrations.bitrix24.zones import ZONES, rename
from mostik.errors import ConfigurationError, GiveUp, RateLimited
from mostik.http.client import ApiClient, Dialect, Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.guard import Reach
from mostik.http.redact import Redactor
from mostik.http.rename import Rename
from mostik.http.session import GuardedSession, open_session
from mostik.http.timeouts import Timeouts
from mostik.http.trail import Trail
from mostik.requestlog.entry import LogEntry
from tests.support.api_router import ApiRouter, Fault, answer
from tests.support.clock import FakeClock
from tests.support.fault_server import FaultServer, answers
from tests.support.tls import Certificate

SECRET = "hush-hush-secret"
PATH = f"/rest/1/{SECRET}/"
OLD = f"https://b24-abc.bitrix24.ru{PATH}"
NEW = f"https://company.bitrix24.ru{PATH}"
ADD = Endpoint("POST", "crm.item.add", Replay.UNSAFE)
SENT = OLD + "crm.item.add"
THERE = NEW + "crm.item.add"
REST = PATH + "crm.item.add"

HOSTILE_LOCATIONS = [
    # other hosts, also such as look right
    f"https://evil.example{REST}", f"https://bitrix24.ru.evil.example{REST}",
    f"https://company.bitrix24.ru.evil.example{REST}", f"https://evilbitrix24.ru{REST}",
    f"https://company-bitrix24.ru{REST}", f"https://bitrix24.ru{REST}", f"https://.bitrix24.ru{REST}",
    f"https://a.b.bitrix24.ru{REST}", f"https://company.bitrix24.xyz{REST}",
    f"https://company.bitrix24.ru.{REST}", f"https://company.bitrix24.ru%00.evil.example{REST}",
    f"https://company.bitrix24.ru\u3002evil.example{REST}", f"https://соmpany.bitrix24.ru{REST}",
    f"https://-company.bitrix24.ru{REST}", f"https://COMPANY.bitrix24.ru{REST}",
    f"https://www.bitrix24.ru{REST}", f"https://169.254.169.254{REST}", f"https://[::1]{REST}",
    f"https://2130706433{REST}",
    # user info and ports
    f"https://company.bitrix24.ru@evil.example{REST}", f"https://a:b@company.bitrix24.ru{REST}",
    f"https://@company.bitrix24.ru{REST}", f"https://evil.example:443@company.bitrix24.ru{REST}",
    f"https://company.bitrix24.ru:443{REST}", f"https://company.bitrix24.ru:8443{REST}",
    f"https://company.bitrix24.ru:{REST}",
    # other schemes, and none
    f"http://company.bitrix24.ru{REST}", f"HTTPS://company.bitrix24.ru{REST}",
    f"ftp://company.bitrix24.ru{REST}", f"//company.bitrix24.ru{REST}", f"//evil.example{REST}",
    REST,
    f"https:company.bitrix24.ru{REST}", f"https:/company.bitrix24.ru{REST}",
    f"https:///company.bitrix24.ru{REST}", f"javascript:alert(1)//company.bitrix24.ru{REST}",
    # other paths and queries
    "https://company.bitrix24.ru/", f"{NEW}crm.item.delete", f"{THERE}?x=1", f"{THERE}#a",
    f"{THERE}/", f"{NEW}../crm.item.add", f"https://company.bitrix24.ru/x{REST}",
    f"https://company.bitrix24.ru/auth?back={REST}", THERE.replace(SECRET, "%68ush-hush-secret"),
    # tricks of readers
    f"https://company.bitrix24.ru\\@evil.example{REST}", f"https://evil.example\\.bitrix24.ru{REST}",
    f" {THERE}", f"{THERE} ", f"\t{THERE}", f"{THERE}, https://evil.example/",
    f"https://evil.example, {THERE}",
    f"https://company.bitrix24.ru\t{REST}", f"https://comp\u00adany.bitrix24.ru{REST}",
    "", "https://", "http://[",
    f"https://company.bitrix24.ru?{REST}", f"https://company.bitrix24.ru#{REST}", "x" * 70_000,
    SENT,  # to itself
]  # fmt: skip


class Stand:
    """A client of a portal that a fake API plays, under its old and its new name."""

    def __init__(self, declared: Rename | None = rename, url: str = OLD) -> None:
        self.clock = FakeClock()
        self.router = ApiRouter(url, {"POST crm.item.add": {"result": {"item": {"id": 1}}}})
        self.entries: list[LogEntry] = []
        self.moved: list[str] = []
        session = open_session(1)
        session.mount("https://", self.router)
        session.mount("http://", self.router)
        self.api = ApiClient(
            connection="portal",
            base_url=url,
            session=session,
            auth=None,
            dialect=Dialect(errors={}),
            redactor=Redactor([url]),
            effects=Effects(self.clock, self.clock.sleep, lambda: 0.5),
            rename=declared,
            moved=self.moved.append,
            trail=Trail(record_entry=self.entries.append),
        )

    @property
    def hosts(self) -> list[str]:
        """Which hosts were called, in order."""
        return [call.url.removeprefix("https://").partition("/")[0] for call in self.router.calls]


def redirects(location: str, status: int = 302, host: str = "b24-abc.bitrix24.ru") -> Fault:
    """The old name points elsewhere; any other name answers."""

    def fault(request: requests.PreparedRequest) -> requests.Response:
        if f"//{host}/" in str(request.url):
            return answer(status, b"<html>", {"Location": location, "Content-Type": "text/html"})
        return answer(200, {"result": {"item": {"id": 1}}})

    return fault


@pytest.mark.parametrize("location", HOSTILE_LOCATIONS)
@pytest.mark.parametrize("status", [301, 302])
def test_a_credential_in_the_path_leaves_to_no_hostile_location(location: str, status: int) -> None:
    # GIVEN a portal that points elsewhere
    stand = Stand()
    stand.router.break_route("POST crm.item.add", redirects(location, status))
    # WHEN something is created
    with pytest.raises(ConfigurationError, match="redirects"):
        stand.api.request(ADD, body={"title": "x"})
    # THEN nothing followed, nothing was remembered, and the log holds no secret
    assert stand.hosts == ["b24-abc.bitrix24.ru"]
    assert stand.moved == []
    assert SECRET not in repr(stand.entries)


@pytest.mark.parametrize("status", [301, 302])
def test_a_renamed_portal_is_called_again_with_the_same_body_and_remembered(status: int) -> None:
    # GIVEN a portal that was renamed
    stand = Stand()
    stand.router.break_route("POST crm.item.add", redirects(THERE, status))
    # WHEN two things are created
    body = {"title": "Заказ 1"}
    assert stand.api.request(ADD, body=body).content == {"result": {"item": {"id": 1}}}
    stand.api.following(Trail(record_entry=stand.entries.append)).request(ADD, body=body)
    # THEN the old name was called once, and everything that was sent is the same
    assert stand.hosts == ["b24-abc.bitrix24.ru", "company.bitrix24.ru", "company.bitrix24.ru"]
    assert [call.content for call in stand.router.calls] == [body] * 3
    # AND a person is told what to enter, without the secret
    assert stand.moved == ["company.bitrix24.ru"]
    assert [entry.status for entry in stand.entries] == [status, 200, 200]
    assert "enter the new address" in (stand.entries[0].error or "")
    assert "https://company.bitrix24.ru:" in (stand.entries[0].error or "")
    assert SECRET not in repr(stand.entries)


@pytest.mark.parametrize("status", [300, 303, 304, 307, 308, 200, 404])
def test_no_other_status_is_a_rename(status: int) -> None:
    assert rename.new_host(status, THERE, SENT) is None


def test_without_a_declared_rename_nothing_is_followed() -> None:
    stand = Stand(None)
    stand.router.break_route("POST crm.item.add", redirects(THERE))
    with pytest.raises(ConfigurationError, match="redirects"):
        stand.api.request(ADD, body={})
    assert stand.hosts == ["b24-abc.bitrix24.ru"]


@pytest.mark.parametrize(
    "url",
    [f"https://portal.company.example{PATH}", f"https://b24-abc.bitrix24.ru:8443{PATH}"],
)
def test_a_host_outside_the_zones_renames_nothing(url: str) -> None:
    # GIVEN a self-hosted portal, or an odd port; its redirect may be anybody's
    assert rename.new_host(302, THERE, url + "crm.item.add") is None


def test_a_rename_is_followed_once_a_call() -> None:
    # GIVEN two names that point at each other
    stand = Stand()

    def around(request: requests.PreparedRequest) -> requests.Response:
        other = THERE if str(request.url) == SENT else SENT
        return answer(302, None, {"Location": other})

    stand.router.break_route("POST crm.item.add", around)
    # WHEN something is created
    with pytest.raises(ConfigurationError):
        stand.api.request(ADD, body={})
    # THEN it ended after one step, and nothing was remembered
    assert len(stand.hosts) == 2
    assert stand.moved == []


@pytest.mark.parametrize(
    ("status", "error"), [(404, GiveUp), (429, RateLimited), (403, ConfigurationError)]
)
def test_a_new_host_that_refuses_is_not_remembered(status: int, error: type[Exception]) -> None:
    # GIVEN a rename to a host that knows no such portal
    stand = Stand()

    def refuses(request: requests.PreparedRequest) -> requests.Response:
        moved = "company" in str(request.url)
        return answer(status if moved else 302, {}, {} if moved else {"Location": THERE})

    stand.router.break_route("POST crm.item.add", refuses)
    # WHEN two things are created
    for _ in range(2):
        with pytest.raises(error):
            stand.api.request(ADD, body={})
    # THEN the second began at the address of the settings again
    old = "b24-abc.bitrix24.ru"
    assert [host for host in stand.hosts if host == old][:2] == [old, old]
    assert stand.moved == []


def test_every_zone_is_the_vendors_own() -> None:
    assert all(zone.startswith(".bitrix24.") and zone == zone.casefold() for zone in ZONES)
    assert len(set(ZONES)) == len(ZONES)
    for zone in ZONES:
        there = f"https://company{zone}{REST}"
        assert rename.new_host(302, there, SENT) == f"company{zone}"


# ── over the wire ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """A certificate of the vendor's zone that clients trust."""
    made = Certificate(tmp_path, ["*.bitrix24.ru"])
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(made.file))
    return made


def session_to(ports: dict[str, int]) -> GuardedSession:
    """A session that finds hosts on loopback."""

    def resolve(host: str, _port: int) -> Sequence[tuple[str, int]]:
        return [("127.0.0.1", ports[host])]

    return open_session(2, Reach(("127.0.0.1/32",)), resolve)


def wire_client(session: GuardedSession, moved: Callable[[str], None]) -> ApiClient:
    """A client of the portal under its old name."""
    return ApiClient(
        connection="portal",
        base_url=OLD,
        session=session,
        auth=None,
        dialect=Dialect(errors={}),
        redactor=Redactor([OLD]),
        effects=Effects(time.time, lambda _seconds: None, lambda: 0.5),
        timeouts=Timeouts(connect=1.0, read=1.0, total=5.0),
        rename=rename,
        moved=moved,
    )


@pytest.mark.loopback
def test_a_rename_over_tls_posts_the_same_body_to_the_new_name(certificate: Certificate) -> None:
    # GIVEN a portal under two names
    moves = answers("302 Found", b"<html>", f"Location: {THERE}", "Content-Type: text/html")
    moved: list[str] = []
    with (
        FaultServer([moves], tls=certificate.server()) as old,
        FaultServer([answers("200 OK")], tls=certificate.server()) as new,
        session_to({"b24-abc.bitrix24.ru": old.port, "company.bitrix24.ru": new.port}) as session,
    ):
        client = wire_client(session, moved.append)
        # WHEN two deals are created
        client.request(ADD, body={"title": "Сделка"})
        client.request(ADD, body={"title": "Сделка"})
        # THEN the new name got both by POST, over one connection
        assert (len(old.requests), len(new.requests), new.accepted) == (1, 2, 1)
        assert new.requests[0].startswith(f"POST {REST} HTTP/1.1")
        assert "Host: company.bitrix24.ru" in new.requests[0]
        assert old.bodies + new.bodies == ['{"title": "Сделка"}'.encode()] * 3
        assert moved == ["company.bitrix24.ru"]
        assert certificate.asked == ["b24-abc.bitrix24.ru", "company.bitrix24.ru"]


@pytest.mark.loopback
def test_two_locations_are_no_rename(certificate: Certificate) -> None:
    # GIVEN a portal that points at two places
    moves = answers("302 Found", b"", f"Location: {THERE}", "Location: https://evil.example/")
    with (
        FaultServer([moves], tls=certificate.server()) as old,
        session_to({"b24-abc.bitrix24.ru": old.port}) as session,
        pytest.raises(ConfigurationError, match="redirects"),
    ):
        # THEN none is followed (any other name would be a KeyError here)
        wire_client(session, lambda _host: None).request(ADD, body={})
