from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dashboard import steps

WHOLE = st.integers(-(2**63), 2**63 - 1)
COLUMNS = arrays.arrays(np.int64, st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 8)), elements=WHOLE)


def again(columns: steps.Numbers) -> steps.Numbers:
    found = taken(columns)
    shape = columns.shape[:2]
    more = found.more.reshape(*shape, columns.shape[2] - 1)
    assert found.most.tolist() == found.more.max(axis=1, initial=0).tolist()
    return steps.added_up(columns[:, :, 0], found.least.reshape(shape), more, found.flags.reshape(shape))


def taken(columns: steps.Numbers) -> steps.Taken:
    """The first column of each chunk may not be turned."""
    turnable = np.arange(columns.shape[0] * columns.shape[1]) % columns.shape[1] > 0
    return steps.taken(columns.reshape(-1, columns.shape[2]), turnable)


@given(COLUMNS)
def test_whole_numbers_of_any_size_come_back(columns: steps.Numbers) -> None:
    assert again(columns).tolist() == columns.tolist()


def column(*numbers: int) -> steps.Numbers:
    """After one of ticks, which are never turned."""
    return np.array([[range(len(numbers)), numbers]], dtype=np.int64)


def test_what_only_shakes_is_taken_from_the_first_row_and_what_rises_from_the_one_before() -> None:
    shaking, rising = column(5, 9, 1, 8, 2), column(5, 9, 13, 18, 22)
    assert [taken(one).flags[1] & steps.FROM_FIRST for one in (shaking, rising)] == [steps.FROM_FIRST, 0]
    assert again(shaking).tolist() == shaking.tolist()


def test_what_is_free_is_the_same_bits_as_what_is_used() -> None:
    used = column(100, 130, 131, 160)
    free = column(*(500 - used[0, 1]).tolist())
    assert taken(used).more[1].tolist() == taken(free).more[1].tolist()
    assert again(free).tolist() == free.tolist()


def test_ticks_are_never_turned() -> None:
    ticks = np.array([[[9, 1, 8, 2, 5]]], dtype=np.int64)
    assert taken(ticks).flags.tolist() == [0]
