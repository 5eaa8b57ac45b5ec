"""Columns of whole numbers as bits. Pure.

Bit planes: of a column of which the largest number has w bits, the highest bit of every row, then the next lower one of
every row, …, the last one; w bits a row, filled up to a whole byte a column. What differs little from row to row comes to
few planes, and the higher ones are mostly zeros, which a general compressor makes next to nothing of.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Unsigned = NDArray[np.uint64]
Bytes = NDArray[np.uint8]

MOST_BITS = 64
MOST_BYTES = 8
BITS: Bytes = np.array([1 << bit for bit in reversed(range(8))], dtype=np.uint8)
"""Of a byte, the highest first."""
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
    """The planes of each column (column, row), whose numbers have no more than so many bits."""
    rows, taken = columns.shape[1], sizes(widths, columns.shape[1])
    order, groups = _by_width(widths)
    starts = np.zeros(len(columns), dtype=np.int64)
    starts[order] = np.cumsum(taken[order]) - taken[order]
    every = columns[order].view(np.uint8).reshape(len(order), rows, MOST_BYTES)
    # All bits side by side, a byte each and those of one width together, so that all are packed as one.
    bits, begins = np.zeros(8 * int(taken.sum()), dtype=np.uint8), 0
    for width, first, end in groups:
        ends = begins + 8 * (end - first) * int(taken[order[first]])
        mine = bits[begins:ends].reshape(end - first, -1)[:, : width * rows]
        _spread(every[first:end], width, out=mine.reshape(end - first, width, rows))
        begins = ends
    flat = np.packbits(bits).tobytes()
    return [flat[start : start + size] for start, size in zip(starts.tolist(), taken.tolist(), strict=True)]


def _by_width(widths: Bytes) -> tuple[Numbers, list[tuple[int, int, int]]]:
    """The places of all columns that have any planes, the narrowest first; of each width where it begins and ends there."""
    flat = widths.reshape(-1)
    ends = np.cumsum(np.bincount(flat, minlength=MOST_BITS + 1))
    bounds = (ends - ends[0]).tolist()
    order: Numbers = np.argsort(flat, kind="stable")[int(ends[0]) :]
    found = [(width, bounds[width - 1], bounds[width]) for width in range(1, len(bounds))]
    return order, [group for group in found if group[1] < group[2]]


def _spread(whole: Bytes, width: int, *, out: Bytes) -> None:
    """The bits of columns (column, row, byte) as (column, plane, row), the highest first: of each 0 or anything else."""
    for byte in range(-(-width // 8)):
        lowest = width - 8 * byte
        of_byte = np.ascontiguousarray(whole[:, :, byte])[:, None, :]
        np.bitwise_and(of_byte, BITS[-lowest:, None], out=out[:, max(0, lowest - 8) : lowest])


def unpacked(flat: Bytes, starts: Numbers, widths: Bytes, rows: int) -> Unsigned:
    """Columns (chunk, column, row) of these widths, whose planes begin at these places of the bytes."""
    order, groups = _by_width(widths)
    begins, every = starts.reshape(-1)[order], np.zeros((len(order), rows, MOST_BYTES), dtype=np.uint8)
    for width, first, end in groups:
        size = (width * rows + 7) // 8
        # At each byte so many from there on, which share their memory.
        windows: Bytes = np.ndarray((len(flat) - size + 1, size), np.uint8, flat, strides=(1, 1))
        bits = np.unpackbits(windows[begins[first:end]], axis=1, count=width * rows).reshape(end - first, width, rows)
        for byte in range(-(-width // 8)):
            lowest = width - 8 * byte
            of_byte = bits[:, max(0, lowest - 8) : lowest]
            every[first:end, :, byte] = np.einsum("cpr,p->cr", of_byte, BITS[-lowest:])
    found = np.zeros((widths.size, rows), dtype=np.uint64)
    found[order] = every.view(np.uint64)[:, :, 0]
    return found.reshape(*widths.shape, rows)


def lengths(numbers: Numbers) -> Bytes:
    """How many bytes `shortened` makes of each number, 0…8."""
    return (widths(_zigzag(numbers)) + np.uint8(7)) // np.uint8(8)


def shortened(numbers: Numbers, lengths: Bytes) -> list[bytes]:
    """Each number in its `lengths`, the lowest byte first: one after the other, by the first axis."""
    kept = np.arange(MOST_BYTES) < lengths[..., None]
    flat = _zigzag(numbers).view(np.uint8).reshape(kept.shape)[kept].tobytes()
    ends = np.cumsum(lengths.reshape(len(lengths), -1).sum(axis=1, dtype=np.int64)).tolist()
    return [flat[begin:end] for begin, end in pairwise([0, *ends])]


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
