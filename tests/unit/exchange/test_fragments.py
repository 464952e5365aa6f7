"""Files in fragments: whatever is repeated, killed or sent at once, the bytes are those of 1C."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mostik.commerceml.assembled import looks_complete, opened
from mostik.commerceml.uploads import OPEN, StoredFile, Uploads
from mostik.ports import Busy
from tests.support.clock import FakeClock
from tests.support.memory import MemoryBlobs, state_table

UPLOAD = "01K70000000000000000000000"


class Killed(Exception):
    """The function's process ends here."""


class Store:
    """Uploads over memory, and 1C's proxy that repeats what it got no answer to."""

    def __init__(self, unique_bytes: int = 1) -> None:
        self.clock = FakeClock()
        self.table = state_table()
        self.blobs = MemoryBlobs()
        self.uploads = Uploads(self.table, self.blobs, self.clock, unique_bytes)

    def append(self, body: bytes, name: str = "a.xml") -> StoredFile:
        return self.uploads.append("onec", UPLOAD, name, body)

    def file(self, name: str = "a.xml") -> StoredFile:
        found = self.uploads.find("onec", UPLOAD, name)
        assert found is not None
        return found

    def content(self, name: str = "a.xml") -> bytes:
        with opened(self.file(name), self.blobs) as stream:
            return stream.read()


def killed_at(store: Store, port: str, operation: str) -> None:
    """The next call of an operation ends the process, after its effect or before it."""
    fake = getattr(store, port)

    def die(name: str) -> None:
        if name == operation:
            fake.before = None
            raise Killed

    fake.before = die


@settings(max_examples=150)
@given(data=st.data())
def test_any_split_with_repeats_and_killed_requests_gives_the_same_bytes(
    data: st.DataObject,
) -> None:
    # GIVEN a file without two equal fragments, split anywhere
    size = data.draw(st.integers(1, 400))
    content = b"".join(n.to_bytes(2, "big") for n in range(size))
    cuts = sorted(data.draw(st.sets(st.integers(1, size - 1), max_size=6)) if size > 1 else ())
    borders = [0, *(2 * cut for cut in cuts), len(content)]
    fragments = [content[start:end] for start, end in pairwise(borders) if start < end]
    store = Store()
    sent: list[bytes] = []
    for fragment in fragments:
        # WHEN a request is killed at any port call, or loses its answer, and comes again
        fate = data.draw(
            st.sampled_from(["calm", "kill get", "kill blob", "kill row", "lost row", "busy blob"])
        )
        match fate.split():
            case ["kill", "get"]:
                killed_at(store, "table", "get")
            case ["kill", "blob"]:
                killed_at(store, "blobs", "put")
            case ["kill", "row"]:
                killed_at(store, "table", "replace" if sent else "insert")
            case ["lost", "row"]:
                store.table.fail_next("replace" if sent else "insert", effect=True)
            case ["busy", "blob"]:
                store.blobs.fail_next("put")
        try:
            store.append(fragment)
        except (Killed, Busy):
            store.append(fragment)
        store.table.before = store.blobs.before = None
        store.table.recover()
        sent.append(fragment)
        # AND fragments that have their answer come again, the last one or an older one
        for place in data.draw(st.lists(st.integers(0, len(sent) - 1), max_size=2)):
            store.append(sent[place])
    # THEN the file is the one that 1C sent
    assert store.content() == content
    assert store.file().size == len(content)


@given(st.binary(min_size=1, max_size=300), st.lists(st.integers(1, 50), max_size=30))
def test_the_stream_can_be_read_from_anywhere(content: bytes, sizes: list[int]) -> None:
    # GIVEN a file in fragments
    store = Store(unique_bytes=1_000_000)
    pieces: list[bytes] = []
    at = 0
    for size in [*sizes, len(content)]:
        piece = content[at : at + size]
        if piece and (not pieces or piece != pieces[-1]):
            store.append(piece)
            pieces.append(piece)
        at += size
    whole = b"".join(pieces)
    with opened(store.file(), store.blobs) as stream:
        # THEN any place of it can be read, and its end, and what lies beyond
        for place in range(0, len(whole) + 2, 7):
            stream.seek(place)
            assert stream.read(11) == whole[place : place + 11]
        stream.seek(-1, 2)
        assert stream.read() == whole[-1:]
        with pytest.raises((OSError, ValueError)):
            stream.seek(-1)


def test_two_requests_at_once_lose_nothing() -> None:
    # GIVEN a second request that is faster than the first
    store = Store()
    store.append(b"begin")

    def overtake(operation: str) -> None:
        if operation == "replace":
            store.table.before = None
            store.append(b"second")

    store.table.before = overtake
    # WHEN the first one writes
    store.append(b"first")
    # THEN both are there
    assert store.content() == b"beginsecondfirst"


def test_the_same_request_twice_at_once_is_one() -> None:
    # GIVEN a proxy that sent a request again while the first was still worked on
    store = Store()
    store.append(b"begin")

    def overtake(operation: str) -> None:
        if operation == "replace":
            store.table.before = None
            store.append(b"next")

    store.table.before = overtake
    store.append(b"next")
    # THEN its bytes are there once, and the repeat was counted
    assert store.content() == b"beginnext"
    assert store.file().repeats == 1


def test_short_fragments_are_compared_with_the_one_before_only() -> None:
    # GIVEN a client that cuts a file into lines
    store = Store(unique_bytes=4_096)
    for line in (b"<b>\n", b"<c/>\n", b"<b>\n"):
        store.append(line)
    # THEN equal lines stay
    assert store.content() == b"<b>\n<c/>\n<b>\n"


def test_a_file_sent_again_after_its_import_is_a_new_one() -> None:
    # GIVEN a file whose import was asked for
    store = Store()
    store.append(b"<old>")
    store.append(b"</old>")
    store.uploads.asked(store.file())
    # WHEN the last fragment comes once more, late
    store.append(b"</old>")
    # THEN nothing changed
    assert store.content() == b"<old></old>"
    # WHEN the file is sent anew, beginning as before
    store.append(b"<old>")
    store.append(b"more</old>")
    # THEN it is the new file alone
    assert store.content() == b"<old>more</old>"
    assert store.file().began == 2


def test_equal_content_has_an_equal_name_whatever_came_between() -> None:
    # GIVEN one file sent calmly and another with repeats
    calm, stormy = Store(), Store()
    for fragment in (b"1", b"2", b"3"):
        calm.append(fragment)
        stormy.append(fragment)
        stormy.append(fragment)
    # THEN both are known as the same content
    assert calm.file().chain == stormy.file().chain
    # AND another order is another content
    other = Store()
    for fragment in (b"2", b"1", b"3"):
        other.append(fragment)
    assert other.file().chain != calm.file().chain


def test_an_empty_file_exists() -> None:
    store = Store()
    store.append(b"")
    assert store.file().size == 0
    assert store.content() == b""


def test_only_documents_wait_for_an_import() -> None:
    # GIVEN a picture, a document and an archive with an odd name
    store = Store()
    store.append(b"\xff\xd8\xff", "import_files/a.jpg")
    assert not store.table.rows(OPEN)
    store.append(b"PK\x03\x04", "v8_3B8F_3e.tmp")
    # THEN the upload is known to hold something to import
    assert [row["sk"] for row in store.table.rows(OPEN)] == [f"onec/{UPLOAD}"]
    assert [file.name for file in store.uploads.archives("onec", UPLOAD)] == ["v8_3B8F_3e.tmp"]


@pytest.mark.parametrize(
    ("content", "complete"),
    [
        (b"<a><b></b></a>", True),
        (b"<a><b></b></a>\r\n\r\n \x00", True),
        (b"<a></a><!-- end -->", True),
        ("<Каталог></Каталог>".encode(), True),
        ("<Каталог></Каталог>".encode("windows-1251"), True),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <x> -->\n<a b='c'><b/></a >", True),
        (b"<?xml version='1.0'?>\n<a b='c'><b/></a >", True),
        (b"<a><b></b>", False),
        (b"<a><b></b", False),
        (b"<a><b>text", False),
        (b"<a", False),
        (b"PK\x03\x04...", False),
        (b"PK\x03\x04...PK\x05\x06" + b"\0" * 18, True),
    ],
)
@pytest.mark.parametrize("pieces", [1, 3])
def test_a_file_shows_whether_it_is_whole(content: bytes, complete: bool, pieces: int) -> None:
    # GIVEN a file in fragments
    store = Store(unique_bytes=1_000_000)
    step = max(1, len(content) // pieces)
    store.append(content[:step])
    for start in range(step, len(content), step):
        store.append(content[start : start + step])
    # THEN its end says whether it has come
    assert looks_complete(store.file(), store.blobs) is complete
