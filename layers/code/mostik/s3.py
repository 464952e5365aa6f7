"""``Blobs`` on S3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mostik.errors import Busy


class S3Blobs:
    """``Blobs`` in one bucket.

    Args:
        connect: makes the botocore client at first use.
        bucket: the bucket.
    """

    def __init__(self, connect: Callable[[], Any], bucket: str) -> None:
        self._connect = connect
        self._client: Any = None
        self._bucket = bucket

    def put(self, key: str, data: bytes) -> None:
        """See ``Blobs.put``."""
        try:
            self._s3().put_object(Bucket=self._bucket, Key=key, Body=data)
        except (ClientError, BotoCoreError) as error:
            raise Busy("S3 did not store the body") from error

    def get(self, key: str) -> bytes | None:
        """See ``Blobs.get``."""
        try:
            answer = self._s3().get_object(Bucket=self._bucket, Key=key)
            data: bytes = answer["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise Busy("S3 cannot be read now") from error
        except BotoCoreError as error:
            raise Busy("S3 cannot be read now") from error
        return data

    def _s3(self) -> Any:
        if self._client is None:
            self._client = self._connect()
        return self._client
