"""Lines of chance: gauges that wander and rest, counts that rise. A row a tick, a column a place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Rng = np.random.Generator

PAGE = 4096


def wandering(rng: Rng, shape: tuple[int, int], *, step: float) -> Values:
    """A line for each place that strays around 0 and comes back, its steps normal."""
    line = rng.normal(0, step, shape)
    for tick in range(1, len(line)):
        line[tick] += 0.9 * line[tick - 1]
    return line


def resting(rng: Rng, values: Values, *, share: float) -> Values:
    """The values, of which this share stays what it was at the tick before."""
    moves = rng.random(values.shape) >= share
    moves[0] = True
    last = np.maximum.accumulate(np.where(moves, np.arange(len(values))[:, None], 0), axis=0)
    return np.take_along_axis(values, last, axis=0)


def pages(values: Values) -> Values:
    return np.floor(values / PAGE) * PAGE


def risen(rng: Rng, rate: Values, shape: tuple[int, int], *, spread: float = 0.3) -> Values:
    """A whole count that has risen by about this rate each tick."""
    return np.cumsum(rng.poisson(np.maximum(0.0, rate * (1 + rng.normal(0, spread, shape)))), axis=0).astype(float)


def poisson(rng: Rng, rate: Values, *, spread: float = 0.3) -> Values:
    return rng.poisson(np.maximum(0.0, rate * (1 + rng.normal(0, spread, rate.shape)))).astype(float)
