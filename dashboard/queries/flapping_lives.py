"""How long a few things lived each time, out of their own events alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from dashboard.models import Cluster, Event
from dashboard.queries.restarts import KINDS, Subject, What, of_events

MOST_EVENTS = 5_000


def lives(cluster: Cluster, subjects: Sequence[Subject], since: datetime) -> dict[Subject, list[timedelta]]:
    """Of each subject of which any is known, in their order. One query; none for no subject."""
    if not subjects:
        return {}
    wanted = Q(pk__in=())
    for subject in subjects:
        # Of a component the place says on which node; of other things it may be anything.
        place = Q(place=subject.host) if subject.what is What.COMPONENT else Q()
        wanted |= Q(subject=subject.key) & place
    found = Event.objects.filter(wanted, cluster=cluster, kind__in=KINDS, taken_at__gt=since)
    told = of_events(list(found.order_by("-taken_at", "-pk")[:MOST_EVENTS])[::-1])
    known = {subject: [one.life for one in told.get(subject, ()) if one.life is not None] for subject in subjects}
    return {subject: lived for subject, lived in known.items() if lived}
