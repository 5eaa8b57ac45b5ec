from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.client import MIB
from collectors.errors import Outcome, PollError
from collectors.streams.recordio import FIRST_LIMIT_BYTES, LIMIT_BYTES, RecordIO
from tests.collectors.streams.framing import cut, places_in, recordio

RECORDS = st.lists(st.binary(max_size=40), max_size=6)


def read(pieces: list[bytes], framing: RecordIO | None = None) -> list[bytes | None]:
    framing = framing or RecordIO()
    return [record for piece in pieces for record in framing.feed(piece)]


@given(st.data(), RECORDS)
def test_records_come_out_whole_however_their_bytes_are_cut(data: st.DataObject, records: list[bytes]) -> None:
    stream = b"".join(map(recordio, records))
    assert read(cut(stream, data.draw(places_in(stream)))) == records


@given(st.data(), RECORDS)
def test_a_stream_that_dies_at_any_byte_gives_the_records_before_it(data: st.DataObject, records: list[bytes]) -> None:
    framed = list(map(recordio, records))
    stream = b"".join(framed)
    dies_at = data.draw(st.integers(0, len(stream)))
    whole = [record for at, record in enumerate(records) if sum(map(len, framed[: at + 1])) <= dies_at]
    assert read(cut(stream[:dies_at], data.draw(places_in(stream)))) == whole


@pytest.mark.parametrize(
    "begins",
    [
        b"12345678901",
        b"00000000000000000000",
        b"10737418240\n{",
        b"-1\n",
        b"+5\nhello",
        b" 5\nhello",
        b"5 \nhello",
        b"5\r\nhello",
        b"0x5\nhello",
        b"5.0\nhello",
        b"\n{}",
        "\u0665\nhello".encode(),
        b"\xb2\nhi",
        b'{"type":"SUBSCRIBED"}',
        b"<html><head><title>Log in</title>",
        b"\x00\x00\x00\x05hello",
    ],
)
def test_what_is_no_length_of_a_record_is_refused_in_words(begins: bytes) -> None:
    for pieces in ([begins], cut(begins, range(len(begins)))):
        with pytest.raises(PollError) as caught:
            read(pieces)
        assert caught.value.outcome is Outcome.WRONG_SHAPE
        assert "is not the length of a record" in caught.value.detail
        assert len(caught.value.detail) < 120


def test_digits_without_end_are_refused_at_the_eleventh() -> None:
    framing = RecordIO()
    assert read([b"1"] * 10, framing) == []
    with pytest.raises(PollError):
        read([b"1"], framing)


def test_a_length_in_the_middle_of_the_stream_is_no_less_checked() -> None:
    framing, read_before = RecordIO(), []
    with pytest.raises(PollError):
        for record in framing.feed(b"2\n{}3\n[1]x\n"):
            read_before.append(record)
    assert read_before == [b"{}", b"[1]"]


def test_a_record_over_its_limit_is_passed_over_and_the_next_is_read() -> None:
    stream = recordio(b"a" * 9) + recordio(b"b" * 5) + recordio(b"c" * 6) + recordio(b"d" * 5)
    for pieces in ([stream], cut(stream, range(len(stream)))):
        framing = RecordIO(first_limit_bytes=8, limit_bytes=5)
        assert read(pieces, framing) == [None, b"bbbbb", None, b"ddddd"]


def test_the_first_record_may_be_larger_than_those_after_it() -> None:
    framing = RecordIO(first_limit_bytes=8, limit_bytes=5)
    assert read([recordio(b"a" * 8), recordio(b"b" * 8)], framing) == [b"aaaaaaaa", None]
    assert FIRST_LIMIT_BYTES == 64 * MIB > LIMIT_BYTES == 4 * MIB


def test_a_record_of_gigabytes_is_never_held() -> None:
    framing, block = RecordIO(), bytes(MIB)
    tracemalloc.start()
    try:
        assert read([b"4294967296\n", *[block] * 256], framing) == []
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < MIB


def test_of_a_record_that_was_read_nothing_is_held_any_more() -> None:
    framing, stream = RecordIO(), recordio(b"x" * MIB)
    tracemalloc.start()
    try:
        for _ in range(16):
            assert [len(record or b"") for record in framing.feed(stream)] == [MIB]
        held_bytes, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held_bytes < MIB / 2
    assert peak_bytes < 6 * MIB
