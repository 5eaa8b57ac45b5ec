"""Rules with what is open of each, in the order in which somebody should look at them; the changes of one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import Count, Q

from dashboard.models import Alert, Cluster, Event, Rule
from dashboard.models.rules import Severity
from dashboard.queries.marks import Mark

CRITICAL = Q(severity=Severity.CRITICAL)
PARTS = re.compile(r"(\d+)")


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One rule, how it stands, and how many alerts of it are open."""

    rule: Rule
    state: Mark
    rank: int
    """0 for what needs a look first."""
    firing: int
    critical: int


def watched(cluster: Cluster) -> list[Watched]:
    """All rules: those that cannot be judged, those that fire, those that know nothing, the others, those that are off.
    Two queries."""
    firing = Alert.objects.filter(cluster=cluster, ended_at=None).exclude(state=Alert.State.PENDING)
    counted = firing.values("rule_id").annotate(count=Count("pk"), critical=Count("pk", filter=CRITICAL)).order_by()
    by_rule = {one["rule_id"]: (one["count"], one["critical"]) for one in counted}
    rules = [_watched(rule, *by_rule.get(rule.pk, (0, 0))) for rule in Rule.objects.filter(cluster=cluster)]
    return sorted(rules, key=lambda one: (one.rank, number(one.rule.key)))


def _watched(rule: Rule, firing: int, critical: int) -> Watched:
    rank, state = stands(rule, firing, critical)
    return Watched(rule=rule, state=state, rank=rank, firing=firing, critical=critical)


def stands(rule: Rule, firing: int, critical: int) -> tuple[int, Mark]:
    """How a rule stands, and its place in a list that shows the worst first."""
    if not rule.on:
        return 5, Mark("mute", "Off")
    if rule.error:
        return 0, Mark("bad", "Cannot be judged")
    if firing:
        return (1, Mark("bad", "Fires")) if critical else (2, Mark("warn", "Fires"))
    if rule.judged_at is None:
        return 3, Mark("unk", "Not judged yet")
    if rule.subjects == 0:
        return 4, Mark("unk", "No subject")
    if rule.subjects_unknown >= rule.subjects:
        return 3, Mark("unk", "No data")
    return 4, Mark("unk", "Quiet, in part") if rule.subjects_unknown else Mark("good", "Quiet")


def number(key: str) -> list[tuple[int, int, str]]:
    """R4 before R10: the digits of a key count as a number."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in PARTS.split(key) if part]


def changes(rule: Rule, limit: int) -> list[Event]:
    """What operators made of a rule, newest first. One query."""
    found = Event.objects.filter(cluster_id=rule.cluster_id, kind=Event.Kind.RULE, subject=rule.key)
    return list(found.order_by("-taken_at", "-pk")[:limit])


def opened(rule: Rule, limit: int) -> list[Alert]:
    """The newest open alerts of a rule that fire. One query."""
    found = Alert.objects.filter(rule=rule, ended_at=None).exclude(state=Alert.State.PENDING)
    return list(found.select_related("rule").order_by("-fired_at", "pk")[:limit])


def latest(rule: Rule) -> Alert | None:
    """The alert of a rule that fired last, open or not. One query."""
    return Alert.objects.filter(rule=rule, fired_at__isnull=False).order_by("-fired_at").first()


def counted(rule: Rule) -> tuple[int, int]:
    """How many of its alerts fire, and how many of these critically. One query."""
    firing = Alert.objects.filter(rule=rule, ended_at=None).exclude(state=Alert.State.PENDING)
    found = firing.aggregate(count=Count("pk"), critical=Count("pk", filter=CRITICAL))
    return found["count"], found["critical"]
