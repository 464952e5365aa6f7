"""Fields of orders and their parts: type and what a caller may do with them.

Source: ``sale.*.getFields`` in b24restdocs ``api-reference/sale`` (read 2026-08). A star marks a
required field, an exclamation mark one that cannot be written.
"""

from __future__ import annotations

from dataclasses import dataclass

from local.sandbox.portal.envelope import RestError


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of one kind of rows.

    Attributes:
        types: name → type.
        writable: names that add and update take; others are passed over.
        required: names that add must have.
        fixed: names that update passes over.
    """

    types: dict[str, str]
    writable: frozenset[str]
    required: tuple[str, ...]
    fixed: frozenset[str]

    def check_required(self, given: dict[str, object]) -> None:
        """Refuses a row without its required fields, naming them as the documentation does."""
        missing = [name for name in self.required if given.get(name) in (None, "")]
        if missing:
            raise RestError(0, f"Required fields: {', '.join(missing)}")


def _schema(*lines: tuple[str, str], fixed: str = "") -> Schema:
    types: dict[str, str] = {}
    writable: set[str] = set()
    required: list[str] = []
    for kind, names in lines:
        for name in names.split():
            plain = name.strip("*!")
            types[plain] = kind
            if not name.startswith("!"):
                writable.add(plain)
            if name.startswith("*"):
                required.append(plain)
    return Schema(types, frozenset(writable), tuple(required), frozenset(fixed.split()))


ORDER = _schema(
    ("string", "!accountNumber additionalInfo"),
    ("integer", "affiliateId"),
    ("char", "canceled"),
    ("string", "comments"),
    ("integer", "companyId"),
    ("string", "*currency"),
    ("datetime", "!dateCanceled dateInsert !dateLock !dateMarked !dateStatus !dateUpdate"),
    ("char", "!deducted"),
    ("double", "discountValue"),
    ("integer", "empCanceledId empMarkedId empStatusId"),
    ("char", "externalOrder"),
    ("integer", "!id"),
    ("string", "id1c *lid"),
    ("char", "lockedBy marked"),
    ("string", "orderTopic"),
    ("char", "!payed"),
    ("integer", "*personTypeId"),
    ("string", "!personTypeXmlId"),
    ("double", "price"),
    ("string", "reasonCanceled reasonMarked"),
    ("char", "recountFlag recurringId"),
    ("integer", "responsibleId"),
    ("char", "statusId"),
    ("string", "!statusXmlId"),
    ("double", "!taxValue"),
    ("char", "updated1c"),
    ("string", "userDescription"),
    ("integer", "userId !version"),
    ("string", "version1c xmlId"),
    fixed="currency lid personTypeId userId",
)

BASKET = _schema(
    ("double", "basePrice"),
    ("string", "canBuy catalogXmlId *currency"),
    ("char", "customPrice"),
    ("datetime", "!dateInsert !dateUpdate"),
    ("string", "dimensions"),
    ("double", "discountPrice"),
    ("integer", "!id"),
    ("string", "measureCode measureName name"),
    ("integer", "*orderId"),
    ("double", "price"),
    ("integer", "*productId"),
    ("string", "productXmlId"),
    ("double", "*quantity"),
    ("integer", "sort"),
    ("string", "type"),
    ("char", "vatIncluded"),
    ("double", "vatRate weight"),
    ("string", "xmlId"),
    fixed="orderId productId currency catalogXmlId productXmlId",
)

PAYMENT = _schema(
    ("string", "!accountNumber comments"),
    ("integer", "companyId"),
    ("string", "!currency"),
    ("datetime", "dateBill !dateMarked datePaid datePayBefore !dateResponsibleId"),
    ("integer", "empMarkedId empPaidId empResponsibleId empReturnId"),
    ("char", "externalPayment"),
    ("integer", "!id"),
    ("string", "id1c"),
    ("char", "isReturn marked"),
    ("integer", "*orderId"),
    ("char", "paid"),
    ("string", "payReturnComment"),
    ("datetime", "payReturnDate"),
    ("string", "payReturnNum"),
    ("integer", "*paySystemId"),
    ("char", "!paySystemIsCash"),
    ("string", "!paySystemName !paySystemXmlId"),
    ("datetime", "payVoucherDate"),
    ("string", "payVoucherNum"),
    ("double", "priceCod"),
    ("string", "psCurrency psInvoiceId"),
    ("datetime", "psResponseDate"),
    ("char", "psStatus"),
    ("string", "psStatusCode psStatusDescription psStatusMessage"),
    ("double", "psSum"),
    ("string", "reasonMarked"),
    ("integer", "responsibleId"),
    ("double", "sum"),
    ("char", "updated1c"),
    ("string", "version1c xmlId"),
    fixed="orderId",
)

SHIPMENT = _schema(
    ("string", "!accountNumber"),
    ("char", "*allowDelivery"),
    ("double", "basePriceDelivery"),
    ("char", "!canceled"),
    ("string", "comments"),
    ("integer", "companyId"),
    ("string", "!currency"),
    ("char", "!customPriceDelivery"),
    ("datetime", "!dateAllowDelivery !dateCanceled !dateDeducted !dateInsert !dateMarked"),
    ("datetime", "!dateResponsibleId"),
    ("char", "*deducted"),
    ("datetime", "deliveryDocDate"),
    ("string", "deliveryDocNum"),
    ("integer", "*deliveryId"),
    ("string", "!deliveryName !deliveryXmlId"),
    ("double", "!discountPrice"),
    ("integer", "!empAllowDeliveryId !empCanceledId !empDeductedId !empMarkedId !empResponsibleId"),
    ("char", "!externalDelivery"),
    ("integer", "!id"),
    ("string", "!id1c"),
    ("char", "!marked"),
    ("integer", "*orderId"),
    ("double", "priceDelivery"),
    ("string", "!reasonMarked !reasonUndoDeducted"),
    ("integer", "responsibleId"),
    ("char", "statusId"),
    ("string", "!statusXmlId"),
    ("char", "!system"),
    ("string", "!trackingDescription !trackingLastCheck trackingNumber !trackingStatus"),
    ("char", "!updated1c"),
    ("string", "!version1c xmlId"),
    fixed="orderId",
)

SHIPMENT_ITEM = _schema(
    ("integer", "*basketId"),
    ("datetime", "!dateInsert"),
    ("integer", "!id *orderDeliveryId"),
    ("double", "*quantity !reservedQuantity"),
    ("string", "xmlId"),
    fixed="basketId orderDeliveryId",
)

PROPERTY_VALUE = _schema(
    ("string", "!code"),
    ("integer", "!id"),
    ("string", "!name"),
    ("integer", "!orderId *orderPropsId"),
    ("string", "!orderPropsXmlId"),
    ("string", "value"),
)
