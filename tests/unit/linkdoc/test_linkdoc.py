"""A link as one YAML file: read, checked, versioned, compared, written."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.commerce.money import Money
from mostik.commerce.order import Order, OrderStatus
from mostik.linkdoc.check import may_be_saved, problems
from mostik.linkdoc.compiled import conditions_of, mapper_of, occasion_of, policy_of
from mostik.linkdoc.difference import difference
from mostik.linkdoc.document import BrakesPart, LinkDocument
from mostik.linkdoc.yamlfile import MOST_CHARACTERS, dump, load
from mostik.mapping.condition import refused_by
from mostik.mapping.side import Side
from mostik.merge.policy import Owner
from mostik.sync.brakes import Brakes
from tests.project.cloudformation import ROOT
from tests.unit.linkdoc.links import ORDERS, PORTAL, SHOP, changed, link


def said(text: str) -> list[str]:
    """All that is wrong with a text, found while reading or while checking."""
    found: list[str] = []
    for one in load(text):
        found += [str(problem) for problem in one.problems]
        if one.document is not None:
            found += map(str, problems(one.document, PORTAL, SHOP, one.lines))
    return found


def test_a_link_is_read_as_people_mean_it() -> None:
    # GIVEN a file with values that YAML 1.1 would take for yes, no, numbers and times
    document = link()
    # WHEN it is read
    values = [entry.right for entry in document.dictionaries["statuses"].entries]
    # THEN they are the texts that stand there
    assert values == ["no", "01", "1:30", "on", "off"]
    assert document.fields[3].left == ("total.amount", "total.currency")
    assert document.schedule.full_on == (6, 7)
    assert problems(document, PORTAL, SHOP) == []


def test_a_link_maps_in_both_directions_as_its_file_says() -> None:
    # GIVEN the link of the file
    mapper = mapper_of(link(), PORTAL, SHOP)
    order = Order(
        key="7",
        number="A-7",
        status=OrderStatus.PACKED,
        total=Money(amount=Decimal("12.00"), currency="RUB"),
    )
    # WHEN an order goes there and comes back
    there = mapper.to(Side.RIGHT, order)
    back = mapper.to(Side.LEFT, {**there.content, "state": "on"}, order)
    # THEN each says it in its own terms
    assert there.content == {
        "id": "7",
        "no": "A-7",
        "state": "01",
        "total": 1200,
        "source": "mostik",
        "label": "Order A-7",
    }
    assert isinstance(back.record, Order)
    assert back.record.status is OrderStatus.SHIPPED
    assert back.record.flags is not None
    assert back.record.flags.shipped is True


def test_a_link_says_who_wins_and_what_it_takes() -> None:
    # GIVEN the link of the file
    document = link()
    policy = policy_of(document, frozenset({"status"}))
    # WHEN its parts are asked for
    # THEN they say what the file says
    assert policy.owner_of("lines.price") is Owner.ONLY_LEFT
    assert policy.owner_of("comment") is Owner.RIGHT
    assert policy.owner_of("site") is Owner.PERSON
    assert policy.of == frozenset({"status"})
    assert policy.shares == frozenset()
    keyed = link(
        changed("- {right: source", "- {left: 'lines[].key', right: 'rows[].id'}\n- {right: source")
    )
    assert policy_of(keyed, None).shares == frozenset({"lines"})
    gone = Order(key="1", number="1", status=OrderStatus.CANCELLED)
    assert refused_by(gone, conditions_of(document, Side.LEFT)) is not None
    assert conditions_of(document, Side.RIGHT) == ()
    assert occasion_of(document, bulk=True).quiet


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("id: portal-shop-orders", "id: Orders", "line 3: id: string should match pattern"),
        ("resource: orders\n", "resourse: orders\n", "line 7: left.resourse: there is no such"),
        ("left: status,", "left: statsu,", "line 19: fields[2].left: statsu: Order has no field"),
        ("dictionary: statuses}", "dictionary: st}", "line 19: fields[2].dictionary: there is no"),
        ("by: money", "by: monney", "line 22: fields[3].by: there is no function 'monney'"),
        ("as: minor", "as: kopecks", "line 23: fields[3].right_options: the option as of money"),
        ("by: number}", "by: number, constant: x}", "line 25: fields[5]: by and constant: only"),
        ("{number}'", "{nmber}'", "line 27: fields[7].template: nmber: Order has no field"),
        ("lines.price: only_left", "lines.prise: only_left", "line 14: owners.lines.prise: "),
        ("right: no}", "rigth: no}", "line 33: dictionaries.statuses.entries[0].right: it is miss"),
        ("test: not_in", "test: none", "line 9: left.only[0].test: input should be 'is', "),
        ("field: status,", "field: state,", "line 9: left.only[0]: state: Order has no field"),
        ("direction: both", "direction: to_right", "line 12: creates: nothing goes to the left"),
        ("full_at: '02:30'", "full_at: 25:00", "line 38: schedule.full_at: string should match"),
        ("full_at: '02:30'", "zone: Moscow", "line 38: schedule.zone: 'Moscow' is no time zone"),
        ("lag_seconds: 600", "lag_seconds: -1", "line 39: lag_seconds: input should be greater"),
        ("mostik: 1", "mostik: 2", "line 2: mostik: input should be 1"),
        ("mostik: 1", "mostik: 1\nmostik: 1", "line 3: 'mostik' stands there twice"),
        ("title: Orders", "title: *x", "line 4: a link has no aliases (*)"),
        ("title: Orders", "title: [", "line 6: expected"),
        ("packed, right: 01}", "packed, right: 01}\n    - {left: packed, right: x}",
         "line 29: dictionaries.statuses: 'packed' on the left becomes both '01' and 'x'"),
        ("right: {connection: shop", "right: {connection: portal",
         "line 10: right: both ends are the same resource of the same connection"),
    ],
)  # fmt: skip
def test_every_mistake_has_its_line_its_place_and_a_sentence(
    old: str, new: str, found: str
) -> None:
    # GIVEN a file with one mistake
    # WHEN it is read and checked
    answers = said(changed(old, new))
    # THEN the mistake is among what is said
    assert any(answer.startswith(found) for answer in answers), answers


def test_what_may_be_saved_all_the_same_is_a_warning() -> None:
    # GIVEN a link of which no run is ever made
    text = changed("{every_minutes: 5, full_at: '02:30', full_on: [6, 7]}",
                   "{every_minutes: null, full_at: null}")  # fmt: skip
    found = problems(link(text), PORTAL, SHOP)
    # WHEN it is checked
    # THEN it is said, and it may be saved
    assert [one.where for one in found] == ["schedule"]
    assert may_be_saved(found)
    assert not may_be_saved(problems(link(changed("left: status,", "left: x,")), PORTAL, SHOP))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file is empty"),
        ("- 1\n", "line 1: a link is a list of names and values"),
        ("x" * (MOST_CHARACTERS + 1), f"it is longer than {MOST_CHARACTERS} characters"),
        ("[" * 3_000, ""),
        ("a: !!python/object:os.system x\n", ""),
        ("\x00", ""),
    ],
)
def test_no_text_breaks_the_reader(text: str, problem: str) -> None:
    [found] = load(text)
    assert found.document is None
    assert found.problems
    assert str(found.problems[0]).startswith(problem)


def test_a_file_may_hold_several_links() -> None:
    other = changed("portal-shop-orders", "other")
    found = load(f"{ORDERS}---\n{other}")
    assert [one.document.id for one in found if one.document] == ["portal-shop-orders", "other"]


def test_a_version_is_of_the_content_and_not_of_its_spelling() -> None:
    # GIVEN the file, the file as we write it, and one with another value
    document = link()
    again = link(dump(document))
    other = link(changed("lag_seconds: 600", "lag_seconds: 601"))
    # WHEN their versions are compared
    # THEN comments, order and quotes do not count, and what it says does
    assert again == document
    assert again.version == document.version
    assert other.version != document.version
    usual = link(changed("direction: both\n", ""))
    assert usual.version == document.version


def test_a_written_link_is_short() -> None:
    # GIVEN a link with nothing but its ends
    text = "id: a\nleft: {connection: l, resource: orders}\nright: {connection: r, resource: x}\n"
    # WHEN it is written
    # THEN what is as usual is left out
    assert dump(link(text)) == (
        "mostik: 1\nid: a\nleft:\n  connection: l\n  resource: orders\n"
        "right:\n  connection: r\n  resource: x\n"
    )


TEXTS = st.text(max_size=12) | st.sampled_from(
    ["no", "on", "1", "01", "1:30", "true", "null", "~", "", "- a", "#", "a: b", "0x1F", "1e3",
     "2026-11-24", "\x85", "a\u2028\nb", "=", "a\nb", " a", "*x", "&x", "!!str", "1_000", "0o7",
     ".inf", "<<", "'"]
)  # fmt: skip


@st.composite
def links(draw: st.DrawFn) -> LinkDocument:
    """Any link that can be written down."""
    return LinkDocument.model_validate(
        {
            "id": draw(st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,10}\Z")),
            "title": draw(TEXTS),
            "left": {"connection": "l", "resource": "orders"},
            "right": {"connection": "r", "resource": draw(TEXTS.filter(bool))},
            "owner": draw(st.sampled_from(Owner)),
            "fields": [
                {"right": "a.b", "constant": draw(TEXTS | st.booleans() | st.integers(-9, 9**9))},
                {"left": "x[code=A B].y", "right": ["p", "q"], "required": draw(st.booleans())},
            ],
            "dictionaries": {
                draw(TEXTS): {
                    "entries": [
                        {
                            "left": draw(TEXTS),
                            "right": draw(TEXTS),
                            "after": {"left": [draw(TEXTS)]},
                            "sets": {"right": {"a": draw(TEXTS | st.booleans())}},
                        }
                    ]
                }
            },
        }
    )


@given(links())
def test_whatever_a_link_says_is_read_as_it_was_written(document: LinkDocument) -> None:
    # GIVEN any link, with texts that YAML would like to take for something else
    # WHEN it is written and read
    [found] = load(dump(document))
    # THEN it is the same
    assert found.problems == []
    assert found.document == document
    assert found.document is not None
    assert found.document.version == document.version


@given(st.text(alphabet="a:-[]{}!&*#|>'\"%@`,?\n\t 01~<", max_size=60))
def test_any_text_is_a_link_or_has_problems(text: str) -> None:
    for found in load(text):
        assert (found.document is None) is bool(found.problems)


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        ("lag_seconds: 600", "lag_seconds: 60",
         ["Seconds before the watermark that are listed again: was 600, is 60"]),
        ("by: number}", "}", ["Field lines[].price ↔ rows[].price: was by number, is as it is"]),
        ("as: minor, ", "",
         ["Field total.amount + total.currency ↔ total: was by money; right: as minor, currency"
          " RUB, is by money; right: currency RUB"]),
        ("notifies: right}", "}",
         ["Dictionary statuses: 'cancelled' ↔ 'off': was both ways; tells the customer on the"
          " right, is both ways"]),
        ("comment: right", "comment: left", ["Who wins for comment: was right, is left"]),
        (", comment: right", "", ["Who wins for comment: no longer there (was right)"]),
        ("creates: [left]", "creates: [left, right]", ["Creates on: was left, is left, right"]),
        ("values: [cancelled]", "values: [cancelled, new]",
         ["Left end takes only status not in: was cancelled, is cancelled, new"]),
        ("title: Orders", "title: Orders  # as people call them", []),
    ],
)  # fmt: skip
def test_two_versions_differ_in_words(old: str, new: str, sentences: list[str]) -> None:
    assert difference(link(), link(changed(old, new))) == sentences


def test_a_field_that_came_and_one_that_went_are_named() -> None:
    # GIVEN a version with another field instead of one
    after = link(changed("- {right: source, constant: mostik}", "- {left: site, right: site}"))
    # WHEN the two are compared
    found = difference(link(), after)
    # THEN both are named, and so is the order
    assert found[0] == "Field site ↔ site: new, as it is"
    assert "Field — ↔ source: no longer there (was always mostik)" in found


def test_the_form_has_a_title_for_every_field() -> None:
    # GIVEN the schema that the admin makes a form of
    schema = LinkDocument.model_json_schema()
    # WHEN its fields are listed
    pieces: list[dict[str, Any]] = [schema, *schema["$defs"].values()]
    fields = [field for piece in pieces for field in piece.get("properties", {}).values()]
    # THEN each has a title for people
    assert len(fields) > 40
    assert all(field.get("title") for field in fields)


def test_the_brakes_of_a_document_are_those_of_the_engine() -> None:
    assert BrakesPart().model_dump() == asdict(Brakes())


def test_the_door_imports_nothing_of_links() -> None:
    # GIVEN the webhook function's own wiring
    program = (
        "import sys, mostik.bootstrap.webhook\n"
        "names = ('mostik.linkdoc', 'mostik.mapping', 'mostik.merge', 'mostik.matching', 'yaml',"
        " 'phonenumbers')\n"
        "print([name for name in names if name in sys.modules])"
    )
    # WHEN it is imported
    answer = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONPATH": "layers/code", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    # THEN none of the packages of links came with it
    assert answer.stdout.strip() == "[]"
