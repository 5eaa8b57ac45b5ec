"""Columns of whole numbers as steps from row to row: how they are turned so that they take the fewest bits. Pure.

Where it takes fewer, each row's step is from the first row, not from the one before it: what only shakes does not add up.
And steps are turned round where that makes the first of them smaller: what is free falls as what is used rises, and is then
the same bits once more, which a general compressor finds. Differences go round at 64 bits: raw bits of floats are numbers too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Unsigned = NDArray[np.uint64]
Flags = NDArray[np.uint8]

MIRRORED, FROM_FIRST = 0x20, 0x10
"""Of a column: its steps are turned round; they are from the first row. Bits of its code, beside those of `decimals`."""


class Taken(NamedTuple):
    """Steps of columns."""

    least: Numbers
    """Of each column."""
    more: Unsigned
    """By how much each step is more (column, row)."""
    most: Unsigned
    """The most of these, of each column."""
    flags: Flags
    """How each column is turned."""


def taken(columns: Numbers, turnable: NDArray[np.bool_]) -> Taken:
    """The steps of columns (column, row), of which only these may be turned: a chunk's ticks never are."""
    steps, later, first = np.diff(columns, axis=1), columns[:, 1:], columns[:, :1]
    if not steps.shape[1]:
        none = np.zeros(len(columns), np.int64)
        return Taken(none, steps.view(np.uint64), none.view(np.uint64), none.astype(np.uint8))
    least, most = steps.min(axis=1), steps.max(axis=1)
    lowest, highest = later.min(axis=1) - first[:, 0], later.max(axis=1) - first[:, 0]
    still = turnable & (_apart(highest, lowest) < _apart(most, least))
    steps[still] = later[still] - first[still]
    least, most = np.where(still, lowest, least), np.where(still, highest, most)
    mirrored = turnable & (_apart(most, steps[:, 0]) < _apart(steps[:, 0], least))
    steps[mirrored] = -steps[mirrored]
    apart, least = _apart(most, least), np.where(mirrored, -most, least)
    steps -= least[:, None]
    return Taken(least, steps.view(np.uint64), apart, still * np.uint8(FROM_FIRST) | mirrored * np.uint8(MIRRORED))


def _apart(upper: Numbers, lower: Numbers) -> Unsigned:
    return (upper - lower).view(np.uint64)


def added_up(first: Numbers, least: Numbers, more: Unsigned, flags: Flags) -> Numbers:
    """Columns (chunk, column, row) again, of `taken` and their first rows (chunk, column). Other `flags` are passed over."""
    whole = np.empty((*first.shape, more.shape[2] + 1), dtype=np.int64)
    steps, whole[:, :, 0] = more.view(np.int64) + least[:, :, None], first
    mirrored, still = (flags & MIRRORED) != 0, (flags & FROM_FIRST) != 0
    if mirrored.any():
        steps[mirrored] = -steps[mirrored]
    np.cumsum(steps, axis=2, out=whole[:, :, 1:])
    if still.any():
        whole[:, :, 1:][still] = steps[still]
    whole[:, :, 1:] += first[:, :, None]
    return whole
