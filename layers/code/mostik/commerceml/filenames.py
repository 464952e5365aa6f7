"""File names as 1C sends them: made relative, or refused. A name never becomes part of a key."""

from __future__ import annotations

import hashlib
import unicodedata

from mostik.commerceml.protocol import shown
from mostik.commerceml.refusal import Refused, Why

MOST_CHARACTERS = 255
_MOST_FOLDERS = 16
_LOCAL_PREFIXES = ("/tmp/", "/upload/1c/webdata/", "upload/1c/webdata/")  # noqa: S108 - 1C's own
"""1C on Linux sends the path of its own temporary file."""
_PROGRAMS = frozenset(
    (
        "php", "php3", "php4", "php5", "php7", "phtml", "phar", "pht", "shtml", "cgi", "pl", "py",
        "rb", "asp", "aspx", "jsp", "jspx", "cfm", "exe", "dll", "com", "bat", "cmd", "sh", "ps1",
        "vbs", "js", "hta", "htaccess", "htpasswd",
    )
)  # fmt: skip


def safe_name(raw: str | None) -> str:
    """Returns a name as a relative path with slashes.

    Raises:
        Refused: it is empty, too long, leads elsewhere, hides signs, or names a program.
    """
    if not raw:
        raise Refused(Why.NAME, "Не указано имя файла (параметр filename).")
    name = unicodedata.normalize("NFC", raw)
    if len(name) > MOST_CHARACTERS:
        raise Refused(Why.NAME, f"Имя файла длиннее {MOST_CHARACTERS} символов: {shown(name)}")
    if any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for sign in name):
        raise Refused(Why.NAME, f"В имени файла недопустимые символы: {shown(name)}")
    name = name.replace("\\", "/")
    for prefix in _LOCAL_PREFIXES:
        name = name.removeprefix(prefix)
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not parts or len(parts) > _MOST_FOLDERS:
        raise Refused(Why.NAME, f"Имя файла не годится: {shown(raw)}")
    if ".." in (part.strip() for part in parts) or ":" in name:
        raise Refused(Why.NAME, f"Имя файла ведёт за пределы каталога обмена: {shown(raw)}")
    if parts[-1].rstrip(". ").rpartition(".")[2].casefold() in _PROGRAMS:
        raise Refused(Why.NAME, f"Файлы программ не принимаются: {shown(raw)}")
    return "/".join(parts)


def file_id(name: str) -> str:
    """Returns the id under which a file of this name is kept: 32 hexadecimal digits."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
