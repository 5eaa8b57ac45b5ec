"""Columns of whole numbers as steps from row to row: how they are turned so that they take the fewest bits. Pure.

Where it takes fewer, each row's step is from the first row, not from the one before it: what only shakes does not add up.
And steps are turned round where that makes the first of them smaller: what is free falls as what is used rises, and is then
the same bits once more, which a general compressor finds. Differences go round at 64 bits: raw bits of floats are numbers too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Unsigned = NDArray[np.uint64]
Flags = NDArray[np.uint8]

MIRRORED, FROM_FIRST = 0x20, 0x10
"""Of a column: its steps are turned round; they are from the first row. Bits of its code, beside those of `decimals`."""


def taken(columns: Numbers) -> tuple[Numbers, Unsigned, Flags]:
    """Of columns (chunk, column, row): the least step of each, by how much each step is more, and how they are turned.

    The first column of each chunk, its ticks, is never turned.
    """
    steps, later = np.diff(columns, axis=2), columns[:, :, 1:]
    if not steps.shape[2]:
        return np.zeros(columns.shape[:2], np.int64), steps.view(np.uint64), np.zeros(columns.shape[:2], np.uint8)
    least, most = steps.min(axis=2), steps.max(axis=2)
    lowest, highest = later.min(axis=2) - columns[:, :, 0], later.max(axis=2) - columns[:, :, 0]
    still = _apart(highest, lowest) < _apart(most, least)
    still[:, 0] = False
    steps[still] = later[still] - columns[still][:, :1]
    least, most = np.where(still, lowest, least), np.where(still, highest, most)
    mirrored = _apart(most, steps[:, :, 0]) < _apart(steps[:, :, 0], least)
    mirrored[:, 0] = False
    steps[mirrored] = -steps[mirrored]
    least = np.where(mirrored, -most, least)
    flags = still * np.uint8(FROM_FIRST) | mirrored * np.uint8(MIRRORED)
    return least, (steps - least[:, :, None]).view(np.uint64), flags


def _apart(upper: Numbers, lower: Numbers) -> Unsigned:
    return (upper - lower).view(np.uint64)


def added_up(first: Numbers, least: Numbers, more: Unsigned, flags: Flags) -> Numbers:
    """The columns again, of `taken` and their first rows (chunk, column). Other bits of `flags` are passed over."""
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
