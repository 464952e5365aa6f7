"""Directories of the online store, as a portal has them on its first day.

Sources: b24restdocs ``api-reference/sale/status/index.md`` (statuses), ``sale/property``,
``sale/person-type``, ``sale/delivery``, ``pay-system``.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

_STATUSES = (
    ("N", "O", "Accepted, awaiting payment", 10),
    ("P", "O", "Paid, preparing for shipment", 20),
    ("S", "O", "Shipped", 30),
    ("F", "O", "Completed", 40),
    ("D", "O", "Canceled", 50),
    ("DN", "D", "Awaiting processing", 10),
    ("DF", "D", "Shipped", 20),
    ("DD", "D", "Canceled", 30),
)


def statuses() -> list[Row]:
    """Statuses of orders (``O``) and deliveries (``D``); names are those of ``sale.statusLang``."""
    return [
        {"color": "#BEEDF1", "id": id_, "notify": "Y", "sort": sort, "type": kind, "xmlId": None}
        for id_, kind, _, sort in _STATUSES
    ]


def status_names() -> list[Row]:
    """Names of the statuses in one language."""
    return [
        {"description": "", "lid": "en", "name": name, "statusId": id_}
        for id_, _, name, _ in _STATUSES
    ]


def person_types() -> list[Row]:
    """A person and a company."""
    return [
        _person(3, "Individual", "CRM_CONTACT", "100"),
        _person(4, "Legal entity", "CRM_COMPANY", "110"),
    ]


def _person(id_: int, name: str, code: str, sort: str) -> Row:
    return {"active": "Y", "code": code, "id": id_, "name": name, "sort": sort, "xmlId": ""}


def properties() -> list[Row]:
    """Name, e-mail, phone and address, for both payer types."""
    return [
        _property(20, 3, "FIO", "Name", isPayer="Y", isProfileName="Y"),
        _property(21, 3, "EMAIL", "E-Mail", isEmail="Y"),
        _property(22, 3, "PHONE", "Phone", isPhone="Y"),
        _property(26, 3, "ADDRESS", "Delivery address", isAddress="Y"),
        _property(30, 4, "COMPANY", "Company", isPayer="Y", isProfileName="Y"),
        _property(31, 4, "EMAIL", "E-Mail", isEmail="Y"),
        _property(32, 4, "PHONE", "Phone", isPhone="Y"),
        _property(36, 4, "ADDRESS", "Delivery address", isAddress="Y"),
        _property(37, 4, "INN", "Tax number"),
    ]


def _property(id_: int, person: int, code: str, name: str, **flags: str) -> Row:
    plain = dict.fromkeys(
        [
            "isAddress",
            "isAddressFrom",
            "isAddressTo",
            "isEmail",
            "isFiltered",
            "isLocation",
            "isLocation4tax",
            "isPayer",
            "isPhone",
            "isProfileName",
            "isZip",
            "multiple",
            "required",
            "userProps",
            "util",
        ],
        "N",
    )
    return {
        **plain,
        **flags,
        "active": "Y",
        "code": code,
        "defaultValue": "",
        "description": "",
        "id": id_,
        "name": name,
        "personTypeId": person,
        "propsGroupId": 5,
        "settings": [],
        "sort": id_ * 10,
        "type": "STRING",
        "xmlId": "",
    }


def pay_systems() -> list[Row]:
    """Cash and a card; the spelling is that of ``sale.paysystem.list``."""
    return [_pay_system(6, "Cash", "Y", "cash"), _pay_system(48, "Card payment", "N", "card")]


def _pay_system(id_: int, name: str, cash: str, xml_id: str) -> Row:
    return {
        "NAME": name,
        "PSA_NAME": name,
        "DESCRIPTION": "",
        "ACTION_FILE": "cash" if cash == "Y" else "resthandlerform",
        "ACTIVE": "Y",
        "IS_CASH": cash,
        "ENTITY_REGISTRY_TYPE": "ORDER",
        "XML_ID": xml_id,
        "ID": id_,
        "PERSON_TYPE_ID": 3,
        "SORT": 100,
        "TARIFF": None,
    }


def deliveries() -> list[Row]:
    """Without delivery, and a courier; the spelling is that of ``sale.delivery.getlist``."""
    return [_delivery(1, "Without delivery", 0), _delivery(2, "Courier delivery", 500)]


def _delivery(id_: int, name: str, price: int) -> Row:
    return {
        "NAME": name,
        "ACTIVE": "Y",
        "DESCRIPTION": "",
        "CURRENCY": "RUB",
        "ID": id_,
        "PARENT_ID": None,
        "SORT": 100,
        "price": price,
    }
