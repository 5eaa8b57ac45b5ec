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
BITS: Bytes = np.array([1 << bit for bit in range(8)], dtype=np.uint8)
"""Of a byte, the lowest first."""
LOWEST_BYTES = np.array([(1 << 8 * count) - 1 for count in range(MOST_BYTES + 1)], dtype=np.uint64)
"""The bits of so many bytes."""


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
        planes = np.packbits(_planes(every[places], width).reshape(len(places), -1), axis=1)
        flat[starts[places][:, None] + np.arange(planes.shape[1])] = planes
    bounds = [0, *ends[:, -1].tolist()]
    return [flat[bounds[place] : bounds[place + 1]].tobytes() for place in range(chunks)]


def _planes(columns: Unsigned, width: int) -> Bytes:
    """The bits of columns (column, row) as (column, plane, row), the highest first: of each 0 or anything else."""
    whole = columns.view(np.uint8).reshape(*columns.shape, MOST_BYTES)
    found = np.empty((len(columns), width, columns.shape[1]), dtype=np.uint8)
    for byte in range(-(-width // 8)):
        bits = BITS[: width - 8 * byte, None]
        lowest = width - 8 * byte
        planes = found[:, lowest - len(bits) : lowest][:, ::-1]
        np.bitwise_and(np.ascontiguousarray(whole[:, :, byte])[:, None, :], bits, out=planes)
    return found


def unpacked(flat: Bytes, starts: Numbers, widths: Bytes, rows: int) -> Unsigned:
    """Columns (chunk, column, row) of these widths, whose planes begin at these places of the bytes."""
    found = np.zeros((widths.size, rows, MOST_BYTES), dtype=np.uint8)
    begins = starts.reshape(-1)
    for width, places in _alike(widths):
        taken = np.arange((width * rows + 7) // 8)
        bits = np.unpackbits(flat[begins[places][:, None] + taken], axis=1, count=width * rows)
        whole = -(-width // 8)
        # Filled up to whole bytes, so that all rows are packed as one: at half the price of packing each.
        by_row = np.zeros((len(places), rows, 8 * whole), dtype=np.uint8)
        by_row[:, :, :width] = bits.reshape(len(places), width, rows)[:, ::-1].transpose(0, 2, 1)
        packed = np.packbits(by_row.reshape(-1), bitorder="little")
        found[places, :, :whole] = packed.reshape(len(places), rows, whole)
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
    padded = np.concatenate([flat, np.zeros(MOST_BYTES, dtype=np.uint8)])
    # At each byte the eight from there on, which share their memory.
    words: Unsigned = np.ndarray((len(flat) + 1,), "<u8", padded, strides=(1,))
    zigzag = (words[starts] & LOWEST_BYTES[lengths]).view(np.int64)
    return (zigzag >> 1) & np.int64(2**63 - 1) ^ -(zigzag & 1)


def _zigzag(numbers: Numbers) -> Unsigned:
    """Small ones of either sign become small ones: 0, -1, 1, -2 … as 0, 1, 2, 3 …"""
    return np.ascontiguousarray((numbers << 1) ^ (numbers >> 63)).view(np.uint64)
