"""How far apart readings are where nothing is missing. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dashboard import rises
from dashboard.rises import MOST_SPACING_SECONDS

__all__ = ["MOST_SPACING_SECONDS", "usual_spacing"]


def usual_spacing(apart: NDArray[np.int64]) -> int:
    """Out of the distances between readings of one series, in their order, of which there are some (rises.py)."""
    return int(rises.usual_spacing(np.zeros(len(apart), dtype=np.int64), apart)[0])
