"""Imports: paced polls, one of three words, once for each content, whoever dies in between."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from mostik.commerceml.imports import (
    LOST_AFTER_SECONDS,
    MOST_SENTENCES,
    By,
    ImportRow,
    State,
    Step,
    answer_of,
)
from mostik.commerceml.protocol import Answer, Word
from mostik.commerceml.rules import MOST_HOLD_SECONDS, Rules
from mostik.commerceml.server import COOKIE
from tests.support.exchange import Site

DOCUMENT = "<КоммерческаяИнформация></КоммерческаяИнформация>".encode()


class Talk:
    """A session of 1C in which calls are single."""

    def __init__(self, site: Site | None = None, kind: str = "catalog") -> None:
        self.site = site or Site()
        self.kind = kind
        self.cookie = f"{COOKIE}={self.site.call(f'type={kind}&mode=checkauth').lines[1]}"

    def ask(self, mode: str, body: bytes = b"", **parameters: str) -> Answer:
        """One call."""
        more = "".join(f"&{name}={quote(value)}" for name, value in parameters.items())
        return self.site.call(
            f"type={self.kind}&mode={mode}{more}", cookie=self.cookie, login=None, body=body
        )

    def sent(self, name: str = "import.xml", body: bytes = DOCUMENT) -> Talk:
        """Sends a file."""
        assert self.ask("file", body, filename=name).word is Word.SUCCESS
        return self

    def row(self) -> ImportRow:
        """The one import there is."""
        (row,) = self.site.imports.of("onec")
        return row


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_a_poll_is_held_and_says_how_far_it_is(talk: Talk) -> None:
    # GIVEN an import that a worker has in hand
    site = talk.sent().site
    talk.ask("import", filename="import.xml")
    row = talk.row()
    site.imports.change(row, state=State.RUNNING, done=1_500, total=10_000)
    site.clock.slept.clear()
    # WHEN 1C asks
    began = site.clock()
    answer = talk.ask("import", filename="import.xml")
    # THEN the answer is held for some seconds, with few reads, and has figures
    assert answer.word is Word.PROGRESS
    assert "1500 из 10000 (15 %)" in answer.lines[0]
    assert site.clock() - began == pytest.approx(site.rules.hold_seconds)
    assert len(site.clock.slept) < 15


def test_a_poll_ends_with_the_import(talk: Talk) -> None:
    # GIVEN a worker that ends an import two seconds after it was asked for
    site = talk.sent().site
    began = site.clock()

    def work() -> None:
        if site.clock() - began >= 2:
            site.work(done=3, total=3, counts={"created": 2, "unchanged": 1})

    site.while_waiting = work
    # WHEN 1C asks
    answer = talk.ask("import", filename="import.xml")
    # THEN it hears so at once, in words
    assert answer.word is Word.SUCCESS
    assert site.clock() - began < 4
    assert answer.lines[0].endswith("записей 3, создано 2, без изменений 1.")


@pytest.mark.parametrize("hold", [0.0, 5.0, 19.0, 60.0])
@pytest.mark.parametrize("left", [25.0, 8.0, 3.0])
def test_no_poll_takes_longer_than_it_may(hold: float, left: float) -> None:
    # GIVEN whatever was set, and whatever time is left
    talk = Talk(Site(Rules(hold_seconds=hold))).sent()
    began = talk.site.clock()
    answer = talk.site.call(
        "type=catalog&mode=import&filename=import.xml", cookie=talk.cookie, seconds=left
    )
    # THEN the answer comes in time
    assert answer.word is Word.PROGRESS
    assert talk.site.clock() - began <= min(MOST_HOLD_SECONDS, left, hold + 1)


def test_asking_again_begins_nothing_new(talk: Talk) -> None:
    # GIVEN an import that has ended
    site = talk.sent().site
    site.while_waiting = lambda: site.work(total=1)
    first = talk.ask("import", filename="import.xml")
    # WHEN 1C asks again, and its last fragment comes again
    again = talk.ask("import", filename="import.xml")
    talk.sent()
    after_repeat = talk.ask("import", filename="import.xml")
    # THEN the answer is the same, at once, and there was one message
    assert first == again == after_repeat
    assert len(site.queue.bodies) == 1
    assert talk.row().state is State.DONE


def test_the_same_name_with_other_content_is_another_import(talk: Talk) -> None:
    # GIVEN an import that has ended
    site = talk.sent().site
    site.while_waiting = lambda: site.work(total=1)
    talk.ask("import", filename="import.xml")
    # WHEN another file of that name is sent in the same session
    talk.sent(body=b"<other></other>")
    talk.ask("import", filename="import.xml")
    # THEN it is imported, too, and alone
    rows = list(site.imports.of("onec"))
    assert len(rows) == len(site.queue.bodies) == 2
    assert len({row.content for row in rows}) == 2


def test_a_document_inside_of_an_archive_is_asked_for_by_its_own_name(talk: Talk) -> None:
    # GIVEN an archive with the odd name of a temporary file
    site = talk.sent("v8_3B8F_3e.zip", b"PK\x03\x04 and so on").site
    # WHEN 1C asks for the documents inside
    talk.ask("import", filename="import0_1.xml")
    talk.ask("import", filename="offers0_1.xml")
    # THEN each is an import that names the archive
    rows = {row.file: row for row in site.asked()}
    assert set(rows) == {"import0_1.xml", "offers0_1.xml"}
    (archive,) = site.uploads.archives("onec", rows["import0_1.xml"].session)
    assert all(row.archives == (archive.id,) and row.file_id is None for row in rows.values())
    assert site.content_of(rows["offers0_1.xml"]) == b"PK\x03\x04 and so on"


@pytest.mark.parametrize(
    ("name", "words"), [("import.xml", "не был передан"), ("empty.xml", "пуст"), ("", "filename")]
)
def test_what_was_not_sent_is_refused_by_name(talk: Talk, name: str, words: str) -> None:
    # GIVEN an empty file
    talk.ask("file", filename="empty.xml")
    # WHEN 1C asks for what is not there
    answer = talk.ask("import", filename=name)
    # THEN it reads which file, and what about it
    assert answer.word is Word.FAILURE
    assert words in answer.lines[0]
    assert name in answer.lines[0]


def test_a_queue_that_refuses_loses_no_import(talk: Talk) -> None:
    # GIVEN a queue that is away
    site = talk.sent().site
    site.queue.fail_next("send", times=3)
    # WHEN 1C asks
    answer = talk.ask("import", filename="import.xml")
    # THEN it is not ready yet, and a later look has sent the message
    assert answer.word is Word.PROGRESS
    assert len(site.queue.bodies) == 1
    assert talk.row().sent_at > 0


def test_a_message_that_nobody_took_up_is_sent_again(talk: Talk) -> None:
    # GIVEN an import whose message was lost
    site = talk.sent().site
    talk.ask("import", filename="import.xml")
    assert len(site.queue.bodies) == 1
    # WHEN 1C goes on asking
    began = site.clock()
    while site.clock() - began < LOST_AFTER_SECONDS:
        talk.ask("import", filename="import.xml")
    # THEN it was sent once more, and says the same
    assert len(site.queue.bodies) == 2
    assert len(set(site.queue.bodies)) == 1
    # AND one that a worker has in hand is not
    site.work(State.READING)
    site.clock.advance(10 * LOST_AFTER_SECONDS)
    talk.ask("import", filename="import.xml")
    assert len(site.queue.bodies) == 2


@pytest.mark.parametrize("after", range(8))
@pytest.mark.parametrize("port", ["table", "blobs", "queue"])
def test_an_import_survives_any_service_that_is_away_for_a_moment(port: str, after: int) -> None:
    # GIVEN a service behind us that refuses one of its calls
    talk = Talk().sent()
    site = talk.site
    for operation in type(getattr(site, port)).OPERATIONS:
        getattr(site, port).fail_next(operation, after=after)
    # WHEN 1C asks
    answer = talk.ask("import", filename="import.xml")
    # THEN it goes on asking: failure would end the whole exchange
    assert answer.word is Word.PROGRESS
    assert site.clock.slept, "paced, even so"
    # AND the import gets done
    getattr(site, port).recover()
    site.while_waiting = lambda: site.work(total=1)
    assert talk.ask("import", filename="import.xml").word is Word.SUCCESS


def test_a_defect_is_failure_and_its_place_is_logged(talk: Talk) -> None:
    # GIVEN a defect of ours
    site = talk.sent().site

    def defect(operation: str) -> None:
        raise KeyError(f"secret data, in {operation}")

    site.table.before = defect
    # WHEN 1C calls
    answer = talk.ask("import", filename="import.xml")
    # THEN it reads one of the three words, and the log says where it was, without the data
    assert answer.word is Word.FAILURE
    (line,) = [line for line in site.lines if "defect" in line]
    assert "KeyError" in line
    assert "secret data" not in line


@pytest.mark.parametrize(
    ("state", "word", "fields"),
    [
        (State.RECEIVED, Word.PROGRESS, {}),
        (State.READING, Word.PROGRESS, {"done": 5}),
        (State.RUNNING, Word.PROGRESS, {"done": 5}),
        (State.RUNNING, Word.PROGRESS, {"done": 50, "total": 5}),
        (State.DONE, Word.SUCCESS, {"total": 5}),
        (State.PARTIAL, Word.SUCCESS, {"total": 5, "errors": ("Товар 1: нет цены.",)}),
        (State.FAILED, Word.FAILURE, {"errors": ("Файл повреждён.",)}),
        (State.FAILED, Word.FAILURE, {}),
    ],
)
def test_every_state_is_one_word_and_one_sentence(
    state: State, word: Word, fields: dict[str, Any]
) -> None:
    row = ImportRow("onec", "s", "i", "catalog", 0.0, file="a\nb.xml", state=state, **fields)
    lines = answer_of(row).body().decode("windows-1251").split("\n")
    assert lines[0] == word.value
    assert len(lines) == 3
    assert (
        "a\N{REPLACEMENT CHARACTER}b.xml".encode("windows-1251", "xmlcharrefreplace").decode(
            "windows-1251"
        )
        in lines[1]
    )
    assert all(error in lines[1] for error in fields.get("errors", ()))


def test_an_import_that_has_ended_stays_as_it_ended(talk: Talk) -> None:
    # GIVEN an import that has failed
    site = talk.sent().site
    talk.ask("import", filename="import.xml")
    old = talk.row()
    site.imports.change(old, state=State.FAILED, errors=["x" * 9_999] * (MOST_SENTENCES + 9))
    # WHEN a worker that was slow says something else of what it knew before
    standing = site.imports.change(old, state=State.DONE)
    # THEN it has failed, and its report is of a size that a row can hold
    assert standing.state is State.FAILED
    assert len(standing.errors) == MOST_SENTENCES + 1
    assert standing.errors[-1] == "… и ещё 9"
    site.imports.change(standing, counts={"created": 1})
    assert talk.row().errors == standing.errors


def test_the_end_of_a_package_is_recorded_once(talk: Talk) -> None:
    # WHEN 1C ends a package, twice
    for _ in range(2):
        assert talk.ask("deactivate", timestamp="1760000000") == talk.ask("complete")
    # THEN both steps are recorded with what they say
    rows = {row.step: row for row in talk.site.asked()}
    assert rows[Step.DEACTIVATE].timestamp == 1_760_000_000
    assert set(rows) == {Step.DEACTIVATE, Step.COMPLETE}
    assert len(talk.site.queue.bodies) == 2


@pytest.mark.parametrize("stamp", [None, "", "x", "-1", "1" * 13, "١٢٣", "1.5"])
def test_deactivate_without_a_time_is_refused(talk: Talk, stamp: str | None) -> None:
    answer = talk.ask("deactivate") if stamp is None else talk.ask("deactivate", timestamp=stamp)
    assert answer.word is Word.FAILURE
    assert not talk.site.queue.bodies


def test_a_directory_is_stored_and_reported() -> None:
    # GIVEN an exchange of type reference
    talk = Talk(kind="reference")
    talk.sent("references0_1.xml")
    # WHEN 1C asks for its import
    answer = talk.ask("import", filename="references0_1.xml")
    # THEN it is kept, 1C reads what became of it, and nobody works on it
    assert answer.word is Word.SUCCESS
    assert "Справочник сохранён" in answer.lines[0]
    assert not talk.site.queue.bodies
    row = talk.row()
    assert (row.state, row.by) == (State.DONE, By.ONEC)
    assert talk.site.content_of(row) == DOCUMENT


def test_init_leaves_behind_what_was_sent_before(talk: Talk) -> None:
    # GIVEN a file that was sent
    talk.sent()
    # WHEN the same session begins anew
    talk.ask("init")
    # THEN the file is not part of it
    assert talk.ask("import", filename="import.xml").word is Word.FAILURE


def test_two_exchanges_of_one_connection_do_not_touch_each_other() -> None:
    # GIVEN two sessions at once that send a file of one name
    site = Site()
    first, second = Talk(site), Talk(site)
    first.sent(body=b"<first></first>")
    second.sent(body=b"<second></second>")
    # WHEN one begins anew, and the other goes on
    second.ask("init")
    first.ask("import", filename="import.xml")
    # THEN each has its own
    (row,) = site.imports.of("onec")
    assert site.content_of(row) == b"<first></first>"
    assert second.ask("import", filename="import.xml").word is Word.FAILURE


def test_old_orders_are_imported_although_nobody_asks() -> None:
    # GIVEN a module of 1C that knows no version: it only sends
    talk = Talk(kind="sale")
    # WHEN it sends its orders whole
    talk.sent("orders.xml")
    # THEN they are on their way
    (row,) = talk.site.asked()
    assert row.kind == "sale"
    # WHEN 1C does ask, then
    talk.site.while_waiting = lambda: talk.site.work(total=1)
    assert talk.ask("import", filename="orders.xml").word is Word.SUCCESS
    # THEN it is the same import
    assert len(talk.site.queue.bodies) == 1


def test_orders_that_are_not_whole_wait() -> None:
    # GIVEN an old module
    talk = Talk(kind="sale")
    # WHEN it sends the beginning of a file
    talk.sent("orders.xml", b"<a><b>")
    # THEN nothing is imported
    assert not talk.site.queue.bodies
    # WHEN the rest comes
    talk.sent("orders.xml", b"</b></a>")
    # THEN all of it is
    (row,) = talk.site.asked()
    assert talk.site.content_of(row) == b"<a><b></b></a>"
