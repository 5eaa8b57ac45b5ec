"""The stored past of one metric of many subjects on even steps, as fine as can be read in a second or two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from dashboard.models import Cluster, Subject
from dashboard.queries import metric_catalogue, rates, readings, recent_readings
from dashboard.queries.readings import Loaded
from dashboard.queries.window import COARSE_SECONDS, FINE_SECONDS, Window

Kind = Subject.Kind
Values = NDArray[np.float64]
STEPS = (10, 60, 120, FINE_SECONDS, 600, 900, 1800, COARSE_SECONDS)
MOST_READINGS = 100_000
"""So many are read for one back-test: more would keep an operator waiting."""
MOST_SUBJECTS, MOST_LISTED = 1_000, 20_000
LATEST = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A metric as the catalogue of metrics writes it, of every subject of a kind or of one."""

    kind: Kind
    metric: str
    key: str | None = None
    """Of one subject; of a master its place. None: of every one of the kind."""
    only_where: str = ""
    """A column that must be 1 for a reading to count; then all subjects are one: whoever led."""
    measure: str = "value"
    window_seconds: int = 0
    above: bool = True


@dataclass(frozen=True)
class Past:
    """A row for each subject, a column for each step; NaN where nothing was measured."""

    window: Window
    names: tuple[str, ...]
    values: Values
    left_out: int
    """How many more subjects of the kind there are: those farthest from a limit now."""


def of(cluster: Cluster, asked: Asked, now: datetime, days: int, *, totals: bool) -> Past:
    """`totals`: readings of this kind are kept for months, though ever further apart. Five to six queries."""
    span = timedelta(days=days)
    if not totals:
        span = min(span, timedelta(hours=settings.READINGS_KEPT_HOURS))
    rows, left_out = _rows(cluster, asked, now, span)
    step = _step(asked.kind, span, max(1, sum(map(len, rows.values()))), totals=totals)
    window = Window(f"{days}d", now - span, now, step)
    found = readings.loaded(
        [pk for pks in rows.values() for pk in pks], window, only_where=asked.only_where, every_seconds=step
    )
    values = [_row(found, pks, asked) for pks in rows.values()]
    matrix = np.array(values).reshape(len(values), found.window.steps)
    return Past(found.window, tuple(rows), matrix, left_out)


def _step(kind: Kind, span: timedelta, subjects: int, *, totals: bool) -> int:
    """The finest step that is kept for so long, and of which there are not too many."""
    kept = timedelta(hours=settings.READINGS_KEPT_HOURS), timedelta(days=settings.TOTALS_FINE_DAYS)
    least = COARSE_SECONDS if span > kept[1] else FINE_SECONDS if span > kept[0] else 10
    if kind not in (Kind.CLUSTER, Kind.ZONE, Kind.FRAMEWORK, Kind.MASTER):
        least = max(least, 60)
    fitting = (step for step in STEPS if step >= least and subjects * span.total_seconds() / step <= MOST_READINGS)
    return next(fitting, COARSE_SECONDS)


def _rows(cluster: Cluster, asked: Asked, now: datetime, span: timedelta) -> tuple[dict[str, list[int]], int]:
    """Ids by the name of what they are: a master's lives are one master, all of them together are whoever led."""
    found = Subject.objects.filter(cluster=cluster, kind=asked.kind, last_seen__gt=now - span)
    if asked.key is not None:
        of_master = asked.kind == Kind.MASTER
        found = found.filter(key__startswith=f"{asked.key}@") if of_master else found.filter(key=asked.key)
    listed = sorted(
        found.order_by("-last_seen", "pk").values_list("pk", "key", "name", "parent__key")[:MOST_LISTED],
        key=lambda row: row[1],
    )
    nearest = _nearest(cluster, asked, now) if len(listed) > MOST_SUBJECTS else None
    rows: dict[str, list[int]] = defaultdict(list)
    for pk, key, name, parent in listed:
        if nearest is None or key in nearest:
            rows[_named(asked, key, name, parent or "")].append(pk)
    return dict(rows), len(listed) - sum(map(len, rows.values()))


def _named(asked: Asked, key: str, name: str, parent: str) -> str:
    if asked.only_where:
        return "the leading master"
    if asked.kind == Kind.MASTER:
        return key.partition("@")[0]
    return f"{name} on {parent}" if parent and name != parent else name


def _nearest(cluster: Cluster, asked: Asked, now: datetime) -> set[str]:
    """Keys of those whose present value is nearest to a limit: thousands have a past, and most of it is of no interest."""
    found = recent_readings.of_kind(cluster, asked.kind, metric_catalogue.parts(asked.metric), now - LATEST, now)
    with np.errstate(invalid="ignore", divide="ignore"):
        values, _ = found.newest(0)
        if found.values.shape[1] > 1:
            values = values / np.sum([found.newest(column)[0] for column in range(1, found.values.shape[1])], axis=0)
    farness = np.nan_to_num(-values if asked.above else values, nan=np.inf)
    return {found.subjects[place].key for place in np.argsort(farness, kind="stable")[:MOST_SUBJECTS]}


def _row(found: Loaded, lives: Sequence[int], asked: Asked) -> Values:
    """One subject's steps out of its lives, which do not overlap but in the step between two."""
    row = np.full(found.window.steps, np.nan)
    for pk in lives:
        values = _values(found, pk, asked)
        row = np.where(np.isnan(values), row, values)
    return row if asked.measure == "value" else _rolling(row, found.window.step_seconds, asked)


def _values(found: Loaded, pk: int, asked: Asked) -> Values:
    names = metric_catalogue.parts(asked.metric)
    if asked.measure != "value":
        uptime = metric_catalogue.UPTIME.get(asked.kind, "")
        return rates.increases(found, pk, names, uptime=uptime)[names[0]]
    columns = found.series(pk, names)
    if len(names) == 1:
        return columns[names[0]]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = columns[names[0]] / np.sum([columns[name] for name in names[1:]], axis=0)
    return np.where(np.isfinite(share), share, np.nan)


def _rolling(rises: Values, step_seconds: int, asked: Asked) -> Values:
    """The sum of the rises of each step and those before it in the window; NaN where none of them is known."""
    width = max(1, round(asked.window_seconds / step_seconds))
    kernel = np.ones(width)
    known = np.convolve(~np.isnan(rises), kernel)[: len(rises)]
    sums = np.convolve(np.nan_to_num(rises), kernel)[: len(rises)]
    if asked.measure == "rate":
        sums = sums / np.maximum(known * step_seconds, 1)
    return np.where(known > 0, sums, np.nan)
