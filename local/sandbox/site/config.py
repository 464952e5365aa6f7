"""What a sandbox site is set up with."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from local.sandbox.portal.config import PortalConfig

SCRIPT = "/bitrix/admin/1c_exchange.php"


class RestDoor(StrEnum):
    """How far the site's REST is open."""

    OPEN = "open"
    HALF = "half"
    """``user.*`` is refused, as where the webhook was given fewer rights."""
    CLOSED = "closed"
    """The module is not there: its addresses are pages that are not found."""


def a_box(**changes: Any) -> PortalConfig:
    """A portal's settings as a boxed site has them: its own server, no limits, no CRM."""
    usual: dict[str, Any] = {
        "rate_limit": None,
        "selfhosted": True,
        "scopes": ("catalog", "sale", "user"),
    }
    return PortalConfig(**{**usual, **changes})


@dataclass(frozen=True, slots=True)
class SiteConfig:
    """The site's settings.

    Attributes:
        portal: of its REST, its catalogue and its orders; host, port and clock too.
        login: of the user for the exchange.
        password: of the same.
        scripts: paths at which the exchange answers; each has the watermark of its first 22 signs.
        encoding: of everything that the exchange says.
        sessid: calls must carry the session's ``sessid``; old modules know none.
        modern: names a schema where it is asked for one.
        zip: takes archives.
        file_limit: bytes of a fragment.
        step: records that one call of ``import`` works off.
        rest: how far REST is open.
        front: a login that the web server itself asks for, before the site answers.
        redirects_to: every call is sent to this address.
        echoes: an order that 1C has changed is given to 1C again.
        takes_new_orders: an order that is not known is made.
        drops_absent: payments and shipments that a document of 2.08 and up lacks are deleted.
        gives_catalog: ``get_catalog`` is switched on.
        package: goods in one answer of ``get_catalog``.
        tells_abroad: orders are told to a Bitrix24 (``type=crm``).
        demands_names: a good without a name spoils the import of its file.
    """

    portal: PortalConfig = field(default_factory=a_box)
    login: str = "exchange"
    password: str = "sandbox-exchange-0000"  # noqa: S105 # a made-up sandbox value
    scripts: tuple[str, ...] = (SCRIPT,)
    encoding: str = "windows-1251"
    sessid: bool = True
    modern: bool = True
    zip: bool = True
    file_limit: int = 204_800
    step: int = 250
    rest: RestDoor = RestDoor.OPEN
    front: tuple[str, str] | None = None
    redirects_to: str | None = None
    echoes: bool = True
    takes_new_orders: bool = True
    drops_absent: bool = True
    gives_catalog: bool = True
    package: int = 500
    tells_abroad: bool = True
    demands_names: bool = False
