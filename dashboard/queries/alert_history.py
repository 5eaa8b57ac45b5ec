"""How often each rule fired, and for how long: episodes of the past days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from dashboard.models import AlertGroup, Cluster, Rule
from dashboard.models.rules import Severity

MOST_EPISODES = 20_000
"""Of more only the newest are looked at."""


@dataclass(frozen=True, kw_only=True)
class Episode:
    """Alerts of one rule for one reason, from the first that fired to the end of the last; None: it goes on."""

    severity: Severity
    begins_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Past:
    """One rule over the window: its episodes in the order of time, and the time in which it fired at all."""

    rule: Rule
    episodes: tuple[Episode, ...]
    firing: timedelta
    """Two episodes at the same time count once."""
    known_from: datetime
    """Before this the rule was not watched as it is now: it came or was changed then."""


@dataclass(frozen=True, kw_only=True)
class History:
    """The rules that fired, the longest first; how many others are on, and whether episodes were left out."""

    past: tuple[Past, ...]
    quiet: int
    begins_at: datetime
    ends_at: datetime
    cut: bool


def by_rule(cluster: Cluster, now: datetime, within: timedelta) -> History:
    """Two queries."""
    begins_at = now - within
    groups = AlertGroup.objects.filter(Q(closed_at=None) | Q(closed_at__gt=begins_at), cluster=cluster)
    found = groups.order_by("-opened_at").values_list("rule_id", "severity", "opened_at", "closed_at")[:MOST_EPISODES]
    episodes: dict[int, list[Episode]] = {}
    for rule_id, severity, opened_at, closed_at in found:
        episode = Episode(severity=Severity(severity), begins_at=opened_at, ends_at=closed_at)
        episodes.setdefault(rule_id, []).append(episode)
    rules = list(Rule.objects.filter(cluster=cluster))
    past = [_past(rule, episodes[rule.pk], begins_at, now) for rule in rules if rule.pk in episodes]
    return History(
        past=tuple(sorted(past, key=lambda one: (-one.firing, one.rule.key))),
        quiet=sum(1 for rule in rules if rule.on and rule.pk not in episodes),
        begins_at=begins_at,
        ends_at=now,
        cut=len(found) == MOST_EPISODES,
    )


def of_rule(rule: Rule, now: datetime, within: timedelta) -> Past:
    """The same of one rule, which may have none. One query."""
    begins_at = now - within
    groups = AlertGroup.objects.filter(Q(closed_at=None) | Q(closed_at__gt=begins_at), rule=rule)
    found = groups.order_by("-opened_at").values_list("severity", "opened_at", "closed_at")[:MOST_EPISODES]
    episodes = [Episode(severity=Severity(one[0]), begins_at=one[1], ends_at=one[2]) for one in found]
    return _past(rule, episodes, begins_at, now)


def _past(rule: Rule, episodes: Sequence[Episode], begins_at: datetime, now: datetime) -> Past:
    ordered = tuple(sorted(episodes, key=lambda episode: episode.begins_at))
    return Past(
        rule=rule,
        episodes=ordered,
        firing=_covered([(max(one.begins_at, begins_at), one.ends_at or now) for one in ordered]),
        known_from=max(begins_at, min([rule.changed_at, *(one.begins_at for one in ordered)])),
    )


def _covered(stretches: Sequence[tuple[datetime, datetime]]) -> timedelta:
    """How long at least one of them lasted; they come in the order of their beginnings."""
    total, reached = timedelta(0), None
    for begin, end in stretches:
        begin = begin if reached is None else max(begin, reached)
        if end > begin:
            total, reached = total + (end - begin), end
    return total
