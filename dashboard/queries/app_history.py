"""One app over time: what it was allocated and used, its instances, and why offers were declined while it waited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard import applications, subject_keys
from dashboard.models import App, Event, Subject
from dashboard.queries import failures_told, happenings
from dashboard.queries.happenings import Happening
from dashboard.queries.readings import loaded
from dashboard.queries.window import Window

Kind = Subject.Kind
Values = NDArray[np.float64]
ALLOCATED = {"cpu": "cpus_allocated", "mem": "mem_allocated_bytes"}
USED = {"cpu": "cpus_used", "mem": "mem_used_bytes"}
INSTANCES = "instances"
COUNTS = (INSTANCES, "staged", "running", "healthy", "unhealthy")
DECLINED = "declined."
REASONS = (*applications.DECLINED, applications.OTHER)
"""As they end the names in readings of a launch queue."""
KINDS = (Event.Kind.APP_VERSION, Event.Kind.APP_SCALED, Event.Kind.APP_STATE)
MOST_EVENTS, MOST_FAILURES = 30, 5


@dataclass(frozen=True, kw_only=True)
class History:
    """All on the same steps; NaN where nothing was measured. Cores, bytes, instances."""

    window: Window
    allocated: Mapping[str, Values]
    """By cpu and mem."""
    used: Mapping[str, Values]
    """By its containers, as their agents measured them."""
    counts: Mapping[str, Values]
    happenings: tuple[Happening, ...]
    """Deploys, scalings, changes of state and failed tasks in the window, the latest first."""


@dataclass(frozen=True, kw_only=True)
class Declined:
    """Why offers were declined while it waited, all on the same steps."""

    window: Window
    reasons: Mapping[str, Values]
    """By Marathon's word: how many agents' last offers were declined for it first; NaN where it did not wait."""
    is_known: NDArray[np.bool_]
    """Whether its Marathon told of it at all: where it did and no offer was declined, the app did not wait."""


def history(app: App, window: Window) -> History:
    """Three queries, one more where a failure gave no reason, and as many as `loaded`."""
    named = app.marathon.key, app.app_id
    own = _subject(app, Kind.APP, applications.subject_key(*named))
    use = _subject(app, Kind.CONTAINER_USE, applications.use_key(*named))
    names = [*ALLOCATED.values(), *USED.values(), *COUNTS]
    read = loaded([one for one in (own, use) if one], window, names=names)
    held = read.series(own, [*ALLOCATED.values(), *COUNTS])
    used = read.series(use, list(USED.values()))
    return History(
        window=read.window,
        allocated={resource: held[name] for resource, name in ALLOCATED.items()},
        used={resource: used[name] for resource, name in USED.items()},
        counts={name: held[name] for name in COUNTS},
        happenings=_happenings(app, read.window),
    )


def declined(app: App, window: Window) -> Declined:
    """Two queries and as many as `loaded`."""
    named = applications.subject_key(app.marathon.key, app.app_id)
    queue, own = (_subject(app, kind, named) for kind in (Kind.QUEUE, Kind.APP))
    names = [f"{DECLINED}{reason}" for reason in REASONS]
    read = loaded([one for one in (queue, own) if one], window, names=[*names, INSTANCES])
    told = read.series(queue, names)
    known = [read.series(own, [INSTANCES])[INSTANCES], *(told[name] for name in names)]
    return Declined(
        window=read.window,
        reasons={reason: told[f"{DECLINED}{reason}"] for reason in REASONS},
        is_known=np.asarray(np.isfinite(known).any(axis=0)),
    )


def _subject(app: App, kind: Kind, key: str) -> int:
    """Its id; 0 where there is none. One query."""
    found = Subject.objects.filter(cluster=app.cluster_id, kind=kind, key=subject_keys.key_of(key))
    return found.values_list("pk", flat=True).first() or 0


def _happenings(app: App, window: Window) -> tuple[Happening, ...]:
    """Two queries, one more where a failure gave no reason. Of failed tasks the last few: all of them are told by themselves,
    and a crash loop would hide the rest."""
    of_cluster = Event.objects.filter(cluster=app.cluster_id, taken_at__gte=window.starts_at)
    key = applications.subject_key(app.marathon.key, app.app_id)
    changed = of_cluster.filter(kind__in=KINDS, subject=key)
    failed = of_cluster.filter(kind=Event.Kind.TASK_FAILED, name=app.app_id, before=app.marathon.framework_id)
    newest = ("-taken_at", "-pk")
    found = [*changed.order_by(*newest)[:MOST_EVENTS], *failed.order_by(*newest)[:MOST_FAILURES]]
    latest = sorted(failures_told.whole(found), key=lambda event: event.taken_at, reverse=True)
    return tuple(happenings.told(event) for event in latest)
