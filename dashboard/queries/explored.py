"""What a formula gives: its lines over a window, of how many series each, and how many of them were missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Cluster, Subject
from dashboard.queries import aggregates, formula_fits, freshness, grid, labelled, metric_catalogue
from dashboard.queries.aggregates import Together
from dashboard.queries.catalogue import BASES
from dashboard.queries.formula import Formula
from dashboard.queries.formula_fits import Entries, Misfit
from dashboard.queries.grid import Grid
from dashboard.queries.labelled import Found, Labels, One
from dashboard.queries.metric_catalogue import Known
from dashboard.queries.readings import known_since
from dashboard.queries.window import Window

Kind = Subject.Kind
Values = NDArray[np.float64]
Whole = NDArray[np.int64]
UNSPLIT = {"kind", "key", "name"}
USUAL_SECONDS, USUAL_LAG_SECONDS = 60, 60
"""Of a source that this kind of cluster is not asked for."""


@dataclass(frozen=True)
class Line:
    """One line: `values` over the steps of the window, NaN where nothing is known."""

    name: str
    labels: dict[str, str]
    values: Values
    told: Whole
    """Of how many series each value is."""
    expected: Whole
    """Of how many it should be."""
    series: int
    taken_at: datetime | None
    """When the newest value of any of its series was true."""

    @cached_property
    def known(self) -> Values:
        measured: Values = self.values[np.isfinite(self.values)]
        return measured

    @property
    def lowest(self) -> float | None:
        return float(self.known.min()) if len(self.known) else None

    @property
    def highest(self) -> float | None:
        return float(self.known.max()) if len(self.known) else None

    @property
    def p95(self) -> float | None:
        """Over the steps of the window."""
        return float(np.percentile(self.known, 95)) if len(self.known) else None

    @property
    def latest(self) -> float | None:
        return float(self.known[-1]) if len(self.known) else None

    @property
    def partial(self) -> int:
        """In how many steps some of its series are missing."""
        return int(np.count_nonzero((self.told < self.expected) & np.isfinite(self.values)))


@dataclass(frozen=True)
class Explored:
    formula: Formula
    kind: Kind
    known: Known
    unit: str
    """Of the values: …/s of a rate; "ratio" of a share; "series" of a count."""
    window: Window
    lines: tuple[Line, ...]
    """The greatest latest value first."""
    series: int
    labels: tuple[str, ...]
    """By which it may be split."""
    looked_at: int
    """Subjects of the kind in this time, whether they fit the formula or not."""
    late_seconds: int
    """Values older than this are not the present."""
    misfit: Misfit | None = None
    """Why nothing fits, where something is there."""

    @property
    def basis(self) -> str:
        return BASES[self.kind]

    @property
    def taken_at(self) -> datetime | None:
        return max((line.taken_at for line in self.lines if line.taken_at), default=None)

    @property
    def known_since(self) -> datetime | None:
        return known_since(self.window, [line.values for line in self.lines])

    def now(self, line: Line, now: datetime) -> float | None:
        """Its latest value, where that is of the present."""
        at = np.flatnonzero(np.isfinite(line.values))
        if not len(at) or line.taken_at is None or self.window.age.total_seconds() > 0:
            return None
        fresh = (now - line.taken_at).total_seconds() <= self.late_seconds
        ended = self.window.moment(int(at[-1]) + 1)
        return line.latest if fresh and (now - ended).total_seconds() <= self.late_seconds else None


def explored(cluster: Cluster, formula: Formula, asked: Window, now: datetime, entries: Entries) -> Explored:
    """Raises Unreadable where nothing can be drawn. `entries` are asked for where the formula does not say its kind, or names
    what nobody tells.

    Besides those: as many queries as `labelled.found` and `grid.told`, and one for how often the source is asked.
    """
    kind = formula_fits.kind_of(formula, entries)
    known = metric_catalogue.known(kind, formula.metric)
    formula_fits.must_have_sense(formula, kind, entries)
    found = labelled.found(cluster, kind, formula.matches, asked.starts_at, asked.ends_at)
    formula_fits.must_be_drawable(formula, kind, found)
    told = grid.told(_wanted(cluster, kind, formula, found), asked)
    values = _values(formula, told)
    if found.series and not np.isfinite(values).any():
        formula_fits.must_be_told(formula, kind, entries)
    late = _late_seconds(cluster, kind, now)
    lines = _lines(formula, found.series, values, told, late, now)
    labels = tuple(sorted(found.known - UNSPLIT))
    ordered = sorted(lines, key=lambda line: (-(line.latest if line.latest is not None else -np.inf), line.name))
    return Explored(
        formula=formula,
        kind=kind,
        known=known,
        unit=_unit(formula, known),
        window=told.window,
        lines=tuple(ordered),
        series=len(found.series),
        labels=labels,
        looked_at=found.looked_at,
        late_seconds=late,
        misfit=formula_fits.misfit(formula, found),
    )


def _wanted(cluster: Cluster, kind: Kind, formula: Formula, found: Found) -> grid.Wanted:
    most = found.whole_kind and 3 * len(found.series) >= found.looked_at
    names = tuple(dict.fromkeys(metric_catalogue.parts(formula.metric)))
    return grid.asked_of(cluster, kind, [one.ids for one in found.series], names, formula.as_, whole_kind=most)


def _values(formula: Formula, told: Grid) -> Values:
    one, *whole = metric_catalogue.parts(formula.metric)
    if not whole:
        return told.values[one]
    total = np.sum([told.values[name] for name in whole], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = told.values[one] / total
    return np.where(np.isfinite(shares), shares, np.nan)


def _unit(formula: Formula, known: Known) -> str:
    if formula.aggregate == "count":
        return "series"
    return f"{known.unit}/s" if formula.as_ == "rate" else known.unit


def _late_seconds(cluster: Cluster, kind: Kind, now: datetime) -> int:
    """One query, none where its source is unknown."""
    name = metric_catalogue.SOURCES.get(kind, "app_metrics")
    source = SOURCES_BY_NAME.get(name)
    if source is None:
        return 2 * USUAL_SECONDS + USUAL_LAG_SECONDS
    age = freshness.of_one(cluster, name, now)
    period = max(age.period_seconds if age else source.period_seconds, metric_catalogue.LEAST_SECONDS.get(kind, 0))
    return freshness.limits_seconds(source, period)[0]


def _lines(formula: Formula, series: Sequence[One], values: Values, told: Grid, late: int, now: datetime) -> list[Line]:
    """Series that told nothing in the window have no line of their own, and are expected in none."""
    comes_and_goes = np.array([one.comes_and_goes for one in series], dtype=bool)
    inside = aggregates.expected(values, _last_steps(series, told.window), comes_and_goes)
    rows = np.flatnonzero(inside.any(axis=1)).tolist()
    if formula.aggregate is None:
        return [
            _line(_own_name(series[row]), series[row].labels, Together.of_one(values[row], inside[row]), told, [row])
            for row in rows
        ]
    groups: dict[tuple[str, ...], list[int]] = {}
    for row in rows:
        groups.setdefault(tuple(series[row].labels.get(label, "") for label in formula.by), []).append(row)
    lines = []
    for key, members in groups.items():
        joined = aggregates.together(formula.aggregate, values[members], inside[members])
        settled = replace(joined, values=_settled(joined, told.window, late, now))
        lines.append(_line(_name(formula, key), dict(zip(formula.by, key, strict=True)), settled, told, members))
    return lines


def _line(name: str, labels: Labels, of: Together, told: Grid, members: list[int]) -> Line:
    times = told.newest[members]
    known = times[np.isfinite(times)]
    taken_at = datetime.fromtimestamp(float(known.max()), UTC) if len(known) else None
    return Line(name, labels, of.values, of.told, of.expected, len(members), taken_at)


def _last_steps(series: Sequence[One], window: Window) -> Whole:
    """In which step each ended; the last of the window where it did not."""
    last = window.steps - 1
    return np.array(
        [
            last
            if one.ends_at is None
            else min(last, (int(one.ends_at.timestamp()) - window.first_tick) // window.step_seconds - 1)
            for one in series
        ],
        dtype=np.int64,
    )


def _settled(joined: Together, window: Window, late: int, now: datetime) -> Values:
    """Without the last steps that are not whole yet: half of a fleet has answered, and its sum would look like a fall."""
    values = joined.values.copy()
    since = now.timestamp() - late
    for step in range(window.steps - 1, -1, -1):
        whole = joined.told[step] and joined.told[step] >= joined.expected[step]
        if whole or window.first_tick + (step + 1) * window.step_seconds <= since:
            break
        values[step] = np.nan
    return values


def _name(formula: Formula, key: Sequence[str]) -> str:
    told = [value or f"no {label}" for label, value in zip(formula.by, key, strict=True)]
    return ", ".join(told) or f"{formula.aggregate} of all"


def _own_name(one: One) -> str:
    """A container is told from its siblings, which have the name of its task, by its id."""
    set_apart = one.labels.get("container", "")
    return f"{one.name} {set_apart}".strip() if set_apart and set_apart != one.name else one.name
