"""Credentials inside of events: whatever is around them, they do not travel."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from hypothesis import assume, given
from hypothesis import strategies as st

from mostik.inbound.private import Private, cut

AUTH = Private(("auth",), ("auth[domain]",))
values = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)


def test_private_fields_are_cut_and_the_rest_stays_byte_for_byte() -> None:
    # GIVEN
    body = b"event=X&data%5BFIELDS%5D%5BID%5D=7&auth%5Baccess_token%5D=abc%2B1&auth%5Bdomain%5D=d"
    # WHEN
    parts = cut(body, AUTH)
    # THEN
    assert parts.body == (
        b"event=X&data%5BFIELDS%5D%5BID%5D=7&auth%5Baccess_token%5D=%5Bremoved%5D"
        b"&auth%5Bdomain%5D=d"
    )
    assert parts.fields == {"auth[access_token]": "abc+1"}


def test_without_private_fields_nothing_is_even_looked_at() -> None:
    body = b"\xff\x00=&&=x"
    assert cut(body, Private()).body is body


@given(
    secret=st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=12, max_size=40),
    name=st.sampled_from(
        ["auth[access_token]", "auth[x][y]", "AUTH[a]", " auth[a]", "auth[", "auth", "auth[a]b"]
    ),
    before=st.lists(st.tuples(values, values), max_size=3),
    after=st.lists(st.tuples(values, values), max_size=3),
)
def test_no_spelling_of_a_private_field_survives(
    secret: str, name: str, before: list[tuple[str, str]], after: list[tuple[str, str]]
) -> None:
    # GIVEN a form with a credential somewhere, and nowhere else
    assume(not any(secret in text for pair in [*before, *after] for text in pair))
    pairs = [*before, (name, secret), *after]
    # WHEN
    parts = cut(urlencode(pairs).encode(), AUTH)
    # THEN
    assert secret not in parts.body.decode()
    assert secret in parts.values
    kept = parse_qsl(parts.body.decode(), keep_blank_values=True)
    assert [pair for pair in kept if not AUTH.holds(pair[0])] == [
        pair for pair in pairs if not AUTH.holds(pair[0])
    ]


@given(st.binary(max_size=200))
def test_any_bytes_can_be_cut(body: bytes) -> None:
    parts = cut(body, AUTH)
    assert cut(parts.body, AUTH).body == parts.body
