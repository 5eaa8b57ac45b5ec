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
STEP_SECONDS = 300
"""Medians are of what happened in so many seconds."""
LISTED = ("agents_active", "agents_inactive")
LEAST_STEPS = 36
"""What rises in ten minutes is usual after so many of them: six hours."""


def agents(cluster: Cluster, now: datetime) -> float | None:
    """How many agents were listed, active or not, in the middle of the past day, at most in each five minutes; None
    without a summary. Four queries."""
    subject = (
        Subject.objects.filter(cluster=cluster, kind=Subject.Kind.CLUSTER, key="").values_list("pk", flat=True).first()
    )
    if subject is None:
        return None
    found = loaded([subject], Window("24h", now - DAY, now, STEP_SECONDS), names=LISTED)
    day = found.series(subject, LISTED, keep="max")
    return _median(sum((day[name] for name in LISTED), start=np.zeros(day.window.steps)))


def rise_in_ten_minutes(cluster: Cluster, name: str, now: datetime) -> float | None:
    """By how much a counter of the masters rose in the middle of the past day's ten minutes, all lives together; None
    before there are six hours of them. Four queries."""
    lives = Subject.objects.filter(cluster=cluster, kind=Subject.Kind.MASTER, last_seen__gt=now - DAY)
    subjects = list(lives.values_list("pk", flat=True))
    found = loaded(subjects, Window("24h", now - DAY, now, 600), names=[name])
    rises = [rates.increases(found, subject, [name])[name] for subject in subjects]
    if not rises:
        return None
    known = np.isfinite(rises).any(axis=0)
    return _median(np.nansum(rises, axis=0)[known]) if known.sum() >= LEAST_STEPS else None


def _median(values: NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else None
