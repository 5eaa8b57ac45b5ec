from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import plotly.graph_objects as go

from dashboard.charts import backtest
from dashboard.charts.scales import Values
from dashboard.queries import window
from dashboard.queries.window import Window
from tests.builders import GIB, NOON, later


@dataclass(frozen=True)
class Alert:
    subject: str
    began_at: datetime


@dataclass(frozen=True)
class Past:
    values: Values
    unit: str = "ratio"
    limits: tuple[tuple[str, float], ...] = (("warning", 0.85), ("critical", 0.9))
    episodes: tuple[Alert, ...] = ()
    window: Window = field(default_factory=lambda: window.of("1h", NOON))


def past(*measured: float, **said: object) -> Past:
    values = np.full(window.of("1h", NOON).steps, np.nan)
    values[: len(measured)] = measured
    return Past(values, **said)  # type: ignore[arg-type]


def test_the_line_its_limits_and_a_mark_where_it_would_have_fired() -> None:
    drawn = backtest.figure(past(0.8, 0.95, episodes=(Alert("zone a", later(-3000)),)), "Fullest zone")
    assert go.Figure(drawn)
    assert [(line["name"].replace("\u00a0", " "), line["meta"]["role"]) for line in drawn["data"]] == [
        ("Fullest zone", "line"),
        ("Warning 85.0 %", "limit"),
        ("Critical 90.0 %", "limit"),
    ]
    assert drawn["data"][0]["y"][:3] == [80.0, 95.0, None]
    event = drawn["layout"]["meta"]["events"][0]
    assert (event["kind"], event["label"]) == ("alert", "zone a would have fired")


def test_a_time_without_figures_is_hatched_and_no_zero() -> None:
    drawn = backtest.figure(past(0.8, float("nan"), 0.8), "Memory")
    assert drawn["data"][0]["y"][1] is None
    assert drawn["layout"]["meta"]["gaps"]


def test_bytes_are_told_in_the_unit_of_the_highest_of_value_and_limit() -> None:
    drawn = backtest.figure(past(1.0 * GIB, unit="bytes", limits=(("warning", 5.0 * GIB),)), "Room")
    assert drawn["layout"]["meta"]["unit"] == "GiB"
    assert drawn["data"][0]["y"][0] == 1.0
    assert drawn["layout"]["yaxis"]["range"] == [0, 5.5]


def test_without_figures_it_says_so_and_draws_the_limits_alone() -> None:
    nothing = past()
    assert backtest.basis(nothing) == "nothing was measured"
    assert go.Figure(backtest.figure(nothing, "Memory"))


def test_a_name_out_of_the_cluster_is_shown_on_one_line() -> None:
    drawn = backtest.figure(past(0.95, episodes=(Alert("evil\nname\u202e", NOON),)), "a\nb")
    assert "\n" not in drawn["data"][0]["name"] + drawn["layout"]["meta"]["events"][0]["label"]
