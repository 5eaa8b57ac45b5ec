"""What an operator's own rule may be about: the kinds of subjects that have readings, their metrics, and who they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from dashboard.models import Cluster, Layout, Subject
from dashboard.queries import metric_catalogue
from dashboard.queries.metric_catalogue import Known
from dashboard.queries.newest import last_read

Kind = Subject.Kind
MOST_SUBJECTS, MOST_FOUND = 500, 50
SEEN_WITHIN = timedelta(hours=2)


@dataclass(frozen=True)
class Choice:
    """One kind: its metrics, and its subjects (key, name) where there are no more than 500, else none."""

    kind: Kind
    metrics: tuple[Known, ...]
    subjects: tuple[tuple[str, str], ...]
    count: int


def of(cluster: Cluster, now: datetime) -> list[Choice]:
    """Every kind of subject that was seen in the past two hours. At most three queries a kind, and two."""
    seen = Subject.objects.filter(cluster=cluster, last_seen__gt=now - SEEN_WITHIN)
    counts = dict(seen.order_by().values_list("kind").annotate(Count("pk")))
    layouts = {kind: _layout(cluster, kind) for kind in Kind if kind in counts}
    names = {layout.pk: layout.names for layout in Layout.objects.filter(pk__in=filter(None, layouts.values()))}
    return [
        Choice(
            kind=kind,
            metrics=tuple(metric_catalogue.offered(kind, names[layout])),
            subjects=_subjects(cluster, kind, now) if counts[kind] <= MOST_SUBJECTS else (),
            count=counts[kind],
        )
        for kind, layout in layouts.items()
        if layout is not None
    ]


def _layout(cluster: Cluster, kind: Kind) -> int | None:
    """Of the newest reading of the subject that was seen last."""
    seen = Subject.objects.filter(cluster=cluster, kind=kind).order_by("-last_seen", "-pk")
    newest = last_read(seen.values("pk")[:1])
    return None if newest is None else newest.layout


def _subjects(cluster: Cluster, kind: Kind, now: datetime) -> tuple[tuple[str, str], ...]:
    found = Subject.objects.filter(cluster=cluster, kind=kind, last_seen__gt=now - SEEN_WITHIN)
    listed = sorted(set(found.values_list("key", "name")))
    if kind != Kind.MASTER:
        return tuple(listed)
    return tuple(sorted({(key.partition("@")[0],) * 2 for key, _ in listed}))


def named(cluster: Cluster, kind: Kind, text: str, now: datetime) -> list[tuple[str, str]]:
    """The first fifty subjects (key, name) whose key or name holds the text, in any case. One query."""
    found = Subject.objects.filter(
        Q(key__icontains=text) | Q(name__icontains=text),
        cluster=cluster,
        kind=kind,
        last_seen__gt=now - SEEN_WITHIN,
    )
    return list(found.order_by("key").values_list("key", "name")[:MOST_FOUND])
