"""What a worker knows of a portal's directories from one job to the next, and when it does not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from integrations.bitrix24.catalog.directory import CATALOGS_SECONDS
from mostik.commerce.catalog import Product, PropertyDef, PropertyType, PropertyValue
from mostik.commerce.money import Vat
from mostik.commerce.record import Ref
from mostik.errors import GiveUp
from tests.integrations.bitrix24.catalog.world import Job, a_good, a_job, just_create


def reads(job: Job, good: int) -> int:
    """Requests that the next job makes to read a good."""
    job.next_job()
    before = len(job.sent)
    assert job.resource("products").read(str(good)) is not None
    return len(job.sent) - before


def test_a_second_touch_of_a_good_reads_its_properties_and_the_good() -> None:
    # GIVEN a worker that has read a good WHEN its next job reads it
    job = a_job()
    good = a_good(job, "kettle")
    first, second = reads(job, good), reads(job, good)
    # THEN catalogues and VAT rates are known
    assert (first, second) == (4, 2)
    # AND they are read again when that has grown old
    job.clock.advance(CATALOGS_SECONDS)
    assert reads(job, good) == 4


def test_a_rate_that_was_just_added_is_found_by_the_next_job() -> None:
    # GIVEN a worker that knows the portal's rates, of which 22 % is none
    job = a_job()
    good = a_good(job, "kettle")
    reads(job, good)
    wanted = Product(key="k", name="Kettle", vat=Vat(rate=Decimal(22), included=True))
    with pytest.raises(GiveUp, match="no VAT rate 22"):
        job.resource("products").update(str(good), wanted, "onec", just_create)
    # WHEN the administrator has added it
    job.there.catalog.vats.add({"name": "22%", "rate": 22, "active": "Y", "sort": 500})
    # THEN the repeat of the same worker is written
    job.next_job()
    written = job.resource("products").update(str(good), wanted, "onec", just_create)
    assert written.vat is not None
    assert written.vat.rate == Decimal(22)


def test_a_property_that_another_worker_has_just_made_is_read_and_written() -> None:
    # GIVEN a worker that has read goods, and a property that came after
    job = a_job()
    good = a_good(job, "kettle")
    reads(job, good)
    other = Job(job.there)
    colour = PropertyDef(key="colour", name="Colour", type=PropertyType.TEXT)
    other.resource("properties").create(colour, "onec", just_create)
    value = PropertyValue(property=Ref(key="colour"), values=("red",))
    wanted = Product(key="k", name="Kettle", properties=(value,))
    other.resource("products").update(str(good), wanted, "onec", just_create)
    # WHEN its next job reads the good
    job.next_job()
    record = job.resource("products").read(str(good))
    # THEN it sees what was written: it would take it for a change otherwise
    assert [one.values for one in record.properties] == [("red",)]


def test_a_check_goes_by_what_is_there_now() -> None:
    # GIVEN a worker that has found the catalogue of goods
    job = a_job()
    goods = job.client.catalog.goods
    # WHEN the connection is checked THEN the catalogues are read anew
    job.next_job()
    job.client.catalog.forget()
    before = len(job.sent)
    assert job.client.catalog.goods == goods
    assert len(job.sent) == before + 1
