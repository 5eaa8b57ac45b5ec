"""How far the clocks of machines are from ours, as far as the time stamps of their figures tell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from collectors.errors import Outcome
from dashboard import figures
from dashboard.models import Cluster, Collection, Machine
from dashboard.queries.freshness import SourceAge


@dataclass(frozen=True)
class Clock:
    """Seconds, never negative; NaN while the machine does not answer. `says` is a phrase about it."""

    seconds: float
    says: str


def of_machines(cluster: Cluster, now: datetime, source: SourceAge) -> dict[str, Clock]:
    """Every machine by host. One query.

    Figures ahead of the moment they came are of a clock that is ahead. Figures that are old although the machine answers
    are of a clock that is behind, or of a collector there that stands still: which of the two cannot be told from here.
    """
    rows = Machine.objects.filter(cluster=cluster).values_list("host", "answered_at", "measured_at")
    usual_seconds = source.period_seconds + source.source.lag_seconds
    return {host: _clock(answered, measured, now, source, usual_seconds) for host, answered, measured in rows}


def _clock(answered: datetime, measured: datetime, now: datetime, source: SourceAge, usual_seconds: int) -> Clock:
    if not source.judge(answered, now).current:
        return Clock(math.nan, f"it has not answered for {figures.age(now - answered)}")
    ahead = (measured - answered).total_seconds()
    if ahead > 0:
        return Clock(ahead, f"its figures are {figures.duration(ahead)} ahead of our clock")
    old = figures.duration(-ahead)
    return Clock(
        max(0.0, -ahead - usual_seconds),
        f"its figures were {old} old when they came: its clock is behind, or what measures there stands still",
    )


def refused(cluster: Cluster) -> dict[str, str]:
    """Hosts whose figures are refused because their time is more than 10 min ahead or 2 h late, with the sentence. One
    query."""
    found = Collection.objects.filter(cluster=cluster, outcome=Outcome.SKEWED).exclude(host="")
    return dict(found.values_list("host", "detail"))
