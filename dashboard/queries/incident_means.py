"""How fast failures of each kind were declared and mended, on the mean of a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dashboard.models import Cluster, Incident
from dashboard.queries.incident_phases import detected_in, recovered_in
from dashboard.queries.window import Window

Kind = Incident.Kind


@dataclass(frozen=True, kw_only=True)
class Means:
    """How fast failures of one kind were found and mended over a time; planned ones are not counted."""

    kind: Incident.Kind
    kind_word: str
    count: int
    open: int
    detected: timedelta | None
    """Mean of those that were declared; None where none was."""
    recovered: timedelta | None
    recoveries: int


def means(cluster: Cluster, window: Window) -> tuple[Means, ...]:
    """Of every kind, in the order of the kinds, over those that began in the window. One query."""
    begun = Incident.objects.filter(
        cluster=cluster, planned=False, began_at__gte=window.starts_at, began_at__lte=window.ends_at
    )
    by_kind: dict[str, list[Incident]] = {kind: [] for kind in Kind}
    for incident in begun:
        by_kind[incident.kind].append(incident)
    return tuple(_means(Kind(kind), found) for kind, found in by_kind.items())


def _means(kind: Incident.Kind, found: Sequence[Incident]) -> Means:
    detected = [span for incident in found if (span := detected_in(incident)) is not None]
    recovered = [span for incident in found if (span := recovered_in(incident)) is not None]
    return Means(
        kind=kind,
        kind_word=kind.label,
        count=len(found),
        open=sum(incident.ended_at is None for incident in found),
        detected=_mean(detected),
        recovered=_mean(recovered),
        recoveries=len(recovered),
    )


def _mean(spans: Sequence[timedelta]) -> timedelta | None:
    return sum(spans, timedelta()) / len(spans) if spans else None
