"""The metrics of a cluster: what each is called, in what unit, what it means, and who told it last.

What was read in the last two minutes is counted where it lies, a kind and layout at a time: the database joins the bytes of
those readings to one value. Of kinds that told nothing then the subject that was seen last speaks for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from dashboard import codec
from dashboard.models import Cluster, Reading, Subject
from dashboard.queries import columns, metric_catalogue, packed
from dashboard.queries.metric_catalogue import AGE, Known
from dashboard.queries.metrics_of import BASIS
from dashboard.queries.newest import last_read
from dashboard.rolling import COUNTERS

Kind = Subject.Kind
RECENT_SECONDS = 125
"""Two ticks of what is asked once a minute: the first of them is whole."""
SOURCES: Mapping[str, tuple[str, tuple[Kind, ...]]] = {
    "containers": ("Containers", (Kind.CONTAINER,)),
    "applications": ("Applications", (Kind.APP_METRICS,)),
    "hosts": ("Hosts", (Kind.HOST, Kind.FILESYSTEM, Kind.INTERFACE)),
    "mesos": ("Mesos", (Kind.MASTER, Kind.AGENT, Kind.FRAMEWORK, Kind.ROLE)),
    "marathon": ("Marathon", (Kind.MARATHON, Kind.APP, Kind.QUEUE)),
    "components": ("Component health", (Kind.COMPONENTS,)),
    "totals": ("Day Two’s totals", (Kind.CLUSTER, Kind.ZONE, Kind.NODE, Kind.USE, Kind.CONTAINER_USE)),
}
"""Key → what it is called, and the kinds of subject that tell its metrics."""
BASES: Mapping[Kind, str] = BASIS | {Kind.COMPONENTS: "counts of the component health report"}


@dataclass(frozen=True)
class Entry:
    """One metric of one kind of subject."""

    kind: Kind
    known: Known
    subjects: int | None
    """How many told it at the last whole tick; None where it was told longer ago than two minutes."""
    last_seen: datetime
    """The tick of the newest reading that tells it, or when the step began in which that was."""
    where: str
    """Name of a subject that told it last."""

    @property
    def name(self) -> str:
        return self.known.name

    @property
    def source(self) -> str:
        return next(key for key, (_, kinds) in SOURCES.items() if self.kind in kinds)

    @property
    def is_counter(self) -> bool:
        """As its values are kept: of what applications tell too, whose names nobody has listed."""
        return self.name in COUNTERS

    def found_by(self, words: Sequence[str]) -> bool:
        """Whether all the words, in small letters, are in what it is called or means."""
        text = f"{self.name} {self.known.words} {self.known.unit} {self.kind} {self.kind.label}".lower()
        return all(word in text for word in words)


def entries(cluster: Cluster, now: datetime) -> list[Entry]:
    """By source and kind, then as the layouts have them: what is known by a name first. Four queries, and three at most for
    each kind that told nothing of late but did before."""
    recent = list(_recent(cluster, now))
    names = dict(Subject.objects.filter(pk__in={one.subject for one in recent}).values_list("pk", "name"))
    told = [replace(one, where=names.get(one.subject, "")) for one in recent]
    missing = [kind for _, kinds in SOURCES.values() for kind in kinds if kind not in {one.kind for one in recent}]
    told += (one for kind in _there(cluster, missing) for one in _earlier(cluster, kind))
    order = [kind for _, kinds in SOURCES.values() for kind in kinds]
    found = [one.entry() for one in told]
    return sorted(found, key=lambda entry: (order.index(entry.kind), entry.known.words == entry.name))


def matching(every: Iterable[Entry], text: str, source: str = "") -> list[Entry]:
    """Those with all words of the text; of one source, where one is named."""
    words = text.lower().split()
    return [entry for entry in every if source in ("", entry.source) and entry.found_by(words)]


@dataclass(frozen=True)
class _Told:
    kind: Kind
    name: str
    subjects: int | None
    tick: int
    subject: int
    where: str = ""

    def entry(self) -> Entry:
        known = metric_catalogue.known(self.kind, self.name)
        return Entry(self.kind, known, self.subjects, datetime.fromtimestamp(self.tick, UTC), self.where)


def _recent(cluster: Cluster, now: datetime) -> Iterator[_Told]:
    """Each metric of each kind once, out of all layouts and ticks. Two queries."""
    rows = _joined(cluster, int(now.timestamp()))
    held = packed.names_of({layout for _, layout, *_ in rows}) if rows else {}
    counts: dict[tuple[str, str], dict[int, int]] = {}
    where: dict[tuple[str, str], tuple[int, int]] = {}
    for kind, layout, tick, subject, data in rows:
        told = _counts(data, len(held[layout]))
        for name, count in zip(held[layout], told.tolist(), strict=True):
            if count and name != AGE:
                by_tick = counts.setdefault((kind, name), {})
                by_tick[tick] = by_tick.get(tick, 0) + count
                where[kind, name] = max(where.get((kind, name), (0, 0)), (tick, subject))
    for (kind, name), by_tick in counts.items():
        tick, subject = where[kind, name]
        yield _Told(Kind(kind), name, max(by_tick.values()), tick, subject)


def _counts(data: bytes | memoryview, width: int) -> NDArray[np.int64]:
    """How many of these readings tell each value of their layout."""
    matrix = np.frombuffer(data, codec.FLOAT64).reshape(-1, width)
    told: NDArray[np.int64] = len(matrix) - np.isnan(matrix).sum(axis=0)
    return told


def _joined(cluster: Cluster, until: int) -> list[tuple[str, int, int, int, bytes]]:
    """Kind, layout and tick of recent readings, the subject that came last, and the bytes of all. One query."""
    _, whole = columns.JOINED[connection.vendor]
    # As in columns.py: SQLite is not to begin with the subjects.
    return packed.rows(
        f"SELECT s.kind, r.layout_id, r.tick, MAX(r.subject_id), {whole.format('r.data')} "  # noqa: S608  our tables
        f"FROM {packed.table(Reading)} r CROSS JOIN {packed.table(Subject)} s "
        "WHERE s.id = r.subject_id AND s.cluster_id = %s AND r.tick > %s AND r.tick <= %s "
        "GROUP BY s.kind, r.layout_id, r.tick",
        [cluster.pk, until - RECENT_SECONDS, until],
    )


def _there(cluster: Cluster, kinds: Sequence[Kind]) -> list[Kind]:
    """Those of which there ever was a subject. One query."""
    found = Subject.objects.filter(cluster=cluster, kind__in=kinds).order_by().values_list("kind").distinct()
    return [Kind(kind) for (kind,) in found]


def _earlier(cluster: Cluster, kind: Kind) -> Iterator[_Told]:
    """What the subject of this kind that was seen last told last. Two queries, three where that is hours ago."""
    # Of containers the one that was seen first last: of those many ended.
    order = ["-pk"] if kind == Kind.CONTAINER else ["-last_seen", "-pk"]
    latest = Subject.objects.filter(cluster=cluster, kind=kind).order_by(*order).first()
    found = last_read([latest.pk]) if latest else None
    if latest is None or found is None:
        return
    for name, value in zip(found.names, found.values.tolist(), strict=True):
        if name != AGE and value == value:
            yield _Told(kind, name, None, found.tick, latest.pk, latest.name)
