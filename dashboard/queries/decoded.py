"""What is in chunks, remembered: the same chart is asked for again and again, and its chunks are mostly the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard import codec
from dashboard.queries.packed import Packed
from dashboard.remembered import Remembered

Decoded = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
MOST_BYTES = 16 << 20
REMEMBERED: Remembered[Decoded] = Remembered(MOST_BYTES)
"""By the very bytes of the chunks: one that is written anew is another."""


def chunks(data: Sequence[bytes], columns: Sequence[int]) -> Decoded:
    """As codec.decode_many tells it; none of it may be written to."""
    key = (tuple(map(bytes, data)), tuple(columns))
    known = REMEMBERED.get(key)
    if known is None:
        known = codec.decode_many(data, columns=columns)
        REMEMBERED.put(key, known, sum(map(len, data)) + frozen(known))
    return known


def rows(members: Sequence[Packed], width: int, places: Sequence[int]) -> Decoded:
    """Subjects, ticks and values, the rows of chunks before readings."""
    packed = [(subject, data) for subject, _, _, data, is_chunk in members if is_chunk]
    readings = [(subject, tick, data) for subject, _, tick, data, is_chunk in members if not is_chunk]
    of, ticks, values = chunks([data for _, data in packed], places)
    owners = np.array([subject for subject, _ in packed], dtype=np.int64)[of]
    if not readings:
        return owners, ticks, values
    matrix = codec.unpack((data for *_, data in readings), width=width)[:, list(places)]
    return (
        np.concatenate([owners, np.array([subject for subject, *_ in readings], dtype=np.int64)]),
        np.concatenate([ticks, np.array([tick for _, tick, _ in readings], dtype=np.int64)]),
        np.concatenate([values, matrix]),
    )


def frozen(parts: Iterable[NDArray[Any]]) -> int:
    """How many bytes they take; nobody can write to them from now on."""
    held_bytes = 0
    for part in parts:
        part.flags.writeable = False
        held_bytes += part.nbytes
    return held_bytes
