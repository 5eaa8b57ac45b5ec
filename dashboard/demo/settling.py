"""The demo's figures in the tiers that would hold them by now: readings of the last hour or two stay, all others are packed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from dashboard import codec
from dashboard.models import Cluster, Layout, Reading, Subject
from dashboard.rolling import Rows
from dashboard.store import past

AT_ONCE_VALUES = 1_000_000


class Figures(NamedTuple):
    """Readings of some subjects of a kind, in any order."""

    kind: str
    layout: tuple[str, ...]
    subjects: codec.Ticks
    ticks: codec.Ticks
    values: codec.Matrix


def settle(cluster: Cluster, older: Iterable[Figures], now: datetime) -> int:
    """Put the cluster's readings, and what is older than all of them, where compaction and roll-up would have put them by
    now, and note that they are done; returns how many chunks there are. To be called in a transaction."""
    at = past.seams(now)
    alike: dict[tuple[str, tuple[str, ...]], list[Figures]] = defaultdict(list)
    for figures in (*older, *_taken(cluster, at.settled_before)):
        alike[figures.kind, figures.layout].append(figures)
    written = 0
    for (kind, layout), parts in alike.items():
        for rows in _in_portions(_joined(parts)):
            written += past.write(layout, Subject.Kind(kind), rows, at)
    past.finish(cluster, at)
    return written


def _taken(cluster: Cluster, before: int) -> Iterator[Figures]:
    """The cluster's readings older than that, which are deleted."""
    found = Reading.objects.filter(subject__cluster=cluster, tick__lt=before)
    alike: dict[tuple[str, int], list[tuple[int, int, bytes]]] = defaultdict(list)
    columns = found.values_list("subject__kind", "layout", "subject", "tick", "data")
    for kind, layout, subject, tick, data in columns.iterator():
        alike[kind, layout].append((subject, tick, bytes(data)))
    layouts = Layout.objects.in_bulk({layout for _, layout in alike})
    for (kind, layout), rows in alike.items():
        names = tuple(layouts[layout].names)
        subjects, ticks, packed = zip(*rows, strict=True)
        yield Figures(kind, names, np.array(subjects), np.array(ticks), codec.unpack(packed, width=len(names)))
    found.delete()


def _joined(parts: Sequence[Figures]) -> Rows:
    """All of them, sorted by subject and tick. Of one tick that comes twice the last stays."""
    subjects = np.concatenate([part.subjects for part in parts])
    ticks = np.concatenate([part.ticks for part in parts])
    order = np.lexsort((ticks, subjects))
    after = np.append(order[1:], order[:1])
    order = order[(subjects[order] != subjects[after]) | (ticks[order] != ticks[after])]
    values = np.concatenate([part.values for part in parts])[order]
    return Rows(subjects[order], ticks[order], values, ticks[order])


def _in_portions(rows: Rows) -> Iterator[Rows]:
    """Whole subjects, of which there is always one, with no more values than may be packed at once."""
    begins = np.flatnonzero(np.diff(rows.subjects, prepend=-1))
    width, first = rows.values.shape[1], 0
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(rows.ticks)], strict=True):
        if begin > first and (end - first) * width > AT_ONCE_VALUES:
            yield _part(rows, first, begin)
            first = begin
    yield _part(rows, first, len(rows.ticks))


def _part(rows: Rows, first: int, end: int) -> Rows:
    return Rows(rows.subjects[first:end], rows.ticks[first:end], rows.values[first:end], rows.begins[first:end])
