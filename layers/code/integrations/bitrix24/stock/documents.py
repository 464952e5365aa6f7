"""Makes and conducts inventory documents so that nothing is applied twice and no draft is left.

A draft has no effect until it is conducted, so a draft of which anything is not known is thrown
away. A conduct of which the answer was lost is looked up: conducted is conducted; otherwise nobody
knows whether the portal is still at it, and the record is left for later (``Unknown``). The next
attempt of the same work deletes the drafts that carry its number, reads the stock anew and makes
documents for what is still missing.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from integrations.bitrix24.catalog.lookup import everything
from integrations.bitrix24.stock.endpoints import (
    DOCUMENT_ADD,
    DOCUMENT_CONDUCT,
    DOCUMENT_DELETE,
    DOCUMENTS,
    ELEMENT_ADD,
)
from integrations.bitrix24.stock.levels import RECEIPT, Paper, Place
from integrations.bitrix24.transport.batch import MOST_COMMANDS, Command, Done, Refused
from integrations.bitrix24.transport.php import Ref, as_map
from integrations.bitrix24.transport.portal import Portal
from mostik.errors import GiveUp, MostikError, Unknown, WhoActs

MOST_GOODS = MOST_COMMANDS - 1
"""Goods of one document: it is made with its goods in one batch."""
_CONDUCTED = "Y"
_LONGEST_NUMBER = 40

Failures = dict[Place, MostikError]


@dataclass
class Documents:
    """The inventory documents of one piece of work.

    Attributes:
        portal: calls the portal.
        number: what the documents are numbered by: the same in all attempts of the work.
        currency: of the documents; they carry no prices.
        responsible: id of the user in whose name they are made.
    """

    portal: Portal
    number: str
    currency: str
    responsible: int | None
    _made: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.number = self.number[-_LONGEST_NUMBER:]

    def sweep(self) -> None:
        """Deletes the drafts that an earlier attempt of this work has left."""
        rows = everything(
            self.portal, DOCUMENTS, {"=%docNumber": f"{self.number}/%"}, ("docNumber", "status")
        )
        for row in rows:
            ours = str(row.get("docNumber", "")).startswith(f"{self.number}/")
            if ours and row.get("status") != _CONDUCTED:
                # gone already, or conducted meanwhile: what lies there is read behind this
                with suppress(GiveUp):
                    self.portal.call(DOCUMENT_DELETE, {"id": row["id"]})

    def carry_out(self, paper: Paper) -> Failures:
        """Makes and conducts a document. Returns what kept single goods back.

        One good that the portal refuses does not keep the others back: the document is halved
        until it stands alone.
        """
        drafted = self._draft(paper)
        if isinstance(drafted, MostikError):
            return self._refused(paper, drafted)
        try:
            self.portal.call(DOCUMENT_CONDUCT, {"id": drafted})
        except Unknown as lost:
            if self._is_conducted(drafted):
                return {}
            return dict.fromkeys(paper.places, lost)  # perhaps it is being conducted right now
        except GiveUp as refused:
            self._discard(drafted)
            return self._refused(paper, refused)
        except MostikError:
            self._discard(drafted)
            raise
        return {}

    def _refused(self, paper: Paper, why: MostikError) -> Failures:
        if len(paper.moves) == 1 or not isinstance(why, GiveUp):
            return dict.fromkeys(paper.places, why)
        failures: Failures = {}
        for half in paper.halves():
            failures |= self.carry_out(half)
        return failures

    def _draft(self, paper: Paper) -> int | MostikError:
        self._made += 1
        outcomes = self.portal.batch([self._head(paper), *self._goods(paper)])
        head, *goods = outcomes
        if isinstance(head, Refused):
            return head.error
        document = as_map(as_map(head.value).get("document")).get("id")
        failed = next((one.error for one in goods if not isinstance(one, Done)), None)
        if document is None:
            return GiveUp("The portal's answer holds no document.", who=WhoActs.DEVELOPER)
        if failed is not None:
            self._discard(document)
            return failed
        return int(document)

    def _head(self, paper: Paper) -> Command:
        fields = {
            "docType": paper.kind,
            "docNumber": f"{self.number}/{self._made}",
            "title": f"Mostik {self.number}/{self._made}",
            "currency": self.currency,
            "responsibleId": self.responsible,
        }
        return Command(DOCUMENT_ADD, {"fields": fields}, "doc")

    def _goods(self, paper: Paper) -> list[Command]:
        side = "storeTo" if paper.kind == RECEIPT else "storeFrom"
        return [
            Command(
                ELEMENT_ADD,
                {
                    "fields": {
                        "docId": Ref("doc", "document", "id"),
                        "elementId": product,
                        side: paper.store,
                        "amount": amount,
                    }
                },
            )
            for product, amount in paper.moves
        ]

    def _is_conducted(self, document: int) -> bool:
        rows = everything(self.portal, DOCUMENTS, {"id": document}, ("status",))
        return any(row["id"] == document and row.get("status") == _CONDUCTED for row in rows)

    def _discard(self, document: Any) -> None:
        # what cannot be deleted now has no effect, and the next attempt's sweep deletes it
        with suppress(MostikError):
            self.portal.call(DOCUMENT_DELETE, {"id": document})
