"""Lanes of what failed: bars, one above the other where they overlap, marks for moments, and a few words beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dashboard.charts.lane_labels import Label, Thing, placed
from dashboard.charts.lanes import Time, times

MOST_BARS = 80
"""Of one lane; more are folded, those of one look that are close together into one."""
FOLDS = 120
"""Where bars are folded, those less than this part of the window apart become one."""
MOST_TOLD = 6
LEAST_PERCENT = 0.35
"""A bar is never thinner than a reader can see."""
TRACKS: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((8, 14),),
    2: ((3, 9), (16, 9)),
    3: ((2, 7), (12, 7), (22, 7)),
}
"""Top and height of the bars of a lane 30 high, by how many lie one above the other."""
ALONE = {"good": (16, 6), "mute": (14, 8), "warn": (11, 11)}
"""Of a lane without such: a state is a height too, so that the picture reads without colour. All others are full."""
NOW_PERCENT = 7
MARK = (8, 14)
MARK_PERCENT = 0.8
"""Half of a mark's width, about."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Something that lasted; `look` is one of the bars of static/css/graphics.css. `label` stands beside or in its bar."""

    look: str
    begins_at: datetime
    ends_at: datetime
    says: str
    label: str = ""
    inside: bool = False


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something that happened at once; `look` is a mark: bad, warn, good, mute, note."""

    look: str
    at: datetime
    says: str
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A lane to be drawn; `quiet` is what it says where there is nothing in it."""

    name: str
    sub: str = ""
    stretches: Sequence[Stretch] = ()
    moments: Sequence[Moment] = ()
    quiet: str = "nothing in this time"


@dataclass(frozen=True)
class Bar:
    look: str
    x: str
    width: str
    y: int
    height: int
    says: str


@dataclass(frozen=True)
class Point:
    """A mark; `x` is its middle."""

    look: str
    x: str
    says: str


@dataclass(frozen=True)
class Lane:
    name: str
    sub: str
    label: str
    """What is in it, for one who cannot see it."""
    bars: tuple[Bar, ...]
    points: tuple[Point, ...]
    words: tuple[Label, ...]


@dataclass(frozen=True)
class Lanes:
    """The drawing. `now_x` is where now is: what lies right of it is expected, not measured."""

    times: tuple[Time, ...]
    lanes: tuple[Lane, ...]
    now_x: str
    ends_now: bool
    shows_now: bool
    """Whether now is in the window at all."""


@dataclass(frozen=True)
class _Scale:
    begins_at: datetime
    ends_at: datetime

    def percent(self, at: datetime) -> float:
        return (at - self.begins_at) / (self.ends_at - self.begins_at) * 100

    @property
    def fold(self) -> timedelta:
        return (self.ends_at - self.begins_at) / FOLDS


def drawn(rows: Iterable[Row], begins_at: datetime, ends_at: datetime, now: datetime) -> Lanes:
    """The rows over a window in their order; what lies outside of it is left out, what reaches out of it is cut."""
    scale = _Scale(begins_at, ends_at)
    return Lanes(
        times=tuple(_beside_now(time, scale, now) for time in times(begins_at, ends_at)),
        lanes=tuple(_lane(row, scale) for row in rows),
        now_x=_text(scale.percent(min(now, ends_at))),
        ends_now=now == ends_at,
        shows_now=begins_at <= now <= ends_at,
    )


def _beside_now(time: Time, scale: _Scale, now: datetime) -> Time:
    """A time without its label where "now" would lie over it."""
    near = abs(float(time.x.rstrip("%")) - scale.percent(now)) < NOW_PERCENT
    return replace(time, label="") if near else time


def _lane(row: Row, scale: _Scale) -> Lane:
    stretches = _folded(_cut(row.stretches, scale), scale)
    moments = sorted(_within(row.moments, scale), key=lambda moment: moment.at)
    tracks = _tracks(stretches)
    bars = tuple(_bar(one, place, scale) for one, place in zip(stretches, tracks, strict=True))
    points = tuple(Point(one.look, _text(scale.percent(one.at)), one.says) for one in moments)
    return Lane(
        name=row.name,
        sub=row.sub,
        label=f"{row.name}: {_told([*stretches, *moments]) or row.quiet}",
        bars=bars,
        points=points,
        words=tuple(placed(_things(stretches, tracks, moments, scale))),
    )


def _things(
    stretches: Sequence[Stretch], tracks: Sequence[tuple[int, int]], moments: Sequence[Moment], scale: _Scale
) -> list[Thing]:
    """What is drawn, as far as words beside it need to know."""
    bars = [
        Thing(one.label, scale.percent(one.begins_at), scale.percent(one.ends_at), *place, inside=one.inside)
        for one, place in zip(stretches, tracks, strict=True)
    ]
    marks = [(one, scale.percent(one.at)) for one in moments]
    return bars + [Thing(one.label, x - MARK_PERCENT, x + MARK_PERCENT, *MARK) for one, x in marks]


def _cut(stretches: Iterable[Stretch], scale: _Scale) -> list[Stretch]:
    cut = [
        replace(one, begins_at=max(one.begins_at, scale.begins_at), ends_at=min(one.ends_at, scale.ends_at))
        for one in stretches
    ]
    kept = [one for one in cut if one.begins_at <= one.ends_at]
    return sorted(kept, key=lambda one: (one.begins_at, one.ends_at))


def _within(moments: Iterable[Moment], scale: _Scale) -> list[Moment]:
    inside = [one for one in moments if scale.begins_at <= one.at <= scale.ends_at]
    if len(inside) <= MOST_BARS:
        return inside
    last: dict[tuple[str, int], Moment] = {}
    counts: dict[tuple[str, int], int] = {}
    for one in inside:
        key = (one.look, int(scale.percent(one.at) / 100 * FOLDS))
        last[key], counts[key] = one, counts.get(key, 0) + 1
    return [one if counts[key] == 1 else replace(one, says=f"{counts[key]} times") for key, one in last.items()]


def _folded(stretches: list[Stretch], scale: _Scale) -> list[Stretch]:
    """Where there are too many, those of one look that touch, or nearly, as one that says of how many it is."""
    if len(stretches) <= MOST_BARS:
        return stretches
    runs: list[list[Stretch]] = []
    open_runs: dict[str, list[Stretch]] = {}
    for one in stretches:
        run = open_runs.get(one.look)
        if run is not None and one.begins_at - max(each.ends_at for each in run[-MOST_BARS:]) < scale.fold:
            run.append(one)
        else:
            open_runs[one.look] = [one]
            runs.append(open_runs[one.look])
    return [run[0] if len(run) == 1 else _one_of(run) for run in runs]


def _one_of(run: Sequence[Stretch]) -> Stretch:
    ends_at = max(one.ends_at for one in run)
    return replace(run[0], ends_at=ends_at, says=f"{len(run)} together", label="", inside=False)


def _tracks(stretches: Sequence[Stretch]) -> list[tuple[int, int]]:
    """Where each lies: above one another only as far as needed, and never more than three."""
    ends: list[datetime] = []
    chosen = []
    for one in stretches:
        free = next((index for index, end in enumerate(ends) if end <= one.begins_at), None)
        if free is None and len(ends) < max(TRACKS):
            free = len(ends)
            ends.append(one.ends_at)
        elif free is None:
            free = min(range(len(ends)), key=lambda index: ends[index])
        ends[free] = max(ends[free], one.ends_at)
        chosen.append(free)
    places = TRACKS[max(1, len(ends))]
    return [
        ALONE.get(one.look, places[track]) if len(ends) <= 1 else places[track]
        for one, track in zip(stretches, chosen, strict=True)
    ]


def _bar(one: Stretch, place: tuple[int, int], scale: _Scale) -> Bar:
    x, end = scale.percent(one.begins_at), scale.percent(one.ends_at)
    width = max(LEAST_PERCENT, end - x)
    return Bar(one.look, _text(min(x, 100 - width)), _text(width), *place, one.says)


def _told(things: Sequence[Stretch | Moment]) -> str:
    """The latest of them in words, and how many more there are."""
    told = [one.says for one in things[-MOST_TOLD:] if one.says]
    more = len(things) - len(told)
    return "; ".join(told) + (f"; and {more} more, see the table" if more > 0 and told else "")


def _text(percent: float) -> str:
    return f"{percent:.2f}%"
