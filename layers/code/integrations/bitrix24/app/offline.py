"""The errand ``feed``: reads the offline queue, which loses nothing.

Source: apidocs.bitrix24.ru, events/offline-events. With ``clear=0`` the portal keeps what it gives,
hidden under a process id, until it is cleared. So: take, give every record its job, clear. A reader
that dies in between leaves entries that nobody else sees; because one reader works at a time, every
entry that is held when one begins is such a remainder and comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from integrations.bitrix24.app.bindings import Feed, choose_feed
from integrations.bitrix24.app.client import OFFLINE_PAGE
from integrations.bitrix24.app.models import Access, OfflineEvent
from integrations.bitrix24.app.names import FEED_NOTE, QUEUE_HINT
from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.webhook import hints_of
from mostik.integration import Hint, Tools

RESERVE_SECONDS = 30.0
"""With less time left the rest is for another run."""


def read_queue(client: Bitrix24, access: Access, tools: Tools, key: str) -> int:
    """Gives a job to every record that the queue names. Returns how many were asked for.

    Raises:
        Busy: a job could not be queued; nothing of its page was cleared.
    """
    del key
    note = tools.recall(FEED_NOTE)
    feed = Feed.of_note(note) if note is not None else choose_feed(client.app, access)
    if not feed.offline:
        return 0
    asked = 0
    while held := client.app.held():
        asked += _work_off(client, tools, held)
    while True:
        if tools.remaining() < RESERVE_SECONDS:
            tools.touch([QUEUE_HINT])  # asks for one more run after this one
            return asked
        taken = client.app.take(feed.connector)
        named = [one.model_copy(update={"PROCESS_ID": taken.process_id}) for one in taken.events]
        asked += _work_off(client, tools, named)
        if len(taken.events) < OFFLINE_PAGE:
            return asked


def _work_off(client: Bitrix24, tools: Tools, entries: Iterable[OfflineEvent]) -> int:
    """First the jobs, then the portal may forget. Without a process id it has forgotten already:
    its plan lacks the loss-free mode, whatever it said."""
    asked = 0
    by_process = sorted(entries, key=lambda one: one.PROCESS_ID or "")
    for process_id, group in groupby(by_process, key=lambda one: one.PROCESS_ID or ""):
        good: dict[str, list[Hint]] = {}
        bad: list[str] = []
        for entry in group:
            try:
                hints = hints_of(entry.EVENT_NAME, entry.fields, client.settings)
            except ValueError:
                bad.append(entry.MESSAGE_ID)
            else:
                good.setdefault(entry.MESSAGE_ID, []).extend(hints)
        asked += tools.touch(hint for hints in good.values() for hint in hints)
        if process_id:
            client.app.mark_bad(process_id, bad)
            client.app.clear(process_id, list(good))
    return asked
