"""The stored past of one metric of many subjects on even steps, as fine as can be read in a second or two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dashboard.keeping import kept
from dashboard.models import Cluster, Subject
from dashboard.queries import metric_catalogue, rates, readings, recent_readings
from dashboard.queries.readings import Loaded
from dashboard.queries.window import Window
from dashboard.tiers import Tier

Kind = Subject.Kind
Values = NDArray[np.float64]
FINE_SECONDS, COARSE_SECONDS = Tier.FIVE_MINUTES.step_seconds, Tier.HOURS.step_seconds
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
    for_seconds: int = 0
    """How long it must last; 0 where a moment is enough, which then is the mean of a step."""
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
    """As far back as figures are kept that are fine enough, and no more of them than can be read. Five to eight queries.

    Means of five minutes are fine enough for `totals`, and for what must last for ten minutes or more.
    """
    keeps = kept()
    quick = not totals and 0 < asked.for_seconds < 2 * FINE_SECONDS
    span = min(timedelta(days=days), keeps.raw if quick else keeps.five_minutes)
    rows, left_out = _rows(cluster, asked, now, span)
    subjects = max(1, sum(map(len, rows.values())))
    if not totals:
        span = min(span, timedelta(hours=max(1, MOST_READINGS // subjects)))
    window = Window(f"{days}d", now - span, now, _step(asked.kind, span, subjects))
    every = [pk for pks in rows.values() for pk in pks]
    names = metric_catalogue.parts(asked.metric)
    found = readings.loaded(every, window, names=names, only_where=asked.only_where)
    values = [_row(found, pks, asked) for pks in rows.values()]
    matrix = np.array(values).reshape(len(values), found.window.steps)
    return Past(found.window, tuple(rows), matrix, left_out)


def _step(kind: Kind, span: timedelta, subjects: int) -> int:
    """The finest step of which there are not too many."""
    least = 10 if kind in (Kind.CLUSTER, Kind.ZONE, Kind.FRAMEWORK, Kind.MASTER) else 60
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
        return rates.increases(found, pk, names)[names[0]]
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
