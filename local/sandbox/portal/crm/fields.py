"""Which fields deals, contacts and companies have, and what may be written to them.

Source: b24restdocs ``api-reference/crm/universal/object-fields.md`` (read 2026-08). The order of
the names is that of the items in the documentation's answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from local.sandbox.portal.config import UserField


class Access(StrEnum):
    """What a caller may do with a field."""

    WRITE = "write"
    READ = "read"
    """In ``crm.item.fields``; silently ignored on write."""
    RESPONSE = "response"
    """Only in answers; not in ``crm.item.fields``, silently ignored on write."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity type."""

    name: str
    type: str = "string"
    access: Access = Access.WRITE
    multiple: bool = False
    title: str = ""
    deprecated: bool = False
    dynamic: bool = False

    @property
    def upper_name(self) -> str:
        """``contactIds`` → ``CONTACT_IDS``."""
        return "".join(f"_{char}" if char.isupper() else char for char in self.name).upper()

    def describe(self) -> dict[str, object]:
        """One entry of ``crm.item.fields``."""
        described: dict[str, object] = {
            "type": self.type,
            "isRequired": False,
            "isReadOnly": self.access is Access.READ,
            "isImmutable": False,
            "isMultiple": self.multiple,
            "isDynamic": self.dynamic,
        }
        if self.deprecated:
            described["isDeprecated"] = True
        described["title"] = self.title or self.upper_name
        described["upperName"] = self.upper_name
        return described


@dataclass(frozen=True, slots=True)
class EntityType:
    """A kind of CRM records.

    Attributes:
        id: ``entityTypeId``.
        code: how events call it (``ONCRM{code}UPDATE``).
        fields: by name, in the order of the answers.
        has_stages: whether its items move through a funnel.
        has_fm: whether it keeps phones and e-mails in ``fm``.
    """

    id: int
    code: str
    fields: dict[str, Field]
    has_stages: bool
    has_fm: bool


def _fields(access: Access, names: str, kind: str = "string") -> list[Field]:
    return [Field(name, kind, access) for name in names.split()]


_UTM = _fields(Access.WRITE, "utmSource utmMedium utmCampaign utmContent utmTerm")

_DEAL = [
    Field("id", "integer", Access.READ, title="ID"),
    Field("createdTime", "datetime", Access.READ, title="Created at"),
    Field("dateCreateShort", "datetime", Access.RESPONSE),
    Field("updatedTime", "datetime", Access.READ, title="Updated at"),
    Field("dateModifyShort", "datetime", Access.RESPONSE),
    Field("createdBy", "user", Access.READ, title="Created by"),
    Field("updatedBy", "user", Access.READ, title="Updated by"),
    Field("assignedById", "user", title="Assigned to"),
    Field("opened", "boolean", title="Publicly available"),
    Field("leadId", "crm_lead", title="Lead"),
    Field("companyId", "crm_company", title="Company"),
    Field("contactId", "crm_contact", title="Contact", deprecated=True),
    Field("quoteId", "crm_quote", title="Estimate"),
    Field("title", title="Name"),
    Field("productId", "string", Access.RESPONSE),
    Field("categoryId", "crm_category", title="Pipeline"),
    Field("stageId", "crm_status", title="Stage"),
    Field("stageSemanticId", "string", Access.READ, title="Stage group"),
    Field("previousStageId", "crm_status", Access.READ, title="Previous stage"),
    *_fields(Access.READ, "isNew", "boolean"),
    Field("isRecurring", "boolean", title="Recurring deal"),
    *_fields(Access.READ, "isReturnCustomer isRepeatedApproach closed", "boolean"),
    Field("typeId", "crm_status", title="Type"),
    Field("opportunity", "double", title="Amount"),
    Field("isManualOpportunity", "boolean", title="Amount calculation mode"),
    Field("taxValue", "double", title="Tax amount"),
    Field("currencyId", "crm_currency", title="Currency"),
    Field("probability", "integer", title="Probability"),
    Field("comments", "text", title="Comment"),
    Field("begindate", "date", title="Start date"),
    Field("begindateShort", "datetime", Access.RESPONSE),
    Field("closedate", "date", title="End date"),
    *_fields(Access.RESPONSE, "closedateShort eventDate eventDateShort", "datetime"),
    *_fields(Access.RESPONSE, "eventId eventDescription"),
    Field("locationId", "location"),
    Field("webformId", "crm_webform", Access.READ),
    Field("sourceId", "crm_status", title="Source"),
    Field("sourceDescription", "text", title="Additional source info"),
    Field("originatorId", title="External source"),
    Field("originId", title="Item id in the external source"),
    Field("additionalInfo", title="Additional information"),
    *_fields(Access.RESPONSE, "searchContent orderStage"),
    *_fields(Access.READ, "movedBy", "user"),
    *_fields(Access.READ, "movedTime", "datetime"),
    *_fields(Access.WRITE, "lastActivityBy", "user"),
    *_fields(Access.WRITE, "lastActivityTime", "datetime"),
    *_fields(Access.RESPONSE, "isWork isWon isLose", "boolean"),
    *_fields(Access.RESPONSE, "receivedAmount lostAmount", "integer"),
    *_fields(Access.RESPONSE, "hasProducts", "boolean"),
    *_UTM,
    Field("observers", "user", multiple=True, title="Observers"),
    Field("contactIds", "crm_contact", multiple=True, title="Contacts"),
]

_CONTACT = [
    Field("id", "integer", Access.READ, title="ID"),
    Field("createdTime", "datetime", Access.READ, title="Created at"),
    Field("updatedTime", "datetime", Access.READ, title="Updated at"),
    Field("createdBy", "user", Access.READ, title="Created by"),
    Field("updatedBy", "user", Access.READ, title="Updated by"),
    Field("assignedById", "user", title="Assigned to"),
    Field("opened", "boolean", title="Publicly available"),
    Field("companyId", "crm_company", title="Company", deprecated=True),
    Field("leadId", "crm_lead", title="Lead"),
    Field("categoryId", "crm_category", title="Pipeline"),
    Field("honorific", "crm_status", title="Salutation"),
    Field("name", title="First name"),
    Field("secondName", title="Middle name"),
    Field("lastName", title="Last name"),
    Field("shortName", "string", Access.RESPONSE),
    Field("photo", "file", title="Photo"),
    Field("post", title="Position"),
    Field("address", "text", Access.RESPONSE),
    Field("comments", "text", title="Comment"),
    Field("birthdate", "date", title="Birthdate"),
    Field("typeId", "crm_status", title="Contact type"),
    Field("sourceId", "crm_status", title="Source"),
    Field("sourceDescription", "text", title="Additional source info"),
    Field("export", "boolean", title="Included in export"),
    Field("webformId", "crm_webform", Access.READ),
    Field("originatorId", title="External source"),
    Field("originId", title="Item id in the external source"),
    Field("originVersion", title="Original version"),
    *_fields(Access.READ, "hasPhone hasEmail hasImol", "boolean"),
    *_fields(Access.RESPONSE, "login searchContent"),
    *_fields(Access.RESPONSE, "phoneMobile phoneWork phoneMailing"),
    *_fields(Access.RESPONSE, "emailHome emailWork emailMailing imol email phone"),
    Field("fm", "crm_multifield", multiple=True, title="Phones and e-mails"),
    *_fields(Access.WRITE, "lastActivityBy", "user"),
    *_fields(Access.WRITE, "lastActivityTime", "datetime"),
    *_UTM,
    Field("observers", "user", multiple=True, title="Observers"),
    Field("companyIds", "crm_company", multiple=True, title="Companies"),
]

_COMPANY = [
    Field("id", "integer", Access.READ, title="ID"),
    Field("createdTime", "datetime", Access.READ, title="Created at"),
    Field("updatedTime", "datetime", Access.READ, title="Updated at"),
    Field("createdBy", "user", Access.READ, title="Created by"),
    Field("updatedBy", "user", Access.READ, title="Updated by"),
    Field("assignedById", "user", title="Assigned to"),
    Field("opened", "boolean", title="Publicly available"),
    Field("title", title="Company name"),
    Field("typeId", "crm_status", title="Company type"),
    Field("industry", "crm_status", title="Industry"),
    Field("employees", "crm_status", title="Employees"),
    Field("currencyId", "crm_currency", title="Currency"),
    Field("revenue", "double", title="Annual turnover"),
    Field("leadId", "crm_lead", title="Lead"),
    Field("categoryId", "crm_category", title="Pipeline"),
    Field("comments", "text", title="Comment"),
    Field("bankingDetails", "text", title="Banking details"),
    *_fields(Access.RESPONSE, "address addressLegal", "text"),
    Field("isMyCompany", "boolean", title="My company"),
    *_fields(Access.WRITE, "webformId", "crm_webform"),
    Field("originatorId", title="External source"),
    Field("originId", title="Item id in the external source"),
    Field("originVersion", title="Original version"),
    *_fields(Access.READ, "hasPhone hasEmail hasImol", "boolean"),
    *_fields(Access.RESPONSE, "searchContent phoneMobile phoneWork phoneMailing"),
    *_fields(Access.RESPONSE, "emailHome emailWork emailMailing imol email phone"),
    Field("fm", "crm_multifield", multiple=True, title="Phones and e-mails"),
    *_fields(Access.WRITE, "lastActivityBy", "user"),
    *_fields(Access.WRITE, "lastActivityTime", "datetime"),
    *_UTM,
    Field("observers", "user", multiple=True, title="Observers"),
    Field("contactIds", "crm_contact", multiple=True, title="Contacts"),
]

DEAL = 2
CONTACT = 3
COMPANY = 4


def entity_types(user_fields: Iterable[UserField] = ()) -> dict[int, EntityType]:
    """The entity types of the sandbox with a portal's user fields; there is room for 1."""
    extra = tuple(user_fields)
    types = {}
    kinds = ((DEAL, "DEAL", _DEAL), (CONTACT, "CONTACT", _CONTACT), (COMPANY, "COMPANY", _COMPANY))
    for id_, code, standard in kinds:
        own = [
            Field(one.name, one.type, multiple=one.multiple, dynamic=True)
            for one in extra
            if one.entity_type_id == id_
        ]
        by_name = {one.name: one for one in (*standard, *own)}
        types[id_] = EntityType(id_, code, by_name, "stageId" in by_name, "fm" in by_name)
    return types
