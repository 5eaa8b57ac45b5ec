"""One framework: how it is, what it held and used over time, what changed, and which of its tasks failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dashboard.models import Cluster, Event, Framework, Subject
from dashboard.queries import frameworks, happenings, tasks
from dashboard.queries.frameworks import FrameworkRow, column
from dashboard.queries.freshness import SourceAge
from dashboard.queries.happenings import Happening
from dashboard.queries.readings import loaded
from dashboard.queries.tasks import Show, TaskRow, Wanted
from dashboard.queries.window import Window

Kind = Subject.Kind
DRAWN = ("cpu", "mem", "disk")
MOST_EVENTS, MOST_FAILED = 20, 20
KINDS = (Event.Kind.FRAMEWORK_STATE, Event.Kind.TASKS_FAILED)
Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class History:
    """By resource, all on the same steps; NaN where nothing was measured. Cores and bytes."""

    window: Window
    allocated: Mapping[str, Values]
    used: Mapping[str, Values]
    """By its containers, as their agents measured them."""


@dataclass(frozen=True, kw_only=True)
class Found:
    row: FrameworkRow
    history: History
    changes: tuple[Happening, ...]
    """The latest first, at most MOST_EVENTS."""
    failed: tuple[TaskRow, ...]
    """The latest first, at most MOST_FAILED."""
    running: int
    """How many of its tasks are listed as active."""


def one(
    cluster: Cluster, framework_id: str, sources: dict[str, SourceAge], window: Window, now: datetime
) -> Found | None:
    """None where there never was one or it is forgotten. Twenty queries at most."""
    listed = list(Framework.objects.filter(cluster=cluster, framework_id=framework_id))
    if not listed:
        return None
    source = sources[tasks.SOURCE]
    wanted = Wanted(show=Show.FAILED, framework_id=framework_id)
    return Found(
        row=frameworks.rows_of(cluster, listed, sources, now)[0],
        history=history(cluster, framework_id, window),
        changes=_changes(cluster, framework_id),
        failed=tuple(tasks.page(cluster, wanted, source, after=None, limit=MOST_FAILED)),
        running=tasks.count(cluster, Wanted(framework_id=framework_id)),
    )


def history(cluster: Cluster, framework_id: str, window: Window) -> History:
    """One query and as many as `loaded`."""
    found = Subject.objects.filter(cluster=cluster, kind__in=(Kind.FRAMEWORK, Kind.CONTAINER_USE))
    # The name of a framework's use is its id: the key may have been too long for its column.
    held = found.filter(kind=Kind.FRAMEWORK, key=framework_id)
    used = found.filter(kind=Kind.CONTAINER_USE, key__startswith="framework:", name=framework_id)
    kinds = dict((held | used).values_list("kind", "pk"))
    bases = {Kind.FRAMEWORK: "allocated", Kind.CONTAINER_USE: "used"}
    names = {kind: [column(resource, basis) for resource in DRAWN] for kind, basis in bases.items()}
    read = loaded(list(kinds.values()), window, names=[name for some in names.values() for name in some])
    lines = {kind: read.series(kinds.get(kind.value, 0), names[kind]) for kind in bases}
    return History(
        window=read.window,
        allocated={resource: lines[Kind.FRAMEWORK][column(resource, "allocated")] for resource in DRAWN},
        used={resource: lines[Kind.CONTAINER_USE][column(resource, "used")] for resource in DRAWN},
    )


def _changes(cluster: Cluster, framework_id: str) -> tuple[Happening, ...]:
    """One query."""
    events = Event.objects.filter(cluster=cluster, kind__in=KINDS, subject=framework_id)
    return tuple(happenings.told(event) for event in events.order_by("-taken_at", "-pk")[:MOST_EVENTS])
