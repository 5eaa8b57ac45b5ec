from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import zstandard

from dashboard import audit_chain
from dashboard.audit_chain import Broken, Signer
from dashboard.models import Node


def test_the_same_facts_are_the_same_text() -> None:
    noon = datetime(2026, 11, 22, 12, 0, 0, 999, tzinfo=UTC)
    elsewhere = noon.astimezone(timezone(timedelta(hours=5)))
    one = {"b": 1.0, "a": [noon, date(2026, 11, 22), Node.State.ACTIVE, float("nan"), 0.1 + 0.2, None, True]}
    other = {"a": (elsewhere, date(2026, 11, 22), "active", float("inf"), 0.3, None, True), "b": 1}
    assert audit_chain.canonical(one) == audit_chain.canonical(other)
    assert audit_chain.canonical(one) == (
        '{"a":["2026-11-22T12:00:00Z","2026-11-22","active",null,0.3,null,true],"b":1}'
    )


def test_canonical_text_is_read_back_and_written_again_the_same() -> None:
    text = audit_chain.canonical({"é\u2028": 1e300, "big": 2**60, "low": -0.0, "tiny": 1e-9})
    assert text.isascii() and audit_chain.canonical(audit_chain.read(text)) == text


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000])
def test_what_is_no_json_object_is_broken(text: str) -> None:
    with pytest.raises(Broken):
        audit_chain.read(text)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(audit_chain.MOST_BYTES + 1))
    with pytest.raises(Broken, match="larger than any entry"):
        audit_chain.unpacked(bomb)


@pytest.mark.parametrize("text", ["", "xyz", "11" * 31, "11" * 33])
def test_what_is_no_key_says_what_one_is(text: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        Signer(text)
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        audit_chain.trusted([text])
