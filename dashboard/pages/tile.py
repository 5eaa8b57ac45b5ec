"""What a tile is: a number, what it is a number of, its past day as a small line, and the rows worth a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dashboard import figures
from dashboard.charts.sparkline import Sparkline, sparkline
from dashboard.queries.now import Line

HEADROOM = 1.15
"""Above the highest value of a count's sparkline, so that a level line does not lie on the edge."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of a tile: a word, and a state with its mark or a plain figure."""

    word: str
    status: str = ""
    state: str = ""
    href: str = ""
    quiet: bool = False


@dataclass(frozen=True, kw_only=True)
class Tile:
    """What templates/parts/tile.html shows. `stale` greys it; then the page or the basis says when it was true."""

    title: str
    number: str
    basis: str
    beside: str = ""
    """A second line under the basis: of what the other figure is."""
    unit: str = ""
    href: str = ""
    spark: Sparkline | None = None
    resource: str = ""
    spark_label: str = ""
    rows: Sequence[Row] = ()
    stale: bool = False


def span(line: Line) -> str:
    """The lowest and highest share of a sparkline, for those who do not see it."""
    measured = line[np.isfinite(line)]
    if not len(measured):
        return "nothing measured"
    return f"{figures.percent(float(measured.min()))} to {figures.percent(float(measured.max()))}"


def counts(line: Line) -> tuple[Sparkline, str]:
    """The sparkline of a count and its lowest and highest value in words."""
    measured = line[np.isfinite(line)]
    if not len(measured):
        return sparkline([]), "nothing measured"
    low, high = float(measured.min()), float(measured.max())
    return sparkline(line.tolist(), top=high * HEADROOM or 1.0), f"{figures.count(low)} to {figures.count(high)}"
