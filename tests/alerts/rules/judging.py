"""What a rule of the catalogue says of a cluster, as the engine would ask it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from dashboard.alerts import catalogue
from dashboard.alerts.definition import Measured
from dashboard.alerts.facts import Facts
from dashboard.alerts.rules import BY_KEY
from dashboard.models import Cluster
from dashboard.queries import freshness
from tests.builders import NOON


def facts(of: Cluster, now: datetime = NOON, **opened: frozenset[str]) -> Facts:
    cluster = Cluster.objects.get(pk=of.pk)
    return Facts(cluster=cluster, now=now, sources=freshness.of(cluster, now), open=opened)


def told(
    key: str,
    of: Cluster,
    now: datetime = NOON,
    opened: frozenset[str] = frozenset(),
    judged_since: datetime | None = None,
) -> dict[str, Measured]:
    """By subject; no subject is told of twice."""
    definition = BY_KEY[key]
    asked = replace(facts(of, now, **{key: opened}), judged_since=judged_since)
    found = list(definition.measure(asked, catalogue.row(definition)))
    by_subject = {one.subject: one for one in found}
    assert len(by_subject) == len(found)
    return by_subject
