"""The domains of the vendor's cloud, in which a portal may change its name.

The old name answers 302 with the same path on the new one (apidocs.bitrix24.ru, change-domen). The
list is read from the regions that the vendor's own product links to; a zone that is missing here
only means that a person enters the new address by hand. Not tried on a real portal.
"""

from __future__ import annotations

from mostik.http.rename import Rename

ZONES = (
    ".bitrix24.ru",
    ".bitrix24.by",
    ".bitrix24.kz",
    ".bitrix24.uz",
    ".bitrix24.ua",
    ".bitrix24.com",
    ".bitrix24.eu",
    ".bitrix24.uk",
    ".bitrix24.de",
    ".bitrix24.fr",
    ".bitrix24.it",
    ".bitrix24.es",
    ".bitrix24.pl",
    ".bitrix24.com.br",
    ".bitrix24.com.tr",
    ".bitrix24.mx",
    ".bitrix24.co",
    ".bitrix24.in",
    ".bitrix24.id",
    ".bitrix24.vn",
    ".bitrix24.jp",
    ".bitrix24.cn",
)

rename = Rename(ZONES)
