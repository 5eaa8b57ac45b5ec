"""Rules that are close to firing: the value that is nearest to a limit, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from dashboard.alerts import in_words
from dashboard.models import Alert, Cluster, Rule
from dashboard.models.rules import Severity
from dashboard.pages.alert_rows import limited, numbered
from dashboard.queries.alert_counts import ON

MOST = 5
FLOWING = frozenset({"ratio", "percent", "bytes", "MiB", "seconds", "s", "ms", "cores", "per_second"})
"""Units in which a value comes nearer little by little."""
LEAST_COUNTED = 10
"""Of fewer things one is no part of the way: one leader is not close to none."""
LEAST_SHARE = 0.5
"""Less than half of the way is not close."""


@dataclass(frozen=True, kw_only=True)
class Near:
    """One rule: `share` is how much of its limit is reached, 0…1; `width` the same as a percent."""

    rule: Rule
    name: str
    """The subject nearest to the limit."""
    share: float
    width: str
    value: str
    limit: str
    severity: Severity
    judged_at: datetime | None


def near(cluster: Cluster, now: datetime) -> list[Near]:
    """The nearest first, of rules of which no alert is open. One query."""
    fires = Exists(Alert.objects.filter(rule=OuterRef("pk"), ended_at=None).exclude(state=Alert.State.PENDING))
    found = Rule.objects.filter(ON, ~fires, cluster=cluster, closest_value__isnull=False, error="")
    close = [one for rule in found if (one := _near(rule)) is not None and one.share >= LEAST_SHARE]
    return sorted(close, key=lambda one: (-one.share, one.rule.key))[:MOST]


def _near(rule: Rule) -> Near | None:
    """None where no share can be told: of a limit of 0 nothing is half of the way."""
    limit, severity = nearest_limit(rule)
    value = rule.closest_value
    if limit is None or value is None or not numbered(rule):
        return None
    if in_words.unit(rule) not in FLOWING and abs(limit) < LEAST_COUNTED:
        return None
    below = rule.comparison == Rule.Comparison.BELOW
    if below and in_words.unit(rule) == "ratio" and value >= 1:
        # A share that may not fall is whole: it has gone none of the way.
        return None
    part, whole = (limit, value) if below else (value, limit)
    if whole <= 0 or part < 0:
        return None
    share = min(1.0, part / whole)
    return Near(
        rule=rule,
        name=rule.closest_name,
        share=share,
        width=f"{share * 100:.1f}%",
        value=in_words.value(rule, value),
        limit=limited(rule, limit),
        severity=severity,
        judged_at=rule.judged_at,
    )


def nearest_limit(rule: Rule) -> tuple[float | None, Severity]:
    """The limit that is passed first, of those that are on."""
    if rule.warning_on and rule.warning is not None:
        return rule.warning, Severity.WARNING
    return (rule.critical if rule.critical_on else None), Severity.CRITICAL
