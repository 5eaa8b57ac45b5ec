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


def scaled(values: Matrix, largest: Matrix) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Whole numbers of each column (column, row) and its code; columns that no power of ten gives back are their bits.

    `largest`: of each column, without its sign.
    """
    whole, codes = values.view(np.int64).copy(), np.full(len(values), BITS, dtype=np.uint8)
    with np.errstate(invalid="ignore", over="ignore"):
        likely = _likely(values[:, [0, values.shape[1] // 2, -1]], largest)
        for exponent, power in enumerate(POWERS.tolist()):
            places = np.flatnonzero(likely[:, exponent] & (codes == BITS))
            if not len(places):
                continue
            columns = values[places]
            numbers = np.rint(columns if exponent == 0 else columns * power)
            numbers += 0.0
            exact = _are_same(numbers if exponent == 0 else numbers / power, columns).all(axis=1)
            whole[places[exact]], codes[places[exact]] = numbers[exact].astype(np.int64), exponent
    return whole, codes


def _likely(few: Matrix, largest: Matrix) -> NDArray[np.bool_]:
    """Whether each power of ten may give a column back, by some of its rows: three tell of most that it is too small."""
    of_few = few[:, :, None]
    # A whole number has no negative zero, which is so told apart from zero.
    back = (np.rint(of_few * POWERS) + 0.0) / POWERS
    fits: NDArray[np.bool_] = np.rint(largest[:, None] * POWERS) < EXACT
    return fits & _are_same(back, np.broadcast_to(of_few, back.shape)).all(axis=1)


def _are_same(some: Matrix, others: Matrix) -> NDArray[np.bool_]:
    """Number by number, to the bit."""
    return np.asarray(some.view(np.int64) == others.view(np.int64))


def values(numbers: NDArray[np.int64], codes: NDArray[np.uint8]) -> Matrix:
    """The values of whole numbers (chunk, column, row) by the codes of their columns, to the bit."""
    bits = codes == BITS
    found: Matrix = numbers / POWERS[np.where(bits, 0, codes)][:, :, None]
    found[bits] = numbers[bits].view(np.float64)
    return found


def are_known(codes: NDArray[np.uint8]) -> bool:
    """Whether `values` can read columns of these codes."""
    return bool(((codes < len(POWERS)) | (codes == BITS)).all())
