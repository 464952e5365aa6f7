"""Where a list goes on: an opaque text, so that nobody builds one."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from mostik.admin.problems import Refused, Words

_WRONG = Words("The cursor is the value that the page before gave.", "Неверный указатель страницы.")


def cursor_of(place: str | None) -> str | None:
    """Returns the cursor of a place; ``None`` at the end."""
    return urlsafe_b64encode(place.encode()).decode().rstrip("=") if place is not None else None


def place_of(cursor: str | None) -> str | None:
    """Returns the place of a cursor.

    Raises:
        Refused: it is none.
    """
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        place = urlsafe_b64decode(padded.encode("ascii")).decode()
    except ValueError:
        raise Refused(400, _WRONG) from None
    if not place:
        raise Refused(400, _WRONG)
    return place
