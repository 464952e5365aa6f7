"""User fields of CRM records as properties: known by their names, values by external ids.

Source: apidocs.bitrix24.ru, crm/deals/user-defined-fields, crm/universal/crm-item-fields. The id of
a list value differs from portal to portal, its ``XML_ID`` is what two systems can agree on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.bitrix24.crm.client import ITEM_FIELDS
from integrations.bitrix24.crm.models import EntityType, text_of
from integrations.bitrix24.transport.batch import Command, Refused
from integrations.bitrix24.transport.php import as_list, as_map
from integrations.bitrix24.transport.portal import Portal
from mostik.commerce.order import OrderProperty
from mostik.errors import ConfigurationError, GiveUp, WhoActs
from mostik.http.endpoint import Endpoint, Replay

_LISTS = {
    EntityType.DEAL: Endpoint("POST", "crm.deal.userfield.list", Replay.SAFE),
    EntityType.CONTACT: Endpoint("POST", "crm.contact.userfield.list", Replay.SAFE),
    EntityType.COMPANY: Endpoint("POST", "crm.company.userfield.list", Replay.SAFE),
}


@dataclass(frozen=True, slots=True)
class UserField:
    """A user field.

    Attributes:
        code: ``UF_CRM_...``, as the portal's settings show it.
        name: what crm.item.* calls it.
        type: ``string``, ``enumeration``, ...
        multiple: it holds several values.
        label: what people call it.
        values: of an ``enumeration``: external id (the id where there is none) -> id.
    """

    code: str
    name: str
    type: str
    multiple: bool
    label: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def read(self, value: Any) -> OrderProperty:
        """Reads a value of an item as a property."""
        texts = [self._said(one) for one in as_list(value)]
        if self.multiple:
            return OrderProperty(code=self.code, name=self.label or None, values=tuple(texts))
        text = texts[0] if texts else ""
        return OrderProperty(code=self.code, name=self.label or None, value=text)

    def written(self, value: OrderProperty) -> Any:
        """Returns a property's value in the portal's words.

        Raises:
            GiveUp: the list has no such value.
        """
        if self.multiple:
            known = value.values if value.values is not None else as_list(value.value)
            return [self._meant(one) for one in known]
        return self._meant(value.value or "")

    def _said(self, value: Any) -> str:
        text = str(value)
        return next((code for code, id_ in self.values.items() if id_ == text), text)

    def _meant(self, text: str) -> str:
        if self.type != "enumeration" or not text:
            return text
        if text not in self.values:
            raise GiveUp(
                f"The list {self.code} of the portal has no value with the external id {text!r}:"
                " add it on the portal.",
                who=WhoActs.ADMIN,
            )
        return self.values[text]


def user_fields(portal: Portal, kind: EntityType) -> Mapping[str, UserField]:
    """Returns the user fields of a kind of items by their codes, in one request.

    Raises:
        MostikError: what the call raised.
    """
    outcomes = portal.batch(
        [
            Command(ITEM_FIELDS, {"entityTypeId": kind}),
            Command(_LISTS[kind], {"filter": {"LANG": "ru"}}),
        ]
    )
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            raise outcome.error
    fields, rows = (getattr(outcome, "value", None) for outcome in outcomes)
    names = {
        text_of(as_map(described), "upperName"): name
        for name, described in as_map(as_map(fields).get("fields")).items()
    }
    found = [_field(as_map(row), names) for row in as_list(rows)]
    return {one.code: one for one in found if one is not None}


def chosen(known: Mapping[str, UserField], codes: Sequence[str]) -> Sequence[UserField]:
    """Returns the user fields that the settings name.

    Raises:
        ConfigurationError: the portal has no field of that name.
    """
    missing = [code for code in codes if code not in known]
    if missing:
        raise ConfigurationError(
            f"The portal has no user field {', '.join(missing)}: correct the user fields in the"
            " settings of the connection."
        )
    return [known[code] for code in codes]


def _field(row: Mapping[str, Any], names: Mapping[str, str]) -> UserField | None:
    code = text_of(row, "FIELD_NAME")
    if code not in names:
        return None
    values = {
        text_of(one, "XML_ID") or text_of(one, "ID"): text_of(one, "ID")
        for one in map(as_map, as_list(row.get("LIST")))
    }
    return UserField(
        code,
        names[code],
        text_of(row, "USER_TYPE_ID"),
        text_of(row, "MULTIPLE") == "Y",
        text_of(row, "EDIT_FORM_LABEL"),
        values,
    )
