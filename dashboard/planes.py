"""Columns of whole numbers as bits. Pure.

Bit planes: of a column of which the largest number has w bits, the highest bit of every row, then the next lower one of
every row, …, the last one; w bits a row, filled up to a whole byte a column. What differs little from row to row comes to
few planes, and the higher ones are mostly zeros, which a general compressor makes next to nothing of.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Unsigned = NDArray[np.uint64]
Bytes = NDArray[np.uint8]

MOST_BITS = 64
MOST_BYTES = 8


def widths(largest: Unsigned) -> Bytes:
    """How many bits each number takes. Past 2^53 it may say one more than are needed."""
    exponents: NDArray[np.int32] = np.frexp(largest.astype(np.float64))[1]
    return np.minimum(exponents, MOST_BITS).astype(np.uint8)


def low_zeros(numbers: Numbers) -> Bytes:
    """How many of its lowest bits are zero, of each number; 0 of 0."""
    lowest = (numbers & -numbers).view(np.uint64)
    return np.maximum(widths(lowest), 1) - np.uint8(1)


def sizes(widths: Bytes, rows: int) -> Numbers:
    """Bytes of the planes of each column."""
    return (widths.astype(np.int64) * rows + 7) // 8


def packed(columns: Unsigned, widths: Bytes) -> list[bytes]:
    """The planes of columns (chunk, column, row) whose numbers have no more than these bits (chunk, column), by chunk."""
    chunks, _, rows = columns.shape
    taken = sizes(widths, rows)
    ends = np.cumsum(taken).reshape(taken.shape)
    flat = np.zeros(int(taken.sum()), dtype=np.uint8)
    every, starts = columns.reshape(taken.size, rows), (ends - taken).reshape(-1)
    for width, places in _alike(widths):
        whole = np.ascontiguousarray(every[places]).view(np.uint8).reshape(len(places), rows, MOST_BYTES)
        bits = np.unpackbits(whole[:, :, : -(-width // 8)], axis=2, count=width, bitorder="little")
        planes = np.packbits(bits[:, :, ::-1].transpose(0, 2, 1).reshape(len(places), -1), axis=1)
        flat[starts[places][:, None] + np.arange(planes.shape[1])] = planes
    bounds = [0, *ends[:, -1].tolist()]
    return [flat[bounds[place] : bounds[place + 1]].tobytes() for place in range(chunks)]


def unpacked(flat: Bytes, starts: Numbers, widths: Bytes, rows: int) -> Unsigned:
    """Columns (chunk, column, row) of these widths, whose planes begin at these places of the bytes."""
    found = np.zeros((widths.size, rows, MOST_BYTES), dtype=np.uint8)
    begins = starts.reshape(-1)
    for width, places in _alike(widths):
        taken = np.arange((width * rows + 7) // 8)
        bits = np.unpackbits(flat[begins[places][:, None] + taken], axis=1, count=width * rows)
        by_row = bits.reshape(len(places), width, rows)[:, ::-1].transpose(0, 2, 1)
        found[places, :, : -(-width // 8)] = np.packbits(by_row, axis=2, bitorder="little")
    return found.view(np.uint64)[:, :, 0].reshape(*widths.shape, rows)


def _alike(widths: Bytes) -> list[tuple[int, Numbers]]:
    """The places of all columns that have any planes, by their width."""
    flat = widths.reshape(-1)
    return [(width, np.flatnonzero(flat == width)) for width in np.unique(flat).tolist() if width]


def lengths(numbers: Numbers) -> Bytes:
    """How many bytes `shortened` makes of each number, 0…8."""
    return (widths(_zigzag(numbers)) + np.uint8(7)) // np.uint8(8)


def shortened(numbers: Numbers) -> list[bytes]:
    """Each number in the bytes that it needs, the lowest first: one after the other, by the first axis."""
    kept = np.arange(MOST_BYTES) < lengths(numbers)[..., None]
    every = _zigzag(numbers).view(np.uint8).reshape(*numbers.shape, MOST_BYTES)
    return [row[mine].tobytes() for row, mine in zip(every, kept, strict=True)]


def lengthened(flat: Bytes, starts: Numbers, lengths: Bytes) -> Numbers:
    """The numbers that begin at these places of the bytes and have so many."""
    places = np.minimum(starts[..., None] + np.arange(MOST_BYTES), len(flat) - 1)
    found = np.where(np.arange(MOST_BYTES) < lengths[..., None], flat[places], 0).astype(np.uint8)
    zigzag = found.view(np.int64)[..., 0]
    return (zigzag >> 1) & np.int64(2**63 - 1) ^ -(zigzag & 1)


def _zigzag(numbers: Numbers) -> Unsigned:
    """Small ones of either sign become small ones: 0, -1, 1, -2 … as 0, 1, 2, 3 …"""
    return np.ascontiguousarray((numbers << 1) ^ (numbers >> 63)).view(np.uint64)
