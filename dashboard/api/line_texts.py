"""The values of a line as JSON. Of a long one nearly all are those of the last answer: their text is made once."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from dashboard.remembered import Remembered

MOST_BYTES = 16 << 20
STILL_CHANGING = 2
"""So many steps at the end are not over, or not rolled up yet."""
REMEMBERED: Remembered[bytes] = Remembered(MOST_BYTES)
"""By the very bytes of the values: others have another text."""


def told(values: NDArray[np.float64]) -> msgspec.Raw:
    """NaN becomes null."""
    settled, rest = values[:-STILL_CHANGING], values[-STILL_CHANGING:]
    key = settled.tobytes()
    known = REMEMBERED.get(key)
    if known is None:
        known = msgspec.json.encode(settled.tolist())[:-1]
        REMEMBERED.put(key, known, len(key) + len(known))
    comma = b"," if len(settled) and len(rest) else b""
    return msgspec.Raw(known + comma + msgspec.json.encode(rest.tolist())[1:])
