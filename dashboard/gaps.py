"""What was not measured, in columns of values. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def carried(columns: Matrix) -> dict[int, bytes]:
    """Put the value before in the place of what was not measured: it costs nothing then. Returns of each column (column, row)
    that has such rows one bit a row."""
    places = np.flatnonzero(np.isnan(columns.max(axis=1)))
    some = columns[places]
    gaps = np.isnan(some)
    known = np.maximum.accumulate(np.where(gaps, 0, np.arange(columns.shape[1])), axis=1)
    before = np.take_along_axis(some, known, axis=1)
    before[np.isnan(before)] = 0.0
    columns[places] = before
    return dict(zip(places.tolist(), map(np.ndarray.tobytes, np.packbits(gaps, axis=1)), strict=True))
