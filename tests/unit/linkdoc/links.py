"""A link as people write it, for the tests."""

from __future__ import annotations

from mostik.commerce.order import Order
from mostik.linkdoc.document import LinkDocument
from mostik.linkdoc.yamlfile import load
from mostik.mapping.shape import Shape

PORTAL = Shape("orders of portal", Order)
SHOP = Shape("orders of shop")

ORDERS = """\
# Orders of the portal and of a shop that counts kopecks.
mostik: 1
id: portal-shop-orders
title: Orders
left:
  connection: portal
  resource: orders
  only:
  - {field: status, test: not_in, values: [cancelled]}
right: {connection: shop, resource: orders}
direction: both
creates: [left]
owner: person
owners: {lines.price: only_left, comment: right}
rest: leave
fields:
- {left: key, right: id}
- {left: number, right: no, required: true}
- {left: status, right: state, dictionary: statuses}
- left: [total.amount, total.currency]
  right: total
  by: money
  right_options: {as: minor, currency: RUB}
- {left: date, right: placed, by: date, right_options: {format: '%d.%m.%Y', zone: Europe/Moscow}}
- {left: 'lines[].price', right: 'rows[].price', by: number}
- {right: source, constant: mostik}
- {right: label, template: 'Order {number}'}
dictionaries:
  statuses:
    noun: status
    back: false
    entries:
    - {left: new, right: no}
    - {left: packed, right: 01}
    - {left: packed, right: 1:30, way: to_left}
    - {left: shipped, right: on, sets: {left: {flags.shipped: true}}, after: {right: [01, 1:30]}}
    - {left: cancelled, right: off, notifies: right}
schedule: {every_minutes: 5, full_at: '02:30', full_on: [6, 7]}
lag_seconds: 600
brakes: {creates_percent: 10}
"""


def link(text: str = ORDERS) -> LinkDocument:
    """The one link of a text."""
    [found] = load(text)
    assert found.problems == []
    assert found.document is not None
    return found.document


def changed(old: str, new: str) -> str:
    """The text with one thing changed."""
    assert old in ORDERS
    return ORDERS.replace(old, new, 1)
