"""How far apart readings are where nothing is missing. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_SPACING_SECONDS = 600
"""Readings further apart than this are gaps, however usual."""


def usual_spacing(apart: NDArray[np.int64]) -> int:
    """Out of the distances between readings, in their order: what nine of ten keep to, or three in a row if that is longer.

    A source that is asked less often from some time on has no gaps there, though most of its readings lie closer together.
    """
    usual = int(np.percentile(apart, 90, method="lower"))
    kept = apart[2:][(apart[2:] == apart[1:-1]) & (apart[1:-1] == apart[:-2])]
    kept = kept[kept <= MOST_SPACING_SECONDS]
    return min(max(usual, int(kept.max(initial=0))), MOST_SPACING_SECONDS)
