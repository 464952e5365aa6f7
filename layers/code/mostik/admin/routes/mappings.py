"""Mapping: what a link says, tried on a real record, and kept."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from mostik.admin.desk import AdminDesk
from mostik.admin.mappingdesk import Preview
from mostik.admin.roles import Role
from mostik.admin.routes.matching import LinkPath
from mostik.admin.routes.shapes import Reason, RecordKey, Shown, Wanted
from mostik.admin.routing import AdminApi
from mostik.admin.views import iso
from mostik.linkdoc.document import LinkDocument
from mostik.linkdoc.yamlfile import dump
from mostik.mapping.side import Side
from mostik.mapping.trace import Outcome

LinkText = Annotated[str, Field(min_length=1, max_length=300_000)]


class VersionShown(Shown):
    """One version of a link."""

    version: str
    at: str | None
    by: str
    text: str


class DocumentShown(Shown):
    """What a link says: as text, and as it is kept."""

    link: str
    version: str
    matched: bool
    text: str
    document: dict[str, Any]
    versions: list[VersionShown]


class KeptShown(Shown):
    """What keeping a text has changed, in sentences; and what is odd about it."""

    version: str
    changes: list[str]
    warnings: list[str]
    matched: bool


class StepShown(Shown):
    """What one rule did with one field, and why."""

    field: str
    source: str
    by: str
    before: str
    after: str
    outcome: Outcome
    why: str
    tells: bool = Field(description="Writing it tells the customer.")
    sentence: str


class PreviewShown(Shown):
    """What a record becomes on the other side; nothing is written."""

    refused: str | None
    there: str | None = Field(description="Its key there; null: it would be created.")
    steps: list[StepShown]
    problems: list[str]


class TextWanted(Wanted):
    """The text of a link."""

    text: LinkText
    reason: Reason = ""


class PreviewWanted(Wanted):
    """Which record is tried, and with which text; without one: as the link is kept."""

    side: Side = Side.LEFT
    key: RecordKey
    text: LinkText | None = None


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.get("/links/<link>/document", Role.VIEWER, summary="What a link says, and its versions")
    def document(link: LinkPath) -> DocumentShown:
        standing, book = desk.records.link(link), desk.mapping.book
        found = book.document(link)
        return DocumentShown(
            link=link,
            version=standing.version,
            matched=standing.matched,
            text=dump(found),
            document=found.model_dump(mode="json"),
            versions=[
                VersionShown(
                    version=one.id,
                    at=iso(one.at),
                    by=one.by,
                    text=dump(LinkDocument.from_item(one.document)),
                )
                for one in book.versions(link)[:20]
            ],
        )

    def text_of(link: str, text: str | None) -> LinkDocument:
        if text is None:
            return desk.mapping.book.document(link)
        return desk.mapping.checked(link, text, api.remaining)[0]

    @api.post(
        "/links/<link>/preview",
        Role.VIEWER,
        summary="What a record becomes on the other side, field by field; nothing is written",
    )
    def preview(link: LinkPath, wanted: Annotated[PreviewWanted, Body()]) -> PreviewShown:
        desk.records.link(link)
        found = text_of(link, wanted.text)
        tried = desk.mapping.preview(found, wanted.side, wanted.key, api.remaining)
        return _shown(tried)

    @api.post(
        "/links/<link>/preview/reveal",
        Role.OPERATOR,
        summary="The same with personal data; audited",
    )
    def reveal(link: LinkPath, wanted: Annotated[PreviewWanted, Body()]) -> PreviewShown:
        desk.records.link(link)
        found = text_of(link, wanted.text)
        with desk.audit.action(api.caller, "mapping.reveal", f"link/{link}/{wanted.key}"):
            tried = desk.mapping.preview(found, wanted.side, wanted.key, api.remaining, reveal=True)
        return _shown(tried)

    @api.post(
        "/links/<link>/document/check", Role.ADMIN, summary="What keeping a text would change"
    )
    def check(link: LinkPath, wanted: Annotated[TextWanted, Body()]) -> KeptShown:
        standing = desk.records.link(link)
        found, odd = desk.mapping.checked(link, wanted.text, api.remaining)
        changes = desk.mapping.changes(found)
        return KeptShown(
            version=found.version,
            changes=changes,
            warnings=[str(one) for one in odd],
            matched=standing.matched,
        )

    @api.put("/links/<link>/document", Role.ADMIN, summary="Keep a text; every version is kept")
    def keep(link: LinkPath, wanted: Annotated[TextWanted, Body()]) -> KeptShown:
        desk.records.link(link)
        found, odd = desk.mapping.checked(link, wanted.text, api.remaining)
        with desk.audit.action(
            api.caller, "mapping.save", f"link/{link}", reason=wanted.reason
        ) as note:
            kept = desk.mapping.keep(found, api.remaining, by=api.caller.name)
            note.result = " ".join(kept.changes)[:1_000]
        return KeptShown(
            version=kept.link.version,
            changes=list(kept.changes),
            warnings=[str(one) for one in odd],
            matched=kept.link.matched,
        )


def _shown(tried: Preview) -> PreviewShown:
    return PreviewShown(
        refused=tried.refused,
        there=tried.there,
        steps=[
            StepShown(
                field=one.field,
                source=one.source,
                by=one.by,
                before=one.before,
                after=one.after,
                outcome=one.outcome,
                why=one.why,
                tells=one.tells,
                sentence=str(one),
            )
            for one in tried.steps
        ],
        problems=list(tried.problems),
    )
