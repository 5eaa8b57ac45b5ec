"""Which subjects have readings that should be chunks."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import OuterRef, Subquery

from dashboard.models import Reading, Subject


class Waiting(NamedTuple):
    subject: int
    kind: str
    oldest: int
    """The tick of its first reading."""


def waiting(cluster_id: int, before: int) -> list[Waiting]:
    """Subjects of the cluster with readings older than the tick, those alike together. One query, a look-up each."""
    # Asked for readings before the tick, PostgreSQL may look through those of all subjects for each of them.
    first = Reading.objects.filter(subject=OuterRef("pk")).order_by("tick").values("tick")[:1]
    found = Subject.objects.filter(cluster=cluster_id).annotate(oldest=Subquery(first)).filter(oldest__lt=before)
    return [Waiting(*row) for row in found.order_by("kind", "pk").values_list("pk", "kind", "oldest")]
