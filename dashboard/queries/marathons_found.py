"""Marathons, what they last told of themselves, and what waits in their queues, for who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from dashboard.models import Cluster, LaunchWait, Marathon, Subject
from dashboard.queries import latest
from dashboard.rises import AGE


@dataclass(frozen=True)
class Told:
    """A Marathon with the numbers of its newest readings by name; empty where none is the present."""

    marathon: Marathon
    metrics: Mapping[str, float]


def of(cluster: Cluster, now: datetime) -> list[Told]:
    """All of them, by key. Seven queries at most."""
    kind = Subject.Kind.MARATHON
    names = [name for name in latest.names_of(cluster, kind) if name != AGE]
    found = latest.of_kind(latest.asked(cluster, kind, names, now))
    numbers = {
        key: {name: value for name, value in zip(names, values, strict=True) if isfinite(value)}
        for key, values in zip(found.keys, found.values.tolist(), strict=True)
    }
    return [Told(row, numbers.get(row.key, {})) for row in Marathon.objects.filter(cluster=cluster).order_by("key")]


def waits(cluster: Cluster, *, marathon: str = "", overdue: bool | None = None) -> list[LaunchWait]:
    """What is in the launch queues, with its app and Marathon, in any order. One query."""
    found = LaunchWait.objects.filter(app__cluster=cluster, app__gone_at=None).select_related("app__marathon")
    if marathon:
        found = found.filter(app__marathon__key=marathon)
    return list(found if overdue is None else found.filter(overdue=overdue))
