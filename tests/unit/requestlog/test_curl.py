"""An exchange as a command line, and the log as JSON lines."""

from __future__ import annotations

import json
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.admin.views import log_detail, log_entry
from mostik.requestlog.curl import as_curl
from mostik.requestlog.entry import Exchange, LogEntry
from mostik.requestlog.export import exported
from mostik.requestlog.query import LogFilter, LogReader
from mostik.requestlog.store import RequestLog
from tests.aws.entries import NOON, entry
from tests.support.memory import MemoryBlobs, log_table


def a_call(**changes: object) -> LogEntry:
    body = b'{"title":"it\'s","phone":"[phone]","token":"[redacted]"}'
    headers = {
        "Authorization": "[redacted]",
        "Content-Type": "application/json",
        "Content-Length": "50",
        "Accept-Encoding": "gzip",
    }
    call = entry(
        1,
        method="POST",
        url="https://portal.example/rest/1/[redacted]/crm.item.add?sign=[redacted]&id=5",
        request=Exchange(headers, body, len(body)),
    )
    return LogEntry(**{name: getattr(call, name) for name in call.__slots__} | changes)


def test_secrets_and_personal_data_become_variables() -> None:
    # WHEN
    command = as_curl(a_call())
    # THEN
    assert command.splitlines() == [
        "# Set first: $SECRET, $SIGN, $AUTHORIZATION, $PHONE, $TOKEN."
        " The log keeps no secrets and no personal data.",
        "curl -X POST 'https://portal.example/rest/1/'\"$SECRET\"'/crm.item.add?sign='\"$SIGN\"'&id=5'"
        " \\",
        "  -H 'Authorization: '\"$AUTHORIZATION\" \\",
        "  -H 'Content-Type: application/json' \\",
        '  --data-raw \'{"title":"it\'\\\'\'s","phone":"\'"$PHONE"\'","token":"\'"$TOKEN"\'"}\'',
    ]


def test_a_shell_reads_the_command_as_it_is_meant() -> None:
    # GIVEN
    environment = {"SECRET": "s3 cret", "SIGN": "$(id)", "AUTHORIZATION": "Bearer x", "PHONE": "'",
                   "TOKEN": '"', "PATH": "/usr/bin:/bin"}  # fmt: skip
    command = as_curl(a_call()).replace("curl", "printf '%s\\n'", 1)
    # WHEN
    shown = subprocess.run(  # noqa: S603 - the command is what is tested
        ["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, check=True
    )
    # THEN
    assert shown.stdout.splitlines() == [
        "-X",
        "POST",
        "https://portal.example/rest/1/s3 cret/crm.item.add?sign=$(id)&id=5",
        "-H",
        "Authorization: Bearer x",
        "-H",
        "Content-Type: application/json",
        "--data-raw",
        '{"title":"it\'s","phone":"\'","token":"""}',
    ]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60))
def test_no_content_gets_out_of_its_quotes(text: str) -> None:
    # WHEN
    command = as_curl(entry(1, url="https://a.example/" + text, request=Exchange({}, b"", 0)))
    # THEN
    words = shlex.split(command, comments=False)
    assert words[:3] == ["curl", "-X", "GET"]
    assert len(words) == 4


@pytest.mark.parametrize(
    ("side", "comment"),
    [
        (Exchange({}, b"", 900), "# The body (900 bytes) is not kept any more."),
        (Exchange({}, b"abc", 900), "# The body is cut: it had 900 bytes, 3 are kept."),
    ],
)
def test_it_says_what_is_missing(side: Exchange, comment: str) -> None:
    assert as_curl(entry(1, request=side)).splitlines()[0] == comment


def test_an_export_is_one_line_an_entry() -> None:
    # GIVEN
    table, blobs = log_table(), MemoryBlobs()
    RequestLog(table, blobs).write([a_call(), *(entry(n) for n in range(2, 450))])
    reader = LogReader(table, ["shop"], blobs)
    wanted = LogFilter(0, NOON)
    # THEN
    lines = list(exported(reader, wanted, log_entry))
    assert len(lines) == 449
    assert all("\n" not in line for line in lines)
    assert json.loads(lines[0]) == log_entry(a_call())
    assert len(list(exported(reader, wanted, log_entry, most=7))) == 7
    (whole,) = exported(reader, wanted, log_detail, bodies=True, most=1)
    assert json.loads(whole)["request"]["body"].startswith('{"title"')
