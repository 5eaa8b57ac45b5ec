"""Which of many subjects a rule has to tell of: those beyond a limit, those whose alerts are open, those nothing is known
of, and the one that is nearest to a limit. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from dashboard.models import Rule

Values = NDArray[np.float64]


def picked(
    rule: Rule, values: Values, subjects: Sequence[str], opened: Collection[str], critical: Values | None = None
) -> list[int]:
    """Places of the subjects to be told of, in order; NaN is unknown. `critical` is held against the critical limit."""
    chosen = np.isnan(values)
    chosen |= _beyond(rule, values, rule.warning)
    chosen |= _beyond(rule, values if critical is None else critical, rule.critical)
    if opened:
        chosen |= np.fromiter((subject in opened for subject in subjects), dtype=bool, count=len(values))
    known = np.flatnonzero(~np.isnan(values))
    if len(known):
        above = rule.comparison == Rule.Comparison.ABOVE
        chosen[known[values[known].argmax() if above else values[known].argmin()]] = True
    places: list[int] = np.flatnonzero(chosen).tolist()
    return places


def _beyond(rule: Rule, values: Values, limit: float | None) -> NDArray[np.bool_]:
    if limit is None:
        return np.zeros(len(values), dtype=bool)
    with np.errstate(invalid="ignore"):
        return values >= limit if rule.comparison == Rule.Comparison.ABOVE else values <= limit


def known(value: float) -> float | None:
    """A value out of an array; None for NaN, and for what is past a float's range: sums of hostile numbers are."""
    return float(value) if math.isfinite(value) else None
