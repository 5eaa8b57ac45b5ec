"""The least and the most within each step of a long window, beside the mean that its line shows."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.queries.readings import Loaded, Values
from dashboard.tiers import Tier

Extremes = tuple[Values, Values]
"""The least and the most of each step; NaN where nothing was measured."""


def extremes(found: Loaded, subject_ids: Sequence[int], name: str) -> Extremes | None:
    """Of one subject, out of what is loaded. No query.

    None where steps are of readings, and of several subjects: theirs need not have been at the same time.
    """
    if found.window.tier is Tier.RAW or len(subject_ids) != 1:
        return None
    (subject,) = subject_ids
    return found.series(subject, [name], keep="min")[name], found.series(subject, [name], keep="max")[name]
