"""Streams as they stand on the wire, and the ways in which their bytes may arrive."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest
from hypothesis import strategies as st

CAPTURES = Path(__file__).resolve().parents[4] / "shared" / "captures"
NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
R_co = TypeVar("R_co", covariant=True)


class Feeds(Protocol[R_co]):
    def feed(self, chunk: bytes, taken_at: datetime) -> Iterable[R_co]: ...


def recordio(body: bytes) -> bytes:
    return b"%d\n%s" % (len(body), body)


def server_sent(event: dict[str, Any]) -> bytes:
    """As Marathon writes it: the type, then the document on one line."""
    return f"event: {event['eventType']}\r\ndata: {json.dumps(event)}\r\n\r\n".encode()


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """The same bytes in pieces, none of them empty."""
    ends = sorted({0, len(data), *(place for place in places if 0 < place < len(data))})
    return [data[start:end] for start, end in pairwise(ends)]


def places_in(data: bytes) -> st.SearchStrategy[list[int]]:
    """Where it may be cut on its way."""
    return st.lists(st.integers(0, len(data)), max_size=12)


def told(events: Feeds[R_co], pieces: Iterable[bytes]) -> list[R_co]:
    """Everything that these pieces tell, one after the other."""
    return [record for piece in pieces for record in events.feed(piece, NOW)]


def recorded(pattern: str) -> list[Any]:
    found = sorted(CAPTURES.glob(pattern))
    if not found:
        return [pytest.param(None, marks=pytest.mark.skip(reason="no recordings beside the repository"))]
    return [pytest.param(path, id=path.name) for path in found]
