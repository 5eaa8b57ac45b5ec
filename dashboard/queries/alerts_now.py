"""What fires now, as few rows as there are rules and reasons; and whether rules are judged and anybody is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, Exists, F, Value, When, Window
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Coalesce, RowNumber

from dashboard.models import Alert, Channel, Cluster
from dashboard.models.rules import Severity
from dashboard.queries.alert_list import STANDING, Standing, open_alerts, standing

MOST = 200
"""So many rows at most, the worst first."""


@dataclass(frozen=True, kw_only=True)
class Firing:
    """Alerts of one rule, reason, severity and standing that have fired and have not ended."""

    newest: Alert
    """With its rule, who has it, and its silence."""
    count: int
    unknown: int
    """How many of them are without data: nobody knows whether they still hold."""
    standing: Standing

    @property
    def critical(self) -> bool:
        return self.newest.severity == Severity.CRITICAL

    @property
    def since(self) -> datetime:
        return self.newest.fired_at or self.newest.pending_since


def firing(cluster: Cluster) -> list[Firing]:
    """Critical before warning, then the latest first. One query, however many alerts fire."""
    alike: list[BaseExpression | F] = [F("rule_id"), F("reason"), STANDING, F("severity")]
    latest = Coalesce("fired_at", "pending_since").desc()
    worst = Case(When(severity=Severity.CRITICAL, then=Value(0)), default=Value(1))
    found = (
        open_alerts(cluster)
        .exclude(state=Alert.State.PENDING)
        .annotate(
            place=Window(RowNumber(), partition_by=alike, order_by=[latest, F("pk").asc()]),
            alike=Window(Count("pk"), partition_by=alike),
            unknown=Window(Count("unknown_since"), partition_by=alike),
            mild=worst,
        )
        .filter(place=1)
        .select_related("rule", "acknowledged_by", "silence")
        .order_by("mild", "-since", "pk")
    )
    return [Firing(newest=one, count=one.alike, unknown=one.unknown, standing=standing(one)) for one in found[:MOST]]


@dataclass(frozen=True)
class Judging:
    """When the rules of a cluster were last judged, None: never; whether there is a channel that tells people."""

    judged_at: datetime | None
    told: bool


def judging(cluster: Cluster) -> Judging:
    """One query. A dead-man switch tells nobody what fires."""
    telling = Channel.objects.filter(enabled=True).exclude(kind=Channel.Kind.DEAD_MAN)
    found = Cluster.objects.filter(pk=cluster.pk).values_list("watch__evaluated_at", Exists(telling)).first()
    return Judging(*found) if found else Judging(None, False)
