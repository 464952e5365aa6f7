"""All functions, by name."""

from __future__ import annotations

from collections.abc import Mapping

from mostik.mapping.functions.contacts import EMAIL, NAME, PHONE
from mostik.mapping.functions.figures import MONEY, NUMBER, UNIT
from mostik.mapping.functions.flags import FLAG
from mostik.mapping.functions.function import Function
from mostik.mapping.functions.markup import MARKUP
from mostik.mapping.functions.moments import DATE

FUNCTIONS: Mapping[str, Function] = {
    one.name: one for one in (PHONE, EMAIL, NAME, MONEY, DATE, UNIT, NUMBER, FLAG, MARKUP)
}
