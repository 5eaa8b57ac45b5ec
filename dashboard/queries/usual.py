"""What is usual for a cluster: medians of the past day."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dashboard.models import Cluster, Subject
from dashboard.queries import rates
from dashboard.queries.readings import loaded
from dashboard.queries.window import Window

DAY = timedelta(hours=24)
LOOK_SECONDS = 300
"""One reading in so many seconds is enough for a median."""
LISTED = ("agents_active", "agents_inactive")
LEAST_STEPS = 36
"""What rises in ten minutes is usual after so many of them: six hours."""


def agents(cluster: Cluster, now: datetime) -> float | None:
    """How many agents were listed, active or not, in the middle of the past day; None without a summary. Three queries."""
    subject = (
        Subject.objects.filter(cluster=cluster, kind=Subject.Kind.CLUSTER, key="").values_list("pk", flat=True).first()
    )
    if subject is None:
        return None
    found = loaded([subject], Window("24h", now - DAY, now, LOOK_SECONDS), every_seconds=LOOK_SECONDS)
    day = found.series(subject, LISTED)
    return _median(sum((day[name] for name in LISTED), start=np.zeros(day.window.steps)))


def rise_in_ten_minutes(cluster: Cluster, name: str, now: datetime) -> float | None:
    """By how much a counter of the masters rose in the middle of the past day's ten minutes, all lives together; None
    before there are six hours of them. Three queries."""
    lives = Subject.objects.filter(cluster=cluster, kind=Subject.Kind.MASTER, last_seen__gt=now - DAY)
    subjects = list(lives.values_list("pk", flat=True))
    found = loaded(subjects, Window("24h", now - DAY, now, 600), every_seconds=600)
    rises = [rates.increases(found, subject, [name])[name] for subject in subjects]
    if not rises:
        return None
    known = np.isfinite(rises).any(axis=0)
    return _median(np.nansum(rises, axis=0)[known]) if known.sum() >= LEAST_STEPS else None


def _median(values: NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else None
