"""How long something lived each time, as a histogram: bins of growing length, the same for everything, so that two compare."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from dashboard import figures

EDGES_SECONDS = (10, 60, 300, 900, 3_600, 14_400, 86_400)
WORDS = tuple(
    word.replace("_", figures.NO_BREAK)
    for word in ("<_10_s", "10–60_s", "1–5_min", "5–15_min", "15–60_min", "1–4_h", "4–24_h", ">_1_d")
)
HEIGHT, BASE = 80, 100
"""Of the highest bar, and where all of them stand, in pixels from above."""
GAP_PERCENT = 1.2


@dataclass(frozen=True)
class Bin:
    """`x`, `width` and `middle` are percents, `y` and `height` pixels; `count_y` is where its number stands."""

    word: str
    count: int
    x: str
    width: str
    middle: str
    y: float
    height: float
    count_y: float


@dataclass(frozen=True)
class Histogram:
    bins: tuple[Bin, ...]
    total: int
    mostly: str
    """Word of the fullest bin, the shortest of equals; empty where nothing ended."""
    says: str


def drawn(lives_seconds: Iterable[float]) -> Histogram:
    """Whole lives only: how long what runs will live is not known."""
    counts = [0] * len(WORDS)
    for life in lives_seconds:
        counts[bisect_right(EDGES_SECONDS, life)] += 1
    most = max(counts)
    told = [f"{count} lived {word}" for word, count in zip(WORDS, counts, strict=True) if count]
    return Histogram(
        bins=tuple(_bin(place, count, most) for place, count in enumerate(counts)),
        total=sum(counts),
        mostly=WORDS[counts.index(most)] if most else "",
        says="; ".join(told) or "no life has ended yet",
    )


def _bin(place: int, count: int, most: int) -> Bin:
    share = 100 / len(WORDS)
    height = round(HEIGHT * count / most, 1) if most else 0.0
    return Bin(
        word=WORDS[place],
        count=count,
        x=f"{place * share + GAP_PERCENT / 2:.2f}%",
        width=f"{share - GAP_PERCENT:.2f}%",
        middle=f"{(place + 0.5) * share:.2f}%",
        y=BASE - height,
        height=height,
        count_y=BASE - height - 4,
    )
