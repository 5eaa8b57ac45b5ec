"""The alerts of a cluster that have not ended, as a list that stays short: many of one rule and reason are one row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Case, Count, F, Max, Min, Q, QuerySet, Value, When, Window
from django.db.models.functions import Coalesce, RowNumber

from dashboard.models import Alert, Cluster, Rule
from dashboard.models.rules import Severity

MOST_SINGLE = 3
"""So many alerts of one row are shown by themselves; of more, the row tells how many and the first of them."""


class Standing(StrEnum):
    """How an open alert stands with people, in the order in which lists show it."""

    FIRING = "firing"
    """Nobody has it, and nothing keeps it quiet."""
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    INHIBITED = "inhibited"
    PENDING = "pending"


KNOWN = (Standing.ACKNOWLEDGED, Standing.SILENCED, Standing.INHIBITED)
"""Firing all the same; these are no news."""
_RANK = {standing: place for place, standing in enumerate(Standing)}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A filter; what is empty lets everything through. `reason` None: any, empty: those that have none."""

    rule: str = ""
    reason: str | None = None
    standing: str = ""
    severity: str = ""
    host: str = ""
    text: str = ""

    @property
    def everything(self) -> bool:
        return self == Wanted()


@dataclass(frozen=True, kw_only=True)
class Row:
    """Open alerts of one rule, reason, standing and severity. `since` is that of the oldest of them."""

    rule: Rule
    reason: str
    standing: Standing
    severity: Severity
    count: int
    unknown: int
    """How many of them are without data."""
    since: datetime
    latest: datetime
    alerts: tuple[Alert, ...] = ()
    """The newest of them, at most MOST_SINGLE."""

    @property
    def single(self) -> bool:
        return self.count <= MOST_SINGLE

    @property
    def wanted(self) -> Wanted:
        """The filter that shows its alerts and no others."""
        return Wanted(rule=self.rule.key, reason=self.reason, standing=self.standing, severity=self.severity)


def open_alerts(cluster: Cluster, wanted: Wanted | None = None) -> QuerySet[Any, Any]:
    """Alerts that have not ended, with their `standing` and the time they are counted from (`since`)."""
    wanted = wanted or Wanted()
    found = Alert.objects.filter(cluster=cluster, ended_at=None).annotate(
        standing=STANDING, since=Coalesce("fired_at", "pending_since")
    )
    if wanted.rule:
        found = found.filter(rule__key=wanted.rule)
    if wanted.reason is not None:
        found = found.filter(reason=wanted.reason)
    if wanted.standing:
        found = found.filter(standing=wanted.standing)
    if wanted.severity:
        found = found.filter(severity=wanted.severity)
    if wanted.host:
        found = found.filter(host=wanted.host)
    if wanted.text:
        said = Q(sentence__icontains=wanted.text) | Q(name__icontains=wanted.text) | Q(host__icontains=wanted.text)
        found = found.filter(said)
    return found


LOUD = Q(ended_at=None, acknowledged_at=None, silence=None, inhibited_by="") & ~Q(state=Alert.State.PENDING)
"""Those that fire and that nobody has: the standing FIRING, where only they are counted."""
STANDING = Case(
    When(state=Alert.State.PENDING, then=Value(Standing.PENDING.value)),
    When(acknowledged_at__isnull=False, then=Value(Standing.ACKNOWLEDGED.value)),
    When(silence__isnull=False, then=Value(Standing.SILENCED.value)),
    When(~Q(inhibited_by=""), then=Value(Standing.INHIBITED.value)),
    default=Value(Standing.FIRING.value),
)


def standing(alert: Alert) -> Standing:
    """The same of one alert at hand."""
    if alert.state == Alert.State.PENDING:
        return Standing.PENDING
    if alert.acknowledged_at is not None:
        return Standing.ACKNOWLEDGED
    if alert.silence_id is not None:
        return Standing.SILENCED
    return Standing.INHIBITED if alert.inhibited_by else Standing.FIRING


def rows(cluster: Cluster, wanted: Wanted | None = None) -> list[Row]:
    """All rows without their alerts, the worst first, then the newest. Two queries, however many alerts there are."""
    grouped = (
        open_alerts(cluster, wanted)
        .values("rule_id", "reason", "standing", "severity")
        .annotate(count=Count("pk"), unknown=Count("unknown_since"), first=Min("since"), latest=Max("since"))
        .order_by()
    )
    rules = Rule.objects.filter(cluster=cluster).in_bulk()
    found = [_row(rules[one["rule_id"]], one) for one in grouped if one["rule_id"] in rules]
    return sorted(found, key=_place)


def _row(rule: Rule, said: dict[str, Any]) -> Row:
    return Row(
        rule=rule,
        reason=said["reason"],
        standing=Standing(said["standing"]),
        severity=Severity(said["severity"]),
        count=said["count"],
        unknown=said["unknown"],
        since=said["first"],
        latest=said["latest"],
    )


def _place(row: Row) -> tuple[int, bool, float, str, str]:
    return (
        _RANK[row.standing],
        row.severity != Severity.CRITICAL,
        -row.latest.timestamp(),
        row.rule.key,
        row.reason,
    )


def with_alerts(cluster: Cluster, shown: Iterable[Row], wanted: Wanted | None = None) -> list[Row]:
    """The rows with their newest alerts. One query for all of them, which reads MOST_SINGLE alerts a row at most."""
    shown = list(shown)
    reasons, rules = {row.reason for row in shown}, {row.rule.pk for row in shown}
    newest = (
        open_alerts(cluster, wanted)
        .filter(rule_id__in=rules, reason__in=reasons)
        .annotate(
            place=Window(
                RowNumber(),
                partition_by=[F("rule_id"), F("reason"), STANDING, F("severity")],
                order_by=[Coalesce("fired_at", "pending_since").desc(), F("pk").asc()],
            )
        )
        .filter(place__lte=MOST_SINGLE)
        .select_related("rule", "silence", "acknowledged_by")
        .order_by("-since", "pk")
    )
    of: dict[tuple[int, str, str, str], list[Alert]] = {}
    for alert in newest:
        of.setdefault((alert.rule_id, alert.reason, standing(alert), alert.severity), []).append(alert)
    return [
        replace(row, alerts=tuple(of.get((row.rule.pk, row.reason, row.standing, row.severity), ()))) for row in shown
    ]


def singly(cluster: Cluster, wanted: Wanted) -> QuerySet[Any, Any]:
    """The alerts that are wanted, each by itself, the worst first, then the newest."""
    rank = Case(*(When(standing=one.value, then=Value(place)) for one, place in _RANK.items()))
    worst = Case(When(severity=Severity.CRITICAL, then=Value(0)), default=Value(1))
    found: QuerySet[Any, Any] = open_alerts(cluster, wanted).annotate(rank=rank, mild=worst)
    return found.select_related("rule", "silence", "acknowledged_by").order_by("rank", "mild", "-since", "pk")


def last_ended(cluster: Cluster) -> Alert | None:
    """The alert that ended last, of those that fired; None when none ever did."""
    fired = Alert.objects.filter(cluster=cluster, ended_at__isnull=False, fired_at__isnull=False)
    return fired.order_by("-ended_at").first()
