"""``Table`` on DynamoDB: the one place that speaks its request format.

Values are translated here and not by ``boto3.dynamodb.types``: that refuses floats, returns
Decimals and binary wrappers, and importing it brings boto3 and s3transfer to every cold start.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, assert_never

from botocore.exceptions import BotoCoreError, ClientError

from mostik.ports import Busy, Item, Page, Replaced

_BATCH = 25
"""BatchWriteItem takes so many items."""
_READ_BATCH = 100
"""BatchGetItem takes so many keys; what exceeds 16 MB comes with the next try."""
_BATCH_ATTEMPTS = 3

ElementT = TypeVar("ElementT")
Value = str | bool | int | float | bytes | None | Sequence["Value"] | Mapping[str, "Value"]


def to_attribute(value: Any) -> dict[str, Any]:
    """Returns a value as DynamoDB wants it.

    Raises:
        TypeError: the value has no place in a row.
    """
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int() | float():
            return {"N": repr(value)}
        case bytes():
            return {"B": value}
        case None:
            return {"NULL": True}
        case Mapping():
            return {"M": to_attributes(value)}
        case list() | tuple():
            return {"L": [to_attribute(element) for element in value]}
        case _:
            raise TypeError(f"a {type(value).__name__} cannot be stored in a row")


def to_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a row as DynamoDB wants it."""
    return {name: to_attribute(value) for name, value in item.items()}


def from_attribute(attribute: Mapping[str, Any]) -> Any:
    """Returns a value as we know it."""
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return float(value) if any(c in value for c in ".eE") else int(value)
        case "NULL":
            return None
        case "M":
            return from_attributes(value)
        case "L":
            return [from_attribute(element) for element in value]
        case _:
            return value


def from_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a row as we know it."""
    return {name: from_attribute(attribute) for name, attribute in attributes.items()}


def build_query(
    table: str,
    pk: str,
    *,
    pk_name: str = "pk",
    sk_name: str = "sk",
    index: str | None = None,
    first: str | None = None,
    last: str | None = None,
    newest_first: bool = False,
    limit: int = 100,
) -> dict[str, Any]:
    """Returns the request of Query for one partition and a range of sort keys, both ends
    inclusive."""
    condition = "#pk = :pk"
    values: dict[str, Any] = {":pk": {"S": pk}}
    names = {"#pk": pk_name}
    match first, last:
        case str(), str():
            condition += " AND #sk BETWEEN :first AND :last"
        case str(), None:
            condition += " AND #sk >= :first"
        case None, str():
            condition += " AND #sk <= :last"
        case None, None:
            pass
        case _:
            assert_never((first, last))  # type: ignore[arg-type]  # mypy cannot narrow a pair
    if first is not None:
        values[":first"] = {"S": first}
    if last is not None:
        values[":last"] = {"S": last}
    if first is not None or last is not None:
        names["#sk"] = sk_name
    request: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ScanIndexForward": not newest_first,
        "Limit": limit,
        "ReturnConsumedCapacity": "TOTAL",
    }
    if index is not None:
        request["IndexName"] = index
    return request


class DynamoTable:
    """``Table`` on DynamoDB.

    Args:
        client: a botocore DynamoDB client.
        name: the table.
        indexes: secondary indexes by name: their partition and sort key attributes.
    """

    def __init__(
        self, client: Any, name: str, indexes: Mapping[str, tuple[str, str]] | None = None
    ) -> None:
        self._client = client
        self._name = name
        self._indexes = dict(indexes or {})

    def get(self, pk: str, sk: str) -> Item | None:
        """See ``Table.get``."""
        answer = self._call(
            "get_item",
            TableName=self._name,
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
            ConsistentRead=True,
        )
        return from_attributes(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Sequence[tuple[str, str]]) -> Sequence[Item]:
        """See ``Table.get_many``."""
        found: list[Item] = []
        for chunk in _chunks(list(dict.fromkeys(keys)), _READ_BATCH):
            left = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in chunk]
            for attempt in range(_BATCH_ATTEMPTS):
                if attempt:
                    time.sleep(0.05 * 2**attempt)
                wanted = {self._name: {"Keys": left, "ConsistentRead": True}}
                answer = self._call("batch_get_item", RequestItems=wanted)
                found += map(from_attributes, answer["Responses"].get(self._name, []))
                left = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])
                if not left:
                    break
            else:
                raise Busy("DynamoDB left rows of a batch unread")
        return found

    def insert(self, item: Item) -> Item | None:
        """See ``Table.insert``."""
        return self._conditional(
            "put_item",
            Item=to_attributes(item),
            ConditionExpression="attribute_not_exists(pk)",
        ).standing

    def replace(self, item: Item, version: int) -> Replaced:
        """See ``Table.replace``."""
        return self._conditional("put_item", Item=to_attributes(item), **_if_version(version))

    def put(self, item: Item) -> None:
        """See ``Table.put``."""
        self._call("put_item", TableName=self._name, Item=to_attributes(item))

    def remove(self, pk: str, sk: str, version: int | None = None) -> Replaced:
        """See ``Table.remove``."""
        condition = _if_version(version) if version is not None else {}
        return self._conditional("delete_item", Key={"pk": {"S": pk}, "sk": {"S": sk}}, **condition)

    def query(
        self,
        pk: str,
        *,
        index: str | None = None,
        first: str | None = None,
        last: str | None = None,
        after: str | None = None,
        newest_first: bool = False,
        limit: int = 100,
    ) -> Page:
        """See ``Table.query``."""
        pk_name, sk_name = self._indexes[index] if index is not None else ("pk", "sk")
        # `after` narrows the range instead of ExclusiveStartKey: the sort key alone is the cursor.
        beyond = after
        if after is not None and newest_first:
            last = after if last is None else min(after, last)
        elif after is not None:
            first = after if first is None else max(after, first)
        if first is not None and last is not None and first > last:
            return Page([], None)  # DynamoDB refuses a range that ends before it begins
        request = build_query(
            self._name,
            pk,
            pk_name=pk_name,
            sk_name=sk_name,
            index=index,
            first=first,
            last=last,
            newest_first=newest_first,
            limit=limit + (1 if beyond is not None else 0),
        )
        answer = self._call("query", **request)
        items = [from_attributes(item) for item in answer.get("Items", [])]
        if beyond is not None:
            items = [item for item in items if item[sk_name] != beyond]
        more = ("LastEvaluatedKey" in answer and bool(items)) or len(items) > limit
        items = items[:limit]
        return Page(
            items=items,
            after=items[-1][sk_name] if more else None,
            read_units=float(answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)),
        )

    def put_many(self, items: Iterable[Item]) -> Sequence[Item]:
        """See ``Table.put_many``."""
        left: list[Item] = []
        for chunk in _chunks(list(items), _BATCH):
            requests = [{"PutRequest": {"Item": to_attributes(item)}} for item in chunk]
            for attempt in range(_BATCH_ATTEMPTS):
                if attempt:
                    time.sleep(0.05 * 2**attempt)
                try:
                    answer = self._call("batch_write_item", RequestItems={self._name: requests})
                except Busy:
                    continue
                requests = answer.get("UnprocessedItems", {}).get(self._name, [])
                if not requests:
                    break
            left += [from_attributes(request["PutRequest"]["Item"]) for request in requests]
        return left

    def _conditional(self, operation: str, **request: Any) -> Replaced:
        try:
            self._client_call(
                operation,
                TableName=self._name,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **request,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                old = error.response.get("Item")
                return Replaced(False, from_attributes(old) if old else None)
            raise Busy(f"DynamoDB refused {operation}") from error
        return Replaced(True)

    def _call(self, operation: str, **request: Any) -> Mapping[str, Any]:
        try:
            return self._client_call(operation, **request)
        except ClientError as error:
            raise Busy(f"DynamoDB refused {operation}") from error

    def _client_call(self, operation: str, **request: Any) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = getattr(self._client, operation)(**request)
        except BotoCoreError as error:
            raise Busy(f"DynamoDB did not answer {operation}") from error
        return answer


def _if_version(version: int) -> dict[str, Any]:
    return {
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": {"N": str(version)}},
    }


def _chunks(items: Sequence[ElementT], size: int) -> Iterator[Sequence[ElementT]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
