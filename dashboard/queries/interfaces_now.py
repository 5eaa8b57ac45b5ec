"""The network interfaces that had trouble since they came up."""

from __future__ import annotations

from django.db.models import Q

from dashboard.models import Cluster, Interface

TROUBLE = ("in_errors", "out_errors", "in_dropped", "out_dropped")
LONGEST_KEY, MOST = 255, 20_000


def with_trouble(cluster: Cluster) -> list[str]:
    """Keys of their subjects, 20,000 at most. One query."""
    any_of = Q()
    for column in TROUBLE:
        any_of |= Q(**{f"{column}__gt": 0})
    rows = Interface.objects.filter(any_of, machine__cluster=cluster).values_list("machine__host", "name")[:MOST]
    return [key for host, name in rows if len(key := f"{host}|{name}") <= LONGEST_KEY]
