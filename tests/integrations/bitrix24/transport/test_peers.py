"""Other people's clients work against the sandbox portal: it is not made for ours."""

from __future__ import annotations

import pytest

from bench.bitrix_bed import PEERS, Portal, portal, run

pytestmark = pytest.mark.loopback

ADDED = 120
LISTED = 3_000


def does(there: Portal, name: str, work: str, records: int) -> int:
    """Lets a client do its work in a process of its own. Returns of how many records it speaks."""
    told = {"webhook": there.webhook, "client": name, "work": work, "records": records}
    (result,) = run([told], patience=60.0)
    assert result["error"] is None
    return int(result["records"])


@pytest.mark.parametrize("name", ["ours", "floor", *PEERS])
def test_every_client_lists_adds_and_updates(name: str) -> None:
    with portal() as there:
        # GIVEN a portal with more deals than one batch lists
        there.do("hold", deals=LISTED)
        # THEN the client lists all of them
        assert does(there, name, "list", 0) == LISTED
        # AND changes some
        assert does(there, name, "update", ADDED) == ADDED
        # AND adds others
        assert does(there, name, "add", ADDED) == ADDED
        assert there.do("look")["deals"] == LISTED + ADDED
