"""Pure functions between the rows of a declared resource and canonical records.

In the table of a mapping the left side is ours, the right side is the API's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from integrations.http_api.declared.models import (
    ExternalKeyFields,
    MappedField,
    MomentFields,
    ResourceFields,
    SinceFields,
)
from mostik.commerce import catalog, order, parties, prices, stock
from mostik.commerce.record import Canonical, Ref
from mostik.errors import Pending
from mostik.mapping.dictionary import Dictionary, Entry
from mostik.mapping.functions.function import Options
from mostik.mapping.mapper import Mapper
from mostik.mapping.path import Path, path, put, read
from mostik.mapping.shape import Kind, Shape
from mostik.mapping.side import Side, Way
from mostik.mapping.table import Apply, AsIs, By, Constant, Rest, Rule, Table, Translate

MODELS: Mapping[str, type[Canonical]] = {
    catalog.SECTIONS: catalog.Section,
    catalog.PRODUCTS: catalog.Product,
    catalog.VARIANTS: catalog.Variant,
    prices.PRICES: prices.Price,
    stock.WAREHOUSES: stock.Warehouse,
    stock.STOCK: stock.Stock,
    parties.CUSTOMERS: parties.Customer,
    parties.COMPANIES: parties.Company,
    order.ORDERS: order.Order,
    order.RETURNS: order.Return,
}
"""What can be declared, by the name of the resource."""
_WAYS = {"both": Way.BOTH, "read": Way.TO_LEFT, "write": Way.TO_RIGHT}
_FIGURES = frozenset({"money", "number", "unit"})
_GONE_NOT = frozenset({"", "0", "false", "n", "no", "none"})


def mapper_of(name: str, fields: ResourceFields) -> Mapper:
    """Returns the mapper between canonical records of a resource and rows of the API."""
    rules = [_rule(number, one) for number, one in enumerate(fields.fields)]
    known = {where.text for rule in rules for where in rule.left}
    rules.append(Rule((path("key"),), (path(fields.key),), way=Way.TO_LEFT, required=True))
    if fields.changed is not None and "changed_at" not in known:
        by = Apply("date", right=moment_options(fields.changed))
        rules.append(Rule((path("changed_at"),), (path(fields.changed.field),), by, Way.TO_LEFT))
    dictionaries = {
        str(number): _dictionary(one) for number, one in enumerate(fields.fields) if one.values
    }
    table = Table(tuple(rules), dictionaries, Rest.LEAVE)
    return Mapper(table, Shape(name, MODELS[name]), Shape(f"the API's {name}"))


def moment_options(moment: MomentFields) -> Options:
    """Returns how the API spells times, as the function ``date`` takes it."""
    told: dict[str, str | bool] = {"format": moment.format, "zone": moment.zone}
    return {**told, "offset": moment.offset} if isinstance(moment, SinceFields) else told


def held(mapper: Mapper) -> frozenset[str]:
    """Returns the canonical fields that the API can hold."""
    leading = mapper.table.leading_to(Side.LEFT)
    return frozenset(where.field for rule in leading for where in rule.left) - Canonical.meta


def record_from(
    row: Mapping[str, Any], mapper: Mapper, fields: ResourceFields, known: frozenset[str]
) -> Canonical:
    """Reads a row. Fields that its declaration does not name are kept beside.

    Args:
        row: as the API tells it.
        mapper: of the resource.
        fields: its declaration.
        known: see ``named``.

    Raises:
        MostikError: it is no record, and why: names fields, never what they hold.
    """
    mapped = mapper.to(Side.LEFT, _readable(row, mapper))
    error = mapped.error(mapper.left.name)
    if error is not None or mapped.record is None:
        raise error or AssertionError("a mapping without a record and without a problem")
    more: dict[str, Any] = {}
    if fields.deleted and _is_gone(read(row, path(fields.deleted))):
        more["deleted"] = True
    if fields.external_key is not None:
        more["external_ids"] = external_ids(row, fields.external_key)
    if beside := {name: value for name, value in row.items() if name not in known}:
        more["extra"] = {**mapped.record.extra, **beside}
    return mapped.record.model_copy(update=more) if more else mapped.record


def named(mapper: Mapper, fields: ResourceFields) -> frozenset[str]:
    """Returns the fields of a row that its declaration names."""
    texts = [where.text for rule in mapper.table.rules for where in rule.right]
    texts += [fields.deleted] if fields.deleted else []
    texts += [fields.external_key.field] if fields.external_key is not None else []
    return frozenset(path(text).segments[0].name for text in texts) | set(fields.read_only)


def said(
    record: Canonical, mapper: Mapper, connection: str, present: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Returns what a record says, as the API spells it.

    Args:
        record: canonical.
        mapper: of the resource.
        connection: the API's: references are said in its keys.
        present: the row as it stands; what says the same already keeps its spelling.

    Raises:
        Pending: it points at a record that the API does not have yet.
        MostikError: a field cannot be said.
    """
    _refuse_unknown_refs(record, mapper, connection)
    own: Canonical = _with_own_refs(record, connection)
    there = _readable(present, mapper) if present is not None else None
    mapped = mapper.to(Side.RIGHT, own, there)
    error = mapped.error(mapper.left.name)
    if error is not None:
        raise error
    content = dict(mapped.content)
    for rule in mapper.table.leading_to(Side.RIGHT):
        if _is_figure(rule, mapper):
            _exchange(content, rule.right[0], _as_json_number)
    return content


def difference(said: Any, there: Any) -> Any:
    """Returns the part of an object that says something else than what is there; a list is said
    whole."""
    return {
        name: difference(value, there[name])
        if isinstance(value, Mapping) and isinstance(there.get(name), Mapping)
        else value
        for name, value in said.items()
        if not _says(there.get(name), value)
    }


def laid_over(there: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Returns an object with another one's values; what that does not name stays."""
    result = dict(there)
    for name, value in said.items():
        inner = result.get(name)
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            result[name] = laid_over(inner, value)
        else:
            result[name] = value
    return result


def external_value(fields: ExternalKeyFields, system: str, key: str) -> str:
    """Returns what a record carries as its key elsewhere."""
    return fields.value.replace("{system}", system).replace("{key}", key)


def external_ids(row: Mapping[str, Any], fields: ExternalKeyFields) -> dict[str, str]:
    """Returns the key elsewhere that a row carries, where it tells whose it is."""
    before, _, rest = fields.value.partition("{system}")
    between, _, behind = rest.partition("{key}")
    value = read(row, path(fields.field))
    if not between or not isinstance(value, str):
        return {}
    if not (value.startswith(before) and value.endswith(behind)):
        return {}
    system, _, key = value[len(before) : len(value) - len(behind)].partition(between)
    return {system: key} if system and key else {}


def _rule(number: int, field: MappedField) -> Rule:
    return Rule(
        tuple(map(path, field.ours)),
        tuple(map(path, field.theirs)),
        _by(number, field),
        _WAYS[field.way],
        field.required,
    )


def _by(number: int, field: MappedField) -> By:
    if field.by is not None:
        return Apply(field.by, dict(field.ours_options), dict(field.options))
    if field.values:
        return Translate(str(number))
    return Constant(field.constant) if field.constant is not None else AsIs()


def _dictionary(field: MappedField) -> Dictionary:
    """Of several of their values that stand for one of ours, the first is written."""
    entries: list[Entry] = []
    seen: set[str] = set()
    for theirs, ours in field.values.items():
        entries.append(Entry(ours, theirs, Way.TO_LEFT if ours in seen else Way.BOTH))
        seen.add(ours)
    return Dictionary(tuple(entries), noun=", ".join(field.ours))


# ── values as JSON has them ────────────────────────────────────────────────────────────────────


def _readable(row: Mapping[str, Any], mapper: Mapper) -> Mapping[str, Any]:
    """A row in which digits are texts where we have texts, and no figure is a float."""
    content: dict[str, Any] = _copied(row)
    for rule in mapper.table.rules:
        if not isinstance(rule.by, AsIs):
            continue
        for ours, theirs in zip(rule.left, rule.right, strict=False):
            kind = mapper.left.at(ours).kind
            if kind in (Kind.TEXT, Kind.REFERENCE):
                _exchange(content, theirs, _as_text)
            elif kind is Kind.NUMBER:
                _exchange(content, theirs, _as_decimal)
    return content


def _exchange(content: dict[str, Any], where: Path, by: Callable[[Any], Any]) -> None:
    value = read(content, where)
    if value is not None:
        put(content, where, _each(value, by))


def _each(value: Any, by: Callable[[Any], Any]) -> Any:
    return tuple(_each(one, by) for one in value) if isinstance(value, tuple) else by(value)


def _copied(value: Any) -> Any:
    match value:
        case Mapping():
            return {name: _copied(one) for name, one in value.items()}
        case list() | tuple():
            return [_copied(one) for one in value]
    return value


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_decimal(value: Any) -> Any:
    finite = isinstance(value, float) and math.isfinite(value)
    return Decimal(str(value)) if finite else value


def _is_figure(rule: Rule, mapper: Mapper) -> bool:
    match rule.by:
        case Apply(function, _, options):
            return function in _FIGURES and options.get("as", "number") == "number"
        case AsIs():
            return bool(rule.left) and mapper.left.at(rule.left[0]).kind is Kind.NUMBER
    return False


def _as_json_number(value: Any) -> Any:
    """JSON knows no other numbers; the text of a float of up to 15 digits is exact."""
    if not isinstance(value, str):
        return value
    number = Decimal(value)
    if number == number.to_integral_value():
        return int(number)
    return float(number) if Decimal(str(float(number))) == number else value


def _says(there: Any, value: Any) -> bool:
    """Whether what stands there says all that ``value`` does."""
    match value:
        case Mapping():
            return isinstance(there, Mapping) and all(
                _says(there.get(name), one) for name, one in value.items()
            )
        case list() | tuple():
            return (
                isinstance(there, list | tuple)
                and len(there) == len(value)
                and all(map(_says, there, value))
            )
    return bool(there == value) and isinstance(there, bool) is isinstance(value, bool)


def _is_gone(value: Any) -> bool:
    return str(value).strip().casefold() not in _GONE_NOT


# ── references ─────────────────────────────────────────────────────────────────────────────────


def _refuse_unknown_refs(record: Canonical, mapper: Mapper, connection: str) -> None:
    for rule in mapper.table.leading_to(Side.RIGHT):
        for where in rule.left:
            for ref in _refs(read(record, where)):
                if ref.key_in(connection) is None:
                    resource = type(record).refers.get(where.field, (mapper.left.name,))[0]
                    raise Pending(
                        f"{where}: it points at a record of {resource} that is not linked yet.",
                        resource=resource,
                        key=ref.key,
                    )


def _refs(value: Any) -> Iterator[Ref]:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _refs(one)


def _with_own_refs(value: Any, connection: str) -> Any:
    """The same with references by the API's keys."""
    match value:
        case Ref():
            return Ref(key=value.key_in(connection) or value.key)
        case tuple():
            return tuple(_with_own_refs(one, connection) for one in value)
        case BaseModel():
            names = type(value).model_fields
        case _:
            return value
    changes: dict[str, Any] = {}
    for name in names:
        inner = getattr(value, name)
        changed = _with_own_refs(inner, connection)
        if changed is not inner:
            changes[name] = changed
    return value.model_copy(update=changes) if changes else value
