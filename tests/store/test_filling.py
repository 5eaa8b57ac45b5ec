"""Pages of SQLite that are full."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from dashboard.store.filling import ROOM_BYTES, ROW_BYTES, order


def pages(lengths: Iterable[int]) -> int:
    """How many pages rows that come in this order begin."""
    rows = [length + ROW_BYTES for length in lengths]
    filled: list[int] = list(accumulate(rows, lambda page, row: page + row if page + row <= ROOM_BYTES else row))
    return 1 + sum(after <= before for before, after in pairwise(filled))


@given(st.lists(st.integers(0, 30_000), max_size=60))
def test_every_row_comes_once(lengths: list[int]) -> None:
    assert sorted(order(lengths)) == list(range(len(lengths)))


def test_a_page_is_filled_with_the_longest_that_still_fit() -> None:
    lengths = [ROOM_BYTES // 2 - ROW_BYTES, 100, ROOM_BYTES * 3 // 4, ROOM_BYTES // 2 - ROW_BYTES, 1900]
    assert [lengths[place] for place in order(lengths)] == [lengths[2], 1900, lengths[0], lengths[3], 100]


def test_pages_of_many_rows_are_full() -> None:
    lengths = [300 + place * 7919 % 3000 for place in range(400)]
    full = sum(length + ROW_BYTES for length in lengths) / ROOM_BYTES
    assert pages(lengths[place] for place in order(lengths)) < 1.03 * full
    assert pages(lengths) > 1.15 * full
