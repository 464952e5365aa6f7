"""Pictures: each content is sent once, in its order, and the main one stays the main one."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from local.sandbox.faults import FaultKind
from mostik.commerce.catalog import File, Picture
from mostik.errors import GiveUp, Pending, Unknown
from mostik.http.gate import Lane
from mostik.integration import Write
from tests.integrations.bitrix24.catalog.world import SHOP, Job, a_good, a_job, just_create


def a_picture(good: str, text: str, order: int = 0, **more: Any) -> Picture:
    content = text.encode()
    return Picture(
        key=f"{good}/{text}",
        owner=good,
        file=File(
            hash=hashlib.sha256(content).hexdigest(),
            name=f"{text}.jpg",
            main=more.pop("main", False),
            order=order,
            extra={"base64": base64.b64encode(content).decode()},
            **more,
        ),
    )


def written(job: Job, *records: Picture) -> list[Any]:
    writes = [Write(record) for record in records]
    return list(job.resource("pictures").write_many(writes, SHOP, just_create))


def shown(job: Job) -> list[tuple[str, str]]:
    """Kind and the beginning of the content's hash, in the portal's order."""
    return [(row["type"], row["name"][4:12]) for row in job.table("images")]


def short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def test_pictures_keep_their_order_and_the_main_one() -> None:
    # GIVEN
    job = a_job()
    a_good(job, "lamp")
    # WHEN they come in any order
    made = written(
        job,
        a_picture("lamp", "back", 2),
        a_picture("lamp", "front", 0, main=True),
        a_picture("lamp", "side", 1),
    )
    # THEN
    assert shown(job) == [
        ("DETAIL_PICTURE", short("front")),
        ("MORE_PHOTO", short("side")),
        ("MORE_PHOTO", short("back")),
    ]
    assert [(one.file.order, one.file.main) for one in made] == [(2, False), (0, True), (1, False)]


def test_an_unchanged_picture_is_no_call() -> None:
    # GIVEN
    job = a_job()
    a_good(job, "lamp")
    pictures = [a_picture("lamp", "front", main=True), a_picture("lamp", "side", 1)]
    made = written(job, *pictures)
    before = job.writes()
    # WHEN
    again = written(job, *pictures)
    # THEN
    assert job.writes() == before
    assert again == made


def test_a_picture_that_comes_between_keeps_the_order() -> None:
    # GIVEN
    job = a_job()
    a_good(job, "lamp")
    first, third = a_picture("lamp", "first", 1), a_picture("lamp", "third", 3)
    written(job, first, third)
    # WHEN
    written(job, first, a_picture("lamp", "second", 2), third)
    # THEN
    assert [name for _, name in shown(job)] == [short(one) for one in ("first", "second", "third")]


def test_another_content_replaces_the_picture_that_it_was() -> None:
    # GIVEN
    job = a_job()
    a_good(job, "lamp")
    (old,) = written(job, a_picture("lamp", "old", 1))
    # WHEN
    new = job.resource("pictures").update(old.key, a_picture("lamp", "new", 1), SHOP, just_create)
    # THEN
    assert [name for _, name in shown(job)] == [short("new")]
    assert new.key != old.key


def test_pictures_of_people_are_left_alone() -> None:
    # GIVEN
    job = a_job()
    good = a_good(job, "lamp")
    job.there.catalog.images.add({"productId": good, "type": "MORE_PHOTO", "name": "own.jpg",
                                  "detailUrl": ""})  # fmt: skip
    # WHEN
    written(job, a_picture("lamp", "side", 1))
    # THEN
    assert job.table("images")[0]["name"] == "own.jpg"
    assert len(job.table("images")) == 2


def test_a_picture_that_comes_before_its_good_waits_for_it() -> None:
    # GIVEN
    job = a_job()
    # WHEN
    (early,) = written(job, a_picture("lamp", "front"))
    a_good(job, "lamp")
    (late,) = written(Job(job.there), a_picture("lamp", "front"))
    # THEN
    assert isinstance(early, Pending)
    assert isinstance(late, Picture)


def test_a_lost_answer_makes_no_second_picture() -> None:
    # GIVEN
    job = a_job()
    a_good(job, "lamp")
    job.breaks("catalog.productImage.add", FaultKind.LOST_ANSWER)
    # WHEN
    (made,) = written(job, a_picture("lamp", "front"))
    # THEN it was looked up
    assert isinstance(made, Picture)
    assert len(job.table("images")) == 1


def test_an_answer_that_never_came_is_unknown_and_the_next_attempt_sends_it() -> None:
    # GIVEN
    job = a_job()
    a_good(job, "lamp")
    job.breaks("catalog.productImage.add", FaultKind.HTML, status=502)
    # WHEN
    (first,) = written(job, a_picture("lamp", "front"))
    (second,) = written(job, a_picture("lamp", "front"))
    # THEN
    assert isinstance(first, Unknown)
    assert isinstance(second, Picture)
    assert len(job.table("images")) == 1


def test_a_picture_without_its_content_is_said_and_the_others_are_sent() -> None:
    # GIVEN
    job = a_job()
    a_good(job, "lamp")
    gone = a_picture("lamp", "gone", 1)
    gone = gone.model_copy(update={"file": gone.file.model_copy(update={"extra": {}})})
    # WHEN
    answers = written(job, gone, a_picture("lamp", "side", 2), a_picture("lamp", "doc.pdf", 3))
    # THEN
    assert [type(one) for one in answers] == [GiveUp, Picture, Picture]
    strange = a_picture("lamp", "x", media_type="application/pdf")
    strange = strange.model_copy(
        update={"file": strange.file.model_copy(update={"name": "manual.pdf"})}
    )
    assert isinstance(written(job, strange)[0], GiveUp)


def test_pictures_travel_in_the_lowest_lane_alone() -> None:
    # GIVEN
    job = a_job()
    a_good(job, "lamp")
    # WHEN
    written(job, a_picture("lamp", "front"))
    # THEN
    assert job.sent.count("catalog.productImage.add") == 1
    assert job.client.slow._api.trail.lane is Lane.BACKFILL
    assert job.client.portal._api.trail.lane is not Lane.BACKFILL


def test_a_picture_is_read_by_its_key_and_deleted() -> None:
    # GIVEN
    job = a_job()
    a_good(job, "lamp")
    (made,) = written(job, a_picture("lamp", "front", main=True))
    pictures = job.resource("pictures")
    # WHEN
    read = pictures.read(made.key)
    pictures.delete(made.key)
    pictures.delete("1/999")
    # THEN
    assert read == made
    assert job.table("images") == []
    assert pictures.read("999/1") is None
