"""What the documentation says of directories, of parts that name their record, and of batches.

Source: b24restdocs, the page of each method (read 2026-11); typed anew, values made up; names,
nesting, and whether a number is a number or a text are those of the page. Two pages contradict
what portals do: ``sale.persontype.list`` is shown without ``result`` around it, and
``sale.paysystem.list`` and ``sale.delivery.getlist`` name their parameters in capitals only.
"""

from __future__ import annotations

from tests.integrations.bitrix24.trade.documented import Page

_USER_FIELD = {
    "ID": "6799", "ENTITY_ID": "CRM_CONTACT", "FIELD_NAME": "UF_CRM_1724077760",
    "USER_TYPE_ID": "enumeration", "XML_ID": None, "SORT": "150", "MULTIPLE": "N",
    "EDIT_FORM_LABEL": "Radio",
    "LIST": [{"ID": "3157", "SORT": "10", "VALUE": "Jazz", "DEF": "N", "XML_ID": "79b4c576"}],
}  # fmt: skip
_USER_FIELD_REQUEST = {"filter": {"MULTIPLE": "N", "LANG": "de"}, "order": {"SORT": "ASC"}}
_SHIPMENT_ITEM = {
    "basketId": 1, "dateInsert": "2026-04-11T15:05:51+02:00", "id": 10, "orderDeliveryId": 1,
    "quantity": 1, "reservedQuantity": 1, "xmlId": "bx_6617e02cb74f9",
}  # fmt: skip

PARTS = (
    Page(
        "sale.payment.get",
        {"id": 1},
        {"payment": {
            "accountNumber": "1/1", "comments": "", "currency": "RUB", "datePaid": None, "id": 1,
            "id1c": "", "isReturn": "N", "marked": "N", "orderId": 1, "paid": "N",
            "paySystemId": 6, "paySystemIsCash": "Y", "paySystemName": "Cash", "priceCod": "0",
            "sum": 2352, "xmlId": "bx_6349845343355"}},
        ({"id": 99}, 200640400001),
    ),
    Page(
        "sale.shipment.get",
        {"id": 1},
        {"shipment": {
            "accountNumber": "1/2", "allowDelivery": "N", "basePriceDelivery": 600,
            "canceled": "N", "currency": "RUB", "deducted": "N", "deliveryDocNum": "",
            "deliveryId": 2, "deliveryName": "Courier", "id": 1, "orderId": 1,
            "priceDelivery": 600, "shipmentItems": [_SHIPMENT_ITEM], "statusId": "DN",
            "system": "N", "trackingNumber": "", "xmlId": "bx_6617e02cae2a1"}},
        ({"id": 99}, 201140400001),
    ),
    Page(
        "sale.propertyvalue.list",
        {"select": ["code", "id", "name", "orderId", "orderPropsId", "orderPropsXmlId", "value"],
         "filter": {"=code": "FIO", ">orderId": 0}, "order": {"orderId": "desc"}},
        {"propertyValues": [{
            "code": "FIO", "id": 1, "name": "Name", "orderId": 1, "orderPropsId": 20,
            "orderPropsXmlId": None, "value": "John"}]},
    ),
    Page(
        "crm.requisite.get",
        {"id": 1},
        {"ID": "1", "ENTITY_TYPE_ID": "4", "ENTITY_ID": "1", "PRESET_ID": "1",
         "NAME": "Organization", "XML_ID": "5e4641fd", "ACTIVE": "Y", "SORT": "500",
         "RQ_COMPANY_NAME": "Organization", "RQ_INN": "7717586110", "RQ_KPP": None},
        ({"id": 99}, ""),
    ),
)  # fmt: skip
"""Parts of records: each answer names its record. That of ``sale.propertyvalue.get`` does not, so a
value is looked up in its list."""

DIRECTORIES = (
    Page(
        "crm.category.list",
        {"entityTypeId": 2},
        {"categories": [{
            "id": 0, "name": "General", "sort": 300, "entityTypeId": 2, "isDefault": "Y"}]},
        ({"entityTypeId": 999}, "NOT_FOUND"),
    ),
    Page(
        "crm.currency.list",
        {"order": {"sort": "asc", "currency": "asc"}},
        [{"CURRENCY": "USD", "AMOUNT_CNT": "1", "AMOUNT": "1.0000", "SORT": "100", "BASE": "Y",
          "FULL_NAME": "US Dollar", "LID": "de", "DECIMALS": "2"}],
    ),
    Page(
        "crm.status.list",
        {"order": {"SORT": "ASC"}, "filter": {"ENTITY_ID": "DEAL_STAGE"}},
        [{"ID": "107", "ENTITY_ID": "DEAL_STAGE", "STATUS_ID": "EXECUTING", "NAME": "At work",
          "NAME_INIT": "", "SORT": "40", "SYSTEM": "N", "CATEGORY_ID": None, "COLOR": "#47E4C2",
          "SEMANTICS": None, "EXTRA": {"SEMANTICS": "process", "COLOR": "#47E4C2"}}],
    ),
    Page(
        "sale.persontype.list",
        {"select": ["id", "name", "sort"], "filter": {"<=sort": 150}, "order": {"sort": "DESC"}},
        {"personTypes": [{"id": 3, "name": "Individual", "sort": "100"}]},
    ),
    Page(
        "sale.paysystem.list",
        {"SELECT": ["ID", "NAME", "ACTIVE", "XML_ID", "PERSON_TYPE_ID", "SORT"],
         "FILTER": {}, "ORDER": {"SORT": "ASC", "ID": "DESC"}},
        [{"NAME": "Card", "ACTIVE": "Y", "XML_ID": "my_ps_id", "ID": 118, "PERSON_TYPE_ID": 3,
          "SORT": 100}],
    ),
    Page(
        "sale.delivery.getlist",
        {"SELECT": ["ID", "PARENT_ID", "NAME", "ACTIVE", "DESCRIPTION", "SORT", "CURRENCY"],
         "ORDER": {"SORT": "ASC", "ID": "DESC"}},
        [{"NAME": "Cargo", "ACTIVE": "Y", "DESCRIPTION": "Cargo delivery", "CURRENCY": "RUB",
          "ID": 198, "PARENT_ID": None, "SORT": 500}],
    ),
    Page(
        "sale.statusLang.list",
        {"select": ["statusId", "lid", "name", "description"],
         "filter": {"statusId": "N"}, "order": {"statusId": "asc"}},
        {"statusLangs": [
            {"description": "Not paid yet", "lid": "en", "name": "Accepted", "statusId": "N"}]},
    ),
    Page(
        "user.get",
        {"filter": {"NAME": "Ann%"}},
        [{"ID": "1", "ACTIVE": True, "NAME": "Anna", "LAST_NAME": "Admin",
          "EMAIL": "anna@example.test"}],
    ),
    Page(
        "userfieldconfig.list",
        {"moduleId": "crm", "select": {"0": "*", "language": "de"}, "order": {"id": "DESC"},
         "filter": {"multiple": "N", "entityId": "CRM_DEAL"}, "start": 0},
        {"fields": [{"id": "7095", "entityId": "CRM_DEAL", "fieldName": "UF_CRM_1724077760",
                     "userTypeId": "enumeration", "xmlId": None, "sort": "100",
                     "multiple": "N", "mandatory": "N"}]},
    ),
    Page("crm.contact.userfield.list", _USER_FIELD_REQUEST, [_USER_FIELD],
         ({"filter": "x"}, "")),
    Page("crm.company.userfield.list", _USER_FIELD_REQUEST,
         [{**_USER_FIELD, "ENTITY_ID": "CRM_COMPANY"}], ({"filter": "x"}, "")),
)  # fmt: skip

BATCH = Page(
    "batch",
    {"halt": 0, "cmd": {"users": "user.get", "nothing": "crm.item.get?entityTypeId=2&id=99"}},
    {
        "result": {"users": DIRECTORIES[7].result},
        "result_error": {"nothing": {"error": "NOT_FOUND", "error_description": "Not found"}},
        "result_total": {"users": 2},
        "result_next": [],
        "result_time": {"users": {"start": 1724916859.46156, "finish": 1724916859.464775}},
    },
)
"""What has an error is absent from ``result``; an empty map is an empty list."""
