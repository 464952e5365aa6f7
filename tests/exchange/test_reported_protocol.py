"""Reported failures of other exchanges that lie in the protocol itself; ours through real HTTP.

The numbers are those of the list of reported failures in the facts on the exchange protocol.
"""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from dataclasses import replace

import pytest

from local.sandbox.onec.catalogue import Catalogue
from local.sandbox.onec.paper import Style
from local.sandbox.onec.program import Habits, portions_of
from local.sandbox.onec.wire import Breaking, Repeating
from mostik.commerceml.archive import Archive
from mostik.commerceml.client import Manners
from mostik.commerceml.client_flow import Sendable
from mostik.commerceml.client_reply import HttpCall, ProtocolBroken
from mostik.commerceml.imports import By, State
from mostik.commerceml.protocol import Word
from mostik.commerceml.rules import Rules
from mostik.errors import ConfigurationError
from tests.exchange.street import Street
from tests.support.exchange import LOGIN, PASSWORD, at_once

pytestmark = pytest.mark.loopback

SHOP = Catalogue(12, pictures=0)
GOODS = [Sendable.of_bytes("import0_1.xml", b"<a><b>goods</b></a>")]


def test_01_an_import_of_forty_minutes_is_polled_to_its_end(street: Street) -> None:
    # GIVEN a catalogue whose import takes a worker forty minutes
    site = street.site
    began = site.clock()
    answers: list[float] = []

    def work() -> None:
        passed = site.clock() - began
        for row in site.asked():
            if passed >= 2_400:
                site.imports.change(row, state=State.DONE, total=100_000, done=100_000)
            else:
                done = int(100_000 * passed / 2_400)
                site.imports.change(row, state=State.RUNNING, total=100_000, done=done)

    site.while_waiting = work
    street.heard.clear()
    # WHEN 1C sends it and asks in its tight loop
    program = street.onec()
    client = program.client()
    client.check_auth()
    client.init()
    client.send_fragment("import0_1.xml", b"<a></a>")
    for told in client.import_file("import0_1.xml"):
        answers.append(site.clock())
        last = told
    # THEN every answer comes long before 1C or the gateway would give up, each says how far it is,
    # and the last word is success
    waits = [after - before for before, after in zip([began, *answers], answers, strict=False)]
    assert max(waits) <= 25
    assert len(answers) <= 200, "1C asks without a pause: the answers are held"
    assert last.word is Word.SUCCESS
    progress = [shown for shown in street.endpoint.seen if shown.lines[0] == "progress"]
    assert "из 100000" in progress[-1].lines[1]


@pytest.mark.parametrize("mode", ["import", "file", "init", "query", "complete"])
@pytest.mark.parametrize("what", ["crash", "throttle", "hang"])
def test_02_line_one_is_one_of_three_words_whatever_breaks(
    street: Street, mode: str, what: str
) -> None:
    # GIVEN a session, and a service behind the function that breaks in some way
    kind = "sale" if mode == "query" else "catalog"
    cookie = street.cookie(kind)
    site = street.site
    released = threading.Event()
    street.call(f"type={kind}&mode=file&filename=import.xml", body=b"<a></a>", cookie=cookie)
    if what == "crash":

        def crash(operation: str) -> None:
            raise KeyError(f"<b>Warning</b>: {operation} in /srv/app.php on line 7")

        site.table.before = crash
    elif what == "throttle":
        for operation in type(site.table).OPERATIONS:
            site.table.fail_next(operation, times=50)
    else:

        def hang(_operation: str) -> None:
            released.wait(20)

        site.table.before = hang
        street.endpoint.seconds = 2.2
    # WHEN 1C calls
    body = b"<b></b>" if mode == "file" else b""
    shown = street.call(f"type={kind}&mode={mode}&filename=import.xml", body=body, cookie=cookie)
    released.set()
    # THEN it reads one of three words, HTTP says 200, and nothing of the defect is in the answer
    assert shown.status == 200
    assert shown.lines[0] in {"success", "failure", "progress"}
    assert "Warning" not in shown.body.decode("windows-1251")
    # AND only an import goes on being asked for: failure would end the exchange
    if mode == "import" and what != "crash":
        assert shown.lines[0] == "progress"
    # AND the log says where the defect is
    if what == "crash":
        (line,) = street.logged("has a defect")
        assert json.loads(line)["error"] == "KeyError"


def test_03_a_file_is_answered_with_the_bare_word(street: Street) -> None:
    # WHEN 1C sends a fragment
    cookie = street.cookie()
    query = "type=catalog&mode=file&filename=import.xml"
    shown = street.call(query, body=b"<a></a>", cookie=cookie)
    # THEN the answer is the word and nothing that 1C would take for an extended status
    assert shown.body == b"success\n"
    # AND so it is when the fragment comes again
    assert street.call(query, body=b"<a></a>", cookie=cookie).body == b"success\n"


@pytest.mark.parametrize("status", [502, 504, 520])
@pytest.mark.parametrize("arrives", [False, True])
def test_04_a_gateway_page_on_a_fragment_is_mended_by_a_new_session(
    street: Street, status: int, arrives: bool
) -> None:
    # GIVEN a proxy that answers the second fragment with a page of its own
    at_once(street.ruled(Rules(file_limit=1_024, zip=False)).site)
    seen: list[HttpCall] = []

    def second(call: HttpCall) -> bool:
        if call.method == "POST":
            seen.append(call)
        return len(seen) == 2

    proxy = Breaking(street.wire, second, status=status, arrives=arrives)
    # WHEN 1C, which takes that for the end of the portion, sends it once more
    exported = street.onec(Habits(zips=False, retries=1), http=proxy).export(SHOP)
    # THEN what is stored is the file that 1C made, and its log shows what came between
    assert exported.whole
    assert len(exported.failures) == 1
    assert f"HTTP {status}" in exported.failures[0]
    (goods, *_), *_ = portions_of(SHOP, Style(), 500)
    with goods.open() as source:
        assert street.stored("import0_1.xml") == source.read()


def test_05_an_archive_of_a_temporary_name_in_three_fragments_is_found_by_inner_names(
    street: Street,
) -> None:
    # GIVEN a site that takes archives in fragments that are small
    at_once(street.ruled(Rules(file_limit=1_024)).site)
    shop = replace(SHOP, pictures=1)
    # WHEN 1C sends a portion with pictures in nested folders as one archive, and asks for its
    # documents by their own names
    (portion, *_) = portions_of(shop, Style(), 500)
    pushed = street.onec().push(portion)
    # THEN the archive came whole, and the import of the document names it
    assert pushed.fragments >= 3
    (row,) = street.site.imports.of("onec")
    assert (row.file, row.file_id, row.state) == ("import0_1.xml", None, State.DONE)
    content = street.site.content_of(row)
    archive = Archive(io.BytesIO(content))
    assert sum(name.startswith("import_files/") for name in archive.names) == 12
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None


def test_06_a_lost_login_is_refused_in_words(street: Street) -> None:
    # WHEN a server on the way has taken the Authorization header away
    shown = street.call("type=catalog&mode=checkauth")
    # THEN 1C reads failure and why, whatever becomes of the status and of WWW-Authenticate
    assert shown.status == 401
    assert shown.lines[0] == "failure"
    assert "логин или пароль" in shown.lines[1]
    with pytest.raises(ConfigurationError, match="логин или пароль"):
        street.onec(http=lambda call: street.wire(replace(call, headers={}))).push(GOODS)


@pytest.mark.parametrize(
    "manners",
    [
        Manners(keeps_cookie=True, repeats_login=False),
        Manners(keeps_cookie=False, repeats_login=True),
        Manners(keeps_cookie=True, repeats_login=True),
        Manners(keeps_cookie=False, repeats_login=True, knows_sessid=False),
    ],
    ids=["cookie only", "login only", "both", "login only, without sessid"],
)
def test_06_cookie_only_and_login_only_clients_get_through(
    street: Street, manners: Manners
) -> None:
    # GIVEN a client that keeps no cookie, or one that keeps nothing else
    at_once(street.site)
    # WHEN it sends a file
    pushed = street.onec(Habits(zips=False, manners=manners)).push(GOODS)
    # THEN it is imported
    assert pushed.imported == ("import0_1.xml",)
    assert street.stored("import0_1.xml") == b"<a><b>goods</b></a>"


def test_07_files_whose_import_nobody_asks_for_are_imported_all_the_same(street: Street) -> None:
    # GIVEN 1C with the setting to upload and not to wait
    program = street.onec(Habits(waits=False, zips=False, retries=0))
    exported = program.export(SHOP)
    assert exported.whole
    assert "import import0_1.xml" not in street.wire.calls
    # WHEN it has been silent for a while, and the tick comes
    site = street.site
    site.clock.advance(site.rules.idle_seconds + 1)
    assert site.finaliser().run() == 2
    # THEN both documents are on their way, and the rows say who asked
    assert {row.file for row in site.asked()} == {"import0_1.xml", "offers0_1.xml"}
    assert {row.by for row in site.asked()} == {By.IDLE}


@pytest.mark.parametrize("schema", [None, "2.08"])
def test_27_an_old_client_without_sessid_is_let_in_unless_the_owner_forbids_it(
    street: Street, schema: str | None
) -> None:
    # GIVEN a module of 1C that sends no sessid, and a newer one beside it that has sent a valid one
    at_once(street.site)
    street.onec(Habits(zips=False, schema=schema)).push(GOODS)
    old = Habits(zips=False, schema=schema, retries=0, manners=Manners(knows_sessid=False))
    # THEN the old one goes on working: the check does not switch itself on
    assert street.onec(old).push(GOODS).imported == ("import0_1.xml",)
    # WHEN the owner wants the check
    street.ruled(Rules(sessid_required=True))
    exported = street.onec(old).send([GOODS])
    # THEN 1C reads what to do about it
    assert not exported.whole
    assert "отключите проверку sessid в настройках подключения" in exported.failures[0]


def test_p1_a_fragment_that_a_proxy_repeats_is_not_appended_twice(street: Street) -> None:
    # GIVEN a proxy that sends every fragment twice
    at_once(street.ruled(Rules(file_limit=5_000)).site)
    proxy = Repeating(street.wire)
    # WHEN 1C sends a catalogue, as files
    exported = street.onec(Habits(zips=False, retries=0), http=proxy).export(SHOP)
    # THEN each file is the one that it made
    assert exported.whole
    assert proxy.repeated >= 4
    for name, (file, *_) in zip(
        ("import0_1.xml", "offers0_1.xml"), portions_of(SHOP, Style(), 500), strict=True
    ):
        with file.open() as source:
            assert street.stored(name) == source.read()


def test_p2_two_exchanges_at_once_do_not_wipe_each_other(street: Street) -> None:
    # GIVEN two 1Cs of one connection in the middle of sending files of one name
    at_once(street.site)
    clients = [street.onec().client() for _ in range(2)]
    for client in clients:
        client.check_auth()
        client.init()
    for client, text in zip(clients, (b"<first>", b"<second>"), strict=True):
        client.send_fragment("import0_1.xml", text)
    # WHEN the second begins anew, as init wipes what was sent before, and the first goes on
    clients[1].init()
    clients[0].send_fragment("import0_1.xml", b"</first>")
    assert [told.word for told in clients[0].import_file("import0_1.xml")][-1] is Word.SUCCESS
    # THEN the first has its whole file, and the second has none
    (row,) = street.site.imports.of("onec")
    assert street.site.content_of(row) == b"<first></first>"
    answer = clients[1].import_once("import0_1.xml")
    assert answer.word is Word.FAILURE
    assert "не был передан в этом сеансе" in answer.text


def test_a_wrong_password_is_slowed_down_and_the_right_one_elsewhere_is_not(
    street: Street,
) -> None:
    # GIVEN somebody who guesses, over HTTP
    for number in range(30):
        street.call("type=catalog&mode=checkauth", login=f"{LOGIN}:guess-{number}")
    # WHEN he has guessed too often
    shown = street.call("type=catalog&mode=checkauth", login=f"{LOGIN}:{PASSWORD}")
    # THEN he is told to wait, in 1C's words, and the log counts him without his guesses
    assert (shown.status, shown.lines[0]) == (429, "failure")
    assert not street.logged("guess-")
    assert street.site.lines


def test_a_page_instead_of_an_answer_is_no_word_of_the_protocol(street: Street) -> None:
    # GIVEN a proxy that answers the login with a page
    proxy = Breaking(street.wire, lambda _call: True, status=200)
    # THEN the client takes it for a broken protocol: to be tried again, nothing was refused
    began = time.monotonic()
    with pytest.raises(ProtocolBroken, match="begins with '<html>"):
        street.onec(http=proxy).push(GOODS)
    assert time.monotonic() - began < 5
