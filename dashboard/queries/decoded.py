"""What is in chunks, remembered: the same chart is asked for again and again, and its chunks are mostly the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dashboard import codec
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
        for part in known:
            part.flags.writeable = False
        REMEMBERED.put(key, known, sum(map(len, data)) + sum(part.nbytes for part in known))
    return known
