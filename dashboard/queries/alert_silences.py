"""Silences of a cluster, and what a new one would keep quiet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q

from dashboard import matching
from dashboard.matching import Named
from dashboard.models import Alert, Cluster, Node, Silence
from dashboard.models.rules import Severity

MOST = 500
MOST_SHOWN = 10


class Phase(StrEnum):
    ACTIVE = "active"
    PLANNED = "planned"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Known:
    """One silence; `over_at` is when it ends, or ended where somebody ended it early."""

    silence: Silence
    phase: Phase
    over_at: datetime
    early: bool
    nodes: tuple[str, ...]
    """Those it names, in order; none: it is not of nodes."""


def known(cluster: Cluster, now: datetime, within: timedelta) -> list[Known]:
    """Active ones, planned ones, then those that ended within this time, the last first. One query."""
    recent = Q(ends_at__gt=now - within) & (Q(ended_at=None) | Q(ended_at__gt=now - within))
    found = Silence.objects.filter(recent, cluster=cluster).order_by("-begins_at", "-pk")[:MOST]
    order = {Phase.ACTIVE: 0, Phase.PLANNED: 1, Phase.ENDED: 2}
    return sorted((one(each, now) for each in found), key=lambda one: order[one.phase])


def one(silence: Silence, now: datetime) -> Known:
    """A silence at hand. No query."""
    over_at = min(silence.ended_at or silence.ends_at, silence.ends_at)
    ended = over_at <= now
    phase = Phase.ENDED if ended else Phase.PLANNED if silence.begins_at > now else Phase.ACTIVE
    return Known(silence=silence, phase=phase, over_at=over_at, early=over_at < silence.ends_at, nodes=_nodes(silence))


def _nodes(silence: Silence) -> tuple[str, ...]:
    try:
        return tuple(sorted(matching.parse(silence.matcher).values("node")))
    except ValueError:
        return ()


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a silence would do now: how many of the alerts that people are told of it covers. Lists are the worst few."""

    firing: int
    silent: int
    covered: Sequence[Alert]
    others: Sequence[Alert]
    already: int
    """Alerts it covers that another silence covers already."""


COLUMNS = ("pk", "severity", "silence_id", "rule__key", "host", "subject", "name")


def effect(cluster: Cluster, matcher: matching.Matcher) -> Effect:
    """Three queries, whatever fires; rows and not alerts are read, of which there may be ten thousand."""
    firing = Alert.objects.filter(cluster=cluster, ended_at=None).exclude(state=Alert.State.PENDING)
    zones = dict(Node.objects.filter(cluster=cluster).values_list("host", "zone"))
    covered: list[tuple[str, int]] = []
    others: list[tuple[str, int]] = []
    already = 0
    for pk, severity, silence_id, rule, host, subject, name in firing.order_by("-fired_at", "pk").values_list(*COLUMNS):
        zone = zones.get(host, "")
        holds = matcher.covers(Named(rule=rule, severity=severity, node=host, zone=zone, subject=subject, name=name))
        if silence_id is not None:
            already += holds
        else:
            (covered if holds else others).append((severity, pk))
    first, second = _worst_few(covered), _worst_few(others)
    alerts = Alert.objects.select_related("rule").in_bulk([*first, *second])
    return Effect(
        firing=len(covered) + len(others),
        silent=len(covered),
        covered=[alerts[pk] for pk in first if pk in alerts],
        others=[alerts[pk] for pk in second if pk in alerts],
        already=already,
    )


def _worst_few(found: list[tuple[str, int]]) -> list[int]:
    """Keys of the critical ones first, then of the newest."""
    return [pk for _, pk in sorted(found, key=lambda one: one[0] != Severity.CRITICAL)[:MOST_SHOWN]]
