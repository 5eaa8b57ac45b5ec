"""Columns of float64 as whole numbers over a power of ten, the smallest that gives all of them back exactly. Pure.

Where there is none the numbers are the values' own bits, and the column's code says so; else the code is the exponent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

POWERS = 10.0 ** np.arange(10)
BITS = 0x40
EXACT = 2.0**53


def scaled(values: Matrix) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Whole numbers of each column (chunk, column, row) and its code; columns that no power of ten gives back are their bits."""
    shape = values.shape
    flat = values.reshape(-1, shape[2])
    own = flat.view(np.int64)
    whole, codes = own.copy(), np.full(len(flat), BITS, dtype=np.uint8)
    # Three rows tell of most columns that a power is too small.
    left, few = np.arange(len(flat)), flat[:, [0, shape[2] // 2, -1]] if shape[2] else flat
    with np.errstate(invalid="ignore", over="ignore"):
        for exponent, power in enumerate(POWERS):
            likely = left[_whole(few[left], power)[1]]
            numbers, exact = _whole(flat[likely], power)
            whole[likely[exact]], codes[likely[exact]] = numbers[exact], exponent
            left = left[codes[left] == BITS]
            if not len(left):
                break
    return whole.reshape(shape), codes.reshape(shape[:2])


def _whole(columns: Matrix, power: float) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Whole numbers of columns (column, row), and of which of them they give all values back over this power of ten."""
    scaled = np.rint(columns * power)
    fits = np.abs(scaled) < EXACT
    numbers = np.where(fits, scaled, 0.0).astype(np.int64)
    return numbers, (fits & ((numbers / power).view(np.int64) == columns.view(np.int64))).all(axis=1)


def values(numbers: NDArray[np.int64], codes: NDArray[np.uint8]) -> Matrix:
    """The values of whole numbers (chunk, column, row) by the codes of their columns, to the bit."""
    bits = codes == BITS
    found: Matrix = numbers / POWERS[np.where(bits, 0, codes)][:, :, None]
    found[bits] = numbers[bits].view(np.float64)
    return found


def are_known(codes: NDArray[np.uint8]) -> bool:
    """Whether `values` can read columns of these codes."""
    return bool(((codes < len(POWERS)) | (codes == BITS)).all())
