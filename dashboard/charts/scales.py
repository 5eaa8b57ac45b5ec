"""In which unit an axis counts, and to how many digits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")

Values = NDArray[np.float64]


def highest(*lines: Values) -> float:
    """The highest value of all lines; 0 where nothing was measured."""
    measured = [float(np.nanmax(line)) for line in lines if np.isfinite(line).any()]
    return max(measured, default=0.0)


def of_bytes(most: float) -> tuple[str, float]:
    """The unit that suits an axis up to so many bytes, and how many bytes it is."""
    power = next((power for power in range(len(BYTE_UNITS)) if most < 1024 ** (power + 1)), len(BYTE_UNITS) - 1)
    return BYTE_UNITS[power], float(1024**power)


def digits(most: float) -> int:
    """Decimals, so that three digits of the highest value are told."""
    return 2 if most < 10 else 1 if most < 1000 else 0


def latest(values: Values) -> float | None:
    """The newest value there is."""
    measured = values[np.isfinite(values)]
    return float(measured[-1]) if len(measured) else None
