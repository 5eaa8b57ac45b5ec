from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import plotly.graph_objects as go

from dashboard.charts import lines

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOON_MILLISECONDS = 1_795_521_600_000


def drawn(*values: float | None, **said: Any) -> dict[str, Any]:
    said = {"role": "used", "resource": "mem", "begins_at": NOON, "step_seconds": 60, **said}
    return lines.line("Used", values, **said)


def test_a_line_says_what_it_means_and_not_how_it_looks() -> None:
    line = drawn(1, 2)
    assert line["meta"] == {"role": "used", "resource": "mem"}
    assert not {"line", "fill", "fillcolor", "marker"} & line.keys()


def test_times_are_a_start_and_a_step_in_utc_milliseconds() -> None:
    line = drawn(1, 2)
    assert (line["x0"], line["dx"]) == (NOON_MILLISECONDS, 60_000)
    assert "x" not in line


def test_a_missing_value_is_none_and_never_nan() -> None:
    assert drawn(1, math.nan, None, 0)["y"] == [1.0, None, None, 0.0]


def test_a_gap_reaches_from_the_last_value_to_the_next() -> None:
    minute = 60_000
    (gap,) = lines.gaps(drawn(1, None, None, 2))
    assert (gap["from"] - NOON_MILLISECONDS, gap["to"] - NOON_MILLISECONDS) == (0, 3 * minute)


def test_gaps_at_the_ends_stay_inside_the_line() -> None:
    first, last = lines.gaps(drawn(None, 1, None))
    assert (first["from"], last["to"]) == (NOON_MILLISECONDS, NOON_MILLISECONDS + 120_000)


def test_plotly_takes_the_figure_as_it_is() -> None:
    figure = lines.figure(
        [drawn(1, None), drawn(90, 90, role="limit")],
        unit="%",
        top=100,
        window=(NOON, NOON + timedelta(hours=1)),
        gaps=lines.gaps(drawn(1, None)),
        events=[lines.event(NOON, "failure", "lost")],
    )
    assert go.Figure(figure).layout.yaxis.range == (0, 100)
