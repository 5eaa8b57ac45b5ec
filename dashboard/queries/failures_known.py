"""Who answers and who does not, of the thing that failed: what each way of asking about a host, or a master, brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collectors.errors import ANSWERED
from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Cluster, Collection, Framework, Incident, Node, NodeHealth
from dashboard.models.components import Health
from dashboard.queries import marks, reasons
from dashboard.queries.incident_rows import Row
from dashboard.queries.marks import Mark

About = Incident.About
NOT_ASKED = Mark("unk", "Not asked since")
"""Of a source that answered before the failure and is asked seldom: that says nothing of now."""
ANSWERS, SILENT = Mark("good", "Answers"), Mark("bad", "Does not answer")
DIAGNOSTICS = "Component health"


@dataclass(frozen=True, kw_only=True)
class Witness:
    """One way to know of it: what it says, and when it last said anything."""

    who: str
    mark: Mark
    says: str
    at: datetime | None
    """When it last answered; None where it never did."""


def witnesses(cluster: Cluster, row: Row) -> list[Witness]:
    """Those that do not answer first. Three queries at most."""
    if row.about is About.SCHEDULER:
        return _scheduler(cluster, row.subject)
    if row.about is About.TASKS or not row.subject:
        return []
    found = _asked(cluster, row.subject, row.began_at)
    if row.about is About.AGENT:
        found = [*_mesos(cluster, row.subject), *found, *_diagnostics(cluster, row.subject)]
    return sorted(found, key=lambda one: one.mark.mark == "good")


def _asked(cluster: Cluster, host: str, began_at: datetime) -> list[Witness]:
    """What asked the host, or the master's place, directly."""
    rows = Collection.objects.filter(cluster=cluster, host=host).order_by("source")
    return [_source(row, began_at) for row in rows if row.source in SOURCES_BY_NAME]


def _source(row: Collection, began_at: datetime) -> Witness:
    answers = row.outcome in ANSWERED
    since = row.last_success_at is not None and row.last_success_at >= began_at
    if answers and not since:
        return Witness(who=SOURCES_BY_NAME[row.source].title, mark=NOT_ASKED, says="", at=row.last_success_at)
    return Witness(
        who=SOURCES_BY_NAME[row.source].title,
        mark=ANSWERS if answers else marks.outcome(row.outcome) if row.outcome == "not_found" else SILENT,
        says="" if answers else reasons.reason(row.outcome, row.detail),
        at=row.last_success_at,
    )


def _mesos(cluster: Cluster, host: str) -> list[Witness]:
    agents = Node.objects.filter(cluster=cluster, host=host).order_by("port")
    return [
        Witness(
            who="Mesos, of the agent",
            mark=marks.AGENT[Node.State(one.state)],
            says="as the leading master’s summary lists it",
            at=one.last_seen,
        )
        for one in agents
    ]


def _diagnostics(cluster: Cluster, host: str) -> list[Witness]:
    found = NodeHealth.objects.filter(cluster=cluster, host=host)
    return [
        Witness(
            who=DIAGNOSTICS,
            mark=SILENT if one.health == Health.NO_DATA else ANSWERS,
            says=one.reason if one.health == Health.NO_DATA else f"the node is {one.get_health_display().lower()}",
            at=one.taken_at,
        )
        for one in found
    ]


def _scheduler(cluster: Cluster, framework_id: str) -> list[Witness]:
    found = Framework.objects.filter(cluster=cluster, framework_id=framework_id)
    return [
        Witness(
            who="Mesos, of the scheduler",
            mark=marks.FRAMEWORK[Framework.State(one.state)],
            says="as the leading master’s summary lists it",
            at=one.last_seen,
        )
        for one in found
    ]


def agent_id(cluster: Cluster, host: str) -> str:
    """By which id Mesos knows the agent of a host; empty where several run there or none is known. One query."""
    ids = Node.objects.filter(cluster=cluster, host=host).values_list("agent_id", flat=True)[:2]
    return ids[0] if len(ids) == 1 else ""
