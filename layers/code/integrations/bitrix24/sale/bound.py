"""Orders of the online store that have a deal each: bound exactly once, looked at before bound."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.bitrix24.crm.client import Crm
from integrations.bitrix24.crm.duplicates import Finder
from integrations.bitrix24.crm.goods import Goods
from integrations.bitrix24.crm.mapping import deal_fields, new_deal_fields
from integrations.bitrix24.crm.models import EntityType, Item
from integrations.bitrix24.crm.people import Contacts
from integrations.bitrix24.models import Settings
from integrations.bitrix24.sale.client import Sale
from integrations.bitrix24.sale.resources import SaleOrders
from mostik.commerce.order import Order
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.integration import CreateOnce, Write

KIND = EntityType.DEAL


class BoundOrders(SaleOrders):
    """Orders of the online store, each with a deal. The order is the record, its deal follows.

    Args:
        sale: the gateway of orders.
        crm: the gateway of deals.
        settings: of the connection.
        connection: its id.
        goods: finds the goods of lines.
    """

    def __init__(
        self, sale: Sale, crm: Crm, settings: Settings, connection: str, goods: Goods
    ) -> None:
        super().__init__(sale, settings, connection, goods)
        self._crm = crm
        self._contacts = Contacts(crm, settings, connection)
        self._finder = Finder(crm, KIND, settings.several_found)

    def create(self, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.create``."""
        made = super().create(record, system, once)
        self.follow(made.key, record, system, once)
        return made

    def update(self, key: str, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.update``."""
        changed = super().update(key, record, system, once)
        self.follow(key, record, system, once)
        return changed

    def write_many(
        self, writes: Sequence[Write[Order]], system: str, once: CreateOnce
    ) -> Sequence[Order | MostikError]:
        """See ``Bulk.write_many``."""
        answers = list(super().write_many(writes, system, once))
        for at, answer in enumerate(answers):
            if isinstance(answer, MostikError):
                continue
            try:
                self.follow(answer.key, writes[at].record, system, once)
            except MostikError as error:
                answers[at] = error
        return answers

    def follow(self, order: str, record: Order, system: str, once: CreateOnce) -> None:
        """Makes the order's deal say what the order says, and makes and binds it where there is
        none: the portal's own automation may have been faster.

        Raises:
            GiveUp: the order is bound to several deals.
        """
        bound = self._sale.deals_of(order, KIND)
        if len(bound) > 1:
            raise GiveUp(
                f"Order {order} of the portal is bound to several deals (ids"
                f" {', '.join(bound[:5])}): keep one link.",
                who=WhoActs.ADMIN,
            )
        item = self._crm.get(KIND, bound[0]) if bound else None
        item = item or self._finder.by_key(system, record.key)
        if item is None:
            item = self._new_deal(record, system, once)
        else:
            fields = deal_fields(record, self._settings, item.stage_id)
            if not item.origin_id:
                fields |= {"originatorId": system, "originId": record.key}
            self._crm.update(KIND, str(item.id), fields)
        if str(item.id) not in bound:
            self._sale.bind(order, KIND, str(item.id))

    def _new_deal(self, record: Order, system: str, once: CreateOnce) -> Item:
        fields = new_deal_fields(record, self._settings, system)
        if record.customer is not None and not record.customer.anonymous:
            contact = self._contacts.create(record.customer, system, once)
            fields["contactIds"] = [int(contact.key)]
        return self._crm.add(KIND, fields)
