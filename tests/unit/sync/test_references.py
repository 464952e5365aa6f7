"""References are said in the keys of the other side, where a link between the two knows them."""

from __future__ import annotations

from mostik.commerce.catalog import Product, PropertyValue
from mostik.commerce.order import Line, Order
from mostik.sync.link import End, Link, Side
from mostik.sync.references import References
from mostik.sync.xref import Pair, Pairs, PairState
from tests.support.memory import state_table

SECTIONS = Link("sections", End("onec", "sections"), End("portal", "sections"))
GOODS = Link("goods", End("portal", "products"), End("onec", "products"))
OTHERS = Link("others", End("onec", "sections"), End("shop", "sections"))


def references(pairs: Pairs) -> References:
    return References([OTHERS, SECTIONS, GOODS], pairs, "onec", "portal")


def test_keys_of_both_directions_of_links_are_filled_in() -> None:
    # GIVEN a section and a good that are linked, by links of either direction
    pairs = Pairs(state_table())
    pairs.save("sections", Pair({Side.LEFT: "s1", Side.RIGHT: "12"}, {}))
    pairs.save("goods", Pair({Side.LEFT: "77", Side.RIGHT: "g1"}, {}))
    pairs.save("others", Pair({Side.LEFT: "s2", Side.RIGHT: "wrong"}, {}))
    # WHEN records of one side are filled
    good = references(pairs).filled(Product(key="p", section="s1", sections=("s1", "s2")))
    order = references(pairs).filled(Order(key="o", number="1", lines=(Line(variant="g1"),)))
    # THEN what is linked has its key there, inside of lists too; the rest is as it was
    assert isinstance(good, Product)
    assert isinstance(order, Order)
    assert good.section is not None
    assert good.section.key_in("portal") == "12"
    assert [ref.key_in("portal") for ref in good.sections or ()] == ["12", None]
    assert order.lines is not None
    assert order.lines[0].variant is not None
    assert order.lines[0].variant.key_in("portal") == "77"


def test_what_is_not_linked_yet_stays_open() -> None:
    # GIVEN a section whose creation is under way
    pairs = Pairs(state_table())
    pairs.save("sections", Pair({Side.LEFT: "s1"}, {}, PairState.CREATING))
    # THEN there is no key to say
    product = Product(key="p", section="s1", properties=(PropertyValue(property="c"),))
    assert references(pairs).filled(product) == product
