"""A file is read once, as a worker's time allows, into pages that nobody sees before the last."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from integrations.onec.bringing import Bringing
from integrations.onec.settings import Settings
from mostik.brought import Content
from mostik.commerce.catalog import Product
from mostik.commerce.record import Canonical
from mostik.commerceml.pages import Pages
from mostik.commerceml.places import Cursor, Place
from mostik.commerceml.reading import Progress, Reading
from mostik.commerceml.sources import Document
from mostik.errors import GiveUp
from tests.support.memory import MemoryBlobs, MemoryTable, state_table
from tests.unit.imports.files import catalogue, good, offer, package, xml

PLACE = Place.of("01SESSION", 100.0, "import")
LATER = Place.of("02SESSION", 200.0, "import")


class Beside:
    """Nothing but the pages is known."""

    connection = "onec"

    def __init__(self, pages: Pages, place: Place) -> None:
        self._pages = pages
        self._place = place

    def known(self, resource: str, key: str) -> Canonical | None:
        return self._pages.last_said(resource, [key]).get(key)

    def knows(self, resource: str, key: str) -> bool:
        return self._pages.knows(resource, key)

    def knew(self, resource: str, key: str) -> bool:
        return self._pages.knows(resource, key, but=self._place)

    def content(self, path: str) -> Content | None:
        del path
        return None


class Desk:
    """Reads files into pages that lie in memory."""

    def __init__(self) -> None:
        self.table: MemoryTable = state_table()
        self.blobs = MemoryBlobs()
        self.noted = Progress()
        self.noted_every = 20_000

    def pages(self) -> Pages:
        return Pages("onec", self.table, self.blobs)

    def read(
        self,
        *contents: bytes,
        place: Place = PLACE,
        remaining: Callable[[], float] = lambda: 900.0,
    ) -> int:
        """Reads until all is read. Returns how many jobs it took."""
        self.noted = Progress()
        settings = Settings(target="shop")
        for jobs in range(1, 100):
            pages = self.pages()
            reading = Reading(
                pages,
                place,
                partial(Bringing, settings, Beside(pages, place)),
                Progress.load(self.noted.dump()),
                noted_every=self.noted_every,
            )
            documents = [Document("a.xml", partial(iter, (one,))) for one in contents]
            if reading.go_on(documents, remaining, self._note):
                reading.keep(0.0)
                return jobs
        raise AssertionError("it never ends")

    def listed(self, resource: str, place: Place = PLACE, last: str = "") -> Iterator[Canonical]:
        """Walks through the pages as a run does."""
        cursor: str | None = str(Cursor(place, 1, last))
        while cursor is not None:
            page = self.pages().page(resource, cursor)
            for one in page.items:
                assert isinstance(one, Canonical)
                yield one
            cursor = page.cursor

    def _note(self, progress: Progress) -> None:
        self.noted = Progress.load(progress.dump())


def many(count: int, name: str = "Лампа") -> bytes:
    return xml(catalogue(*(good(f"g{number:05}", f"{name} {number}") for number in range(count))))


def test_pages_hold_500_records_and_are_walked_through_once() -> None:
    # GIVEN WHEN 1,700 goods are read
    desk = Desk()
    assert desk.read(many(1_700)) == 1
    # THEN they lie on four pages, each once and in the order of the file
    sizes = [
        len(json.loads(desk.blobs.objects[f"imports/onec/01SESSION/import/products/{page}.json"]))
        for page in (1, 2, 3, 4)
    ]
    assert sizes == [500, 500, 500, 200]
    assert [one.key for one in desk.listed("products")] == [f"g{n:05}" for n in range(1_700)]


def test_a_reading_that_runs_out_of_time_is_gone_on_with_and_says_the_same() -> None:
    # GIVEN what one job reads
    whole = Desk()
    whole.read(many(1_700))
    # WHEN every job has time for one page only
    desk = Desk()

    def until_a_page_is_written() -> float:
        known = sum(shelf.pages for shelf in desk.noted.shelves.values())
        return 0.0 if len(desk.blobs.objects) > known else 900.0

    jobs = desk.read(many(1_700), remaining=until_a_page_is_written)
    # THEN it takes several jobs, and each record is there once
    assert jobs >= 3
    assert list(desk.listed("products")) == list(whole.listed("products"))


def test_a_file_that_no_job_can_pass_over_any_more_is_refused_and_not_read_for_ever() -> None:
    # GIVEN a worker that has time for some hundred pieces, passing over them included
    desk = Desk()
    time = iter([900.0, 900.0, 0.0, *[900.0] * 2, 0.0])
    # WHEN
    with pytest.raises(GiveUp, match="уменьшите порцию"):
        desk.read(many(3_000), remaining=lambda: next(time))
    # THEN it got somewhere, and nobody sees any of it
    assert desk.noted.records > 500
    assert not desk.pages().knows("products", "g00001")


def test_nothing_is_listed_before_all_is_read() -> None:
    # GIVEN a file that breaks off behind its first page
    desk = Desk()
    desk.noted_every = 200
    # WHEN it is read
    with pytest.raises(GiveUp):
        desk.read(many(1_700)[:-30])
    # THEN nobody finds what was read of it
    assert desk.noted.records > 1_500
    assert desk.pages().last_said("products", ["g00001"]) == {}
    assert not desk.pages().knows("products", "g00001")


def test_a_good_that_stands_twice_in_a_file_is_listed_once_as_it_stands_last() -> None:
    # GIVEN WHEN a good whose second version lies on another page
    desk = Desk()
    filler = [good(f"g{number}") for number in range(600)]
    desk.read(xml(catalogue(good("a", "first"), *filler, good("a", "second"))))
    # THEN
    found = [one for one in desk.listed("products") if one.key == "a"]
    assert [one.name for one in found if isinstance(one, Product)] == ["second"]


def test_an_older_import_lists_what_a_newer_one_says() -> None:
    # GIVEN two imports of which the newer one renames a good
    desk = Desk()
    desk.read(xml(catalogue(good("a", "old"), good("b", "old"))))
    desk.read(xml(catalogue(good("a", "new"))), place=LATER)
    # THEN a run over the older one carries the new name
    names = {one.key: one.name for one in desk.listed("products") if isinstance(one, Product)}
    assert names == {"a": "new", "b": "old"}
    # AND a run over both lists each good once
    both = [
        (one.key, getattr(one, "name", "")) for one in desk.listed("products", PLACE, "02SESSION")
    ]
    assert both == [("b", "old"), ("a", "new")]


@pytest.mark.parametrize("count", [3, 5_200])
def test_what_was_said_last_of_a_key_is_found_among_few_and_many(count: int) -> None:
    # GIVEN an import of few or many goods, and another one behind it
    desk = Desk()
    desk.read(many(count))
    desk.read(xml(catalogue(good("g00001", "new"))), place=LATER)
    # WHEN keys are looked up
    found = desk.pages().last_said("products", ["g00001", "g00002", "missing"])
    # THEN
    names = {key: one.name for key, one in found.items() if isinstance(one, Product)}
    assert names == {"g00001": "new", "g00002": "Лампа 2"}


def test_what_was_said_before_a_whole_export_is_gone_unless_it_was_said_again() -> None:
    # GIVEN
    desk = Desk()
    desk.read(xml(catalogue(good("a"), good("b"))))
    desk.read(xml(catalogue(good("b"))), place=LATER)
    # WHEN a whole export began with the second session
    desk.pages().forget_before("products", "02SESSION")
    # THEN
    assert set(desk.pages().last_said("products", ["a", "b"])) == {"b"}
    # AND an older horizon does not take its place
    desk.pages().forget_before("products", "01SESSION")
    assert set(desk.pages().last_said("products", ["a", "b"])) == {"b"}


def test_a_run_without_a_cursor_or_without_its_pages_is_told_why() -> None:
    desk = Desk()
    desk.read(many(2))
    with pytest.raises(GiveUp, match="it brings"):
        desk.pages().page("products", None)
    desk.blobs.objects.clear()
    with pytest.raises(GiveUp, match="no longer stored"):
        desk.pages().page("products", str(Cursor(PLACE)))


def test_records_that_are_none_are_named_and_the_others_come() -> None:
    # GIVEN a good without a key, one with a key that is too long, an offer with an unreadable price
    desk = Desk()
    desk.read(
        xml(
            catalogue("<Товар><Наименование>x</Наименование></Товар>", good("k" * 300), good("a")),
            package(offer("a", "дорого"), offer("b", "5")),
        )
    )
    # THEN the others are listed, and the misfit too
    cursor = str(Cursor(PLACE))
    assert [one.key for one in desk.pages().page("products", cursor).items] == ["k" * 255, "a"]
    assert [one.key for one in desk.listed("prices")] == ["b/retail"]
