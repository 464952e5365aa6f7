"""A file that the site refuses is sent again in halves, until the record that it minds is alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from mostik.commerce.record import Canonical
from mostik.commerceml.client_reply import SiteRefuses
from mostik.errors import MostikError

RecordT = TypeVar("RecordT", bound=Canonical)


def sent_in_halves(
    records: Mapping[int, RecordT], send: Callable[[Sequence[RecordT]], None]
) -> Mapping[int, RecordT | MostikError]:
    """Sends records.

    Args:
        records: by their places.
        send: sends some of them as one file, and keeps them when the site has taken it.

    Returns:
        For each place the record, or why it did not get there.
    """
    if not records:
        return {}
    try:
        send(list(records.values()))
    except SiteRefuses as error:
        if len(records) == 1:
            return dict.fromkeys(records, error)
        places = list(records)
        half = len(places) // 2
        return {
            **sent_in_halves({place: records[place] for place in places[:half]}, send),
            **sent_in_halves({place: records[place] for place in places[half:]}, send),
        }
    except MostikError as error:
        return dict.fromkeys(records, error)
    return records
