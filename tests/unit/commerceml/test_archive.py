"""Zips: what they say of themselves is not believed."""

from __future__ import annotations

import io
import stat
import struct
import zipfile

import pytest

from mostik.commerceml.archive import Archive
from mostik.commerceml.models_goods import Product
from mostik.commerceml.reader import Reader
from mostik.commerceml.refusal import ArchiveLimits, Refused
from tests.unit.commerceml.files import goods, whole

XML = whole(goods("<Товар><Ид>1</Ид></Товар>"))


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    out.seek(0)
    return out


def test_files_are_read_under_their_names_within() -> None:
    archive = Archive(
        zipped(("import0_1.xml", XML), ("import_files/ab/1.jpg", b"\xff\xd8"), ("sub\\o.xml", XML))
    )
    assert archive.names == ["import0_1.xml", "import_files/ab/1.jpg", "sub/o.xml"]
    records = list(Reader(archive.pieces("import0_1.xml")))
    assert sum(isinstance(one, Product) for one in records) == 1


@pytest.mark.parametrize(
    "name", ["../evil.xml", "a/../../b.xml", "C:\\x.xml", "/etc/x.xml", "a\\..\\..\\b.xml", "x.php"]
)
def test_a_name_that_leads_elsewhere_refuses_the_archive(name: str) -> None:
    with pytest.raises(Refused):
        Archive(zipped(("import.xml", XML), (name, XML)))


def test_names_that_differ_in_case_alone_are_one_name() -> None:
    with pytest.raises(Refused, match="одним именем"):
        Archive(zipped(("a.xml", XML), ("A.XML", XML)))


def test_an_archive_within_an_archive_is_refused_whatever_it_is_called() -> None:
    inner = zipped(("a.xml", XML)).getvalue()
    with pytest.raises(Refused, match="Архив внутри"):
        Archive(zipped(("inner.zip", inner)))
    archive = Archive(zipped(("inner.xml", inner)))
    with pytest.raises(Refused, match="Архив внутри"):
        list(archive.pieces("inner.xml"))


def test_links_are_refused() -> None:
    link = zipfile.ZipInfo("link.xml")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(Refused, match="Ссылка"):
        Archive(zipped((link, b"/etc/passwd")))


def test_encrypted_files_are_refused() -> None:
    content = bytearray(zipped(("a.xml", XML)).getvalue())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 8] |= 1
    with pytest.raises(Refused, match="зашифрован"):
        Archive(io.BytesIO(bytes(content)))


def test_a_bomb_is_noticed_while_it_goes_off() -> None:
    bomb = zipped(("a.xml", b"<" + b" " * 20_000_000))
    with pytest.raises(Refused, match="сильное сжатие"):
        list(Archive(bomb).pieces("a.xml"))


def test_what_the_directory_says_of_sizes_is_not_believed() -> None:
    # GIVEN a bomb that says that it is small
    content = bytearray(zipped(("a.xml", b" " * 5_000_000)).getvalue())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 10)
    # THEN no more than that is taken from it, and it is called damaged
    taken: list[bytes] = []
    with pytest.raises(Refused):
        taken.extend(Archive(io.BytesIO(bytes(content))).pieces("a.xml"))
    assert sum(len(piece) for piece in taken) <= 10


def test_all_bounds_hold() -> None:
    two = (("a.xml", b"1" * 50_000), ("b.xml", b"2" * 50_000))
    with pytest.raises(Refused, match="много файлов"):
        Archive(zipped(*two), ArchiveLimits(entries=1))
    small = Archive(zipped(*two), ArchiveLimits(bytes=60_000))
    list(small.pieces("a.xml"))
    with pytest.raises(Refused, match="слишком велико"):
        list(small.pieces("b.xml"))
    with pytest.raises(Refused, match="слишком велико"):
        list(Archive(zipped(*two), ArchiveLimits(entry_bytes=1_000)).pieces("a.xml"))


def test_a_zip_that_breaks_off_is_refused_at_every_length() -> None:
    content = zipped(("a.xml", XML)).getvalue()
    for length in range(len(content)):
        with pytest.raises(Refused):
            list(Archive(io.BytesIO(content[:length])).pieces("a.xml"))


def test_a_changed_byte_of_the_content_is_noticed() -> None:
    content = bytearray(zipped(("a.xml", XML)).getvalue())
    content[60] ^= 0xFF
    with pytest.raises(Refused):
        list(Archive(io.BytesIO(bytes(content))).pieces("a.xml"))


def test_other_kinds_are_left_out_and_counted() -> None:
    archive = Archive(zipped(("a.xml", XML), ("Thumbs.db", b"x"), ("readme", b"x")))
    assert archive.names == ["a.xml"]
    assert archive.left_out == {"db": 1, "": 1}


def test_russian_names_of_old_programs_are_understood() -> None:
    # GIVEN names in the code page of a Russian DOS, and in UTF-8 without saying so
    for encoding in ("cp866", "utf-8"):
        content = zipped(("xxxxxxxxxxxxxx.jpg", b"1")).getvalue()
        name = "Чайник.jpg".encode(encoding)
        name = name.rjust(18, b"_")
        content = content.replace(b"xxxxxxxxxxxxxx.jpg", name)
        # THEN they read the same
        assert Archive(io.BytesIO(content)).names[0].lstrip("_") == "Чайник.jpg"
