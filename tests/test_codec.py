from __future__ import annotations

import math
import struct
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dashboard import codec

NOON = 1_795_348_800
ANY = st.floats(allow_nan=True, allow_infinity=True, width=64)
DECIMALS = st.integers(-(10**9), 10**9).flatmap(
    lambda whole: st.sampled_from([whole / 10**power for power in range(7)])
)
MATRICES = arrays.arrays(
    np.float64,
    arrays.array_shapes(min_dims=2, max_dims=2, max_side=12),
    elements=st.one_of(ANY, DECIMALS, st.just(math.nan)),
)


def bits(values: codec.Matrix) -> bytes:
    """Its bits, those of every absent value the same."""
    return np.where(np.isnan(values), np.nan, values).tobytes()


def ticks(rows: int, step: int = 60) -> codec.Ticks:
    return NOON + np.arange(rows, dtype=np.int64) * step


@settings(max_examples=150, deadline=None)
@given(MATRICES)
def test_whatever_was_measured_comes_back_to_the_bit(values: codec.Matrix) -> None:
    at, found = codec.decode(codec.encode(ticks(len(values)), values))
    assert at.tolist() == ticks(len(values)).tolist()
    assert bits(found) == bits(values)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=40))
def test_ticks_come_back_however_oddly_they_are_spaced(moments: list[int]) -> None:
    at = np.array(sorted(moments), dtype=np.int64)
    assert codec.decode(codec.encode(at, np.zeros((len(at), 1))))[0].tolist() == at.tolist()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(arrays.arrays(np.float64, st.tuples(st.integers(1, 6), st.just(3)), elements=ANY), min_size=1, max_size=6)
)
def test_many_chunks_come_back_in_their_order(matrices: list[codec.Matrix]) -> None:
    chunks = [codec.encode(ticks(len(values)), values) for values in matrices]
    places, at, found = codec.decode_many(chunks)
    assert bits(found) == bits(np.concatenate(matrices))
    assert places.tolist() == [place for place, values in enumerate(matrices) for _ in values]
    assert at.tolist() == [tick for values in matrices for tick in ticks(len(values)).tolist()]


@settings(max_examples=60, deadline=None)
@given(MATRICES, st.data())
def test_only_the_columns_asked_for_come_back_in_the_order_asked_for(values: codec.Matrix, data: st.DataObject) -> None:
    columns = data.draw(st.lists(st.integers(0, values.shape[1] - 1), max_size=5))
    _, found = codec.decode(codec.encode(ticks(len(values)), values), columns=columns)
    assert bits(found) == bits(values[:, columns])


def test_chunks_packed_together_are_those_packed_alone() -> None:
    values = np.random.default_rng(1).random((5, 7, 3)).round(2)
    values[2, 3:5, 1] = np.nan
    at = np.tile(ticks(7), (5, 1))
    assert codec.encode_many(at, values) == [codec.encode(ticks(7), one) for one in values]


def test_zeros_of_either_sign_in_one_column_are_not_taken_for_one_value() -> None:
    values = np.array([[0.0, -0.0], [-0.0, -0.0], [0.0, -0.0]])
    _, found = codec.decode(codec.encode(ticks(3), values))
    assert bits(found) == bits(values)


@pytest.mark.parametrize("value", [-0.0, math.inf, -math.inf, 2.0**53, 5e-324, 1.7976931348623157e308, 0.1 + 0.2])
def test_the_odd_ones_come_back_with_their_sign(value: float) -> None:
    _, found = codec.decode(codec.encode(ticks(2), np.array([[value], [1.0]])))
    assert struct.pack("<d", found[0, 0]) == struct.pack("<d", value)


def test_a_column_in_which_nothing_was_measured_costs_next_to_nothing() -> None:
    values = np.full((60, 40), np.nan)
    chunk = codec.encode(ticks(60), values)
    assert len(chunk) < 120
    assert np.isnan(codec.decode(chunk)[1]).all()


def test_an_hour_of_a_machine_takes_less_than_a_byte_a_value() -> None:
    random = np.random.default_rng(2)
    load = random.random((60, 4)).round(2)
    counted = np.cumsum(random.integers(0, 1000, (60, 4)), axis=0).astype(float)
    steady = np.repeat(random.integers(1, 10**9, (1, 16)).astype(float), 60, axis=0)
    values = np.concatenate([load, counted, steady], axis=1)
    assert len(codec.encode(ticks(60), values)) < values.size


def test_no_chunks_are_no_rows() -> None:
    places, at, values = codec.decode_many([], columns=[1, 2])
    assert (len(places), len(at), values.shape) == (0, 0, (0, 2))
    assert codec.encode_many(np.zeros((0, 3), dtype=np.int64), np.zeros((0, 3, 2))) == []


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 65535"):
        codec.encode(ticks(65_536), np.zeros((65_536, 1)))


WHOLE = codec.encode(ticks(60), np.arange(180.0).reshape(60, 3))


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"\x01",
        WHOLE[:4],
        WHOLE[:7],
        WHOLE[:20],
        WHOLE[:-1],
        b"\x02" + WHOLE[1:],
        codec.HEADER.pack(1, 65_535, 65_535),
        codec.HEADER.pack(1, 65_535, 3) + WHOLE[5:],
        codec.HEADER.pack(1, 1, 3) + WHOLE[5:],
        WHOLE[:8] + bytes(100),
        WHOLE[:30] + bytes([WHOLE[30] ^ 0xFF]) + WHOLE[31:],
    ],
)
def test_bytes_that_are_no_chunk_are_an_error_and_nothing_else(hostile: bytes) -> None:
    with pytest.raises(ValueError):
        codec.decode(hostile)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.integers(0, len(WHOLE)), st.integers(0, 20))
def test_damage_is_told_and_never_a_wrong_shape(noise: bytes, place: int, cut: int) -> None:
    damaged = WHOLE[:place] + noise + WHOLE[place + cut :]
    try:
        at, values = codec.decode(damaged)
    except ValueError:
        return
    assert len(at) == len(values)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    import zstandard

    bomb = codec.HEADER.pack(1, 1, 1) + b"\0" + zstandard.ZstdCompressor().compress(bytes(200_000_000))
    with pytest.raises(ValueError):
        codec.decode(bomb)


def test_chunks_of_different_widths_are_not_decoded_together() -> None:
    narrow = codec.encode(ticks(2), np.zeros((2, 1)))
    with pytest.raises(ValueError, match="different widths"):
        codec.decode_many([WHOLE, narrow])


def test_eight_threads_pack_and_unpack_at_once() -> None:
    values = np.random.default_rng(3).random((50, 60, 8))
    at, wrong = np.tile(ticks(60), (50, 1)), []

    def work() -> None:
        for _ in range(20):
            _, _, found = codec.decode_many(codec.encode_many(at, values))
            if found.tobytes() != values.reshape(-1, 8).tobytes():
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
