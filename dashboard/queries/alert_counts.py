"""How many alerts fire that nobody has, how many rules watch, how many silences there are: a query each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q

from dashboard.models import Alert, Cluster, Rule, Silence
from dashboard.models.rules import Severity
from dashboard.queries.alert_list import LOUD, STANDING, Standing


@dataclass(frozen=True, kw_only=True)
class Summed:
    """Open alerts by how they stand with people."""

    by_standing: dict[Standing, int]
    critical: int
    """Of those that fire and that nobody has."""
    unknown: int
    """Of the same: those without data."""
    hosts: int
    """On how many nodes they are; 0 where some are of no node."""
    host: str
    """The node, where it is one."""

    @property
    def total(self) -> int:
        return sum(self.by_standing.values())

    @property
    def firing(self) -> int:
        return self.by_standing[Standing.FIRING]


def firing(cluster: Cluster, now: datetime) -> int:
    """Those that nobody has and nothing keeps quiet."""
    return Alert.objects.filter(LOUD, cluster=cluster).count()


def summed(cluster: Cluster) -> Summed:
    """One query."""
    found = list(
        Alert.objects.filter(cluster=cluster, ended_at=None)
        .annotate(standing=STANDING)
        .values("standing")
        .annotate(
            count=Count("pk"),
            critical=Count("pk", filter=Q(severity=Severity.CRITICAL)),
            unknown=Count("unknown_since"),
            hosts=Count("host", distinct=True),
            first=Min("host"),
            last=Max("host"),
        )
        .order_by()
    )
    counts = {one["standing"]: one["count"] for one in found}
    loud = next((one for one in found if one["standing"] == Standing.FIRING), None)
    return Summed(
        by_standing={standing: counts.get(standing.value, 0) for standing in Standing},
        critical=loud["critical"] if loud else 0,
        unknown=loud["unknown"] if loud else 0,
        hosts=loud["hosts"] if loud and loud["first"] else 0,
        host=loud["first"] if loud and loud["first"] == loud["last"] else "",
    )


@dataclass(frozen=True, kw_only=True)
class Watching:
    """Rules that are on, of how many, and how many of some named ones are."""

    on: int
    all: int
    named_on: int
    named: int


ON = Q(warning_on=True) | Q(critical_on=True)


def rules_on(cluster: Cluster, now: datetime) -> int:
    return Rule.objects.filter(ON, cluster=cluster).count()


def watching(cluster: Cluster, named: Collection[str]) -> Watching:
    """`named` are keys of rules. One query."""
    among = Q(key__in=named)
    found = Rule.objects.filter(cluster=cluster).aggregate(
        on=Count("pk", filter=ON),
        all=Count("pk"),
        named_on=Count("pk", filter=ON & among),
        named=Count("pk", filter=among),
    )
    return Watching(**found)


def silences(cluster: Cluster, now: datetime) -> int:
    """Active and planned ones."""
    return Silence.objects.filter(cluster=cluster, ended_at=None, ends_at__gt=now).count()
