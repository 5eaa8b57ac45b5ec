"""Readings as bytes. Pure.

A reading is its values as little-endian float64 side by side, NaN where nothing was measured. A chunk is many readings of
one subject and layout: their ticks and a matrix, column by column, smaller by a factor of eight and the same to the bit.

A chunk's bytes: a header (version, rows, columns), the CRC-32 of it and of what is in the frame, and a zstd frame. In the
frame, of ticks and columns alike: the first value, the least step from row to row (`steps`), and by how much each step is
more than that, as bit planes (`planes`). Before them one byte a column for each of: its code, its low zeros, the bits of a row,
and how many bytes its first value and its least step have. After them one bit a row, set where nothing was measured, of each
column whose code says that it has such rows. A column's values are whole numbers over a power of ten (`decimals`), and bits
that are zero at the end of all of them are left out: memory is counted in pages.
"""

from __future__ import annotations

import struct
import threading
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import zstandard
from numpy.typing import NDArray

from dashboard import decimals, gaps, planes, steps

FLOAT64 = np.dtype("<f8")

VERSION = 1
HEADER = struct.Struct("<BHH")
CHECK = struct.Struct("<L")
MOST_ROWS = MOST_COLUMNS = 65_535
MOST_VALUES = 1 << 25
"""In one chunk: what a damaged header says cannot take all memory."""
WITH_GAPS, KIND = 0x80, np.uint8(0x4F)
"""Of a column's code, beside how its `steps` are turned: some rows were not measured; what `decimals` says of it."""
LEVEL = 6

Ticks = NDArray[np.int64]
Matrix = NDArray[np.float64]


def pack(values: Sequence[float | None]) -> bytes:
    """One reading's values in layout order; None becomes NaN."""
    return np.array(values, dtype=FLOAT64).tobytes()


def unpack(readings: Iterable[bytes], *, width: int) -> Matrix:
    """A matrix, one row a reading. Readings whose length is not `width` values raise ValueError."""
    return np.frombuffer(b"".join(readings), dtype=FLOAT64).reshape(-1, width)


def encode(ticks: Ticks, values: Matrix) -> bytes:
    """One chunk: n ticks and n rows of values."""
    return encode_many(ticks[None, :], values[None, :, :])[0]


def encode_many(ticks: Ticks, values: Matrix) -> list[bytes]:
    """Chunks that have as many rows and columns as each other: ticks (chunk, row), values (chunk, row, column).

    ValueError for no rows, and for more than 65,535 rows or columns.
    """
    chunks, rows, columns = values.shape
    if not 0 < rows <= MOST_ROWS or columns > MOST_COLUMNS:
        raise ValueError(f"a chunk holds at most {MOST_ROWS} rows and columns, not {rows} × {columns}")
    if rows * (columns + 1) > MOST_VALUES:
        raise ValueError(f"a chunk holds at most {MOST_VALUES} values, not {rows} × {columns}")
    if not chunks:
        return []
    by_column = values.transpose(0, 2, 1).copy(order="C").reshape(chunks * columns, rows)
    marks = gaps.carried(by_column)
    lowest, highest = by_column.min(axis=1), by_column.max(axis=1)
    moving = (lowest != highest) | ((highest == 0.0) & (by_column.view(np.int64) != 0).any(axis=1))
    return _framed(ticks, _Columns(by_column, moving, np.maximum(-lowest, highest), marks))


class _Columns:
    """Columns of values (column, row) as whole numbers. Those that do not move are told by their first rows alone."""

    def __init__(self, values: Matrix, moving: NDArray[np.bool_], largest: Matrix, marks: dict[int, bytes]) -> None:
        self.moving, self.marks = moving, marks
        self.codes, self.first = np.empty(len(values), np.uint8), np.empty(len(values), np.int64)
        still, moves = np.flatnonzero(~moving), np.flatnonzero(moving)
        numbers, self.codes[still] = decimals.scaled(values[still, :1], largest[still])
        self.whole, self.codes[moves] = decimals.scaled(values[moves], largest[moves])
        self.first[still], self.first[moves] = numbers[:, 0], self.whole[:, 0]
        bits = self.first.copy()
        bits[moves] = np.bitwise_or.reduce(self.whole, axis=1)
        self.zeros = planes.low_zeros(bits)
        self.first >>= self.zeros
        self.whole >>= self.zeros[moves, None]
        self.codes[list(marks)] |= WITH_GAPS


def _framed(ticks: Ticks, of: _Columns) -> list[bytes]:
    """Chunks of ticks (chunk, row) and as many columns each, one chunk's after the other's."""
    chunks, rows = ticks.shape
    shape = chunks, len(of.codes) // chunks + 1
    taken = np.insert(of.moving.reshape(chunks, -1), 0, True, axis=1)
    are_ticks = np.nonzero(taken)[1] == 0
    moved = np.empty((len(are_ticks), rows), np.int64)
    moved[are_ticks], moved[~are_ticks] = ticks, of.whole
    found = steps.taken(moved, ~are_ticks)
    numbers = np.zeros((*shape, 2), np.int64)
    numbers[:, 0, 0], numbers[:, 1:, 0] = ticks[:, 0], of.first.reshape(chunks, -1)
    numbers[taken, 1] = found.least
    turned, widths, most_bits = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8), planes.widths(found.most)
    turned[taken], widths[taken], lengths = found.flags, most_bits, planes.lengths(numbers)
    of_columns = of.codes.reshape(chunks, -1) | turned[:, 1:], of.zeros.reshape(chunks, -1)
    tables = np.concatenate([*of_columns, widths, lengths[:, :, 0] << 4 | lengths[:, :, 1]], axis=1)
    bits, ends = planes.packed(found.more, most_bits), np.cumsum(taken.sum(axis=1)).tolist()
    marks: list[list[bytes]] = [[] for _ in range(chunks)]
    for place, mark in of.marks.items():
        marks[place // (shape[1] - 1)].append(mark)
    parts = zip(tables, planes.shortened(numbers, lengths), pairwise([0, *ends]), marks, strict=True)
    frames = [b"".join([table.tobytes(), short, *bits[first:end], *mark]) for table, short, (first, end), mark in parts]
    head = HEADER.pack(VERSION, rows, shape[1] - 1)
    compress, begun = _LOCAL.compressor.compress, zlib.crc32(head)
    return [head + CHECK.pack(zlib.crc32(frame, begun)) + compress(frame) for frame in frames]


def decode(chunk: bytes, *, columns: Sequence[int] | None = None) -> tuple[Ticks, Matrix]:
    """Ticks and values of one chunk; of these columns only, in this order, where they are given. ValueError where it is none."""
    _, ticks, values = decode_many([chunk], columns=columns)
    return ticks, values


def decode_many(
    chunks: Sequence[bytes], *, columns: Sequence[int] | None = None
) -> tuple[NDArray[np.int64], Ticks, Matrix]:
    """The rows of chunks that have as many columns as each other: which chunk each is of, its tick, its values.

    Chunks in the order given, rows in that in which they were encoded. ValueError where one is no chunk, or of another width.
    """
    alike: dict[int, list[int]] = defaultdict(list)
    heads = [_head(chunk) for chunk in chunks]
    for place, (rows, _) in enumerate(heads):
        alike[rows].append(place)
    width = heads[0][1] if heads else 0
    if any(other != width for _, other in heads):
        raise ValueError("chunks of different widths")
    wanted = np.arange(width) if columns is None else np.array(columns, dtype=np.int64)
    places, ticks, values = [], [], []
    for rows, members in alike.items():
        found = _decoded([chunks[place] for place in members], rows, width, wanted)
        places.append(np.repeat(np.array(members, dtype=np.int64), rows))
        ticks.append(found[0].reshape(-1))
        values.append(found[1].reshape(rows * len(members), len(wanted)))
    if not places:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros((0, len(wanted)))
    joined = np.concatenate(places)
    order = np.argsort(joined, kind="stable") if len(alike) > 1 else slice(None)
    return joined[order], np.concatenate(ticks)[order], np.concatenate(values)[order]


def _head(chunk: bytes) -> tuple[int, int]:
    """Rows and columns."""
    if len(chunk) < HEADER.size + CHECK.size:
        raise ValueError("too short for a chunk")
    version, rows, columns = HEADER.unpack_from(chunk)
    if version != VERSION:
        raise ValueError(f"a chunk of version {version}, which this Day Two does not know")
    if not rows or rows * (columns + 1) > MOST_VALUES:
        raise ValueError(f"a chunk whose header says {rows} × {columns}")
    return rows, columns


def _decoded(chunks: Sequence[bytes], rows: int, width: int, wanted: NDArray[np.int64]) -> tuple[Ticks, Matrix]:
    """Ticks (chunk, row) and values (chunk, row, column) of chunks with the same number of rows."""
    found, every = _Frames(chunks, rows, width), np.concatenate([[0], wanted + 1])
    numbers = planes.lengthened(found.flat, found.numbers[:, every], found.lengths[:, every])
    more = planes.unpacked(found.flat, found.planes[:, every], found.widths[:, every], rows - 1)
    codes = found.codes[:, wanted]
    whole = steps.added_up(numbers[:, :, 0], numbers[:, :, 1], more, np.pad(codes, ((0, 0), (1, 0))))
    whole[:, 1:] <<= found.zeros[:, wanted, None]
    values = decimals.values(whole[:, 1:], codes & KIND)
    if (codes & WITH_GAPS).any():
        values[found.gaps()[:, wanted]] = np.nan
    return whole[:, 0], values.transpose(0, 2, 1)


class _Frames:
    """What is in the frames of chunks that have as many rows and columns as each other, and where in `flat` it begins.

    ValueError where it is not what a chunk holds.
    """

    def __init__(self, chunks: Sequence[bytes], rows: int, width: int) -> None:
        frames = [_frame(chunk, rows, width) for chunk in chunks]
        ends = np.cumsum([len(frame) for frame in frames])
        self.rows, self.flat = rows, np.frombuffer(b"".join(frames), np.uint8)
        tables = np.array([np.frombuffer(frame, np.uint8, 4 * width + 2) for frame in frames])
        self.codes, self.zeros = tables[:, :width], tables[:, width : 2 * width]
        self.widths, lengths = tables[:, 2 * width : 3 * width + 1], tables[:, 3 * width + 1 :]
        self.lengths = np.stack([lengths >> 4, lengths & 0x0F], axis=2)
        self._marked = (self.codes & WITH_GAPS) != 0
        sizes = planes.sizes(self.widths, rows - 1)
        self._marks = ends - self._marked.sum(axis=1) * -(-rows // 8)
        self.planes = (self._marks - sizes.sum(axis=1))[:, None] + np.cumsum(sizes, axis=1) - sizes
        taken = np.cumsum(self.lengths.reshape(len(frames), -1), axis=1, dtype=np.int64)
        begins = self.planes[:, 0] - taken[:, -1]
        self.numbers = (begins[:, None] + taken).reshape(self.lengths.shape) - self.lengths
        whole = begins - tables.shape[1] == ends - [len(frame) for frame in frames]
        if not whole.all() or (self.widths > planes.MOST_BITS).any() or (self.lengths > planes.MOST_BYTES).any():
            raise ValueError("a chunk that is longer or shorter than its columns")
        if not decimals.are_known(self.codes & KIND) or (self.zeros >= planes.MOST_BITS).any():
            raise ValueError("a chunk with columns of a kind that this Day Two does not know")

    def gaps(self) -> NDArray[np.bool_]:
        """Where nothing was measured: (chunk, column, row)."""
        size = -(-self.rows // 8)
        order = np.cumsum(self._marked, axis=1) - 1
        begins = (self._marks[:, None] + order * size)[self._marked]
        found = np.zeros((*self.codes.shape, self.rows), dtype=bool)
        found[self._marked] = np.unpackbits(self.flat[begins[:, None] + np.arange(size)], axis=1, count=self.rows)
        return found


def _frame(chunk: bytes, rows: int, width: int) -> bytes:
    """What is in the zstd frame; ValueError where it is of another size than the header lets be, which bounds its memory."""
    least, packed = 4 * width + 2, memoryview(chunk)[HEADER.size + CHECK.size :]
    try:
        if not least <= zstandard.frame_content_size(packed) <= least + (width + 1) * (8 * rows + 16 + rows):
            raise ValueError(f"a chunk whose header says {rows} × {width}, and its frame another size")
        frame: bytes = _LOCAL.decompressor.decompress(packed)
    except zstandard.ZstdError as error:
        raise ValueError(f"a chunk that cannot be read: {error}") from error
    if CHECK.unpack_from(chunk, HEADER.size)[0] != zlib.crc32(frame, zlib.crc32(chunk[: HEADER.size])):
        raise ValueError("a chunk that is damaged")
    return frame


class _Contexts(threading.local):
    """zstd's contexts are one thread's own: two threads in one crash the process."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_LOCAL = _Contexts()
