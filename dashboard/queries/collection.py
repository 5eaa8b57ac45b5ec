"""What Day Two sees and what it does not, and why: every source, every node asked, and what asking costs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Max, Min, Q, Sum

from dashboard import figures
from dashboard.models import Cluster, Collection, Poll
from dashboard.queries import freshness, marks, reasons
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark

COST_WITHIN = timedelta(minutes=10)
DISPATCHER_SILENT_AFTER = timedelta(seconds=60)
WORKERS_SILENT_AFTER = timedelta(seconds=60)
WAITING = Q(ended_at=None, started_at=None)
TOOK = ExpressionWrapper(F("ended_at") - F("started_at"), output_field=DurationField())


@dataclass(frozen=True, kw_only=True)
class NodeOutcome:
    host: str
    state: Mark
    reason: str
    since: datetime
    last_success_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """One source: its age and outcome in words, its nodes (those without an answer first), its cost in the past 10 min."""

    age: SourceAge
    freshness: Mark
    outcome: Mark
    reason: str
    nodes: tuple[NodeOutcome, ...]
    polls: int
    requests: int
    bytes_read: int
    mean_seconds: float | None
    """How long a poll took on average, writing included; None where none ended in the past 10 min."""

    @property
    def requests_per_poll(self) -> float | None:
        return self.requests / self.polls if self.polls else None

    @property
    def bytes_per_poll(self) -> float | None:
        return self.bytes_read / self.polls if self.polls else None

    @property
    def nodes_answering(self) -> int:
        return sum(node.state.mark == "good" for node in self.nodes)


@dataclass(frozen=True, kw_only=True)
class Report:
    """All sources of a cluster, and whether polls are being dispatched at all."""

    sources: tuple[SourceRow, ...]
    last_due_at: datetime | None
    dispatching: bool
    """False when no slot was opened for a minute: the scheduler or every worker is down."""
    last_taken_at: datetime | None
    working: bool
    """False when slots are waiting and none was taken for a minute: no worker is free."""
    waiting: int
    """Slots that are due and not yet taken by a worker."""

    watched_minutes: float
    """How long the costs were counted: 10 min, less where polling began later."""

    @property
    def requests_per_minute(self) -> float:
        return sum(row.requests for row in self.sources) / self.watched_minutes

    @property
    def bytes_per_minute(self) -> float:
        return sum(row.bytes_read for row in self.sources) / self.watched_minutes


def in_words(report: Report) -> str:
    """How many sources and nodes are how: "3 sources: 2 on time, 1 late. 5 of 6 nodes answer."."""
    words = Counter(row.freshness.word.lower() for row in report.sources)
    sources = ", ".join(f"{count} {word}" for word, count in words.items())
    sentence = f"{figures.counted(len(report.sources), 'source')}: {sources}."
    asked = [node for row in report.sources for node in row.nodes]
    answering = sum(row.nodes_answering for row in report.sources)
    return f"{sentence} {answering} of {figures.counted(len(asked), 'node')} asked answer." if asked else sentence


def report(cluster: Cluster, now: datetime) -> Report:
    """How collecting goes. Three queries."""
    rows = list(Collection.objects.filter(cluster=cluster))
    ages = freshness.from_rows(cluster, {row.source: row for row in rows if not row.host}, now)
    costs = _costs(cluster, now)
    slots = Poll.objects.filter(cluster=cluster).aggregate(
        last=Max("due_at"),
        taken=Max("started_at"),
        oldest=Min("due_at", filter=WAITING),
        waiting=Count("pk", filter=WAITING),
    )
    return Report(
        sources=tuple(
            _row(age, [row for row in rows if row.source == name and row.host], costs.get(name, {}))
            for name, age in ages.items()
        ),
        last_due_at=slots["last"],
        dispatching=now - (slots["last"] or cluster.created_at) < DISPATCHER_SILENT_AFTER,
        last_taken_at=slots["taken"],
        working=slots["oldest"] is None or now - (slots["taken"] or slots["oldest"]) < WORKERS_SILENT_AFTER,
        waiting=slots["waiting"],
        watched_minutes=_watched_minutes(costs, now),
    )


def _watched_minutes(costs: dict[str, dict[str, Any]], now: datetime) -> float:
    """Since the first poll of the past 10 min; at least one, or a single poll would make a wild rate."""
    first = min((cost["first"] for cost in costs.values()), default=now)
    return max(1.0, (now - first).total_seconds() / 60)


def _costs(cluster: Cluster, now: datetime) -> dict[str, dict[str, Any]]:
    ended = Poll.objects.filter(cluster=cluster, ended_at__gt=now - COST_WITHIN).exclude(started_at=None)
    return {
        row["source"]: row
        for row in ended.values("source").annotate(
            polls=Count("pk"),
            asked=Sum("requests"),
            read=Sum("bytes_read"),
            took=Avg(TOOK),
            first=Min("started_at"),
        )
    }


def _row(age: SourceAge, nodes: list[Collection], cost: dict[str, Any]) -> SourceRow:
    outcomes = [
        NodeOutcome(
            host=row.host,
            state=marks.outcome(row.outcome),
            reason=reasons.reason(row.outcome, row.detail),
            since=row.since,
            last_success_at=row.last_success_at,
        )
        for row in nodes
    ]
    return SourceRow(
        age=age,
        freshness=marks.FRESHNESS[age.freshness],
        outcome=marks.outcome(age.outcome),
        reason=reasons.reason(age.outcome, age.detail),
        nodes=tuple(sorted(outcomes, key=lambda node: (node.state.mark == "good", node.host))),
        polls=cost.get("polls", 0),
        requests=cost.get("asked") or 0,
        bytes_read=cost.get("read") or 0,
        mean_seconds=cost["took"].total_seconds() if cost.get("took") is not None else None,
    )
