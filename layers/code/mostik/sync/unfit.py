"""Errors of one record that no call has raised, in words for the person who keeps the record."""

from __future__ import annotations

from pydantic import ValidationError

from mostik.errors import GiveUp, WhoActs


def unfit(error: Exception) -> GiveUp | None:
    """Returns what is wrong with a record that is no record of the trade; ``None``: the error says
    something else."""
    match error:
        case ValidationError():
            # Names the fields, never what they hold.
            fields = ", ".join(".".join(map(str, e["loc"])) or "record" for e in error.errors()[:5])
            text = f"A record does not fit: {fields}. Correct it where it is kept, then repeat."
        case UnicodeEncodeError():
            text = "A record holds broken characters. Correct it where it is kept, then repeat."
        case _:
            return None
    return GiveUp(text, who=WhoActs.EXTERNAL_ADMIN)
