from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collectors.client import MIB
from collectors.streams.server_sent_events import LIMIT_BYTES, Sent, ServerSentEvents
from tests.collectors.streams.framing import cut, places_in

KINDS = st.sampled_from(["status_update_event", "a", ""])
LINES = st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\r", b"").replace(b"\n", b"")), max_size=3)
ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])
BETWEEN = st.sampled_from([b"", b":", b": alive", b"id: 7", b"retry: 1000", b"unknown", b"x: event"])


def read(pieces: list[bytes], *, limit_bytes: int = LIMIT_BYTES) -> list[Sent | None]:
    framing = ServerSentEvents(limit_bytes=limit_bytes)
    return [sent for piece in pieces for sent in framing.feed(piece)]


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[Sent], list[int]]:
    """A stream, the events in it, and how many bytes of it each of them needs to be whole."""
    stream, events, needed = draw(st.sampled_from([b"", b"\xef\xbb\xbf"])), [], []
    for _ in range(draw(st.integers(0, 4))):
        kind, lines, end = draw(KINDS), draw(LINES), draw(ENDS)
        fields = [*([b"event: " + kind.encode()] if kind else []), draw(BETWEEN), *(b"data: " + line for line in lines)]
        stream += b"".join(field + end for field in fields if field) + end
        if lines:
            events.append(Sent(kind or "message", b"\n".join(lines)))
            needed.append(len(stream) - (1 if end == b"\r\n" else 0))
    return stream, events, needed


@given(st.data(), streams())
@example(None, (b"data: a\r\r", [Sent("message", b"a")], [9]))
def test_events_come_out_whole_however_their_bytes_are_cut(
    data: st.DataObject | None, made: tuple[bytes, list[Sent], list[int]]
) -> None:
    stream, events, _ = made
    assert read(cut(stream, data.draw(places_in(stream)) if data else range(len(stream)))) == events


@given(st.data(), streams())
def test_a_stream_that_dies_at_any_byte_gives_the_events_before_it(
    data: st.DataObject, made: tuple[bytes, list[Sent], list[int]]
) -> None:
    stream, events, needed = made
    dies_at = data.draw(st.integers(0, len(stream)))
    whole = [event for event, end in zip(events, needed, strict=True) if end <= dies_at]
    assert read(cut(stream[:dies_at], data.draw(places_in(stream)))) == whole


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"event: a\ndata: 1\n\n", [Sent("a", b"1")]),
        (b"data: 1\n\n", [Sent("message", b"1")]),
        (b"data:1\n\n", [Sent("message", b"1")]),
        (b"data:  1\n\n", [Sent("message", b" 1")]),
        (b"data: 1\ndata: 2\ndata\ndata: 3\n\n", [Sent("message", b"1\n2\n\n3")]),
        (b"data: a: b\n\n", [Sent("message", b"a: b")]),
        (b"data\n\n", [Sent("message", b"")]),
        (b"data: 1\nevent: late\n\n", [Sent("late", b"1")]),
        (b"event: a\nevent: b\ndata: 1\n\n", [Sent("b", b"1")]),
        (b"event: a\n\ndata: 1\n\n", [Sent("message", b"1")]),
        (b"event: a\r\ndata: 1\r\n\r\n\r\n\r\n", [Sent("a", b"1")]),
        (b"event: a\rdata: 1\r\r", [Sent("a", b"1")]),
        (b"data: 1\r\r\ndata: 2\r\n\n", [Sent("message", b"1"), Sent("message", b"2")]),
        (b": alive\n\n:\n\n: alive\ndata: 1\n\n", [Sent("message", b"1")]),
        (b"\xef\xbb\xbfdata: 1\n\n", [Sent("message", b"1")]),
        (b"data: 1\n\n\xef\xbb\xbfdata: 2\n\n", [Sent("message", b"1")]),
        (b"Data: 1\n data: 2\ndata : 3\n\n", []),
        (b"event: a\xff\ndata: \xff\n\n", [Sent("a\ufffd", b"\xff")]),
        (b"data: 1\n", []),
        (b"data: 1", []),
    ],
)
def test_an_event_is_read_by_the_rules(stream: bytes, events: list[Sent]) -> None:
    assert read([stream]) == read(cut(stream, range(len(stream)))) == events


@pytest.mark.parametrize(
    "large",
    [
        b"event: a\ndata: " + b"x" * 100 + b"\n\n",
        b"data: " + b"x" * 100 + b"\n\n",
        b"data: " + b"x" * 100 + b"\nevent: a\n\n",
        b"data: 1\n" * 20 + b"\n",
        b"event: " + b"a" * 100 + b"\ndata: 1\n\n",
        b"data: " + b"x" * 100 + b"\ndata: 1\n\n",
        b"x" * 100 + b"\n\n",
    ],
)
def test_an_event_over_the_limit_is_passed_over_whole_and_the_next_is_read(large: bytes) -> None:
    stream = large + b"event: b\ndata: 2\n\n"
    for pieces in ([stream], cut(stream, range(len(stream)))):
        assert read(pieces, limit_bytes=50) == [None, Sent("b", b"2")]


def test_signs_of_life_do_not_add_up_to_an_event_over_the_limit() -> None:
    assert read([b": alive\n", b"id: 1\n"] * 50 + [b"data: 1\n\n"], limit_bytes=50) == [Sent("message", b"1")]


def test_an_event_without_end_is_never_held() -> None:
    framing, block = ServerSentEvents(), b"x" * MIB
    tracemalloc.start()
    try:
        assert [sent for piece in [b"data: ", *[block] * 128] for sent in framing.feed(piece)] == []
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 4 * MIB
    assert list(framing.feed(b"\n\ndata: 1\n\n")) == [None, Sent("message", b"1")]
