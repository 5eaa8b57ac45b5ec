"""Many series as one, step by step: of those that have a value there, and with how many that should. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.queries.formula import Aggregate

Values = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Together:
    """NaN where none has a value."""

    values: Values
    told: Whole
    """How many have a value in each step."""
    expected: Whole
    """How many should: since their first value, while they live."""

    @classmethod
    def of_one(cls, values: Values, expected: Flags) -> Together:
        """A series by itself."""
        told = np.isfinite(values)
        return cls(values, told.astype(np.int64), (expected | told).astype(np.int64))


def together(aggregate: Aggregate, values: Values, expected: Flags) -> Together:
    """`values` and whether there should be one: a row for each series, a column for each step."""
    told: Whole = np.isfinite(values).sum(axis=0)
    joined = np.where(told > 0, JOINED[aggregate](values, told), np.nan)
    return Together(joined, told, np.maximum(expected.sum(axis=0), told))


def p95(values: Values, told: Whole) -> Values:
    """Of each column the value that 95 of 100 stay below, between the two nearest ones in proportion."""
    ordered = np.sort(values, axis=0)  # NaN last
    place = np.maximum(told - 1, 0) * 0.95
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(told - 1, 0))
    low = np.take_along_axis(ordered, below[None], axis=0)[0]
    high = np.take_along_axis(ordered, above[None], axis=0)[0]
    between: Values = low + (high - low) * (place - below)
    return between


def _mean(values: Values, told: Whole) -> Values:
    means: Values = np.nansum(values, axis=0) / np.maximum(told, 1)
    return means


JOINED: Mapping[Aggregate, Callable[[Values, Whole], Values]] = {
    "sum": lambda values, _: np.nansum(values, axis=0),
    "mean": _mean,
    "max": lambda values, _: np.fmax.reduce(values, axis=0),
    "min": lambda values, _: np.fmin.reduce(values, axis=0),
    "p95": p95,
    "count": lambda _, told: told.astype(np.float64),
}


def expected(values: Values, last: Whole, transient: Flags) -> Flags:
    """Of each series the steps from its first value to `last`; of a transient one to its own last value."""
    known = np.isfinite(values)
    steps = np.arange(values.shape[1])
    any_known = known.any(axis=1)
    first = known.argmax(axis=1)
    own_last = values.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    until = np.where(transient, own_last, np.maximum(last, own_last))
    inside: Flags = (steps >= first[:, None]) & (steps <= until[:, None])
    return np.logical_and(inside, any_known.reshape(-1, 1))
