"""What a worker knows of a portal's directories from one job to the next, and when it does not."""

from __future__ import annotations

from integrations.bitrix24.catalog.directory import CATALOGS_SECONDS, PROPERTIES_SECONDS
from mostik.commerce.catalog import Product, PropertyDef, PropertyType, PropertyValue
from mostik.commerce.record import Ref
from tests.integrations.bitrix24.catalog.world import Job, a_good, a_job, just_create


def sent_since(job: Job, before: int) -> list[str]:
    """The requests of a job."""
    return job.sent[before:]


def test_a_second_touch_of_a_good_reads_the_good_and_nothing_else() -> None:
    # GIVEN a worker that has read a good
    job = a_job()
    good = a_good(job, "kettle")
    job.resource("products").read(str(good))
    first = list(job.sent)
    # WHEN its next job reads it
    job.next_job()
    record = job.resource("products").read(str(good))
    # THEN that is one request, where the first one took four
    assert record is not None
    assert len(first) == 4
    assert sent_since(job, len(first)) == ["batch"]


def test_directories_are_read_again_when_they_have_grown_old() -> None:
    # GIVEN a worker that has read a good some time ago
    job = a_job()
    good = a_good(job, "kettle")
    job.resource("products").read(str(good))
    before = len(job.sent)
    # WHEN it reads it after the time of properties
    job.clock.advance(PROPERTIES_SECONDS)
    job.next_job()
    job.resource("products").read(str(good))
    # THEN those were read again, and after a longer time the catalogues too
    assert len(sent_since(job, before)) == 2
    job.clock.advance(CATALOGS_SECONDS)
    job.next_job()
    before = len(job.sent)
    job.resource("products").read(str(good))
    assert len(sent_since(job, before)) == 4


def test_a_good_is_written_with_a_property_that_another_worker_has_just_made() -> None:
    # GIVEN a worker that knows the portal's properties, and a property that came after
    job = a_job()
    good = a_good(job, "kettle")
    job.resource("products").read(str(good))
    other = Job(job.there)
    colour = PropertyDef(key="colour", name="Colour", type=PropertyType.TEXT)
    other.resource("properties").create(colour, "onec", just_create)
    # WHEN its next job reads the good and writes it with that property
    job.next_job()
    products = job.resource("products")
    record = products.read(str(good))
    value = PropertyValue(property=Ref(key="colour"), values=("red",))
    wanted = Product(key="k", name="Kettle", properties=(value,))
    written = products.update(str(good), wanted, "onec", just_create)
    # THEN it knows it: what is written goes by what the job has read itself
    assert record is not None
    assert [one.values for one in written.properties or ()] == [("red",)]


def test_a_check_goes_by_what_is_there_now() -> None:
    # GIVEN a worker that has found the catalogue of goods
    job = a_job()
    goods = job.client.catalog.goods
    # WHEN the connection is checked
    job.next_job()
    job.client.catalog.forget()
    before = len(job.sent)
    # THEN the catalogues are read anew
    assert job.client.catalog.goods == goods
    assert sent_since(job, before)
