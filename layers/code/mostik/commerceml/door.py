"""The door of the parser: bytes as 1C and proxies deliver them in, clean UTF-8 behind the XML
declaration out.

What is refused here never reaches the parser: any ``<!DOCTYPE`` (no CommerceML file needs one, and
lxml's own options only drop entities in silence), other encodings, pages of HTML. What is mended
was seen in the field, and is counted: blanks and byte order marks before the declaration, control
characters (fatal in XML, whatever is around them), UTF-8 that is declared as windows-1251 (libxml2
parses that into mojibake without an error).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from mostik.commerceml.refusal import Refused, Why
from mostik.commerceml.report import Report

_PROLOG_BYTES = 65_536
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BLANKS = b" \t\r\n\x00"
_DECLARATION = re.compile(rb"<\?xml[ \t\r\n][^>]{0,500}?\?>")
_DECLARED = re.compile(rb"""encoding[ \t\r\n]*=[ \t\r\n]*["']([A-Za-z0-9._:\-]{1,40})["']""")
_ROOT = re.compile(rb"<([^\s!?/<>=&][^\s/<>=&]{0,300})[\s/>]")
_ENCODINGS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "utf-8", "ascii": "utf-8",
    "windows-1251": "cp1251", "cp1251": "cp1251", "win-1251": "cp1251", "cp-1251": "cp1251",
}  # fmt: skip
_CYRILLIC_PAIRS = re.compile(rb"(?:[\xd0\xd1][\x80-\xbf]){3}")
# Control characters and what XML forbids beside them: U+FFFE, U+FFFF; written out or as references.
_CONTROLS = [bytes((code,)) for code in range(32) if code not in (9, 10, 13)]
_ALL_CONTROLS = b"".join(_CONTROLS)
_REFERENCE = re.compile(
    rb"&#(?:0*(?:[0-8]|1[124-9]|2[0-9]|3[01])|x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F])"
    rb"|x0*[fF]{3}[eEfF]|0*6553[45]);"
)
_LONGEST_REFERENCE = 24
_NONCHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")


@dataclass(frozen=True, slots=True)
class Opened:
    """What stands before the content.

    Attributes:
        root: local name of the root element.
        encoding: ``utf-8`` or ``cp1251``: what the bytes are, whatever is declared.
        chunks: UTF-8 from the root's ``<`` on.
    """

    root: str
    encoding: str
    chunks: Iterator[bytes]


def opened(source: Iterable[bytes], report: Report, *, mends_mojibake: bool = True) -> Opened:
    """Looks at the beginning and returns the cleaned rest.

    Args:
        source: the file in pieces of any size.
        report: counts bytes and what was mended.
        mends_mojibake: UTF-8 that is declared as windows-1251 is read as what it is; else refused.

    Raises:
        Refused: it is empty, no XML, has a DOCTYPE or an encoding that is not read.
    """
    pieces = iter(source)
    head = _blanks_stripped(pieces, report)
    declared, head = _declaration(head, pieces)
    root, head = _root(head, pieces)
    marked = report.mended.pop("_mark", 0)
    encoding = "utf-8" if marked or declared is None else _ENCODINGS.get(declared.lower(), "")
    if not encoding:
        raise Refused(Why.ENCODING, f"Кодировка {declared} не поддерживается: нужна UTF-8.")
    rest: Iterator[bytes] = chain((head,), pieces)
    if encoding == "cp1251":
        is_utf8, rest = _looks_utf8(root, rest)
        if is_utf8 and not mends_mojibake:
            raise Refused(Why.ENCODING, "Объявлена windows-1251, а файл записан в UTF-8.")
        if is_utf8:
            report.mended["declared windows-1251, is UTF-8"] += 1
            encoding = "utf-8"
    report.encoding = "windows-1251" if encoding == "cp1251" else encoding
    local = _name(root, encoding).rpartition(":")[2]
    return Opened(local, encoding, _cleaned(_utf8(rest, encoding), report))


def _name(root: bytes, encoding: str) -> str:
    try:
        return root.decode(encoding)
    except UnicodeDecodeError:
        raise Refused(Why.ENCODING, "Файл записан не в той кодировке, что объявлена.") from None


def _blanks_stripped(pieces: Iterator[bytes], report: Report) -> bytes:
    """The beginning without blanks and marks; two marks, or a blank line first, are fatal later."""
    head = b""
    stripped = 0
    while True:
        before = head
        if head.startswith(_MARKS[1:]):
            raise Refused(Why.ENCODING, "Кодировка UTF-16 не поддерживается: нужна UTF-8.")
        if head.startswith(_MARKS[0]):
            report.mended["_mark"] += 1
            head = head[3:]
        head = head.lstrip(_BLANKS)
        stripped += len(before) - len(head)
        if len(head) >= 4 and before == head:
            break
        if before == head:
            piece = next(pieces, None)
            if piece is None:
                break
            head += piece
        if stripped > _PROLOG_BYTES:
            raise Refused(Why.NOT_XML, "В начале файла слишком много пустых знаков.")
    marks = report.mended.get("_mark", 0)
    if stripped > (3 if marks else 0):
        report.mended["blanks or marks before the declaration"] += 1
    if not head:
        raise Refused(Why.EMPTY, "Файл пуст.")
    if not head.startswith(b"<"):
        raise Refused(Why.NOT_XML, "Это не XML: файл начинается не со знака «<».")
    return head


def _declaration(head: bytes, pieces: Iterator[bytes]) -> tuple[str | None, bytes]:
    """The declared encoding, and what follows the declaration."""
    while head.startswith(b"<?xml"[: len(head)]) and b"?>" not in head and len(head) < 2_000:
        piece = next(pieces, None)
        if piece is None:
            break
        head += piece
    found = _DECLARATION.match(head)
    if found is None:
        return None, head
    declared = _DECLARED.search(found[0])
    return (declared[1].decode("ascii") if declared else None), head[found.end() :]


def _root(head: bytes, pieces: Iterator[bytes]) -> tuple[bytes, bytes]:
    """The root's name, and the content from its ``<`` on. Comments before it are dropped."""
    while True:
        head = head.lstrip(_BLANKS)
        if head[:9].upper() == b"<!DOCTYPE":
            raise Refused(Why.DOCTYPE, "Файлы с <!DOCTYPE не принимаются.")
        for begin, end in ((b"<!--", b"-->"), (b"<?", b"?>")):
            if head.startswith(begin) and (at := head.find(end, len(begin))) >= 0:
                head = head[at + len(end) :]
                break
        else:
            found = _ROOT.match(head)
            if found is not None:
                return found[1], head
            if len(head) > 400 and not head.startswith((b"<!--", b"<?")):
                raise Refused(Why.NOT_XML, "Это не XML: у файла нет корневого элемента.")
            piece = next(pieces, None)
            if piece is None or len(head) > _PROLOG_BYTES:
                raise Refused(Why.NOT_XML, "Это не XML: у файла нет корневого элемента.")
            head += piece


def _looks_utf8(root: bytes, pieces: Iterator[bytes]) -> tuple[bool, Iterator[bytes]]:
    """Whether bytes that are said to be windows-1251 are UTF-8. Nothing in windows-1251 that a
    person wrote decodes as UTF-8 and holds Cyrillic pairs; the root's own name is proof enough."""
    if not root.isascii():
        try:
            root.decode("utf-8")
        except UnicodeDecodeError:
            return False, pieces
        return bool(_CYRILLIC_PAIRS.search(root)), pieces
    first = next(pieces, b"")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(first)
    except UnicodeDecodeError:
        return False, chain((first,), pieces)
    return bool(_CYRILLIC_PAIRS.search(first)), chain((first,), pieces)


def _utf8(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    if encoding == "utf-8":
        yield from pieces
        return
    # One byte is one character: a piece can be decoded on its own. 0x98 is no character.
    for piece in pieces:
        yield piece.decode(encoding, "replace").encode("utf-8")


def _cleaned(pieces: Iterator[bytes], report: Report) -> Iterator[bytes]:
    kept = b""
    for piece in pieces:
        report.bytes += len(piece)
        whole = kept + piece if kept else piece
        # A reference may be cut in two by the end of a piece.
        cut = whole.rfind(b"&", -_LONGEST_REFERENCE)
        if cut >= 0 and b";" not in whole[cut:]:
            whole, kept = whole[:cut], whole[cut:]
        else:
            kept = b""
        yield _mended(whole, report)
    if kept:
        yield _mended(kept, report)


def _mended(piece: bytes, report: Report) -> bytes:
    """Without what XML forbids. Asked for one sign after the other: that is twice as quick as one
    pass over all of them."""
    for control in _CONTROLS:
        if control in piece:
            clean = piece.translate(None, _ALL_CONTROLS)
            report.mended["control characters"] += len(piece) - len(clean)
            piece = clean
            break
    if b"#" in piece and b"&#" in piece:  # one sign is looked for thirty times quicker
        piece, times = _REFERENCE.subn(b"", piece)
        if times:
            report.mended["control characters"] += times
    if b"\xef" in piece:
        for sign in _NONCHARACTERS:
            if sign in piece:
                report.mended["control characters"] += piece.count(sign)
                piece = piece.replace(sign, b"")
    return piece
