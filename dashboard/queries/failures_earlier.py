"""How earlier failures of a kind went: how long each part took, and what may be expected of the present one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from dashboard.models import Cluster, Incident
from dashboard.queries.incidents import EARLIER_WITHIN

LOOKED_AT = 50
SHOWN = 5
FEWEST = 2
"""Of one alone nothing is expected."""
OF_AGENTS = (Incident.Kind.AGENT_PROCESS, Incident.Kind.HOST, Incident.Kind.AGENT_OR_HOST)
"""Whether agent or host, Mesos does the same with its tasks."""
AWAITED = (Incident.About.AGENT, Incident.About.SCHEDULER)
"""What Mesos waits for before it gives it up."""


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """One of them. Spans are None where that part was not come to."""

    number: int
    name: str
    kind_word: str
    began_at: datetime
    to_declared: timedelta | None
    to_rescheduled: timedelta | None
    """From the declaration on."""
    to_recovered: timedelta | None
    """From the rescheduling on, else from the declaration, else from the beginning."""
    came_back: bool
    """It recovered before Mesos declared anything."""
    tasks_at_risk: int | None


@dataclass(frozen=True, kw_only=True)
class Past:
    """The latest few, and the medians of up to LOOKED_AT; a median is None where fewer than FEWEST came so far."""

    shown: tuple[Earlier, ...]
    count: int
    to_rescheduled: timedelta | None
    rescheduled: int
    """Of how many that median is."""
    to_recovered: timedelta | None
    recovered: int


def past(cluster: Cluster, kind: Incident.Kind, before: datetime) -> Past:
    """Those of the same kind that began in the 90 days before and were not planned. One query."""
    found = Incident.objects.filter(
        cluster=cluster,
        kind__in=OF_AGENTS if kind in OF_AGENTS else (kind,),
        planned=False,
        began_at__lt=before,
        began_at__gte=before - EARLIER_WITHIN,
    )
    all_of_them = [_earlier(one) for one in found.order_by("-began_at", "-id")[:LOOKED_AT]]
    moved = [one.to_rescheduled for one in all_of_them if one.to_rescheduled is not None]
    back = [one.to_recovered for one in all_of_them if one.to_recovered is not None and not one.came_back]
    return Past(
        shown=tuple(all_of_them[:SHOWN]),
        count=len(all_of_them),
        to_rescheduled=_median(moved),
        rescheduled=len(moved),
        to_recovered=_median(back),
        recovered=len(back),
    )


def _earlier(one: Incident) -> Earlier:
    recovered_at = one.ended_at if one.state == Incident.State.RECOVERED else None
    return Earlier(
        number=one.pk,
        name=one.name,
        kind_word=one.get_kind_display(),
        began_at=one.began_at,
        to_declared=_between(one.began_at, one.declared_at),
        to_rescheduled=_between(one.declared_at, one.rescheduled_at),
        to_recovered=_between(one.rescheduled_at or one.declared_at or one.began_at, recovered_at),
        came_back=recovered_at is not None and one.declared_at is None and one.about in AWAITED,
        tasks_at_risk=one.tasks_at_risk,
    )


def _between(begins_at: datetime | None, ends_at: datetime | None) -> timedelta | None:
    if begins_at is None or ends_at is None or ends_at < begins_at:
        return None
    return ends_at - begins_at


def _median(spans: Sequence[timedelta]) -> timedelta | None:
    if len(spans) < FEWEST:
        return None
    return timedelta(seconds=median(span.total_seconds() for span in spans))


@dataclass(frozen=True)
class Configured:
    """How long the cluster itself takes to declare such a failure, by its flags, as the latest incident found them."""

    about: Incident.About
    timeout: timedelta
    reason: str


def configured(cluster: Cluster) -> dict[Incident.About, Configured]:
    """Of agents and masters, as far as any is known: a scheduler has a timeout of its own. Two queries."""
    found = [_configured(cluster, about) for about in (Incident.About.AGENT, Incident.About.MASTER)]
    return {one.about: one for one in found if one is not None}


def _configured(cluster: Cluster, about: Incident.About) -> Configured | None:
    with_flags = Incident.objects.filter(cluster=cluster, about=about, timeout_seconds__isnull=False)
    one = with_flags.order_by("-began_at").first()
    if one is None or one.timeout_seconds is None:
        return None
    return Configured(about, timedelta(seconds=one.timeout_seconds), one.timeout_reason)
