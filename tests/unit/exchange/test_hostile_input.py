"""What may come instead of a file's name, a session, a body: refused in words, or made harmless."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.commerceml.filenames import MOST_CHARACTERS, file_id, safe_name
from mostik.commerceml.protocol import Answer, Word
from mostik.commerceml.refusal import Refused
from mostik.commerceml.server import COOKIE
from mostik.commerceml.uploads import MOST_PARTS, StoredFile
from tests.support.exchange import Site, basic, door

TEMPORARY = "tmp"
"""Where 1C on Linux keeps its archives; it may name them with their whole path."""
KEY = re.compile(r"uploads/[a-z0-9-]{1,39}/[0-9A-HJKMNP-TV-Z]{26}/[0-9a-f]{32}/[0-9a-f]{32}-\d+")


@pytest.fixture
def site() -> Site:
    return Site()


def opened(site: Site, *, kind: str = "catalog", connection: str = "onec") -> str:
    """A session's cookie header."""
    site.secrets.documents.setdefault(f"door/{connection}", door())
    answer = site.call(f"type={kind}&mode=checkauth", connection=connection)
    return f"{COOKIE}={answer.lines[1]}"


def send(site: Site, cookie: str, name: str, body: bytes = b"<a></a>") -> Answer:
    query = f"type=catalog&mode=file&filename={quote(name, errors='surrogatepass')}"
    return site.call(query, cookie=cookie, body=body, login=None)


HOSTILE = [
    "",
    ".",
    "..",
    "/",
    "../../etc/passwd",
    "a/../../b.xml",
    "..\\..\\windows\\system32\\x.xml",
    "import_files/../../../x.jpg",
    "a/.. /b.xml",
    "C:\\1c\\import.xml",
    "file:import.xml",
    "import.xml\0.jpg",
    "import\n.xml",
    "import\r\nfailure.xml",
    "import\u202e.xml",
    "import\u200b.xml",
    "x" * (MOST_CHARACTERS + 1),
    "a/" * 40 + "x.xml",
    "shell.php",
    "shell.PHP",
    "shell.phtml ",
    "shell.php.",
    ".htaccess",
    "a/b.sh",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_refused_in_one_sentence(site: Site, name: str) -> None:
    # GIVEN a session
    cookie = opened(site)
    # WHEN a file of such a name is sent
    answer = send(site, cookie, name)
    # THEN 1C reads failure with one line, nothing was stored, and nothing was opened
    lines = answer.body().decode("windows-1251").split("\n")
    assert lines[0] == "failure"
    assert len(lines) == 3
    assert not site.blobs.objects
    assert not site.table.rows("upload")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("import0_1.xml", "import0_1.xml"),
        (f"/{TEMPORARY}/v8_3B8F_3e.zip", "v8_3B8F_3e.zip"),
        ("upload/1c/webdata/import.xml", "import.xml"),
        ("/upload/1c/webdata/import.xml", "import.xml"),
        ("import_files\\ab\\abcd.jpg", "import_files/ab/abcd.jpg"),
        ("//a///b.xml", "a/b.xml"),
        ("./a/./b.xml", "a/b.xml"),
        ("import___0e1f…-документ.xml", "import___0e1f…-документ.xml"),
        ("файл.й.xml", "файл.й.xml"),
        ("a..b.xml", "a..b.xml"),
    ],
)
def test_an_honest_name_is_made_relative(sent: str, kept: str) -> None:
    assert safe_name(sent) == kept


def test_one_name_in_two_forms_of_unicode_is_one_file() -> None:
    # GIVEN й as one sign and as two
    assert file_id(safe_name("й.xml")) == file_id(safe_name("и\u0306.xml"))


@given(st.text(max_size=300) | st.text("./\\: a\0ph", max_size=40))
def test_any_name_is_refused_or_becomes_a_harmless_one(name: str) -> None:
    try:
        safe = safe_name(name)
    except Refused:
        return
    parts = safe.split("/")
    assert ".." not in parts
    assert all(part not in ("", ".", "..") for part in parts)
    assert not {"\0", "\n", "\r", "\\", ":"} & set(safe)
    assert safe_name(safe) == safe


@given(st.text(min_size=1, max_size=60), st.binary(min_size=1, max_size=20))
def test_no_part_of_a_name_becomes_part_of_a_key(name: str, body: bytes) -> None:
    # GIVEN any name
    site = Site()
    # WHEN a file of it is sent
    answer = send(site, opened(site), name, body)
    # THEN it is stored under a key made of safe parts, or not at all
    assert answer.word in (Word.SUCCESS, Word.FAILURE)
    assert len(site.blobs.objects) == (answer.word is Word.SUCCESS)
    assert all(KEY.fullmatch(key) for key in site.blobs.objects)


def test_names_in_windows_1251_are_read(site: Site) -> None:
    # GIVEN an old module that escapes a Cyrillic name in its own encoding
    cookie = opened(site)
    # WHEN it sends a file
    escaped = quote("заказы.xml".encode("windows-1251"))
    answer = site.call(f"type=catalog&mode=file&filename={escaped}", cookie=cookie, body=b"<a/>")
    # THEN its name is known
    assert answer.word is Word.SUCCESS
    assert [row["name"] for row in site.table.rows("upload#")] == ["заказы.xml"]


def test_a_file_of_another_connection_is_not_there(site: Site) -> None:
    # GIVEN a file in a session of one connection
    cookie = opened(site)
    assert send(site, cookie, "import.xml").word is Word.SUCCESS
    # WHEN another connection asks for its import, in its own session
    other = opened(site, connection="other")
    answer = site.call(
        "type=catalog&mode=import&filename=import.xml", connection="other", cookie=other
    )
    # THEN there is no such file
    assert answer.word is Word.FAILURE
    assert "import.xml не был передан" in answer.lines[0]
    assert not site.queue.bodies


def test_the_session_of_another_connection_opens_nothing(site: Site) -> None:
    # GIVEN a session of one connection
    cookie = opened(site)
    opened(site, connection="other")
    # WHEN its cookie comes to another
    answer = site.call("type=catalog&mode=init", connection="other", cookie=cookie, login=None)
    # THEN it is none
    assert answer.word is Word.FAILURE
    assert "Сессия" in answer.lines[0]


@pytest.mark.parametrize(
    "value",
    ["", "0" * 32, "fixed-by-somebody-else", "#login/1", "x" * 5_000, "ё" * 32, "0" * 31 + "\0"],
)
def test_a_session_cannot_be_fixed(site: Site, value: str) -> None:
    # GIVEN a cookie that somebody else chose
    cookie = f"{COOKIE}={value}"
    # WHEN 1C logs in with it
    answer = site.call(cookie=cookie)
    # THEN its session is another one, and the chosen cookie opens nothing
    assert answer.lines[1] != value
    after = site.call("type=catalog&mode=init", cookie=cookie, login=None)
    assert after.word is Word.FAILURE


def test_a_login_again_is_another_session(site: Site) -> None:
    # GIVEN a session
    cookie = opened(site)
    # WHEN the same 1C logs in again with its cookie
    answer = site.call(cookie=cookie)
    # THEN the session is a new one, with its own upload
    assert f"{COOKIE}={answer.lines[1]}" != cookie
    uploads = {row["upload"] for row in site.table.rows("exchange#onec") if "upload" in row}
    assert len(uploads) == 2


def test_a_sessid_of_another_session_is_refused(site: Site) -> None:
    # GIVEN two sessions
    cookie = opened(site)
    other = site.call().lines[2].removeprefix("sessid=")
    # WHEN one comes with the other's sessid, in the query or in the header of newer modules
    in_query = site.call(f"type=catalog&mode=init&sessid={other}", cookie=cookie, login=None)
    in_header = site.call(
        "type=catalog&mode=init", cookie=cookie, login=None, headers={"x-bitrix-csrf-token": other}
    )
    # THEN it is refused in the words that people search for
    for answer in (in_query, in_header):
        assert answer.word is Word.FAILURE
        assert "Ошибка проверки источника запроса" in answer.lines[0]


def test_a_file_of_endless_fragments_is_refused(site: Site) -> None:
    # GIVEN a file that has as many fragments as a row can name
    cookie = opened(site)
    assert send(site, cookie, "a.xml").word is Word.SUCCESS
    (row,) = site.table.rows("upload#")
    site.table.put({**row, "parts": [f"{n:032x}.3000000" for n in range(MOST_PARTS)]})
    # WHEN one more comes
    answer = send(site, cookie, "a.xml", b"more")
    # THEN 1C is told
    assert answer.word is Word.FAILURE
    assert "слишком велик" in answer.lines[0]


def test_a_query_of_endless_parameters_is_refused(site: Site) -> None:
    query = urlencode([("filename", str(n)) for n in range(1_000)])
    answer = site.call(f"type=catalog&mode=init&{query}")
    assert answer.word is Word.FAILURE


@pytest.mark.parametrize(
    "header", ["Basic", "Basic ", "Basic !!!", "Bearer x", "Digest a=b", "basic " + "A" * 9_999]
)
def test_a_malformed_login_is_refused(site: Site, header: str) -> None:
    answer = site.call(login=None, headers={"authorization": header})
    assert (answer.word, answer.status) == (Word.FAILURE, 401)


def test_a_wrong_login_without_a_cookie_is_refused_in_every_mode(site: Site) -> None:
    # GIVEN a session that a login has opened
    opened(site)
    # WHEN somebody without a cookie and with another login asks for something
    answer = site.call(
        "type=sale&mode=query", login=None, headers={"authorization": basic("onec:no")}
    )
    # THEN he is refused
    assert (answer.word, answer.status) == (Word.FAILURE, 401)


@given(st.binary(max_size=40), st.text(max_size=30), st.sampled_from(["file", "import", "x"]))
def test_inside_of_a_session_any_call_is_answered_with_one_of_three_words(
    body: bytes, name: str, mode: str
) -> None:
    site = Site()
    site.while_waiting = site.work
    cookie = opened(site)
    for kind in ("catalog", "sale", "reference", "x"):
        query = urlencode({"type": kind, "mode": mode, "filename": name}, errors="replace")
        answer = site.call(query, cookie=cookie, body=body, login=None)
        assert answer.body().decode("windows-1251").split("\n")[0] in set(Word)


def test_a_stored_file_says_where_its_bytes_are() -> None:
    file = StoredFile("onec", "0" * 26, "a" * 32, "../x.xml")
    assert not file.keys
