"""What stands around a drawn chart, made from the figure itself: its keys with the latest values, and its table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.charts.lines import Figure, moment
from dashboard.figures import ABSENT, NO_BREAK

TABLE_ROWS = 48
"""At most so many moments in the table of a chart, evenly picked since the first measured; all are in its CSV."""

UNKEYED = {"band_low"}
"""The lower edge of a band has no key of its own: the upper edge stands for the band."""

UNMEASURED = {"limit", "forecast", "band_high"}
"""What has a key without a value."""


@dataclass(frozen=True)
class Key:
    """A line's key: `index` is its place in the figure, `latest` its last measured value as text."""

    index: int
    name: str
    role: str
    resource: str
    latest: str


@dataclass(frozen=True)
class Panel:
    """A figure with its words. Rows run from the newest to the oldest, a text for each column."""

    figure: Figure
    unit: str
    keys: list[Key]
    rows: list[tuple[datetime, list[str]]]
    measured: bool
    """Whether there is any value but limits."""


def panel(figure: Figure) -> Panel:
    """Keys and table of a figure whose lines share their steps, as `lines.figure` makes it."""
    meta = figure["layout"]["meta"]
    digits, unit = meta["digits"], meta["unit"]
    shown = [(index, drawn) for index, drawn in enumerate(figure["data"]) if drawn["meta"]["role"] not in UNKEYED]
    keys = [
        Key(index, drawn["name"], drawn["meta"]["role"], drawn["meta"]["resource"], _latest(drawn, digits, unit))
        for index, drawn in shown
    ]
    measured = any(drawn["meta"]["role"] != "limit" and _newest(drawn) is not None for _, drawn in shown)
    return Panel(
        figure, unit, keys, _rows([(drawn, _below(figure, index)) for index, drawn in shown], digits), measured
    )


def value_text(value: float | None, digits: int) -> str:
    """A value at the chart's precision; never 0 for a trace. static/js/charts-cursor.js writes the same."""
    if value is None:
        return ABSENT
    smallest = 10.0**-digits
    return f"<{smallest:.{digits}f}" if 0 < abs(value) < smallest / 2 else f"{value:,.{digits}f}"


def _newest(drawn: dict[str, Any]) -> float | None:
    return next((value for value in reversed(drawn["y"]) if value is not None), None)


def _first(drawn: dict[str, Any]) -> int | None:
    """The first measured step; a limit is drawn everywhere and measures nothing."""
    if drawn["meta"]["role"] == "limit":
        return None
    return next((index for index, value in enumerate(drawn["y"]) if value is not None), None)


def _latest(drawn: dict[str, Any], digits: int, unit: str) -> str:
    """The newest value there is; a limit says its value in its name, and a forecast has no latest."""
    if drawn["meta"]["role"] in UNMEASURED:
        return ""
    text = value_text(_newest(drawn), digits)
    return text if text == ABSENT else f"{text}{NO_BREAK}{unit}"


def _below(figure: Figure, index: int) -> dict[str, Any] | None:
    """Of a band's upper edge the lower one."""
    drawn = figure["data"]
    return drawn[index - 1] if drawn[index]["meta"]["role"] == "band_high" else None


def _cell(drawn: dict[str, Any], below: dict[str, Any] | None, index: int, digits: int) -> str:
    """A value, of a band both: 3–17."""
    if index >= len(drawn["y"]):
        return ABSENT
    text = value_text(drawn["y"][index], digits)
    return text if below is None or text == ABSENT else f"{value_text(below['y'][index], digits)}–{text}"


def _rows(columns: list[tuple[dict[str, Any], dict[str, Any] | None]], digits: int) -> list[tuple[datetime, list[str]]]:
    """Lines, of a band with its lower edge."""
    if not columns:
        return []
    lines = [drawn for drawn, _ in columns]
    longest = max(lines, key=lambda drawn: len(drawn["y"]))
    size = len(longest["y"])
    # From the first measured moment on: a young cluster's few minutes would fall between rows picked from a whole day.
    first = min((at for drawn in lines if (at := _first(drawn)) is not None), default=0)
    stride = max(1, -(-(size - first) // TABLE_ROWS))
    return [
        (
            moment(longest["x0"] + index * longest["dx"]),
            [_cell(drawn, below, index, digits) for drawn, below in columns],
        )
        for index in range(size - 1, first - 1, -stride)
    ]
