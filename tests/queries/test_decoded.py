from __future__ import annotations

import numpy as np
import pytest

from dashboard import codec
from dashboard.queries import decoded

TICKS = np.arange(0, 600, 60)


@pytest.fixture(autouse=True)
def nothing_decoded() -> None:
    decoded.REMEMBERED.forget()


def chunk(first: float) -> bytes:
    return codec.encode(TICKS, np.column_stack([first + TICKS, first - TICKS]).astype(np.float64))


def test_what_was_decoded_is_told_again_to_the_bit() -> None:
    data = [chunk(1.5), chunk(2.5)]
    first, again = decoded.chunks(data, [1]), decoded.chunks([bytes(bytearray(one)) for one in data], [1])
    assert again is first
    for part, wanted in zip(again, codec.decode_many(data, columns=[1]), strict=True):
        assert part.tobytes() == wanted.tobytes()


def test_a_chunk_that_is_written_anew_is_decoded_anew() -> None:
    assert decoded.chunks([chunk(1), chunk(2)], [0])[2][-1, 0] == 542
    assert decoded.chunks([chunk(1), chunk(3)], [0])[2][-1, 0] == 543


def test_other_columns_of_the_same_chunks_are_told_apart() -> None:
    assert decoded.chunks([chunk(1)], [0])[2][1].tolist() == [61]
    assert decoded.chunks([chunk(1)], [1, 0])[2][1].tolist() == [-59, 61]


def test_nobody_can_change_what_is_remembered() -> None:
    *_, values = decoded.chunks([chunk(1)], [0])
    with pytest.raises(ValueError, match="read-only"):
        values[0, 0] = 7


def test_a_damaged_chunk_is_refused_each_time() -> None:
    damaged = chunk(1)[:-1] + b"?"
    for _ in range(2):
        with pytest.raises(ValueError, match="chunk"):
            decoded.chunks([damaged], [0])
