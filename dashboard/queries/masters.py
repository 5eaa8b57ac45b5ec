"""Masters: who leads, since when, how each process is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from collectors.errors import ANSWERED
from dashboard.models import Cluster, Collection, Event, Master, Subject
from dashboard.queries import freshness, reasons
from dashboard.queries.freshness import Freshness, SourceAge
from dashboard.queries.marks import Mark
from dashboard.queries.readings import Series, series
from dashboard.queries.window import Window

SOURCE = "masters"
FORGOTTEN_AFTER = timedelta(hours=24)
"""A master that was not even asked for so long (removed from the list) is no longer one of this cluster's."""

ELECTED = "master/elected"
QUEUES = ("master/event_queue_messages", "master/event_queue_dispatches", "master/event_queue_http_requests")


@dataclass(frozen=True, kw_only=True)
class MasterRow:
    """One master. Its figures are of `master.taken_at`; `reason` says why it does not answer, where it does not."""

    master: Master
    state: Mark
    leads: bool
    freshness: Freshness
    age_seconds: float | None
    uptime_seconds: float | None
    reason: str

    @property
    def is_standby(self) -> bool:
        """Whether it answers and does not lead: what all masters but one should be."""
        return self.state.mark == "good" and not self.leads

    @property
    def mem_not_free_bytes(self) -> float | None:
        """Memory of the master's host that is in use, the kernel's caches included."""
        total, free = self.master.mem_total_bytes, self.master.mem_free_bytes
        return None if total is None or free is None else total - free


@dataclass(frozen=True, kw_only=True)
class Masters:
    """All masters, the leader first, then by shortest uptime, those without an answer last."""

    rows: tuple[MasterRow, ...]
    source: SourceAge
    leader_host: str
    leader_since: datetime | None
    elected_sum: int | None
    """How many of those that answer say they lead; None where none answers."""
    answering: int

    @property
    def quorum(self) -> int:
        """How many must live for a leader to be elected."""
        return len(self.rows) // 2 + 1

    @property
    def unseen(self) -> int:
        """How many we never could ask: nothing is known of them, not even that they are down."""
        return sum(row.master.taken_at is None for row in self.rows)

    @property
    def spare(self) -> int:
        """How many more may be lost before no leader can be elected, counting only those that answer. Never negative."""
        return max(0, self.answering - self.quorum)

    @property
    def versions(self) -> tuple[str, ...]:
        """Mesos versions of those that answer, each once."""
        return tuple(sorted({row.master.version for row in self.rows if row.uptime_seconds is not None} - {""}))

    def known_until(self, at: datetime) -> datetime:
        """Up to when anything is known of the masters: now, or the last answer where that is too old."""
        return at if self.source.freshness.current or self.source.sample_at is None else self.source.sample_at


def now(cluster: Cluster, at: datetime) -> Masters:
    """The masters as they are. Two queries."""
    collected = {row.host: row for row in Collection.objects.filter(cluster=cluster, source=SOURCE)}
    seen = Master.objects.filter(cluster=cluster, last_seen__gt=at - FORGOTTEN_AFTER)
    source = freshness.from_rows(cluster, {SOURCE: collected[""]} if "" in collected else {}, at)[SOURCE]
    rows = [_row(master, collected.get(master.place), source, at) for master in seen]
    rows.sort(key=lambda row: (not row.leads, row.uptime_seconds is None, row.uptime_seconds or 0, row.master.place))
    answering = sum(row.freshness.current and row.master.elected is not None for row in rows)
    return Masters(
        rows=tuple(rows),
        source=source,
        leader_host=cluster.leader_host,
        leader_since=cluster.leader_since,
        elected_sum=sum(row.leads for row in rows) if answering else None,
        answering=answering,
    )


def _row(master: Master, collected: Collection | None, source: SourceAge, at: datetime) -> MasterRow:
    fresh = source.judge(master.taken_at, at)
    answers = fresh.current and master.elected is not None
    return MasterRow(
        master=master,
        state=_state(master, collected, answers=answers),
        leads=answers and bool(master.elected),
        freshness=fresh,
        age_seconds=None if master.taken_at is None else max(0.0, (at - master.taken_at).total_seconds()),
        uptime_seconds=(at - master.started_at).total_seconds() if answers and master.started_at else None,
        reason="" if answers else _reason(collected),
    )


def _state(master: Master, collected: Collection | None, *, answers: bool) -> Mark:
    if answers:
        return Mark("good", "Leading") if master.elected else Mark("good", "Standby")
    if collected is not None and _answered(collected):
        # It answered when it was last asked, which is too long ago: that is our silence, not the master's.
        return Mark("unk", "No data")
    if master.taken_at is None:
        # It never answered: a firewall between us says nothing about the master itself.
        return Mark("unk", "Not reachable from here")
    return Mark("bad", "No answer")


def _answered(collected: Collection) -> bool:
    return collected.outcome in ANSWERED


def _reason(collected: Collection | None) -> str:
    if collected is None:
        return reasons.reason(None)
    if _answered(collected):
        return "not asked of late: see Collection"
    return reasons.reason(collected.outcome, collected.detail)


@dataclass(frozen=True)
class Leadership:
    """Who led from when to when; `host` empty is a time without a leader."""

    host: str
    starts_at: datetime
    ends_at: datetime


def led(cluster: Cluster, starts_at: datetime, ends_at: datetime) -> list[Leadership]:
    """Leaders over a time, oldest first; before the first thing known there is nothing. One query."""
    events = Event.objects.filter(cluster=cluster, kind=Event.Kind.LEADER, taken_at__lte=ends_at)
    spans: list[Leadership] = []
    since = cluster.created_at
    for change in events.order_by("taken_at", "id"):
        spans.append(Leadership(change.before, since, change.taken_at))
        since = change.taken_at
    if cluster.leader_since is not None:
        spans.append(Leadership(cluster.leader_host, cluster.leader_since, ends_at))
    cut = [Leadership(span.host, max(span.starts_at, starts_at), min(span.ends_at, ends_at)) for span in spans]
    return [span for span in cut if span.ends_at > span.starts_at]


def leaders_queues(cluster: Cluster, asked: Window) -> Series:
    """The event queues of whichever master led, over the window. Four queries."""
    lives = Subject.objects.filter(cluster=cluster, kind=Subject.Kind.MASTER).values_list("pk", flat=True)
    return series(list(lives), QUEUES, asked, only_where=ELECTED)
