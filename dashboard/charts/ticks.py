"""The tick strip: one tick for each time something happened in a window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Tick:
    """`x` is a percent of the strip; the word is good, warn, bad, unk or mute."""

    state: str
    x: str


def ticks(moments: Iterable[tuple[datetime, str]], begins_at: datetime, ends_at: datetime) -> list[Tick]:
    """Moments with their states, those outside of the window left out, in the order of time."""
    total = (ends_at - begins_at).total_seconds()
    return [
        Tick(state, f"{(moment - begins_at).total_seconds() / total * 100:.2f}%")
        for moment, state in sorted(moments)
        if begins_at <= moment <= ends_at
    ]
