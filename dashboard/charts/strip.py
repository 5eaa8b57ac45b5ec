"""The history strip: which state something was in, over a window. A state is a height as well as a hue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

HEIGHTS = {"quiet": 16, "good": 44, "mute": 44, "warn": 70, "bad": 100, "unk": 100}
"""Percent of the strip's height, so that the picture reads without colour; unk is hatched, quiet is neither good nor bad."""


@dataclass(frozen=True)
class Span:
    """A state from one moment to another; the spans of one strip follow each other and do not overlap."""

    state: str
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Block:
    """A rectangle of the strip; all four are percents of it."""

    state: str
    x: str
    y: str
    width: str
    height: str


def strip(spans: Iterable[Span], begins_at: datetime, ends_at: datetime) -> list[Block]:
    """The window from left to right, cut to its edges; what no span covers was not measured and is hatched."""
    total = (ends_at - begins_at).total_seconds()
    return [
        _block(span.state, (span.begins_at - begins_at).total_seconds() / total, _share(span, total))
        for span in _covered(spans, begins_at, ends_at)
    ]


def _covered(spans: Iterable[Span], begins_at: datetime, ends_at: datetime) -> Iterator[Span]:
    reached = begins_at
    for span in sorted(spans, key=lambda span: span.begins_at):
        begin, end = max(span.begins_at, reached), min(span.ends_at, ends_at)
        if end <= begin:
            continue
        if begin > reached:
            yield Span("unk", reached, begin)
        yield Span(span.state, begin, end)
        reached = end
    if reached < ends_at:
        yield Span("unk", reached, ends_at)


def _share(span: Span, total: float) -> float:
    return (span.ends_at - span.begins_at).total_seconds() / total


def _block(state: str, left: float, width: float) -> Block:
    height = HEIGHTS[state]
    return Block(state, f"{left * 100:.2f}%", f"{100 - height}%", f"{width * 100:.2f}%", f"{height}%")
