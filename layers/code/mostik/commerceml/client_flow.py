"""Whole exchanges as 1C runs them: a portion of the catalogue, orders out and in."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import IO, BinaryIO

from mostik.commerceml.client import ExchangeClient, Told

_IN_MEMORY = 8 * 1024 * 1024

Listener = Callable[[str, Told], None]
"""Hears what the site says about a file."""


@dataclass(frozen=True, slots=True)
class Sendable:
    """A file to send.

    Attributes:
        name: with slashes, as the site shall know it.
        open: opens it for reading.
    """

    name: str
    open: Callable[[], BinaryIO]

    @classmethod
    def of_bytes(cls, name: str, content: bytes) -> Sendable:
        """A file in memory."""
        return cls(name, lambda: BytesIO(content))


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a portion.

    Attributes:
        fragments: requests that carried bytes.
        polls: answers about imports.
        imported: names of the documents, in order.
    """

    fragments: int
    polls: int
    imported: tuple[str, ...]


def push_portion(
    client: ExchangeClient,
    files: Sequence[Sendable],
    *,
    archive: str | None = None,
    wait: bool = True,
    listener: Listener = lambda _name, _told: None,
) -> Pushed:
    """Sends one portion: login, ``init``, files, then an import of every document by its name.

    Args:
        client: a fresh one.
        files: documents and pictures.
        archive: sends all of them as one zip of this (temporary) name, if the site takes zips.
        wait: ask for the imports; a setting of 1C does not.
        listener: hears what the site says.

    Raises:
        SiteRefuses: the site refused something; 1C sends nothing more then.
    """
    client.check_auth()
    terms = client.init()
    fragments = 0
    if archive is not None and terms.zip:
        with _zipped(files) as packed:
            fragments += client.send(archive, packed, terms.file_limit)
    else:
        for file in files:
            with file.open() as source:
                fragments += client.send(file.name, source, terms.file_limit)
    documents = sorted(file.name for file in files if file.name.casefold().endswith(".xml"))
    polls = 0
    for name in documents if wait else ():
        for told in client.import_file(name):
            polls += 1
            listener(name, told)
    return Pushed(fragments, polls, tuple(documents) if wait else ())


def pull_orders(client: ExchangeClient, take: Callable[[bytes], None]) -> bytes:
    """Takes the site's orders: a login, ``query`` without ``init``, and ``success`` once they are
    stored.

    Args:
        client: a fresh one of type sale.
        take: stores the document, all of it or nothing; what it raises stops ``success``.
    """
    client.check_auth()
    document = client.query()
    take(document)
    client.success()
    return document


def push_orders(
    client: ExchangeClient, name: str, document: bytes, *, ask: bool = True
) -> Iterable[Told]:
    """Sends 1C's orders in a session of their own. Returns what the site said.

    Args:
        client: a fresh one of type sale.
        name: of the file.
        document: the orders.
        ask: call ``import``; old modules only send.
    """
    client.check_auth()
    terms = client.init()
    client.send(name, BytesIO(document), terms.file_limit)
    return list(client.import_file(name)) if ask else []


def _zipped(files: Iterable[Sendable]) -> IO[bytes]:
    packed = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            with file.open() as source, archive.open(file.name, "w") as entry:
                shutil.copyfileobj(source, entry)
    packed.seek(0)
    return packed
