"""A declared resource, as the core gets it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from integrations.http_api.client import HttpApi, key_of
from integrations.http_api.declared.mapping import (
    MODELS,
    difference,
    external_value,
    held,
    laid_over,
    mapper_of,
    named,
    record_from,
    said,
)
from integrations.http_api.declared.models import ResourceFields
from integrations.http_api.models import Settings
from integrations.http_api.piece import UpdateMethod
from mostik.commerce.record import Canonical
from mostik.errors import GiveUp, MostikError, Skip, Unknown, WhoActs
from mostik.http.paging import Page
from mostik.integration import CreateOnce, Misfit, Resource
from mostik.mapping.path import path, put, read

Content = Mapping[str, Any]


def declared(name: str, client: HttpApi, settings: Settings, connection: str) -> Resource[Any]:
    """Returns a resource that offers what its declaration does.

    Raises:
        GiveUp: the settings do not declare it.
    """
    fields = settings.resources.get(name)
    if fields is None:
        raise GiveUp(
            f"The connection {connection} declares no resource {name}: add it to its resources.",
            who=WhoActs.ADMIN,
        )
    kind = _KINDS[fields.list is not None, fields.delete is not None]
    return kind(name, client, fields, connection)


class DeclaredRecords:
    """Records of one declared resource."""

    def __init__(self, name: str, client: HttpApi, fields: ResourceFields, connection: str) -> None:
        self._name = name
        self._client = client
        self._fields = fields
        self._connection = connection
        self._mapper = mapper_of(name, fields)
        self._named = named(self._mapper, fields)
        self._seen: dict[str, Content] = {}
        self.model = MODELS[name]
        self.holds = held(self._mapper)

    def read(self, key: str) -> Canonical | None:
        """See ``Resource.read``."""
        row = self._row(key)
        if row is None:
            return None
        self._seen[key] = row
        return self._record(row)

    def find(self, system: str, key: str) -> Canonical | None:
        """See ``Resource.find``. What the API answers is looked through: a filter that it does not
        know is one that it passes over.

        Raises:
            GiveUp: two records carry it.
        """
        external = self._fields.external_key
        if external is None:
            return None
        value, where = external_value(external, system, key), path(external.field)
        rows = [row.model_dump() for row in self._client.found(self._name, value).items]
        carrying = {key_of(row, self._fields): row for row in rows if read(row, where) == value}
        if len(carrying) > 1:
            raise GiveUp(
                f"Several records of {self._connection} carry the same key: one must be chosen.",
                who=WhoActs.ADMIN,
            )
        return self._record(next(iter(carrying.values()))) if carrying else None

    def create(self, record: Canonical, system: str, once: CreateOnce) -> Canonical:
        """See ``Resource.create``."""
        del once
        external = self._fields.external_key
        if self._fields.create is None or external is None:
            raise Skip(f"The API of {self._connection} declares no way to create {self._name}.")
        content = said(record, self._mapper, self._connection, None)
        put(content, path(external.field), external_value(external, system, record.key))
        told = self._client.create_row(self._name, content).model_dump()
        key = key_of(told, self._fields)
        if key is None:
            raise Unknown(  # it has been created; who looks for it finds it by its external key
                f"The API's answer to a creation names no key: correct resources.{self._name}.key"
                f" or resources.{self._name}.create.record.",
                who=WhoActs.ADMIN,
            )
        return self._answered(key, told, laid_over(content, told))

    def update(self, key: str, record: Canonical, system: str, once: CreateOnce) -> Canonical:
        """See ``Resource.update``: only what is said differently is written, and where the API
        wants the whole object, it is read just before."""
        del system, once
        declared = self._fields.update
        if declared is None:
            raise Skip(f"The API of {self._connection} declares no way to update {self._name}.")
        replaces = declared.method is UpdateMethod.PUT
        seen = None if replaces else self._seen.pop(key, None)
        present = seen if seen is not None else self._row(key)
        if present is None:
            raise GiveUp("The record is no longer there.", who=WhoActs.ADMIN, status=404)
        content = said(record, self._mapper, self._connection, present)
        changed = difference(content, present)
        if not changed:
            return self._record(present)
        whole = laid_over(present, changed)
        sent = changed
        if replaces:
            sent = {name: one for name, one in whole.items() if name not in self._fields.read_only}
        return self._answered(
            key, self._client.update_row(self._name, key, sent).model_dump(), whole
        )

    def from_state(self, content: Content) -> Canonical:
        """See ``Resource.from_state``."""
        return self._record(content)

    def _row(self, key: str) -> Content | None:
        found = self._client.row(self._name, key)
        return found.model_dump() if found is not None else None

    def _record(self, row: Content) -> Canonical:
        return record_from(row, self._mapper, self._fields, self._named)

    def _answered(self, key: str, told: Content, written: Content) -> Canonical:
        """The record after a write: as it was written, with all that the answer tells laid over it.
        An answer may be the key alone. It is not read again, since an API may answer with what it
        knew a moment ago."""
        if key_of(told, self._fields) == key:
            try:
                return self._record(laid_over(written, told))
            except MostikError:
                pass  # what the answer tells is no row
        return self._record(written)


class ListedRecords(DeclaredRecords):
    """Records that can be walked through."""

    @property
    def changes_kept(self) -> timedelta | None:
        """See ``Listed.page``."""
        since = self._fields.list.since if self._fields.list is not None else None
        days = since.days if since is not None else None
        return timedelta(days=days) if days is not None else None

    def page(self, cursor: str | None, since: datetime | None) -> Page[Canonical | Misfit]:
        """See ``Listed.page``."""
        found = self._client.page(self._name, cursor, since)
        items = [one for row in found.items if (one := self._listed(row.model_dump())) is not None]
        return Page(items, found.cursor)

    def _listed(self, row: Content) -> Canonical | Misfit | None:
        key = key_of(row, self._fields)
        try:
            if self._fields.list is not None and not self._fields.list.whole and key is not None:
                whole = self._row(key)
                if whole is None:
                    return None  # deleted since it was listed
                row = whole
            return self._record(row)
        except GiveUp as error:
            if error.status is not None:
                raise  # it is the call that failed, not the row
            return Misfit(key or _name_without_key(row), error)
        except Skip as error:
            return Misfit(key or _name_without_key(row), error)


class DeletedRecords(DeclaredRecords):
    """Records that can be deleted."""

    def delete(self, key: str) -> None:
        """See ``Deletable.delete``."""
        self._client.delete_row(self._name, key)


class ListedAndDeletedRecords(ListedRecords, DeletedRecords):
    """Records that can be walked through and deleted."""


_KINDS: Mapping[tuple[bool, bool], type[DeclaredRecords]] = {
    (False, False): DeclaredRecords,
    (True, False): ListedRecords,
    (False, True): DeletedRecords,
    (True, True): ListedAndDeletedRecords,
}


def _name_without_key(row: Content) -> str:
    return f"without-key-{sha256(repr(sorted(row.items())).encode()).hexdigest()[:12]}"
