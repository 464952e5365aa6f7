"""``Slots`` on DynamoDB: one row per bucket in the state table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mostik.dynamodb import from_attributes, to_attributes
from mostik.ports import Busy, Slot

_SORT_KEY = "limit"
_KEPT_SECONDS = 86_400
_TRIES = 4
"""Idle -> running -> (refused or granted) takes three at the most; one more for a row that expires
in between."""


def build_take(
    table: str, key: str, *, now: float, increment: float, most: float, running: bool
) -> dict[str, Any]:
    """Returns the request of UpdateItem that takes a slot.

    DynamoDB has no ``max``, so there are two: for a bucket that is running down (``running``) and
    for one that is empty. Each refuses the other's case and answers with the row.

    Args:
        table: the table's name.
        key: the bucket.
        now: unix seconds.
        increment: what one call is worth.
        most: the highest level that the bucket may have afterwards.
        running: which of the two.
    """
    values: dict[str, Any] = {
        ":now": now,
        ":increment": increment,
        ":expires": int(now + most) + _KEPT_SECONDS,
    }
    if running:
        set_moment = "empty_at = empty_at + :increment"
        condition = "empty_at > :now AND empty_at <= :latest"
        values[":latest"] = now + most - increment
    else:
        set_moment = "empty_at = :moment"
        condition = "attribute_not_exists(empty_at) OR empty_at <= :now"
        values[":moment"] = now + increment
        del values[":increment"]
    return {
        "TableName": table,
        "Key": to_attributes(_key(key)),
        "UpdateExpression": f"SET {set_moment}, expires_at = :expires",
        "ConditionExpression": condition,
        "ExpressionAttributeValues": to_attributes(values),
        "ReturnValues": "UPDATED_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


class DynamoSlots:
    """``Slots`` on DynamoDB.

    Args:
        client: a botocore DynamoDB client.
        table: the state table.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._seen: dict[str, float] = {}
        """When each bucket is empty, as last heard: it chooses the request to try first."""

    def take(
        self, key: str, *, now: float, increment: float, ceiling: float, patience: float = 0.0
    ) -> Slot:
        """See ``Slots.take``."""
        most = ceiling + patience
        if increment > most:
            return Slot(False, increment - ceiling)
        running = self._seen.get(key, 0.0) > now
        for _ in range(_TRIES):
            request = build_take(
                self._table, key, now=now, increment=increment, most=most, running=running
            )
            taken, row = self._update(request)
            empty_at = float(row.get("empty_at", 0.0))
            self._seen[key] = empty_at
            if taken:
                return Slot(True, max(0.0, empty_at - now - ceiling))
            if running and empty_at > now:
                return Slot(False, empty_at + increment - now - ceiling)
            running = empty_at > now
        raise Busy("the limit's row changes too fast")

    def fill(self, key: str, *, now: float, level: float) -> None:
        """See ``Slots.fill``."""
        full_until = now + level
        taken, row = self._update(
            {
                "TableName": self._table,
                "Key": to_attributes(_key(key)),
                "UpdateExpression": "SET empty_at = :moment, expires_at = :expires",
                "ConditionExpression": "attribute_not_exists(empty_at) OR empty_at < :moment",
                "ExpressionAttributeValues": to_attributes(
                    {":moment": full_until, ":expires": int(full_until) + _KEPT_SECONDS}
                ),
                "ReturnValues": "UPDATED_NEW",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        )
        del taken  # when refused, it is fuller already
        self._seen[key] = float(row.get("empty_at", full_until))

    def level(self, key: str, *, now: float) -> float:
        """See ``Slots.level``."""
        try:
            answer = self._client.get_item(TableName=self._table, Key=to_attributes(_key(key)))
        except (ClientError, BotoCoreError) as error:
            raise Busy("DynamoDB did not read a limit") from error
        row = from_attributes(answer.get("Item", {}))
        return max(0.0, float(row.get("empty_at", 0.0)) - now)

    def _update(self, request: Mapping[str, Any]) -> tuple[bool, Mapping[str, Any]]:
        """Returns whether the row was written, and what it says now."""
        try:
            answer = self._client.update_item(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise Busy("DynamoDB refused a limit's update_item") from error
            return False, from_attributes(error.response.get("Item") or {})
        except BotoCoreError as error:
            raise Busy("DynamoDB did not answer a limit's update_item") from error
        return True, from_attributes(answer.get("Attributes") or {})


def _key(key: str) -> dict[str, str]:
    return {"pk": f"limit#{key}", "sk": _SORT_KEY}
