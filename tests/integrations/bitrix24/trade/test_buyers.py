"""Contacts, companies and requisites: found before any is made, merged and never replaced."""

from __future__ import annotations

from typing import Any

import pytest

from local.sandbox.faults import FaultKind
from mostik.commerce.parties import (
    Address,
    AddressType,
    BankAccount,
    Company,
    Customer,
    RequisitePart,
)
from mostik.errors import GiveUp, MostikError
from mostik.integration import Write
from tests.integrations.bitrix24.trade.orders import (
    SHOP,
    a_job,
    an_order,
    carry,
    carry_all,
    carry_to_the_end,
    just_create,
)

PHONE = {"typeId": "PHONE", "valueType": "WORK", "value": "8 (999) 000-00-01"}
ANNA = Customer(key="c1", name="Анна Иванова", phone="+79990000001", email="anna@example.test")


def a_part() -> RequisitePart:
    """What a firm is registered as."""
    return RequisitePart(
        key="r1",
        name="ООО «Ромашка»",
        inn="7707083893",
        kpp="770701001",
        ogrn="1027700132195",
        addresses=(Address(type=AddressType.LEGAL, city="Москва", street="Тверская, 1"),),
        accounts=(BankAccount(bank="Банк", bic="044525225", account="40702810000000000001"),),
    )


def a_company(key: str = "k1", **more: Any) -> Company:
    """A firm with requisites."""
    fields: dict[str, Any] = {"key": key, "name": "Ромашка", "requisites": (a_part(),)}
    return Company(**{**fields, **more})


def _ways(contact: dict[str, Any]) -> list[str]:
    return [one["value"] for one in contact["fm"]]


def test_a_buyer_is_made_with_an_external_key_and_comes_back() -> None:
    job = a_job()
    made = carry(job, "customers", ANNA)
    (contact,) = job.there.contacts
    assert (contact["name"], contact["lastName"]) == ("Анна", "Иванова")
    assert (contact["originatorId"], contact["originId"]) == (SHOP, "c1")
    assert ANNA.differs_from(made, job.resource("customers").holds) == frozenset()


def test_a_buyer_is_found_by_the_phone_however_it_is_written() -> None:
    # GIVEN a contact of a person, with the phone in another spelling
    job = a_job()
    job.there.seed(3, [{"name": "Аня", "fm": [PHONE]}])
    # WHEN
    made = carry(job, "customers", ANNA)
    # THEN no second one is made; the e-mail is added, the key is set, the name stays
    (contact,) = job.there.contacts
    assert made.key == str(contact["id"])
    assert contact["name"] == "Аня"
    assert _ways(contact) == ["8 (999) 000-00-01", "anna@example.test"]
    assert contact["originId"] == "c1"


def test_twenty_other_matches_do_not_hide_a_buyer() -> None:
    # GIVEN twenty companies with the phone, and one contact
    job = a_job()
    job.there.seed(4, [{"title": f"Фирма {n}", "fm": [PHONE]} for n in range(25)])
    job.there.seed(3, [{"name": "Аня", "fm": [PHONE]}])
    # THEN the contact is found, since the kind is always named
    carry(job, "customers", ANNA)
    assert len(job.there.contacts) == 1


def test_several_with_the_phone_are_for_a_person_and_a_further_one_is_never_made() -> None:
    # GIVEN
    job = a_job()
    job.there.seed(3, [{"name": "Аня", "fm": [PHONE]}, {"name": "Анна", "fm": [PHONE]}])
    # WHEN
    with pytest.raises(GiveUp, match="Several contacts"):
        carry(job, "customers", ANNA)
    with pytest.raises(GiveUp, match="Several contacts"):
        carry(job, "orders", an_order(customer=ANNA))
    # THEN
    assert len(job.there.contacts) == 2
    assert job.there.deals == []


def test_several_with_the_phone_are_the_oldest_where_the_rule_says_so() -> None:
    job = a_job(settings={"several_found": "oldest"})
    first, _ = job.there.seed(3, [{"name": "Аня", "fm": [PHONE]}, {"name": "Анна", "fm": [PHONE]}])
    assert carry(job, "customers", ANNA).key == str(first)
    assert len(job.there.contacts) == 2


def test_phones_are_added_and_never_replaced() -> None:
    # GIVEN
    job = a_job()
    carry(job, "customers", ANNA)
    # WHEN the other side knows another phone, and no e-mail any more
    changed = ANNA.model_copy(update={"phone": "+79990000002", "email": ""})
    made = carry(job, "customers", changed)
    carry(job, "customers", changed)
    # THEN
    (contact,) = job.there.contacts
    assert _ways(contact) == ["+79990000001", "anna@example.test", "+79990000002"]
    assert made.phones == ("+79990000001", "+79990000002")


def test_orders_of_one_buyer_have_one_contact_whatever_key_each_carries() -> None:
    # GIVEN guests: the shop gives each order a buyer of its own
    job = a_job()
    orders = [
        an_order(str(1000 + n), customer=ANNA.model_copy(update={"key": f"guest-{n}"}))
        for n in range(5)
    ]
    # WHEN some come alone and some together
    carry(job, "orders", orders[0])
    carry_all(job, "orders", orders[1:])
    # THEN
    (contact,) = job.there.contacts
    assert {tuple(deal["contactIds"]) for deal in job.there.deals} == {(contact["id"],)}


def test_a_hundred_buyers_whose_every_answer_is_lost_are_a_hundred_contacts() -> None:
    # GIVEN
    job = a_job()
    job.breaks("*", FaultKind.LOST_ANSWER, times=200)
    # WHEN
    for n in range(100):
        buyer = Customer(key=f"c{n}", name=f"N {n}", phone=f"+7999{n:07d}")
        carry_to_the_end(job, "customers", buyer, attempts=300)
    # THEN
    assert len(job.there.contacts) == 100
    assert {len(contact["fm"]) for contact in job.there.contacts} == {1}


def test_a_hundred_buyers_in_bulk_with_lost_answers_are_a_hundred_contacts() -> None:
    # GIVEN
    job = a_job()
    for after in range(0, 10, 2):
        job.breaks("batch", FaultKind.LOST_ANSWER, after=after)
    # WHEN
    buyers = [Customer(key=f"c{n}", name=f"N {n}", phone=f"+7999{n:07d}") for n in range(100)]
    carry_all(job, "customers", buyers)
    # THEN
    assert len(job.there.contacts) == 100
    assert {len(contact["fm"]) for contact in job.there.contacts} == {1}


def test_contacts_are_read_updated_and_listed_in_bulk() -> None:
    # GIVEN
    job = a_job()
    contacts = job.resource("customers")
    buyers = [Customer(key=f"c{n}", name=f"N {n}", phone=f"+7999{n:07d}") for n in range(60)]
    made = contacts.write_many([Write(one) for one in buyers], SHOP, just_create)
    assert not [one for one in made if isinstance(one, MostikError)]
    # WHEN
    changed = [Write(one.model_copy(update={"first_name": "M"}), one.key, one) for one in made]
    contacts.write_many([*changed, Write(ANNA, "999")], SHOP, just_create)
    # THEN
    assert {contact["name"] for contact in job.there.contacts} == {"M"}
    assert len(contacts.page(None, None).items) == 60
    assert set(contacts.read_many(["1", "2", "999", "x"])) == {"1", "2"}
    assert set(contacts.find_many(SHOP, ["c1", "c2", "nobody"])) == {"c1", "c2"}


def test_a_company_is_made_with_its_requisites_and_comes_back() -> None:
    # GIVEN
    job = a_job()
    # WHEN
    made = carry(job, "companies", a_company())
    # THEN
    trade = job.there.trade
    (requisite,) = trade.requisites.requisites.rows.values()
    assert (requisite["RQ_INN"], requisite["RQ_KPP"]) == ("7707083893", "770701001")
    (address,) = trade.requisites.addresses.rows.values()
    assert (address["TYPE_ID"], address["CITY"]) == ("6", "Москва")
    (bank,) = trade.requisites.banks.rows.values()
    assert bank["RQ_ACC_NUM"] == "40702810000000000001"
    assert made.requisites[0].inn == "7707083893"
    assert made.requisites[0].accounts[0].bic == "044525225"
    assert made.requisites[0].addresses[0].type is AddressType.LEGAL


def test_a_company_is_found_by_its_tax_number() -> None:
    # GIVEN a company of a person, without our key
    job = a_job()
    carry(job, "companies", a_company())
    job.there.edit(4, 1, {"originatorId": "", "originId": ""})
    # WHEN
    made = carry(job, "companies", a_company("k2", name="Ромашка-2"))
    # THEN
    assert made.key == "1"
    assert len(job.there.items.stores[4]) == 1
    assert len(job.there.trade.requisites.requisites.rows) == 1


def test_companies_whose_every_answer_is_lost_are_there_once_with_one_requisite_each() -> None:
    # GIVEN
    job = a_job()
    job.breaks("*", FaultKind.LOST_ANSWER, times=60)
    # WHEN
    for n in range(10):
        part = a_part().model_copy(update={"inn": f"770708389{n}"})
        carry_to_the_end(job, "companies", a_company(f"k{n}", requisites=(part,)), attempts=100)
    # THEN
    requisites = job.there.trade.requisites
    assert len(job.there.items.stores[4]) == 10
    assert len(requisites.requisites) == len(requisites.banks) == len(requisites.addresses) == 10


def test_a_changed_requisite_is_changed_in_place() -> None:
    job = a_job()
    carry(job, "companies", a_company())
    part = a_part().model_copy(update={"kpp": "770701002"})
    carry(job, "companies", a_company(requisites=(part,)))
    (row,) = job.there.trade.requisites.requisites.rows.values()
    assert row["RQ_KPP"] == "770701002"


def test_companies_are_listed_found_and_read_in_bulk() -> None:
    job = a_job()
    companies = job.resource("companies")
    for n in range(3):
        part = a_part().model_copy(update={"inn": f"770708389{n}"})
        carry(job, "companies", a_company(f"k{n}", requisites=(part,)))
    assert [one.requisites[0].inn for one in companies.page(None, None).items] == [
        "7707083890",
        "7707083891",
        "7707083892",
    ]
    assert set(companies.find_many(SHOP, ["k0", "k9"])) == {"k0"}
    assert set(companies.read_many(["1", "77"])) == {"1"}
