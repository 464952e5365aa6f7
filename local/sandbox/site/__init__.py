"""A sandbox 1C-Bitrix site: the exchange with 1C as a boxed site offers it, and its REST.

Catalogue, orders and REST are those of the sandbox portal, without the CRM. The exchange follows
facts on the protocol as Bitrix' own server components have it. Nothing here was compared with a
real site.
"""

from local.sandbox.site.config import RestDoor, SiteConfig, a_box
from local.sandbox.site.site import SiteSandbox

__all__ = ["RestDoor", "SiteConfig", "SiteSandbox", "a_box"]
