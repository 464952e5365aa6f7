"""Style and scripts: served by the function, compressed, and kept by the browser for a year.

The address of a file holds a part of its content's hash, so that a new release is a new address.
"""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "static"
_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_KEPT = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, ready to be sent."""

    content_type: str
    mark: str
    plain: bytes
    packed: bytes


class Assets:
    """The files below ``static``; each is read once."""

    def __init__(self) -> None:
        self._known: dict[str, Asset] = {}
        self._names = frozenset(
            path.relative_to(FOLDER).as_posix()
            for path in FOLDER.rglob("*")
            if path.suffix in _TYPES
        )

    @property
    def names(self) -> frozenset[str]:
        """What there is."""
        return self._names

    def get(self, name: str) -> Asset | None:
        """Returns a file; ``None``: there is none of this name."""
        if name not in self._names:
            return None
        if name not in self._known:
            plain = (FOLDER / name).read_bytes()
            self._known[name] = Asset(
                _TYPES[Path(name).suffix],
                sha256(plain).hexdigest()[:12],
                plain,
                gzip.compress(plain, 9, mtime=0),
            )
        return self._known[name]

    def address(self, name: str) -> str:
        """Returns a file's address below ``/admin``.

        Raises:
            LookupError: there is none of this name.
        """
        asset = self.get(name)
        if asset is None:
            raise LookupError(name)
        return f"static/{name}?v={asset.mark}"

    def answer(self, name: str, accepts: str) -> dict[str, Any] | None:
        """Returns the answer to a request for a file; ``None``: there is none of this name."""
        asset = self.get(name)
        if asset is None:
            return None
        return packed_answer(200, asset.content_type, asset.plain, accepts, asset.packed, _KEPT)


def packed_answer(
    status: int,
    content_type: str,
    plain: bytes,
    accepts: str,
    packed: bytes | None = None,
    cached: str = "no-store",
) -> dict[str, Any]:
    """Returns an answer of API Gateway, compressed where the browser takes that.

    Args:
        status: of the answer.
        content_type: its media type.
        plain: the body.
        accepts: the request's ``Accept-Encoding``.
        packed: the body, compressed already.
        cached: ``Cache-Control``.
    """
    headers = {"Content-Type": content_type, "Cache-Control": cached, "Vary": "Accept-Encoding"}
    if "gzip" not in accepts or len(plain) < 1_000:
        return {
            "statusCode": status,
            "headers": headers,
            "cookies": [],
            "body": plain.decode("utf-8"),
            "isBase64Encoded": False,
        }
    body = packed if packed is not None else gzip.compress(plain, 5, mtime=0)
    return {
        "statusCode": status,
        "headers": {**headers, "Content-Encoding": "gzip"},
        "cookies": [],
        "body": b64encode(body).decode(),
        "isBase64Encoded": True,
    }
