"""Links that people write down: stored with every version, and what settles their matching.

The row of a link holds its document. Each version lies beside it, so that a person sees who has
changed what, and can go back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mostik.errors import Skip
from mostik.jobs.row import time_key
from mostik.linkdoc.difference import difference
from mostik.linkdoc.document import LinkDocument
from mostik.ports import Clock, Table
from mostik.sync.link import Link, Links, documented
from mostik.sync.written import written

REPLACES = "It takes the place of the link that follows from the settings of"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a link.

    Attributes:
        id: a hash of what it says.
        at: when it was applied, unix seconds.
        by: who has applied it.
        document: what it says.
    """

    id: str
    at: float
    by: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a document has come to.

    Attributes:
        link: the link as it stands now.
        changes: what has changed, in sentences; empty: nothing.
        remapped: its fields are mapped in another way: what lies in quarantine deserves a try.
        new: there was no such link, or it led elsewhere.
    """

    link: Link
    changes: Sequence[str]
    remapped: bool = False
    new: bool = False


@dataclass(frozen=True, slots=True)
class LinkBook:
    """Keeps them.

    Attributes:
        links: links.
        table: the state table.
        clock: unix seconds.
    """

    links: Links
    table: Table
    clock: Clock

    def document(self, link_id: str) -> LinkDocument:
        """Returns what a link says; one that follows from settings is written down.

        Raises:
            Skip: there is no such link.
        """
        return written(self._link(link_id))

    def apply(self, document: LinkDocument, *, by: str) -> Applied:
        """Stores a document that was checked; the same one twice is stored once.

        A link whose ends are others than before is matched anew. One that follows from settings
        makes room for the document, as long as that joins the same.

        Raises:
            Skip: a link of this name follows from the settings of a connection, and joins others.
        """
        standing = self.links.get(document.id)
        wanted = documented(document)
        same_ends = standing is not None and standing.joins(wanted)
        if standing is not None and standing.derived and not same_ends:
            raise Skip(
                f"The link {document.id} follows from the settings of"
                f" {standing.left.connection}, and joins others: choose another id."
            )
        if standing is not None and same_ends:
            wanted = replace(wanted, matched=standing.matched)
        if wanted == standing:
            return Applied(wanted, ())
        known = written(standing) if standing is not None and same_ends else None
        now = self.clock()
        self.table.put(
            {
                "pk": f"link#{document.id}",
                "sk": f"{time_key(now)}#{document.version}",
                "version_of_document": document.version,
                "at": now,
                "by": by,
                "document": document.as_item(),
            }
        )
        self.links.save(wanted)
        changes = ["It is new."] if known is None else difference(known, document)
        if standing is not None and standing.derived:
            changes.insert(0, f"{REPLACES} {standing.left.connection}.")
        return Applied(wanted, changes, _remapped(known, document), new=not same_ends)

    def versions(self, link_id: str) -> Sequence[Version]:
        """Returns the latest versions of a link, the newest first."""
        page = self.table.query(f"link#{link_id}", newest_first=True)
        return [
            Version(
                str(item["version_of_document"]),
                float(item["at"]),
                str(item["by"]),
                item["document"],
            )
            for item in page.items
        ]

    def remove(self, link_id: str) -> Link:
        """Takes a document away; its versions stay, and what it has paired. A link that follows
        from settings comes back with the next import, or when they are saved.

        Raises:
            Skip: there is no such link, or it has no document.
        """
        link = self._link(link_id)
        if link.document is None:
            raise Skip(f"The link {link_id} follows from settings: change those.")
        self.links.remove(link_id)
        return link

    def settle(self, link_id: str) -> Link:
        """Lets a link write: its bases were matched, or a person says that they need not be.

        Raises:
            Skip: there is no such link.
        """
        link = replace(self._link(link_id), matched=True)
        self.links.save(link)
        return link

    def _link(self, link_id: str) -> Link:
        link = self.links.get(link_id)
        if link is None:
            known = ", ".join(sorted(one.id for one in self.links.all())) or "none"
            raise Skip(f"There is no link {link_id!r}. There are: {known}.")
        return link


def _remapped(before: LinkDocument | None, after: LinkDocument) -> bool:
    if before is None:
        return False
    named = ("fields", "dictionaries", "rest", "left", "right")
    return any(getattr(before, name) != getattr(after, name) for name in named)
