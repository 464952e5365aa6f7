"""The log in the admin's API."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from mostik.admin.api import build_api
from mostik.admin.health import Health
from mostik.errors import Family
from mostik.requestlog.entry import Exchange, LogEntry
from mostik.requestlog.query import LogReader
from mostik.requestlog.store import RequestLog
from tests.aws.entries import NOON, entry
from tests.support.clock import FakeClock
from tests.support.memory import MemoryBlobs, MemorySecrets, log_table

PERSONAL = b'{"phone":"+79001234567","id":5}'
KEPT = entry(
    1,
    url="https://api.example/find?email=a@mail.example",
    status=503,
    record="orders/1",
    event="e1",
    request=Exchange({"Content-Type": "application/json"}, PERSONAL, len(PERSONAL)),
)


class Admin:
    """The API with a log of its own."""

    def __init__(self, *entries: LogEntry) -> None:
        self.table, self.blobs = log_table(), MemoryBlobs()
        self.lines: list[str] = []
        RequestLog(self.table, self.blobs).write(entries)
        self._api = build_api(
            secrets=MemorySecrets({"admin": "pass"}),
            health=Health(None, None, None, FakeClock(NOON)),  # type: ignore[arg-type]  # not asked
            log=lambda: LogReader(self.table, ["shop"], self.blobs),
            clock=FakeClock(NOON),
            emit=self.lines.append,
        )

    def get(self, path: str, **query: str) -> tuple[int, Any]:
        login = b64encode(b"admin:pass").decode()
        answer = self._api.resolve(
            {
                "version": "2.0",
                "rawPath": path,
                "headers": {"authorization": f"Basic {login}"},
                "queryStringParameters": query or None,
                "requestContext": {"http": {"method": "GET", "path": path}, "stage": "$default"},
            },
            None,  # type: ignore[arg-type]  # nothing asks for it
        )
        return answer["statusCode"], json.loads(answer["body"])


def test_an_entry_is_shown_with_bodies_and_without_personal_data() -> None:
    # GIVEN a connection that keeps personal data
    admin = Admin(KEPT)
    # WHEN
    status, shown = admin.get(f"/admin/log/{KEPT.id}")
    # THEN
    assert status == 200
    assert json.loads(shown["request"]["body"]) == {"phone": "[phone]", "id": 5}
    assert shown["url"] == "https://api.example/find?email=[email]"
    assert "$EMAIL" in shown["curl"]
    assert "900123" not in json.dumps(shown)
    assert admin.lines == []


def test_whoever_reveals_personal_data_is_written_down() -> None:
    # GIVEN
    admin = Admin(KEPT)
    # WHEN
    _, shown = admin.get(f"/admin/log/{KEPT.id}", reveal="1")
    # THEN
    assert shown["request"]["body"] == PERSONAL.decode()
    (line,) = admin.lines
    assert json.loads(line) == {
        "level": "AUDIT",
        "message": "log entry revealed",
        "entry": KEPT.id,
        "by": "admin",
    }


@pytest.mark.parametrize(("entry_id", "status"), [(entry(9).id, 404), ("nonsense", 400)])
def test_an_entry_that_is_not_there_is_a_problem_in_words(entry_id: str, status: int) -> None:
    assert Admin().get(f"/admin/log/{entry_id}")[0] == status


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"family": "give_up"}, [2]),
        ({"status": "give_up"}, [2]),
        ({"run": "e1"}, [1]),
        ({"record": "orders/1"}, [1]),
        ({"text": "FIND?"}, [1]),
        ({"newer_than": entry(2).id}, [1]),
        ({"status": "5xx", "event": "e1", "connection": "shop"}, [1]),
    ],
)
def test_every_filter_is_a_parameter(query: dict[str, str], found: list[int]) -> None:
    # GIVEN
    admin = Admin(KEPT, entry(2, family=Family.GIVE_UP, status=404))
    # WHEN
    status, page = admin.get("/admin/log", **query)
    # THEN
    assert status == 200
    assert [one["id"] for one in page["entries"]] == [entry(number).id for number in found]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"family": "bad"}, "family is one of"),
        ({"status": "6xx"}, "status is a code"),
        ({"newer_than": "x"}, "id of an entry"),
        ({"nothing": "1"}, "There is no filter 'nothing'"),
    ],
)
def test_a_wrong_filter_is_said_in_words(query: dict[str, str], words: str) -> None:
    status, problem = Admin().get("/admin/log", **query)
    assert status == 400
    assert words in json.dumps(problem)
