"""Zips as 1C sends them: looked through first, inflated under bounds, never written anywhere.

What a zip's directory says may be a lie, so bytes are counted while they are inflated. An archive
that tries to lead elsewhere is refused as a whole; a file of a kind that the exchange has no use
for is left out and counted.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from mostik.commerceml.filenames import safe_name
from mostik.commerceml.protocol import shown
from mostik.commerceml.refusal import ArchiveLimits, Refused, Why

_CHUNK = 65_536
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_UNIX = 3
_KINDS = frozenset(
    ("xml", "jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff", "svg", "pdf", "txt", "csv",
     "doc", "docx", "xls", "xlsx", "html", "htm")
)  # fmt: skip
_ARCHIVES = frozenset(("zip", "rar", "7z", "gz", "tgz", "bz2", "xz", "tar", "jar", "cab"))
_ARCHIVE_SIGNS = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
_ZIP_INSIDE = frozenset(("docx", "xlsx"))


class Archive:
    """A zip whose directory has been looked through.

    Args:
        file: the zip; it must be able to seek.
        limits: bounds.

    Attributes:
        names: what can be read, made relative, in the archive's order.
        left_out: how many files of which ending were not wanted.

    Raises:
        Refused: it is no zip, breaks off, or breaks a rule.
    """

    def __init__(self, file: BinaryIO, limits: ArchiveLimits | None = None) -> None:
        self._limits = limits or ArchiveLimits()
        self.left_out: Counter[str] = Counter()
        self._inflated = 0
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
            raise Refused(Why.ARCHIVE, "Архив повреждён или передан не целиком.") from None
        infos = self._zip.infolist()
        if len(infos) > self._limits.entries:
            raise Refused(Why.ARCHIVE, "В архиве слишком много файлов.")
        self._entries = self._looked_through(infos)
        self.names = list(self._entries)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yields a file's content.

        Raises:
            Refused: it is damaged, an archive itself, or bigger than allowed.
        """
        info = self._entries[name]
        own = 0
        try:
            with self._zip.open(info) as source:
                while piece := source.read(_CHUNK):
                    if not own and self._is_archive(name, piece):
                        raise Refused(Why.ARCHIVE, f"Архив внутри архива: {shown(name)}")
                    own += len(piece)
                    self._inflated += len(piece)
                    self._check(name, own, info.compress_size)
                    yield piece
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            OSError,
        ):
            raise Refused(Why.ARCHIVE, f"Файл в архиве повреждён: {shown(name)}") from None

    def _looked_through(self, infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        entries: dict[str, zipfile.ZipInfo] = {}
        seen: set[str] = set()
        for info in infos:
            raw = _name(info)
            if raw.endswith(("/", "\\")):
                continue
            if "\x00" in info.orig_filename or raw.startswith(("/", "\\")):
                raise Refused(Why.ARCHIVE, f"Имя файла в архиве не годится: {shown(raw)}")
            name = safe_name(raw)
            if name.casefold() in seen:
                raise Refused(Why.ARCHIVE, f"Два файла с одним именем в архиве: {shown(name)}")
            seen.add(name.casefold())
            if info.flag_bits & _ENCRYPTED:
                raise Refused(Why.ARCHIVE, f"Файл в архиве зашифрован: {shown(name)}")
            if info.create_system == _UNIX and stat.S_ISLNK(info.external_attr >> 16):
                raise Refused(Why.ARCHIVE, f"Ссылка вместо файла в архиве: {shown(name)}")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Refused(Why.ARCHIVE, f"Сжатие не поддерживается: {shown(name)}")
            ending = name.rpartition(".")[2].lower() if "." in name else ""
            if ending in _ARCHIVES:
                raise Refused(Why.ARCHIVE, f"Архив внутри архива: {shown(name)}")
            if ending in _KINDS:
                entries[name] = info
            else:
                self.left_out[ending[:20]] += 1
        return entries

    @staticmethod
    def _is_archive(name: str, piece: bytes) -> bool:
        return (
            piece.startswith(_ARCHIVE_SIGNS) and name.rpartition(".")[2].lower() not in _ZIP_INSIDE
        )

    def _check(self, name: str, own: int, deflated: int) -> None:
        limits = self._limits
        if own > limits.entry_bytes or self._inflated > limits.bytes:
            raise Refused(Why.ARCHIVE, f"Содержимое архива слишком велико: {shown(name)}")
        if own > limits.ratio_from and own > limits.ratio * max(deflated, 1):
            raise Refused(Why.ARCHIVE, f"Подозрительно сильное сжатие: {shown(name)}")


def _name(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: without the UTF-8 flag it is in the code page of a Russian DOS, or
    in UTF-8 all the same."""
    if info.flag_bits & _UTF8_NAME or info.filename.isascii():
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp866")
