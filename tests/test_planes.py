from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dashboard import planes

SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(0, 9))
UNSIGNED = arrays.arrays(np.uint64, SHAPES, elements=st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1)))
SIGNED = arrays.arrays(np.int64, SHAPES, elements=st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1)))


@settings(max_examples=100, deadline=None)
@given(UNSIGNED)
def test_columns_come_back_from_their_planes(columns: planes.Unsigned) -> None:
    widths = planes.widths(columns.max(axis=2, initial=0))
    data = planes.packed(columns.reshape(widths.size, columns.shape[2]), widths.reshape(-1))
    sizes = planes.sizes(widths, columns.shape[2])
    assert [len(one) for one in data] == sizes.reshape(-1).tolist()
    starts = (np.cumsum(sizes) - sizes.reshape(-1)).reshape(sizes.shape)
    found = planes.unpacked(np.frombuffer(b"".join(data), np.uint8), starts, widths, columns.shape[2])
    assert found.tolist() == columns.tolist()


@settings(max_examples=100, deadline=None)
@given(SIGNED.filter(lambda numbers: numbers.size > 0))
def test_numbers_come_back_from_the_bytes_that_they_need(numbers: planes.Numbers) -> None:
    lengths = planes.lengths(numbers)
    data = np.frombuffer(b"".join(planes.shortened(numbers, lengths)) + b"\0", np.uint8)
    starts = (np.cumsum(lengths, dtype=np.int64) - lengths.reshape(-1)).reshape(lengths.shape)
    assert planes.lengthened(data, starts, lengths).tolist() == numbers.tolist()


def test_what_is_counted_in_pages_ends_in_the_zeros_of_a_page() -> None:
    numbers = np.array([4096 * 3, 1, 0, -8192, -(2**63)], dtype=np.int64)
    assert planes.low_zeros(numbers).tolist() == [12, 0, 0, 13, 63]
