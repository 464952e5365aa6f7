"""What people and the tick see of imports: reports, imports again, imports that nobody has."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from mostik.commerceml.again import Again
from mostik.commerceml.imports import By, ImportRow, State, message_of
from mostik.commerceml.sessionreport import Imported, report_of, seconds_left
from mostik.errors import GiveUp, Skip, WhoActs
from mostik.jobs.message import dump, load
from mostik.jobs.row import JobState
from mostik.jobs.runwork import Import
from mostik.worker.sessions import session_report
from tests.support.onec_world import ONEC, Stack
from tests.unit.imports.files import catalogue, file, good, offer, offered, package

ZONE = ZoneInfo("Europe/Moscow")


def reported(stack: Stack, session: str) -> str:
    return session_report(stack.imports, stack.plans, ONEC, session, stack.clock(), ZONE)


def again(stack: Stack) -> Again:
    return Again(stack.imports, stack.site.uploads, stack.queue, stack.clock)


def test_the_report_of_a_session_says_what_became_of_each_file_and_record() -> None:
    # GIVEN a session with a good that the shop refuses, a price that waits, an unknown element
    stack = Stack({"prices": {"create_types": False}})
    stack.shop.refused["b"] = GiveUp("Too long.", who=WhoActs.EXTERNAL_ADMIN)
    goods = catalogue(good("a", more="<Новинка>да</Новинка>"), good("b"))
    stack.program().push([file("import.xml", goods, package(offer("a", "5"), offer("b")))])
    # WHEN its report is asked for
    text = reported(stack, stack.row("import.xml").session)
    # THEN
    assert "Файл import.xml: обработан не полностью" in text
    assert "В файле: видов цен 1, товаров 2, предложений 2, цен 1." in text
    assert "товары: записей 2: создано 1, отложено с ошибкой 1." in text
    assert "цены: записей 1: ждут связанных данных 1." in text
    assert "Не использовано из файла: Товар/Новинка (1)." in text


def test_the_report_of_a_held_import_says_for_whom_it_waits() -> None:
    stack = Stack({"goods": {"creates_percent": 1}})
    names = [f"g{number}" for number in range(600)]
    stack.program().push([file("import.xml", catalogue(*map(good, names)), offered(*names))])
    text = reported(stack, stack.row("import.xml").session)
    assert "ждёт решения администратора сервиса" in text
    assert "600" in text


def test_a_session_in_which_nothing_was_imported_says_so() -> None:
    assert "ничего не загружала" in report_of("01X", [], 0.0, ZONE)


def test_how_long_an_import_still_takes_follows_from_what_is_done() -> None:
    # GIVEN a quarter of 1,000 records after 60 seconds
    row = ImportRow(
        ONEC, "01X", "i", "catalog", created_at=0.0, file="a.xml", state=State.RUNNING, done=250,
        total=1_000,
    )  # fmt: skip
    # THEN three quarters take 180 more
    assert seconds_left(row, 60.0) == pytest.approx(180.0)
    assert "осталось около 3 мин" in report_of("01X", [Imported(row)], 60.0, ZONE)


def test_a_session_is_imported_again_from_its_files_with_the_settings_of_now() -> None:
    # GIVEN a session of which the prices were not taken
    stack = Stack({"prices": {"enabled": False}})
    stack.program().push([file("import.xml", catalogue(good("a")), package(offer("a", "5")))])
    first = stack.row("import.xml")
    assert stack.shop.records["prices"] == {}
    # WHEN they are to be taken from now on, and a person imports the session again
    stack.set({"prices": {"enabled": True}})
    [row] = again(stack).session(ONEC, first.session)
    stack.settle_down()
    # THEN the price is there, and the good was not written twice
    assert row.by is By.AGAIN
    assert row.id != first.id
    assert [one.state for one in stack.rows_of(id=row.id)] == [State.DONE]
    assert len(stack.shop.records["prices"]) == 1
    assert stack.shop.writes["products"] == 1


def test_a_session_whose_files_are_gone_is_not_imported_again() -> None:
    # GIVEN
    stack = Stack()
    stack.program(zips=False).push([file("import.xml", catalogue(good("a")))])
    session = stack.row("import.xml").session
    for item in stack.table.rows("upload#"):
        stack.table.remove(item["pk"], item["sk"])
    # WHEN THEN
    with pytest.raises(Skip, match="no longer kept"):
        again(stack).session(ONEC, session)
    with pytest.raises(Skip, match="no session"):
        again(stack).session(ONEC, "01NONE")


def test_the_message_of_an_import_is_the_one_that_the_worker_reads() -> None:
    # GIVEN the message that the door writes
    row = ImportRow(ONEC, "01X", "abc", "catalog", created_at=5.0)
    work = Import(ONEC, "01X", "abc", 5.0)
    # THEN both are the same words
    assert load(message_of(row)) == work
    assert dump(work) == message_of(row)


def test_an_import_whose_message_was_lost_is_found_by_the_tick() -> None:
    # GIVEN an import that was begun, and a queue that has lost its next message
    stack = Stack()
    stack.site.while_waiting = lambda: None
    client = stack.program(zips=False).client()
    client.check_auth()
    client.init()
    sent = file("import.xml", catalogue(good("a")))
    with sent.open() as source:
        client.send(sent.name, source, 1_000_000)
    client.import_once("import.xml")
    stack.work(most=1)
    while held := stack.queue.receive():
        for message in held:
            stack.queue.delete(message.handle or "")
    assert stack.plans.open()
    # WHEN the tick comes, and comes again
    stack.settle_down()
    # THEN
    assert stack.row("import.xml").state is State.DONE
    assert len(stack.shop.records["products"]) == 1


def test_an_import_whose_job_has_failed_for_good_is_told_to_1c() -> None:
    # GIVEN a file that takes every worker down that reads it
    stack = Stack()
    stack.site.while_waiting = lambda: None
    client = stack.program(zips=False).client()
    client.check_auth()
    client.init()
    sent = file("import.xml", catalogue(good("a")))
    with sent.open() as source:
        client.send(sent.name, source, 1_000_000)
    client.import_once("import.xml")
    stack.break_reading(ArithmeticError("a defect"))
    # WHEN
    stack.work()
    [job] = [row for row in stack.jobs() if row.id.startswith("import/")]
    assert job.state is JobState.FAILED
    stack.tick()
    # THEN 1C does not ask for ever, and the job waits among the failed ones
    row = stack.row("import.xml")
    assert row.state is State.FAILED
    assert "Внутренняя ошибка" in row.errors[0]
    assert stack.plans.open() == []


def test_a_deactivation_waits_for_the_imports_of_its_package() -> None:
    # GIVEN a package of which a file is not read yet when 1C says that it is over
    stack = Stack()
    stack.site.while_waiting = lambda: None
    client = stack.program(zips=False).client()
    client.check_auth()
    client.init()
    sent = file("import.xml", catalogue(good("a")))
    with sent.open() as source:
        client.send(sent.name, source, 1_000_000)
    client.import_once("import.xml")
    client.deactivate()
    # WHEN the worker takes both
    stack.settle_down()
    # THEN both have ended, and the good is on
    assert {row.state for row in stack.rows_of()} == {State.DONE}
    assert stack.shop.one("products", "a").active is True
