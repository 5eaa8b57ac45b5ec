"""Numbers as pure functions of time: the breathing of a day, smooth noise, counters that only rise."""

from __future__ import annotations

from functools import lru_cache
from math import cos, floor, pi, sin

import numpy as np
from numpy.typing import NDArray

DAY_SECONDS = 86_400.0
WEEK_SECONDS = 7 * DAY_SECONDS
BUSIEST_HOUR_UTC = 14
# 1970-01-01 was a Thursday: the middle of the week lies half a day before it.
MIDWEEK_SECONDS = -0.5 * DAY_SECONDS
MASK = 0xFFFFFFFFFFFFFFFF


@lru_cache(maxsize=16_384)
def scatter(key: int, step: int = 0) -> float:
    """A number in 0…1 that depends on nothing but its arguments (splitmix64)."""
    mixed = (key * 0x9E3779B97F4A7C15 + step * 0xD1342543DE82EF95 + 0x632BE59BD9B4E019) & MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
    return ((mixed ^ (mixed >> 31)) >> 11) / (1 << 53)


def scatters(key: int, steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """The same numbers for many steps at once, to the bit."""
    base = np.uint64((key * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) & MASK)
    # Arrays wrap around at 64 bits, as the mask makes whole numbers do.
    mixed = base + steps.astype(np.uint64) * np.uint64(0xD1342543DE82EF95)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / (1 << 53)


def noise(key: int, at: float, period_seconds: float) -> float:
    """A smooth line in -1…1 with a new direction every period."""
    place = at / period_seconds
    step = floor(place)
    part = place - step
    before, after = scatter(key, step), scatter(key, step + 1)
    return 2 * (before + (after - before) * part * part * (3 - 2 * part)) - 1


def noises(key: int, at: NDArray[np.float64], period_seconds: float) -> NDArray[np.float64]:
    """The same line at many moments."""
    place = at / period_seconds
    steps = np.floor(place)
    first, part = int(steps.min()), place - steps
    known = scatters(key, np.arange(first, int(steps.max()) + 2))
    before, after = (known[(steps - first).astype(np.int64) + later] for later in (0, 1))
    return np.asarray(2 * (before + (after - before) * part * part * (3 - 2 * part)) - 1)


def load(key: int, at: float) -> float:
    """How busy the cluster is, 0…1: most at 14:00 UTC in midweek, least in the nights of the weekend."""
    day = cos(2 * pi * (at / DAY_SECONDS - BUSIEST_HOUR_UTC / 24))
    week = cos(2 * pi * (at - MIDWEEK_SECONDS) / WEEK_SECONDS)
    wander = 0.07 * noise(key, at, 5_400) + 0.03 * noise(key + 1, at, 900)
    return min(1.0, max(0.0, 0.5 + 0.24 * day + 0.06 * week + wander))


def loads(key: int, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same at many moments."""
    day = np.cos(2 * pi * (at / DAY_SECONDS - BUSIEST_HOUR_UTC / 24))
    week = np.cos(2 * pi * (at - MIDWEEK_SECONDS) / WEEK_SECONDS)
    wander = 0.07 * noises(key, at, 5_400) + 0.03 * noises(key + 1, at, 900)
    return np.clip(0.5 + 0.24 * day + 0.06 * week + wander, 0.0, 1.0)


def risen(key: int, since: float, until: float, *, per_hour: float) -> int:
    """Events between two moments: uneven in time, never fewer with a later `until`."""
    if until <= since:
        return 0
    rate = per_hour / 3_600
    return floor(rate * uneven(key, until)) - floor(rate * uneven(key, since))


def risen_at(key: int, since: float, until: NDArray[np.float64], *, per_hour: float) -> NDArray[np.float64]:
    """The same at many moments, none of them before `since`."""
    return np.floor(per_hour / 3_600 * _uneven_at(key, until)) - floor(per_hour / 3_600 * uneven(key, since))


def _uneven_at(key: int, at: NDArray[np.float64]) -> NDArray[np.float64]:
    day = 0.4 * DAY_SECONDS / (2 * pi) * np.sin(2 * pi * (at / DAY_SECONDS - BUSIEST_HOUR_UTC / 24))
    wobble = 0.4 * 1_700 / (2 * pi) * np.sin(2 * pi * (at / 1_700 + scatter(key)))
    return np.asarray(at + day + wobble)


def uneven(key: int, at: float) -> float:
    """Time that runs faster by day than by night but never stands still (its slope stays above 0.2)."""
    day = 0.4 * DAY_SECONDS / (2 * pi) * sin(2 * pi * (at / DAY_SECONDS - BUSIEST_HOUR_UTC / 24))
    wobble = 0.4 * 1_700 / (2 * pi) * sin(2 * pi * (at / 1_700 + scatter(key)))
    return at + day + wobble
