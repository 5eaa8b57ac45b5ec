"""The nodes that sources ask one by one: how each stands with each source, the worst first, and what it costs them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, Count, F, FloatField, IntegerField, Max, Q, QuerySet, Sum, Value, When

from collectors.errors import ANSWERED, Outcome
from collectors.sources import Source
from collectors.sources.component_health_in_turn import TURNS
from dashboard import pace
from dashboard.models import Cluster, Collection
from dashboard.queries import freshness, marks, reasons
from dashboard.queries.freshness import Freshness, SourceAge
from dashboard.queries.marks import Mark
from dashboard.queries.units import by_address

ROUNDS = {"component_health": TURNS}
"""Sources that ask a node only once in so many polls, by name."""
FAILING, LATE, OTHER, ANSWERING = "failing", "late", "other", "answering"
RANKS = {FAILING: 3, LATE: 2, OTHER: 1, ANSWERING: 0}
"""What a node is by its worst source: other is answered in part, not offered, or nothing to tell yet."""
OTHERWISE = (Outcome.PARTIAL, Outcome.NOT_FOUND, Outcome.EMPTY)
Sources = Mapping[str, SourceAge]
COLUMNS = (
    *("host", "source", "outcome", "detail", "since", "last_success_at", "sample_at", "failures_in_row"),
    *("duration_seconds", "requests", "bytes_read"),
)
"""Of Collection's rows, what a cell is made of."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """How one node stands with one source."""

    source: Source
    state: Mark
    outcome: Outcome | None
    reason: str
    since: datetime
    """Since when the outcome is this one."""
    last_success_at: datetime | None
    sample_at: datetime | None
    age_seconds: float | None
    failures_in_row: int
    duration_seconds: float | None
    requests: int
    bytes_read: int
    every_seconds: int
    """How often it is asked now: a node that is silent for long is asked less often than the others."""
    rests: bool

    @property
    def requests_per_minute(self) -> float:
        return self.requests * 60 / self.every_seconds

    @property
    def bytes_per_minute(self) -> float:
        return self.bytes_read * 60 / self.every_seconds


@dataclass(frozen=True, kw_only=True)
class Row:
    """One node; a cell for each of the matrix's sources, None where that one does not ask it."""

    host: str
    word: str
    """A key of RANKS: what it is by its worst source."""
    cells: tuple[Cell | None, ...]

    @property
    def requests_per_minute(self) -> float:
        """As its last polls went."""
        return sum(cell.requests_per_minute for cell in self.cells if cell)

    @property
    def bytes_per_minute(self) -> float:
        return sum(cell.bytes_per_minute for cell in self.cells if cell)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which nodes; empty texts stand for all. An outcome is looked for with the source, where one is given too."""

    text: str = ""
    word: str = ""
    """A key of RANKS."""
    source: str = ""
    outcome: str = ""

    @property
    def everything(self) -> bool:
        return not (self.text.strip() or self.word or self.source or self.outcome)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A node before its cells are read."""

    host: str
    word: str
    requests_per_minute: float
    bytes_per_minute: float

    @property
    def answers_per_minute(self) -> float:
        return round(self.requests_per_minute, 1)


def asked(cluster: Cluster, sources: Sources) -> QuerySet[Collection]:
    """A row for each node and source that asks it."""
    return Collection.objects.filter(cluster=cluster, source__in=sources).exclude(host="")


def is_old(sources: Sources, now: datetime, *, periods: int) -> Q:
    """Whether it answered, but longer ago than so many periods and the source's own lag."""
    cuts = {name: timedelta(seconds=periods * every(age) + age.source.lag_seconds) for name, age in sources.items()}
    old = [Q(source=name, sample_at__lt=now - cut) for name, cut in cuts.items()]
    return Q(outcome__in=ANSWERED) & reduce(or_, old, Q(sample_at=None))


def every(source: SourceAge) -> int:
    """How often each of the source's nodes is asked, in seconds."""
    return source.period_seconds * ROUNDS.get(source.source.name, 1)


def listed(cluster: Cluster, sources: Sources, now: datetime, wanted: Wanted) -> list[Listed]:
    """The nodes that are wanted, but for the word: the worst first, then by host. One query."""
    found = asked(cluster, sources).order_by()
    if text := wanted.text.strip():
        found = found.filter(host__icontains=text)
    if wanted.source or wanted.outcome:
        found = found.filter(host__in=asked(cluster, sources).filter(_such(wanted)).values("host"))
    per_minute = Case(
        *(When(source=name, then=Value(60 / every(age))) for name, age in sources.items()),
        default=Value(0.0),
        output_field=FloatField(),
    )
    hosts = found.values("host").annotate(
        rank=Max(_rank(sources, now)),
        failing=Count("pk", filter=_fails()),
        questions=Sum(F("requests") * per_minute, output_field=FloatField()),
        read=Sum(F("bytes_read") * per_minute, output_field=FloatField()),
    )
    words = {rank: word for word, rank in RANKS.items()}
    return [
        Listed(
            host=row["host"],
            word=words[row["rank"]],
            requests_per_minute=row["questions"],
            bytes_per_minute=row["read"],
        )
        for row in sorted(hosts, key=lambda row: (-row["rank"], -row["failing"], by_address(row["host"])))
    ]


def rows(cluster: Cluster, sources: Sources, shown: Sequence[Listed], now: datetime) -> list[Row]:
    """The cells of these nodes, in their order; `sources` are the columns. One query."""
    cells: dict[tuple[str, str], Cell] = {}
    found = asked(cluster, sources).filter(host__in=[one.host for one in shown])
    # Hundreds of rows: as tuples they cost half of what they do as models.
    for row in found.values_list(*COLUMNS, named=True):
        cells[row.host, row.source] = _cell(row, sources[row.source], now)
    return [
        Row(host=one.host, word=one.word, cells=tuple(cells.get((one.host, name)) for name in sources)) for one in shown
    ]


def one(cluster: Cluster, sources: Sources, host: str, now: datetime) -> list[Cell]:
    """How this node stands with every source that asks it; empty where none does. One query."""
    rows = asked(cluster, sources).filter(host=host).values_list(*COLUMNS, named=True)
    found = {row.source: _cell(row, sources[row.source], now) for row in rows}
    return [found[name] for name in sources if name in found]


def counts(nodes: Sequence[Listed]) -> Counter[str]:
    """How many nodes are what."""
    return Counter(one.word for one in nodes)


def _cell(row: Any, source: SourceAge, now: datetime) -> Cell:
    every_seconds = every(source)
    rest_seconds = pace.rest_seconds(row.outcome, row.failures_in_row, every_seconds) if row.requests else every_seconds
    return Cell(
        source=source.source,
        state=_state(row, source, now),
        outcome=Outcome(row.outcome) if row.outcome else None,
        reason=reasons.reason(row.outcome, row.detail),
        since=row.since,
        last_success_at=row.last_success_at,
        sample_at=row.sample_at,
        age_seconds=None if row.sample_at is None else max(0.0, (now - row.sample_at).total_seconds()),
        failures_in_row=row.failures_in_row,
        duration_seconds=row.duration_seconds,
        requests=row.requests,
        bytes_read=row.bytes_read,
        every_seconds=rest_seconds,
        rests=rest_seconds > every_seconds,
    )


def _state(row: Any, source: SourceAge, now: datetime) -> Mark:
    """How it ended, unless its answer has grown old since."""
    if row.outcome in ANSWERED:
        fresh = freshness.judge(row.sample_at, now, source.source, every(source))
        if fresh is not Freshness.FRESH:
            return marks.FRESHNESS[fresh]
    return marks.outcome(row.outcome)


def _fails() -> Q:
    return ~Q(outcome__in=[*ANSWERED, *OTHERWISE, ""])


def _rank(sources: Sources, now: datetime) -> Case:
    return Case(
        When(_fails(), then=Value(RANKS[FAILING])),
        When(is_old(sources, now, periods=2), then=Value(RANKS[LATE])),
        When(outcome=Outcome.OK, then=Value(RANKS[ANSWERING])),
        default=Value(RANKS[OTHER]),
        output_field=IntegerField(),
    )


def _such(wanted: Wanted) -> Q:
    source = Q(source=wanted.source) if wanted.source else Q()
    return source & (Q(outcome=wanted.outcome) if wanted.outcome else Q())
