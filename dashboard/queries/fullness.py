"""When what is allocated reaches the limit at the pace of the past fortnight, out of the means of a quarter of a day each.

The pace is the median of the slopes between every two looks (growth.py). It is no forecast: it says what would be if the
fortnight went on. What rises and falls, stands still or shrinks has no such day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from dashboard.models import Cluster, Subject
from dashboard.queries import growth
from dashboard.queries.capacity import LIMIT_RATIO, RESOURCES
from dashboard.queries.readings import Series, loaded
from dashboard.queries.window import Window

OVER, LEAST = timedelta(days=14), timedelta(days=3)
STEP_SECONDS = 21_600
LONGEST = timedelta(days=365)
DAY_SECONDS = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Fullness:
    """One resource: its share now, how long until the limit (a year where none is in sight), and by how much it grows a day.

    `seconds` None: less than three days of figures, `spans` of which are there.
    """

    share: float
    seconds: float | None
    per_day: float
    spans: timedelta


def of(cluster: Cluster, now: datetime) -> Mapping[str, Fullness]:
    """By the resource's key, those the cluster has none of left out. Four queries."""
    subject = (
        Subject.objects.filter(cluster=cluster, kind=Subject.Kind.CLUSTER, key="").values_list("pk", flat=True).first()
    )
    if subject is None:
        return {}
    names = [name for *_, total, allocated in RESOURCES for name in (total, allocated)]
    found = loaded([subject], Window("14d", now - OVER, now, STEP_SECONDS), names=names)
    looks = found.series(subject, names)
    rows = [row for row in RESOURCES if getattr(cluster, row[3]) and getattr(cluster, row[4]) is not None]
    moments = looks.window.first_tick + np.arange(looks.window.steps) * float(looks.window.step_seconds)
    slopes = growth.slopes(np.tile(moments, (len(rows), 1)), _shares(looks, rows))
    return {
        key: _fullness(getattr(cluster, allocated) / getattr(cluster, total), slopes, place)
        for place, (key, _, _, total, allocated) in enumerate(rows)
    }


def _shares(looks: Series, rows: Sequence[tuple[str, str, str, str, str]]) -> growth.Values:
    """A row for each resource, NaN where nothing was measured or there was nothing to allocate."""
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = [looks[allocated] / looks[total] for *_, total, allocated in rows]
    found = np.array(shares).reshape(len(rows), looks.window.steps)
    return np.where(np.isfinite(found), found, np.nan)


def _fullness(share: float, slopes: growth.Slopes, place: int) -> Fullness:
    per_day, low, spans = (float(each[place]) for each in (slopes.median, slopes.low, slopes.spans))
    known = timedelta(seconds=spans)
    per_day = per_day * DAY_SECONDS if np.isfinite(per_day) else 0.0
    if known < LEAST:
        return Fullness(share=share, seconds=None, per_day=per_day, spans=known)
    grows = low > 0 and per_day > growth.LEVEL_RATIO
    days = (LIMIT_RATIO - share) / per_day if grows else LONGEST.days
    days = 0.0 if share >= LIMIT_RATIO else min(days, LONGEST.days)
    return Fullness(share=share, seconds=days * DAY_SECONDS, per_day=per_day, spans=known)
