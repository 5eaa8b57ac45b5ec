"""What Day Two sees and what it does not, and why: every source, how often it is asked, and what asking costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard import figures
from dashboard.models import Cluster, Collection, Pace
from dashboard.queries import blind_spots, freshness, marks, reasons, recent_polls
from dashboard.queries.blind_spots import Group
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark
from dashboard.queries.recent_polls import OfSource, RecentPolls

SILENT_AFTER = timedelta(seconds=60)
LATE_BY = timedelta(seconds=30)
"""So long after the shortest period the next slot must be there."""
SELDOM_SECONDS = 300
"""What is asked less often than this has its price told by its last round: it may have had none of late."""


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """One source: its age and outcome in words, the nodes it asks, and what it cost in the past 10 min."""

    age: SourceAge
    freshness: Mark
    outcome: Mark
    reason: str
    every_seconds: int
    """How often it is asked from now on."""
    why: str
    """Why that is not the source's own period; empty where it is."""
    since: datetime | None
    """Since when it is asked so often; None where it is the source's own period."""
    nodes: int
    """How many nodes it asked one by one."""
    nodes_answering: int
    polls: OfSource
    watched_minutes: float

    @property
    def requests_per_poll(self) -> float | None:
        return self.polls.requests / self.polls.polls if self.polls.polls else None

    @property
    def bytes_per_poll(self) -> float | None:
        return self.polls.bytes_read / self.polls.polls if self.polls.polls else None

    @property
    def requests_per_minute(self) -> float:
        return self._per_minute(self.polls.requests, self.age.requests)

    @property
    def bytes_per_minute(self) -> float:
        return self._per_minute(self.polls.bytes_read, self.age.bytes_read)

    def _per_minute(self, recently: int, last_round: int) -> float:
        if self.every_seconds > SELDOM_SECONDS:
            return last_round * 60 / self.every_seconds
        return recently / self.watched_minutes


@dataclass(frozen=True, kw_only=True)
class Report:
    """All sources of a cluster, the nodes that do not answer, and whether polls are dispatched and taken at all."""

    sources: tuple[SourceRow, ...]
    blind: tuple[Group, ...]
    """Nodes that a source asked and has no present figures of, in groups, the worst first."""
    polls: RecentPolls
    dispatching: bool
    """False when no slot was opened for too long: the scheduler or every worker is down."""
    working: bool
    """False when slots are waiting and none was taken for a minute: no worker is free."""

    @property
    def ages(self) -> dict[str, SourceAge]:
        return {row.age.source.name: row.age for row in self.sources}

    @property
    def requests_per_minute(self) -> float:
        return sum(row.requests_per_minute for row in self.sources)

    @property
    def answers_per_minute(self) -> int:
        return round(self.requests_per_minute)

    @property
    def bytes_per_minute(self) -> float:
        return sum(row.bytes_per_minute for row in self.sources)

    @property
    def unusual(self) -> list[SourceRow]:
        """Those that are not asked in their own period."""
        return [row for row in self.sources if row.why]


def in_words(report: Report) -> str:
    """How many sources and nodes are how: "3 sources: 2 on time, 1 late. 5 of 6 nodes answer."."""
    words = Counter(row.freshness.word.lower() for row in report.sources)
    sources = ", ".join(f"{count} {word}" for word, count in words.items())
    sentence = f"{figures.counted(len(report.sources), 'source')}: {sources}."
    asked = sum(row.nodes for row in report.sources)
    answering = sum(row.nodes_answering for row in report.sources)
    if not asked:
        return sentence
    answer = figures.verb(asked, "answers", "answer")
    return f"{sentence} {figures.count(answering)} of {figures.counted(asked, 'node')} asked {answer}."


def report(cluster: Cluster, now: datetime) -> Report:
    """How collecting goes. Four queries, six where nothing was polled for ten minutes."""
    wholes = {row.source: row for row in Collection.objects.filter(cluster=cluster, host="")}
    ages = freshness.from_rows(cluster, wholes, now)
    paces = {pace.source: pace for pace in Pace.objects.filter(cluster=cluster)}
    groups = blind_spots.groups(cluster, ages, now)
    polls = recent_polls.recent(cluster, now)
    rows = tuple(_row(age, paces.get(name), groups, polls) for name, age in ages.items())
    return Report(
        sources=rows,
        blind=tuple(blind_spots.blind(groups)),
        polls=polls,
        dispatching=now - (polls.last_due_at or cluster.created_at) < _silent_after(rows),
        working=_working(polls, now),
    )


def _silent_after(rows: Sequence[SourceRow]) -> timedelta:
    shortest = min((row.every_seconds for row in rows), default=0)
    return max(SILENT_AFTER, timedelta(seconds=shortest) + LATE_BY)


def _working(polls: RecentPolls, now: datetime) -> bool:
    if polls.waiting_since is None:
        return True
    return now - max(polls.waiting_since, polls.last_taken_at or polls.waiting_since) < SILENT_AFTER


def _row(age: SourceAge, pace: Pace | None, groups: Sequence[Group], polls: RecentPolls) -> SourceRow:
    nodes = [group for group in groups if group.source is age.source]
    every_seconds = pace.period_seconds if pace else age.source.period_seconds
    return SourceRow(
        age=age,
        freshness=marks.FRESHNESS[age.freshness],
        outcome=marks.outcome(age.outcome),
        reason=reasons.reason(age.outcome, age.detail),
        every_seconds=every_seconds,
        why=why(pace, age.source.period_seconds),
        since=pace.since if pace and every_seconds != age.source.period_seconds else None,
        nodes=sum(group.nodes for group in nodes),
        nodes_answering=sum(group.nodes for group in nodes if group.state.mark == "good"),
        polls=polls.of(age.source.name),
        watched_minutes=polls.watched_minutes,
    )


def why(pace: Pace | None, usual_seconds: int) -> str:
    """Why a source is not asked in its own period; empty where it is."""
    if pace is None or pace.period_seconds == usual_seconds:
        return ""
    return pace.reason or f"{pace.factor} times {figures.duration(usual_seconds)}, as set in the settings"


def by_source(cluster: Cluster) -> Mapping[str, Pace]:
    """What is not as usual of each source, by name. One query."""
    return {pace.source: pace for pace in Pace.objects.filter(cluster=cluster)}
