"""What the check says of each kind of site, in sentences that a person can act on."""

from __future__ import annotations

from typing import Any

import pytest

from local.sandbox.site import RestDoor, SiteConfig, a_box
from tests.integrations.bitrix_site.world import (
    LOGIN,
    PASSWORD,
    OurSite,
    a_site,
    buy,
    on,
    one_c,
    read_all,
)

FRONT = ("guard", "sandbox-front-0000")


def names(ours: OurSite, *, ok: bool) -> list[str]:
    """The lines of the check."""
    return [one.name for one in ours.checks() if one.ok is ok]


def test_bitrix_site_check_says_that_both_ways_work() -> None:
    # GIVEN a site that is open both ways, and logins for both
    for way in ("rest", "exchange"):
        ours = on(way)
        # WHEN it is checked THEN both ways work, and nothing is missing
        good = names(ours, ok=True)
        assert ours.missing() == ""
        assert "The site works by its REST" in " ".join(good)
        assert "The site works by the exchange with 1C" in " ".join(good)


def test_bitrix_site_check_of_a_closed_rest_says_what_to_do_and_what_works() -> None:
    # GIVEN a site without the module rest, and a connection by REST
    ours = a_site(SiteConfig(rest=RestDoor.CLOSED), transport="rest")
    # WHEN it is checked
    said = ours.missing()
    # THEN it says that REST is closed, what opens it, and that the exchange works
    assert "REST is closed on this site" in said
    assert "Install the module rest" in said
    assert "the site answers by the exchange with 1C" in said


def test_bitrix_site_check_of_a_closed_rest_is_no_complaint_where_the_exchange_was_chosen() -> None:
    # GIVEN a site without REST, worked with as 1C, and no webhook entered
    ours = on("exchange", SiteConfig(rest=RestDoor.CLOSED), webhook_url=None)
    # WHEN it is checked THEN nothing is missing
    assert ours.missing() == ""
    assert "Nothing was entered to work by its REST, and nothing has to be" in names(ours, ok=True)


def test_bitrix_site_check_of_a_half_open_rest_names_the_right_that_is_refused() -> None:
    # GIVEN a site whose webhook may do everything but user.*
    ours = a_site(SiteConfig(rest=RestDoor.HALF), transport="rest")
    # WHEN it is checked
    said = ours.missing()
    # THEN that is what it says, and the rest works
    assert "REST is half open: user.* is refused" in said
    assert "Tick user under the rights of the inbound webhook" in said
    assert len([one for one in ours.checks() if not one.ok]) == 1


@pytest.mark.parametrize("scope", ["sale", "catalog"])
def test_bitrix_site_check_names_a_right_that_was_not_given(scope: str) -> None:
    # GIVEN a webhook that lacks a right
    scopes = tuple({"sale", "catalog", "user"} - {scope})
    ours = a_site(SiteConfig(portal=a_box(scopes=scopes)), transport="rest")
    # WHEN it is checked THEN the right is named
    assert f"Tick {scope} under the rights of the inbound webhook" in ours.missing()


def test_bitrix_site_check_of_an_old_module_says_what_it_lacks_and_orders_go() -> None:
    # GIVEN an old module: no sessid, no schemas
    ours = on("exchange", SiteConfig(sessid=False, modern=False))
    buy(ours, "старый модуль")
    # WHEN it is checked
    said = ours.missing()
    # THEN it says that it is an old one, twice, and what follows
    assert "It is an old module: it gives no sessid" in said
    assert "It is an old module: it names no schema" in said
    # AND orders go all the same
    assert [one.comment for one in read_all(ours.resource("orders"))] == ["старый модуль"]


def test_bitrix_site_check_of_a_login_before_the_site_says_where_it_stands() -> None:
    # GIVEN a web server that asks for a login of its own
    site = SiteConfig(front=FRONT)
    for way in ("rest", "exchange"):
        # WHEN it is checked without that login THEN it says so
        said = on(way, site).missing()
        assert "The web server asks for a login of its own" in said
        assert "front_login" in said


def test_bitrix_site_rest_gets_through_a_login_before_the_site() -> None:
    # GIVEN that login, entered
    login = {"front_login": FRONT[0], "front_password": FRONT[1]}
    ours = on("rest", SiteConfig(front=FRONT), **login)
    buy(ours, "за паролем")
    # WHEN orders are read THEN they are
    assert [one.comment for one in read_all(ours.resource("orders"))] == ["за паролем"]
    # AND the login stands in no entry of the log
    assert FRONT[1] not in repr(ours.entries)
    # AND the exchange, to which the same header says who comes, is explained
    assert "The site works by the exchange with 1C too" in ours.missing()


def test_bitrix_site_exchange_gets_through_where_the_login_is_that_of_the_site() -> None:
    # GIVEN a web server whose login is the exchange user's own
    login = {"front_login": LOGIN, "front_password": PASSWORD}
    ours = on("exchange", SiteConfig(front=(LOGIN, PASSWORD)), **login)
    buy(ours, "один пароль")
    # WHEN orders are read THEN they are
    assert [one.comment for one in read_all(ours.resource("orders"))] == ["один пароль"]
    assert ours.missing() == ""


@pytest.mark.parametrize("encoding", ["windows-1251", "utf-8"])
def test_bitrix_site_speaks_either_encoding(encoding: str) -> None:
    # GIVEN a site in this encoding
    ours = on("exchange", SiteConfig(encoding=encoding))
    buy(ours, "Ёлка № 1 — «подарок»")
    # WHEN orders are read THEN every sign is as it was
    assert [one.comment for one in read_all(ours.resource("orders"))] == ["Ёлка № 1 — «подарок»"]
    assert ours.missing() == ""


@pytest.mark.parametrize("encoding", ["windows-1251", "utf-8"])
def test_bitrix_site_check_says_in_the_sites_words_that_a_login_is_wrong(encoding: str) -> None:
    # GIVEN a wrong password
    ours = on("exchange", SiteConfig(encoding=encoding), exchange_password="wrong")
    # WHEN it is checked THEN the site's own words are readable
    assert "The site refuses the login: Ошибка авторизации" in ours.missing()


@pytest.mark.parametrize("way", ["rest", "exchange"])
def test_bitrix_site_check_behind_a_redirect_says_which_address_to_enter(way: str) -> None:
    # GIVEN a site whose address leads on to www
    ours = on(way, SiteConfig(redirects_to="https://www.shop.example"))
    # WHEN it is checked
    said = ours.missing()
    # THEN it says so; nothing was sent to where it leads
    assert "The site sends this address on to another one" in said
    assert "enter as the address what the browser shows in the end" in said
    assert not ours.there.calls


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"script": "shop/exchange.php"}, "answers with a page instead of the words"),
        ({"exchange_password": None}, "Enter exchange_login and exchange_password"),
    ],
)
def test_bitrix_site_check_of_a_wrong_entry_names_it(settings: dict[str, Any], words: str) -> None:
    # GIVEN a path at which there is no exchange, or no password
    ours = on("exchange", SiteConfig(rest=RestDoor.CLOSED), **settings)
    # WHEN it is checked THEN it says which entry it is
    said = ours.missing()
    assert words in said or "The record or the address is not there" in said


def test_bitrix_site_check_disturbs_no_1c_in_its_exchange() -> None:
    # GIVEN a 1C that has asked for its orders and not said yet that it took them
    ours = on("exchange", one_c="shared")
    buy(ours)
    program = one_c(ours)
    client = program.client("sale")
    client.check_auth()
    client.query()
    # WHEN somebody checks the connection meanwhile
    ours.checks()
    # THEN the site still takes 1C's word for it
    client.success()
    assert ours.there.exchange.said_success
