"""What 1C has brought becomes records, as the settings say: piece by piece, in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from integrations.onec import names
from integrations.onec.orders import orders_of, problems_of
from integrations.onec.settings import Gone, Owned, Settings
from mostik.commerce.catalog import Picture, Product, ProductType, PropertyDef, Variant
from mostik.commerce.order import Order
from mostik.commerce.prices import PriceType
from mostik.commerce.record import Canonical
from mostik.commerceml import mapping_catalog, mapping_offers
from mostik.commerceml.mapping_catalog import Doubt, owner_key
from mostik.commerceml.models import Message, Record, Rejected
from mostik.commerceml.models_goods import (
    Good,
    Group,
    Offer,
    Property,
    UnitOfMeasure,
    Warehouse,
)
from mostik.commerceml.models_goods import PriceType as PriceTypeWords
from mostik.commerceml.models_goods import Product as Goods
from mostik.commerceml.models_orders import Document
from mostik.errors import GiveUp, WhoActs
from mostik.integration import Misfit, Surroundings

DefinitionT = TypeVar("DefinitionT", PropertyDef, PriceType)
Found = tuple[str, Canonical | Misfit]
_MOST_DOUBTS = 20
_OWNED: Mapping[Owned, tuple[str, ...]] = {
    Owned.SECTIONS: ("sections", "section"),
    Owned.ARTICLE: ("article",),
    Owned.BARCODES: ("barcodes",),
    Owned.UNIT: ("unit", "ratio"),
    Owned.VAT: ("vat",),
    Owned.DESCRIPTION: ("description", "description_format", "preview"),
    Owned.PROPERTIES: ("properties",),
    Owned.SIZE: ("size",),
}
_PERHAPS = (None, ProductType.SIMPLE, ProductType.WITH_VARIANTS)
"""What a good may be called that has characteristics."""
_REJECTED = {
    "Группа": names.SECTIONS,
    "Свойство": names.PROPERTIES,
    "ЕдиницаИзмерения": names.UNITS,
    "Товар": names.PRODUCTS,
    "Предложение": names.VARIANTS,
    "ТипЦены": names.PRICE_TYPES,
    "Склад": names.WAREHOUSES,
    "Документ": names.ORDERS,
}


class Definitions(Mapping[str, DefinitionT], Generic[DefinitionT]):
    """Definitions by key, of this import or one before. Remembers which of them it lacked.

    Args:
        known: finds what was brought before.
        kind: what they are.
    """

    def __init__(self, known: Callable[[str], Canonical | None], kind: type[DefinitionT]) -> None:
        self._known = known
        self._kind: type[DefinitionT] = kind
        self._held: dict[str, DefinitionT | None] = {}
        self._lacked: set[str] = set()
        self.came_late = False

    def learn(self, one: DefinitionT) -> None:
        """Takes a definition of this import."""
        if one.key in self._lacked and self._held.get(one.key) != one:
            self.came_late = True
        self._held[one.key] = one

    def get(self, key: str, default: Any = None) -> Any:
        """Returns a definition."""
        if key not in self._held:
            found = self._known(key) if key else None
            self._held[key] = found if isinstance(found, self._kind) else None
            self._lacked.add(key)
        return self._held[key] or default

    def __getitem__(self, key: str) -> DefinitionT:
        found: DefinitionT | None = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return (key for key, one in self._held.items() if one is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Bringing:
    """Makes records of one import.

    Args:
        settings: of the connection.
        around: what is known beside the import.
    """

    def __init__(self, settings: Settings, around: Surroundings) -> None:
        self._settings = settings
        self._around = around
        self._properties = Definitions(self._before(names.PROPERTIES), PropertyDef)
        self._types = Definitions(self._before(names.PRICE_TYPES), PriceType)
        self._formed_at: datetime | None = None
        self._documents: list[Document] = []
        self._plain: set[str] = set()
        self._parents: set[str] = set()
        self._told: set[str] = set()
        self._said_here: set[str] = set()
        self._late_parents = False
        self._doubts: Counter[str] = Counter()
        self._said: list[str] = []
        self._unsent = 0

    # ── Bringer ───────────────────────────────────────────────────────────────────────────────

    @property
    def looks_back(self) -> bool:
        """See ``Bringer.looks_back``: values of a list, prices and the kind of a good depend on
        what may stand behind them."""
        return self._late_parents or self._properties.came_late or self._types.came_late

    @property
    def held(self) -> int:
        """See ``Bringer.held``: an order may be spoken of twice."""
        return len(self._documents)

    def learn(self, piece: Any) -> None:
        """See ``Bringer.learn``."""
        match piece:
            case Message():
                self._formed_at = piece.formed_at
            case Property():
                self._properties.learn(mapping_catalog.property_def(piece))
            case PriceTypeWords():
                self._types.learn(mapping_offers.price_type(piece)[0])
            case Goods():
                self._plain.add(piece.key)
            case Offer() if "#" not in owner_key(piece):
                self._told.add(piece.key)

    def take(self, piece: Any) -> Iterable[Found]:
        """See ``Bringer.take``."""
        self.learn(piece)
        if isinstance(piece, Rejected):
            return self._rejected(piece)
        if not isinstance(piece, Record):
            return ()
        try:
            return list(self._made(piece))
        except ValidationError as error:
            self._plain.discard(piece.key)
            wrong = ", ".join(sorted({str(one["loc"][0]) for one in error.errors() if one["loc"]}))
            return self._misfit(piece, f"Запись {piece.key} не принята: значения {wrong}.")

    def rest(self) -> Iterable[Found]:
        """See ``Bringer.rest``."""
        yield from self._orders()
        yield from self._newcomers()

    def _orders(self) -> Iterable[Found]:
        documents, self._documents = self._documents, []
        if not documents or not self._settings.orders.enabled:
            return ()
        found = list(orders_of(documents, self._settings, self._around.connection))
        self._said += problems_of(one for one in found if isinstance(one, Order))
        return [(names.ORDERS, one) for one in found]

    def _newcomers(self) -> Iterable[Found]:
        """Goods of which no offer has told whether they have characteristics: a new one waits. And
        those of other files of which an offer has told that they have none."""
        goods = self._settings.goods
        if not (goods.enabled and goods.create and goods.wait_for_offers):
            return
        for key in self._plain:
            if key not in self._told and "#" not in key and not self._has_variants(key):
                yield names.NEWCOMERS, Product(key=key)
        for key in self._told:
            if key not in self._plain:
                yield names.TOLD, Product(key=key)

    def sentences(self) -> Sequence[str]:
        """See ``Bringer.sentences``."""
        doubts = [
            text if times == 1 else f"{text} (всего таких: {times})"
            for text, times in self._doubts.most_common(_MOST_DOUBTS)
        ]
        unsent = [f"Картинки названы, но не переданы: {self._unsent}."] if self._unsent else []
        return [*self._said, *doubts, *unsent]

    # ── what the pieces are ───────────────────────────────────────────────────────────────────

    def _made(self, piece: Record) -> Iterator[Found]:
        settings = self._settings
        goods, owned = settings.goods.enabled, settings.goods.owned_elsewhere
        match piece:
            case Group() if goods and Owned.SECTIONS not in owned:
                yield names.SECTIONS, self._alive(mapping_catalog.section(piece))
            case Property() if goods and Owned.PROPERTIES not in owned:
                yield names.PROPERTIES, mapping_catalog.property_def(piece)
            case UnitOfMeasure() if goods:
                yield names.UNITS, mapping_catalog.unit_of(piece)
            case PriceTypeWords() if settings.prices.enabled and self._is_taken(piece.key):
                kind, doubts = mapping_offers.price_type(piece)
                self._doubt(doubts)
                yield names.PRICE_TYPES, kind
            case Warehouse() if settings.stock.enabled and self._is_stocked(piece.key):
                yield names.WAREHOUSES, mapping_catalog.warehouse(piece)
            case Goods() if goods:
                yield from self._good(piece)
            case Offer():
                yield from self._offer(piece)
            case Document():
                self._documents.append(piece)

    def _good(self, piece: Goods) -> Iterator[Found]:
        base, characteristic = piece.key.partition("#")[::2]
        if characteristic and piece.characteristics:
            # Files before 2.05 have a good for each characteristic, and no good for all of them.
            yield from self._variant(Offer(**_shared(piece)))
            piece = Goods(**{**_shared(piece), "key": base, "characteristics": None})
        good, doubts = mapping_catalog.product(piece, self._properties)
        self._doubt(doubts)
        if good.type is None and self._has_variants(good.key):
            self._plain.discard(good.key)
            self._said_here.add(good.key)
            good = good.model_copy(update={"type": ProductType.WITH_VARIANTS})
        yield names.PRODUCTS, self._owned(self._alive(good))
        yield from self._pictures(piece)

    def _offer(self, piece: Offer) -> Iterator[Found]:
        settings = self._settings
        if settings.goods.enabled:
            yield from self._variant(piece)
        if settings.prices.enabled:
            found, doubts = mapping_offers.prices(piece, self._types)
            self._doubt(doubts)
            for price in found:
                if self._is_taken(price.type.key):
                    yield names.PRICES, price
        if settings.stock.enabled:
            as_of = self._formed_at
            if as_of is not None and as_of.tzinfo is None:
                as_of = as_of.replace(tzinfo=settings.tz)
            for row in mapping_offers.stock(piece, free=settings.stock.free, as_of=as_of):
                if row.warehouse is None or self._is_stocked(row.warehouse.key):
                    yield names.STOCK, row

    def _variant(self, piece: Offer) -> Iterator[Found]:
        variant, doubts = mapping_catalog.variant(piece, self._properties)
        self._doubt(doubts)
        if variant is None:
            yield from self._waited(owner_key(piece))
            return
        if variant.parent is not None:
            yield from self._parent(variant.parent.key)
        yield names.VARIANTS, self._owned(self._alive(variant))
        yield from self._pictures(piece)

    def _parent(self, key: str) -> Iterator[Found]:
        """Says of a good that it has variants, which its own file does not tell; the first time
        the good itself is said once more."""
        if key in self._parents:
            return
        said_before = self._around.knew(names.PARENTS, key) and not self._waits(key)
        self._parents.add(key)
        self._late_parents |= key in self._plain
        yield names.PARENTS, Product(key=key, type=ProductType.WITH_VARIANTS)
        good = None if said_before else self._around.known(names.PRODUCTS, key)
        if isinstance(good, Product) and good.type in _PERHAPS:
            yield (
                names.PRODUCTS,
                good.model_copy(update={"type": ProductType.WITH_VARIANTS}),
            )

    def _waited(self, owner: str) -> Iterator[Found]:
        """Says a good once more that has waited for an offer, so that it comes with it."""
        key, _, characteristic = owner.partition("#")
        if not self._waits(key):
            return
        if characteristic:
            yield from self._parent(key)
        else:
            good = self._around.known(names.PRODUCTS, key)
            if isinstance(good, Product):
                self._said_here.add(key)
                yield names.PRODUCTS, good

    def _waits(self, key: str) -> bool:
        """Whether a good of an earlier file, and not of this one, waits for an offer."""
        said = key in self._plain or key in self._said_here
        return not said and self._around.knows(names.NEWCOMERS, key)

    def _has_variants(self, key: str) -> bool:
        return key in self._parents or self._around.knows(names.PARENTS, key)

    def _pictures(self, piece: Good) -> Iterator[Found]:
        if not self._settings.goods.pictures:
            return
        for picture in mapping_catalog.pictures(piece):
            path = picture.file.key or ""
            content = self._around.content(path)
            if content is None:
                self._unsent += 1
                continue
            known = {"hash": content.hash, "size": content.size, "blob": content.blob}
            file = picture.file.model_copy(update=known)
            yield names.PICTURES, Picture(key=picture.key, owner=picture.owner, file=file)

    # ── as the settings say ───────────────────────────────────────────────────────────────────

    def _alive(self, one: Any) -> Any:
        """Says whether it is in use, where 1C decides about that."""
        if self._settings.goods.gone is not Gone.SWITCH_OFF:
            return one
        active = not one.deleted and one.active is not False
        return one.model_copy(update={"active": active, "deleted": False})

    def _owned(self, one: Product | Variant) -> Product | Variant:
        """Leaves out what people keep on the other side."""
        unknown = {
            name: None
            for owned in self._settings.goods.owned_elsewhere
            for name in _OWNED[owned]
            if name in type(one).model_fields
        }
        return one.model_copy(update=unknown) if unknown else one

    def _is_taken(self, price_type: str) -> bool:
        taken = self._settings.prices.types
        return not taken or price_type in taken

    def _is_stocked(self, warehouse: str) -> bool:
        taken = self._settings.stock.warehouses
        return not taken or warehouse in taken

    # ── what cannot be said ───────────────────────────────────────────────────────────────────

    def _rejected(self, piece: Rejected) -> Iterable[Found]:
        resource = _REJECTED.get(piece.kind)
        if resource is None or not piece.key:
            return ()
        text = f"{piece.kind} {piece.key}: {piece.reason}."
        return [(resource, Misfit(piece.key, GiveUp(text, who=WhoActs.EXTERNAL_ADMIN)))]

    def _misfit(self, piece: Record, text: str) -> Iterable[Found]:
        self._doubts[text] += 1
        resource = names.VARIANTS if isinstance(piece, Offer) else names.PRODUCTS
        return [(resource, Misfit(piece.key, GiveUp(text, who=WhoActs.EXTERNAL_ADMIN)))]

    def _doubt(self, doubts: Iterable[Doubt]) -> None:
        for one in doubts:
            self._doubts[f"{one.text} ({one.kind} {one.key})"] += 1

    def _before(self, resource: str) -> Callable[[str], Canonical | None]:
        return lambda key: self._around.known(resource, key)


def _shared(piece: Good) -> dict[str, Any]:
    return {name: getattr(piece, name) for name in Good.__dataclass_fields__}
