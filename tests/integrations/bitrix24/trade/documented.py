"""What the documentation says that methods take and give: typed anew, only what a test needs.

Source: apidocs.bitrix24.ru, the page of each method (read 2026-09). Values are made up; names,
nesting, and whether a number is a number or a text are those of the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

NO_BODY: dict[str, Any] = {}


@dataclass(frozen=True)
class Page:
    """One method.

    Attributes:
        method: as the page spells it.
        request: a request of the page, its values such that a small portal can answer.
        result: the documented ``result``.
        error: a documented error: parameters that lead to it, its code.
    """

    method: str
    request: dict[str, Any]
    result: Any
    error: tuple[dict[str, Any], Any] | None = field(default=None)


_DEAL = {"id": 1, "title": "Deal", "stageId": "NEW", "categoryId": 0, "opportunity": 999.9,
         "currencyId": "RUB", "isManualOpportunity": "Y", "contactId": 0, "companyId": 0,
         "contactIds": [], "originatorId": None, "originId": None, "comments": "",
         "createdTime": "2026-07-18T14:00:14+03:00", "updatedTime": "2026-07-18T14:00:14+03:00",
         "assignedById": 1, "entityTypeId": 2}  # fmt: skip

_ROW = {"id": 1, "ownerId": 1, "ownerType": "D", "productId": 9621, "productName": "Phone",
        "price": 90000, "priceAccount": 90000, "priceExclusive": 81818.18181818,
        "priceNetto": 90909.09090909, "priceBrutto": 100000, "quantity": 3, "discountTypeId": 2,
        "discountRate": 10, "discountSum": 9090.90909091, "taxRate": 10, "taxIncluded": "Y",
        "taxName": "VAT 10", "customized": "Y", "measureCode": 796, "measureName": "pcs",
        "sort": 10, "xmlId": "", "type": 4}  # fmt: skip

_BASKET = {"basePrice": 1000, "canBuy": "Y", "currency": "RUB", "customPrice": "Y",
           "dateInsert": "2026-08-18T09:13:24+03:00", "dateUpdate": "2026-08-18T09:13:24+03:00",
           "dimensions": "", "discountPrice": 100, "id": 1, "measureCode": "796",
           "measureName": "pcs", "name": "Setup", "orderId": 1, "price": 900, "productId": 0,
           "productXmlId": "", "quantity": 2, "reservations": [], "sort": 400,
           "vatIncluded": "Y", "vatRate": 0.1, "weight": 40, "xmlId": "setup-1"}  # fmt: skip

_PAYMENT = {"accountNumber": "1/1", "comments": "", "currency": "RUB", "datePaid": None,
            "id": 1, "id1c": "", "isReturn": "N", "marked": "N", "orderId": 1, "paid": "N",
            "paySystemId": 48, "paySystemIsCash": "N", "paySystemName": "Card payment",
            "payVoucherNum": "", "priceCod": "0", "sum": 1480, "updated1c": "N",
            "xmlId": "bx_65df530c472fa"}  # fmt: skip

_SHIPMENT = {"accountNumber": "1/2", "allowDelivery": "N", "basePriceDelivery": 500,
             "canceled": "N", "currency": "RUB", "customPriceDelivery": "N", "deducted": "N",
             "deliveryDocNum": "", "deliveryId": 2, "deliveryName": "Courier delivery", "id": 1,
             "marked": "N", "orderId": 1, "priceDelivery": 500, "statusId": "DN", "system": "N",
             "trackingNumber": "", "xmlId": "bx_65df5309939b8"}  # fmt: skip

_SHIPMENT_ITEM = {"basketId": 1, "dateInsert": "2026-04-11T09:10:34+03:00", "id": 1,
                  "orderDeliveryId": 1, "quantity": 2, "reservedQuantity": 0,
                  "xmlId": "mine"}  # fmt: skip

_ORDER = {"accountNumber": "1", "canceled": "N", "comments": "", "companyId": 0,
          "currency": "RUB", "dateCanceled": None, "dateInsert": "2026-02-28T17:36:55+03:00",
          "dateUpdate": "2026-02-28T17:37:11+03:00", "deducted": "N", "discountValue": 0,
          "externalOrder": "N", "id": 1, "id1c": "", "lid": "s1", "marked": "N", "payed": "N",
          "personTypeId": 3, "price": 2300, "reasonCanceled": "", "responsibleId": 1,
          "statusId": "N", "taxValue": 163.63636364, "updated1c": "N", "userDescription": "",
          "userId": 1, "version": 1, "version1c": "", "xmlId": "bx_65df53063d56d"}  # fmt: skip

_WHOLE_ORDER = {
    **_ORDER,
    # in a whole order ids of basket items are text, and numbers elsewhere
    "basketItems": [{**_BASKET, "id": "1", "orderId": "1", "properties": []}],
    "clients": [],
    "payments": [_PAYMENT],
    "propertyValues": [
        {"code": "FIO", "id": 1, "name": "Name", "orderPropsId": 20, "orderPropsXmlId": None,
         "value": "John Smith"},
    ],
    "requisiteLink": [],
    "shipments": [{**_SHIPMENT, "shipmentItems": [_SHIPMENT_ITEM]}],
    "tradeBindings": [],
}  # fmt: skip

_DEAL_PAYMENT = {"id": 2, "accountNumber": "1/2", "paid": "N", "datePaid": None,
                 "empPaidId": None, "paySystemId": 6, "sum": 0, "currency": "RUB",
                 "paySystemName": "Cash"}  # fmt: skip

PAGES = (
    Page(
        "crm.item.get",
        {"entityTypeId": 2, "id": 1, "useOriginalUfNames": "N"},
        {"item": _DEAL},
        ({"entityTypeId": 2, "id": 99}, "NOT_FOUND"),
    ),
    Page(
        "crm.item.add",
        {"entityTypeId": 2, "fields": {"title": "Deal", "opportunity": 999.9, "opened": "N"}},
        {"item": _DEAL},
        ({"entityTypeId": 999, "fields": {"title": "x"}}, "NOT_FOUND"),
    ),
    Page(
        "crm.item.update",
        {"entityTypeId": 2, "id": 1, "fields": {"opportunity": 10000, "ufCrm_1": 200.05}},
        {"item": _DEAL},
        ({"entityTypeId": 2, "id": 99, "fields": {"title": "x"}}, "NOT_FOUND"),
    ),
    Page(
        "crm.item.list",
        {
            "entityTypeId": 2,
            "select": ["id", "title", "stageId"],
            "filter": {"0": {"logic": "OR", "0": {"!=title": ""}}, "@stageId": ["NEW"]},
            "order": {"title": "ASC"},
        },
        {"items": [{"id": 1, "title": "Deal", "stageId": "NEW"}]},
        ({"entityTypeId": 2, "filter": {"FIELD": 1}}, "INVALID_ARG_VALUE"),
    ),
    Page("crm.item.delete", {"entityTypeId": 2, "id": 1}, [], ({"entityTypeId": 2, "id": 9},
         "NOT_FOUND")),
    Page(
        "crm.item.fields",
        {"entityTypeId": 2, "useOriginalUfNames": "N"},
        {"fields": {"originId": {"type": "string", "isRequired": False, "isReadOnly": False,
                                 "isImmutable": False, "isMultiple": False, "isDynamic": False,
                                 "title": "External id", "upperName": "ORIGIN_ID"}}},
    ),
    Page(
        "crm.item.productrow.list",
        {"filter": {"=ownerType": "D", "=ownerId": 1, ">id": 0}, "order": {"sort": "asc"}},
        {"productRows": [_ROW]},
        ({"filter": {"=ownerType": "D"}}, "REQUIRED_ARG_MISSING"),
    ),
    Page(
        "crm.item.productrow.set",
        {"ownerType": "D", "ownerId": 1, "productRows": [{"productId": 9621, "price": 15900,
                                                          "quantity": 2, "sort": 10}]},
        {"productRows": [_ROW]},
        ({"ownerType": "D", "ownerId": 99, "productRows": []}, "OWNER_NOT_FOUND"),
    ),
    Page(
        "crm.duplicate.findbycomm",
        {"entity_type": "CONTACT", "type": "PHONE", "values": ["8976543", "79990000001"]},
        {"CONTACT": [1]},
        ({"values": ["1"]}, "Communication type is not defined"),
    ),
    Page("crm.item.payment.add", {"entityId": 1, "entityTypeId": 2}, 2,
         ({"entityId": 13123000, "entityTypeId": 2}, 0)),
    Page(
        "crm.item.payment.list",
        {"entityId": 1, "entityTypeId": 2, "filter": {"@id": [1, 2]}},
        [_DEAL_PAYMENT],
        ({"entityTypeId": 2}, 100),
    ),
    Page("crm.item.payment.pay", {"id": 1}, True, (NO_BODY, 100)),
    Page("crm.item.payment.unpay", {"id": 1}, True, (NO_BODY, 100)),
    Page(
        "crm.orderentity.list",
        {
            "select": ["orderId", "ownerId"],
            "filter": {"=ownerTypeId": 2, "@ownerId": [1]},
            "order": {"orderId": "asc"},
        },
        {"orderEntity": [{"orderId": 1, "ownerId": 1}]},
    ),
    Page(
        "crm.orderentity.add",
        {"fields": {"orderId": 1, "ownerId": 2, "ownerTypeId": 2}},
        {"dealOrder": {"orderId": 1, "ownerId": 2, "ownerTypeId": 2}},
        ({"fields": {"orderId": 1, "ownerId": 1, "ownerTypeId": 2}}, "201650000001"),
    ),
    Page(
        "crm.requisite.add",
        {"fields": {"ENTITY_TYPE_ID": 4, "ENTITY_ID": 1, "PRESET_ID": 1, "NAME": "Organization",
                    "ACTIVE": "Y", "SORT": 500, "RQ_INN": "7717586110", "XML_ID": "x"}},
        2,
        ({"fields": {"ENTITY_ID": 1}}, ""),
    ),
    Page(
        "crm.requisite.list",
        {"order": {"DATE_CREATE": "ASC"}, "filter": {"PRESET_ID": "1"},
         "select": ["ENTITY_TYPE_ID", "ENTITY_ID", "ID", "NAME"]},
        [{"ENTITY_TYPE_ID": "4", "ENTITY_ID": "1", "ID": "1", "NAME": "Organization"}],
    ),
    Page("crm.requisite.update", {"id": 1, "fields": {"RQ_KPP": "770501001"}}, True,
         ({"id": 99, "fields": {"RQ_KPP": "1"}}, "")),
    Page(
        "crm.address.add",
        {"fields": {"TYPE_ID": 6, "ENTITY_TYPE_ID": 8, "ENTITY_ID": 1, "ADDRESS_1": "4 Peace Ave",
                    "CITY": "City", "POSTAL_CODE": "000000", "COUNTRY": "USA"}},
        True,
        ({"fields": {"TYPE_ID": 1, "ENTITY_TYPE_ID": 8}}, ""),
    ),
    Page(
        "crm.address.list",
        {"order": {"TYPE_ID": "asc"}, "filter": {"ENTITY_TYPE_ID": 8, "ENTITY_ID": 1},
         "limit": 10},
        [{"TYPE_ID": "1", "ENTITY_TYPE_ID": "8", "ENTITY_ID": "1", "ADDRESS_1": "Street",
          "ADDRESS_2": None, "CITY": "City", "POSTAL_CODE": None, "REGION": None,
          "PROVINCE": None, "COUNTRY": None, "COUNTRY_CODE": None, "LOC_ADDR_ID": None,
          "ANCHOR_TYPE_ID": "4", "ANCHOR_ID": "1"}],
    ),
    Page("crm.address.update", {"fields": {"TYPE_ID": 1, "ENTITY_TYPE_ID": 8, "ENTITY_ID": 1,
                                           "CITY": "Town"}}, True),
    Page(
        "crm.requisite.bankdetail.add",
        {"fields": {"ENTITY_ID": 1, "COUNTRY_ID": 1, "NAME": "Superbank", "RQ_BIK": "044525225",
                    "RQ_ACC_NUM": "40702810938000060473", "ACTIVE": "Y", "SORT": 600}},
        1,
        ({"fields": {"NAME": "x"}}, ""),
    ),
    Page("crm.requisite.bankdetail.list", {"filter": {"ENTITY_ID": 1}}, []),
    Page("crm.requisite.bankdetail.update", {"id": 99, "fields": {"RQ_BIK": "1"}}, None,
         ({"id": 99, "fields": {"RQ_BIK": "1"}}, "")),
    Page(
        "crm.deal.userfield.list",
        {"filter": {"MULTIPLE": "N", "LANG": "de"}, "order": {"SORT": "ASC"}},
        [{"ID": "6799", "ENTITY_ID": "CRM_DEAL", "FIELD_NAME": "UF_CRM_1724077760",
          "USER_TYPE_ID": "enumeration", "XML_ID": None, "SORT": "150", "MULTIPLE": "N",
          "EDIT_FORM_LABEL": "Radio",
          "LIST": [{"ID": "3157", "SORT": "10", "VALUE": "Children's", "DEF": "N",
                    "XML_ID": "79b4c576"}]}],
        ({"filter": "x"}, ""),
    ),
    Page(
        "sale.order.add",
        {"fields": {"lid": "s1", "personTypeId": 3, "currency": "RUB", "price": 100,
                    "statusId": "N", "dateInsert": "2026-03-01T14:00:00", "xmlId": "",
                    "id1c": "", "externalOrder": "N", "canceled": "N"}},
        {"order": {**_ORDER, "clients": [], "requisiteLink": []}},
        (NO_BODY, 100),
    ),
    Page(
        "sale.order.update",
        {"id": 1, "fields": {"statusId": "P", "canceled": "N", "comments": ""}},
        {"order": {**_ORDER, "clients": [], "requisiteLink": []}},
        ({"id": 99, "fields": {"comments": "x"}}, 200540400001),
    ),
    Page("sale.order.get", {"id": 1}, {"order": _WHOLE_ORDER}, ({"id": 99}, 200540400001)),
    Page(
        "sale.order.list",
        {"select": ["id", "xmlId", "dateUpdate"],
         "filter": {"<id": 10, "@personTypeId": [3, 4], "payed": "N"}, "order": {"id": "desc"}},
        {"orders": [{"id": 1, "xmlId": "x", "dateUpdate": "2026-10-14T17:19:11+03:00"}]},
    ),
    Page("sale.order.delete", {"id": 1}, True, ({"id": 99}, 200540400001)),
    Page(
        "sale.basketitem.add",
        {"fields": {"orderId": 1, "productId": 0, "name": "Setup", "quantity": 2,
                    "currency": "RUB", "customPrice": "Y", "basePrice": 1000, "price": 900,
                    "discountPrice": 100, "measureCode": "796", "vatRate": 0.1,
                    "vatIncluded": "Y", "xmlId": "setup-2"}},
        {"basketItem": _BASKET},
        ({"fields": {"orderId": 99, "productId": 0, "currency": "RUB", "quantity": 1}},
         200140400009),
    ),
    Page(
        "sale.basketitem.update",
        {"id": 1, "fields": {"quantity": 7, "price": 10, "discountPrice": 990}},
        {"basketItem": _BASKET},
        ({"id": 99, "fields": {"quantity": 7}}, 200140400001),
    ),
    Page("sale.basketitem.delete", {"id": 1}, True, (NO_BODY, 100)),
    Page(
        "sale.payment.add",
        {"fields": {"orderId": 1, "paySystemId": 48, "paid": "Y",
                    "datePaid": "2026-04-10T10:00:00", "sum": 100, "xmlId": "", "isReturn": "N"}},
        {"payment": _PAYMENT},
        (NO_BODY, 100),
    ),
    Page(
        "sale.payment.update",
        {"id": 1, "fields": {"paySystemId": 48, "paid": "Y", "sum": 100}},
        {"payment": _PAYMENT},
        ({"id": 99, "fields": {"sum": 1}}, 200640400001),
    ),
    Page(
        "sale.shipment.add",
        {"fields": {"orderId": 1, "allowDelivery": "Y", "deducted": "Y", "deliveryId": 2,
                    "statusId": "DN", "deliveryDocNum": "N1", "trackingNumber": "T",
                    "basePriceDelivery": 999.99, "xmlId": "mine"}},
        {"shipment": {**_SHIPMENT, "shipmentItems": []}},
        ({"fields": {"orderId": 99, "allowDelivery": "N", "deducted": "N", "deliveryId": 2}}, 0),
    ),
    Page(
        "sale.shipment.update",
        {"id": 1, "fields": {"deducted": "N", "trackingNumber": "T2", "xmlId": "mine"}},
        {"shipment": _SHIPMENT},
        ({"id": 99, "fields": {"deducted": "N"}}, 201140400001),
    ),
    Page(
        "sale.shipmentitem.add",
        {"fields": {"orderDeliveryId": 1, "basketId": 2, "quantity": 1}},
        {"shipmentItem": _SHIPMENT_ITEM},
        ({"fields": {"orderDeliveryId": 1, "basketId": 1, "quantity": 1}}, 201250000001),
    ),
    Page("sale.shipmentitem.update", {"id": 1, "fields": {"quantity": 5}},
         {"shipmentItem": _SHIPMENT_ITEM}, ({"id": 99, "fields": {"quantity": 1}}, 201240400001)),
    Page(
        "sale.propertyvalue.modify",
        {"fields": {"order": {"id": 1, "propertyValues": [
            {"orderPropsId": 20, "value": "John Smith"},
            {"orderPropsId": 22, "value": "+10907996161"}]}}},
        {"propertyValues": [{"code": "FIO", "id": 13163, "name": "Full Name",
                             "orderPropsId": 20, "orderPropsXmlId": None, "value": "John Smith"}]},
        (NO_BODY, 100),
    ),
    Page(
        "sale.property.list",
        {"filter": {"@type": "STRING", "%code": "EMAIL"}, "order": {"id": "desc"}},
        {"properties": [{"active": "Y", "code": "EMAIL", "id": 47, "isAddress": "N",
                         "isEmail": "Y", "isPayer": "N", "isPhone": "N", "multiple": "N",
                         "name": "E-Mail", "personTypeId": 3, "required": "N", "settings": [],
                         "type": "STRING", "xmlId": ""}]},
    ),
)  # fmt: skip
