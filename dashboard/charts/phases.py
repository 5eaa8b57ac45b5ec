"""The phase bar: what has happened and what is expected, on one scale of time. Percent coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from dashboard import figures

ROOM_PERCENT = 21
"""Two words nearer to each other than this would touch: the one that matters less is left to the list below."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """From when on it is so: `word` as "silent", `look` of the part that begins with it: past, moved, back."""

    word: str
    at: datetime
    look: str = "past"
    expected: bool = False


@dataclass(frozen=True)
class Part:
    """A rectangle: past, moved, back as measured; todo until the next thing expected, plan after it."""

    look: str
    x: str
    width: str


@dataclass(frozen=True)
class Tick:
    """A line; its words are empty where there is no room for them. `anchor` as in SVG."""

    x: str
    above: str
    below: str
    anchor: str
    is_now: bool
    far: bool


@dataclass(frozen=True)
class Phases:
    parts: tuple[Part, ...]
    ticks: tuple[Tick, ...]
    says: str


def drawn(steps: Sequence[Step], now: datetime, *, lasts: bool) -> Phases | None:
    """The steps in the order of time, the first of which has happened; None where there is nothing to be drawn between.

    `lasts`: now is drawn, and what comes after it is expected.
    """
    known = [step for step in steps if not step.expected]
    coming = [step for step in steps if step.expected and step.at > now] if lasts else []
    first, last = known[0].at, max([step.at for step in (*known, *coming)] + ([now] if lasts else []))
    if last <= first:
        return None
    marks = [(step.at, step.word, False) for step in (*known, *coming)]
    if lasts:
        marks.append((now, f"{figures.duration(now - first)}", True))
    return Phases(
        parts=tuple(_parts(known, coming, now if lasts else last, (first, last))),
        ticks=tuple(_ticks(marks, {step.at for step in coming}, (first, last))),
        says=_says(known, coming, now, lasts=lasts),
    )


def _parts(
    known: Sequence[Step], coming: Sequence[Step], until: datetime, window: tuple[datetime, datetime]
) -> list[Part]:
    ends = [*(step.at for step in known[1:]), until]
    parts = [_part(step.look, step.at, end, window) for step, end in zip(known, ends, strict=True) if end > step.at]
    if coming:
        parts.append(_part("todo", until, coming[0].at, window))
        parts += [_part("plan", before.at, after.at, window) for before, after in pairwise(coming)]
    return parts


def _part(look: str, begins_at: datetime, ends_at: datetime, window: tuple[datetime, datetime]) -> Part:
    x = _percent(begins_at, window)
    return Part(look, f"{x:.2f}%", f"{_percent(ends_at, window) - x:.2f}%")


def _percent(at: datetime, window: tuple[datetime, datetime]) -> float:
    first, last = window
    return (at - first) / (last - first) * 100


def _ticks(
    marks: Sequence[tuple[datetime, str, bool]], coming: set[datetime], window: tuple[datetime, datetime]
) -> list[Tick]:
    """In the order of time; of words that would touch, now's stay, then those of the beginning, of what comes next, and of
    the end."""
    spoken: list[float] = []
    found = []
    rank = {window[1]: 3, **({min(coming): 2} if coming else {}), window[0]: 1}
    for at, word, is_now in sorted(marks, key=lambda mark: (0 if mark[2] else rank.get(mark[0], 4), mark[0])):
        x = _percent(at, window)
        room = all(abs(x - other) >= ROOM_PERCENT for other in spoken)
        if room:
            spoken.append(x)
        approximately = "≈ " if at in coming else ""
        above = "now" if is_now else f"{approximately}{at.astimezone(UTC):%H:%M:%S}"
        anchor = "start" if x < 1 else "end" if x > 99 else "middle"
        far = x > 99 and not is_now
        found.append((x, Tick(f"{x:.2f}%", above if room else "", word if room else "", anchor, is_now, far)))
    return [tick for _, tick in sorted(found, key=lambda one: one[0])]


def _says(known: Sequence[Step], coming: Sequence[Step], now: datetime, *, lasts: bool) -> str:
    first = known[0]
    said = [f"{first.word.capitalize()} from {figures.instant(first.at, now)}"]
    said += [f"{step.word} after {figures.duration(step.at - first.at)}" for step in known[1:]]
    if lasts:
        said.append(f"now {figures.duration(now - first.at)}")
    said += [f"expected: {step.word} at about {figures.instant(step.at, now)}" for step in coming]
    return "; ".join(said)
