"""What rules ask of the masters: who answers, who leads, what the leader measured, what all of them counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.alerts.definition import Measured
from dashboard.alerts.facts import Facts
from dashboard.models import Cluster, Collection, Event
from dashboard.queries import master_lives, masters
from dashboard.queries.master_lives import Lives
from dashboard.queries.masters import MasterRow, Masters

SOURCES = (masters.SOURCE,)
TEN_MINUTES, HOUR = timedelta(minutes=10), timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Told:
    """A number with the time it was true; without one, why."""

    value: float | None
    why: str = ""
    at: datetime | None = None

    def unknown(self) -> Measured:
        return Measured(value=None, why=self.why)


def masters_now(facts: Facts) -> Masters:
    return masters.now(facts.cluster, facts.now)


def lives(facts: Facts) -> Lives:
    return master_lives.of(facts.cluster, facts.now)


def last_asked_at(facts: Facts) -> datetime | None:
    """When a poll of the masters last ended, however it ended; None before the first. One query."""
    whole = Collection.objects.filter(cluster=facts.cluster, source=masters.SOURCE, host="")
    return whole.values_list("asked_at", flat=True).first()


def elections(facts: Facts) -> int:
    """How often a master was elected in the past hour, the first one that was seen leading not counted. One query."""
    changes = Event.objects.filter(cluster=facts.cluster, kind=Event.Kind.LEADER, taken_at__gt=facts.now - HOUR)
    return changes.exclude(after="").count()


def asked(facts: Facts) -> list[MasterRow]:
    """The masters that are still asked: one that was taken off the list is not missed."""
    found = facts.of(masters_now)
    return [row for row in found.rows if found.source.judge(row.master.last_seen, facts.now).current]


def leader(facts: Facts) -> MasterRow | None:
    """The one master that is elected; None where there is none, or more than one says so."""
    leading = [row for row in facts.of(masters_now).rows if row.leads]
    return leading[0] if len(leading) == 1 else None


def without_leader(facts: Facts) -> str:
    """Why there is no leader whose figures may be taken; empty where there is one."""
    if leader(facts) is not None:
        return ""
    match facts.of(masters_now).elected_sum:
        case None:
            return "no master answers"
        case 0:
            return "no master leads"
        case several:
            return f"{several} masters say that they lead"


def not_told(name: str, cluster: Cluster) -> str:
    version = f" {cluster.mesos_version}" if cluster.mesos_version else ""
    return f"this Mesos{version} does not tell {name}"


def gauge(facts: Facts, name: str) -> Told:
    """What the leader measured last, of the names in master_lives."""
    row = leader(facts)
    if row is None:
        return Told(value=None, why=without_leader(facts))
    value = facts.of(lives).latest(row.master.place).get(name)
    why = not_told(name, facts.cluster) if value is None else ""
    return Told(value=value, why=why, at=row.master.taken_at)


def rise(facts: Facts, name: str, within: timedelta = TEN_MINUTES) -> Told:
    """How much a counter rose, all lives of all masters together."""
    found = facts.of(lives)
    value = found.rise(name, within)
    newest = max((row.master.taken_at for row in facts.of(masters_now).rows if row.master.taken_at), default=None)
    if value is not None:
        return Told(value=value, at=newest)
    missed = "not yet two answers of one master to compare" if found.told(name) else not_told(name, facts.cluster)
    return Told(value=None, why=missed)


def of_master(
    row: MasterRow, value: float | None, *, says: str = "", why: str = "", critical_value: float | None = None
) -> Measured:
    """What was found of one master, as old as its last answer."""
    place = row.master.place
    return Measured(
        subject=place,
        name=place,
        host=row.master.host,
        value=value,
        critical_value=critical_value,
        says=says,
        why=why[:255],
        measured_at=row.master.taken_at,
    )
