from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.charts import allocation
from dashboard.models import Cluster
from dashboard.queries import freshness, use, window
from dashboard.queries.capacity import Capacity, Resource
from dashboard.queries.happenings import Happening
from dashboard.tiers import Tier
from tests.builders import GIB, NOON, later

NAN = math.nan


def resource(
    allocated: list[float],
    total: list[float],
    *,
    key: str = "cpu",
    unit: str = "cores",
    used: list[float] | None = None,
    offered: list[float] | None = None,
    before: list[float] | None = None,
) -> Resource:
    names = {"cpu": "CPU", "mem": "Memory", "disk": "Disk", "gpu": "GPU"}
    return Resource(
        key=key,
        name=names[key],
        unit=unit,
        total=total[-1],
        allocated=allocated[-1],
        totals=np.array(total),
        allocateds=np.array(allocated),
        useds=np.array(used or [NAN] * len(total)),
        offereds=np.array(offered or [NAN] * len(total)),
        befores=None if before is None else np.array(before),
    )


def capacity(*resources: Resource, happenings: tuple[Happening, ...] = (), fresh: bool = True) -> Capacity:
    steps = len(resources[0].totals)
    ages = freshness.from_rows(Cluster(kind="dcos"), {}, NOON)
    asked = window.Window("1h", later(-10 * (steps - 1)), NOON, 10)
    source = ages["summary"]
    if fresh:
        source = freshness.SourceAge(**{**vars(source), "freshness": freshness.Freshness.FRESH})
    return Capacity(
        window=asked,
        resources=resources,
        use=use.of_cluster(Cluster(kind="dcos"), NOON, {}),
        source=source,
        agents_active=3,
        happenings=happenings,
    )


def figure(one: Resource, **answer: Any) -> dict[str, Any]:
    return allocation.figure(one, capacity(one, **answer))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_the_least_and_the_most_allocated_are_a_band_around_its_own_line() -> None:
    one = resource([1, 2, NAN, 3], [4, 4, NAN, 4], used=[1, 1, NAN, 1])
    band = (np.array([0.5, 1, NAN, 2]), np.array([2.0, 4, NAN, 4]))
    drawn = figure(replace(one, extremes=band))["data"]
    assert [line["meta"]["role"] for line in drawn] == [
        "used", "band_low", "band_high", "allocated", "total", "limit",
    ]  # fmt: skip
    assert drawn[2]["y"] == [2, 4, None, 4] and plain(drawn[2]["name"]) == "Least–most in each 10 s"


def test_the_figure_is_one_that_plotly_takes() -> None:
    drawn = figure(resource([1, 2, NAN, 3], [4, 4, NAN, 4]))
    assert len(go.Figure(drawn).data) == 3


def test_each_line_says_what_it_is_and_not_how_it_looks() -> None:
    drawn = figure(resource([1, 2], [4, 4]))
    assert [line["meta"] for line in drawn["data"]] == [
        {"role": "allocated", "resource": "cpu"},
        {"role": "total", "resource": "cpu"},
        {"role": "limit", "resource": "cpu"},
    ]
    assert not any({"line", "fill", "marker"} & line.keys() for line in drawn["data"])


def test_even_steps_are_told_by_their_first_and_their_width() -> None:
    line = figure(resource([1, 2], [4, 4]))["data"][0]
    assert (line["x0"], line["dx"]) == (later(-10).timestamp() * 1000, 10_000)
    assert "x" not in line


def test_a_gap_is_null_and_hatched_not_a_zero_or_a_bridge() -> None:
    drawn = figure(resource([1, NAN, NAN, 2], [4, NAN, NAN, 4]))
    assert drawn["data"][0]["y"] == [1, None, None, 2]
    assert drawn["data"][2]["y"] == [3.6, None, None, 3.6]
    (gap,) = drawn["layout"]["meta"]["gaps"]
    assert (gap["from"], gap["to"]) == (later(-30).timestamp() * 1000, later(0).timestamp() * 1000)


def test_the_step_that_is_still_open_is_no_gap_unless_the_source_is_overdue() -> None:
    one = resource([1, 2, NAN], [4, 4, NAN])
    assert figure(one)["layout"]["meta"]["gaps"] == []
    assert len(figure(one, fresh=False)["layout"]["meta"]["gaps"]) == 1


@pytest.mark.parametrize(
    ("total", "unit", "shown"), [(48 * GIB, "GiB", 48), (3000 * GIB, "TiB", 2.9297), (0.5 * GIB, "MiB", 512)]
)
def test_bytes_are_drawn_in_the_unit_that_suits_the_total(total: float, unit: str, shown: float) -> None:
    drawn = figure(resource([0, 0], [total, total], key="mem", unit="bytes"))
    assert drawn["layout"]["meta"]["unit"] == unit
    assert drawn["data"][1]["y"][-1] == shown


def test_whole_gpus_have_no_decimals() -> None:
    assert figure(resource([6, 6], [8, 8], key="gpu", unit="GPUs"))["layout"]["meta"]["digits"] == 0


def test_changes_are_marked_with_the_glyph_of_their_gravity() -> None:
    lost = Happening(id=1, taken_at=NOON, mark="bad", text="10.0.0.1 lost its connection to Mesos", link=())
    joined = Happening(id=2, taken_at=NOON, mark="note", text="10.0.0.2 joined", link=())
    drawn = figure(resource([1, 2], [4, 4]), happenings=(lost, joined))
    assert [(event["kind"], event["label"]) for event in drawn["layout"]["meta"]["events"]] == [
        ("failure", lost.text),
        ("note", joined.text),
    ]


def test_the_title_is_the_answer() -> None:
    one = resource([20, 30.72, 24], [48, 48, 48])
    assert plain(allocation.title(one, capacity(one))) == "CPU allocation peaked at 64 % of 48 cores in 1 h"


def test_passing_the_limit_is_said() -> None:
    one = resource([20, 46, 24], [48, 48, 48])
    title = plain(allocation.title(one, capacity(one)))
    assert title == "CPU allocation passed its limit and peaked at 96 % of 48 cores in 1 h"


def test_a_level_share_is_called_level_and_a_changed_total_is_not_named() -> None:
    still, shrunk = resource([12, 12], [48, 48]), resource([12, 6], [48, 24])
    assert plain(allocation.title(still, capacity(still))) == "CPU allocation stayed at 25 % of 48 cores for 1 h"
    assert plain(allocation.title(shrunk, capacity(shrunk))) == "CPU allocation stayed at 25 % for 1 h"


def test_a_title_does_not_speak_for_a_time_that_was_not_watched() -> None:
    one = resource([NAN] * 30 + [20, 30], [NAN] * 30 + [48, 48])
    assert plain(allocation.title(one, capacity(one))).endswith("in 10 s")


def test_without_figures_the_title_says_so_and_the_figure_is_still_one() -> None:
    one = resource([NAN, NAN], [NAN, NAN])
    assert allocation.title(one, capacity(one)) == "CPU: nothing was measured in this range"
    assert go.Figure(figure(one)).data[0].y == (None, None)


def test_the_basis_names_unit_agents_and_what_a_point_is() -> None:
    one = resource([1, 2], [4, 4])
    assert plain(allocation.basis(one, capacity(one))) == "cores of active agents · a point is the mean of 10 s"


def test_what_is_used_is_an_area_below_what_is_allocated_and_its_gaps_are_its_own() -> None:
    drawn = figure(resource([2, 2, 2], [4, 4, 4], used=[1, NAN, 1.5]))
    assert [line["meta"]["role"] for line in drawn["data"]] == ["used", "allocated", "total", "limit"]
    assert drawn["data"][0]["y"] == [1, None, 1.5]
    assert len(go.Figure(drawn).data) == 4


def test_what_is_offered_is_a_line_beside_what_is_allocated() -> None:
    drawn = figure(resource([2, 2], [4, 4], offered=[0, 1]))
    roles = {line["name"]: line["meta"]["role"] for line in drawn["data"]}
    assert roles["Offered"] == "other"
    assert drawn["data"][0]["y"] == [0, 1]


def test_the_week_before_is_a_ghost_under_its_own_name_and_the_title_says_the_difference() -> None:
    one = resource([12, 14], [48, 48], before=[11, 11])
    drawn = figure(one)
    ghost = next(line for line in drawn["data"] if line["meta"]["role"] == "compare")
    assert (ghost["name"], ghost["y"]) == ("Allocated a week before", [11, 11])
    assert plain(allocation.title(one, capacity(one))).endswith(
        ", on average 2 cores more than the week before: 13 cores"
    )


def test_only_what_was_measured_in_both_weeks_is_compared() -> None:
    one = resource([12, 30, NAN], [48, 48, 48], before=[12, NAN, 40])
    assert plain(allocation.title(one, capacity(one))).endswith("on average as much as the week before: 12 cores")


def test_a_week_before_that_nobody_watched_is_said_and_no_zero() -> None:
    one = resource([12, 14], [48, 48], before=[NAN, NAN])
    assert allocation.title(one, capacity(one)).endswith("; nothing was measured the week before")
    assert "compare" not in [line["meta"]["role"] for line in figure(one)["data"]]


def test_a_week_before_that_was_higher_fits_under_the_axis() -> None:
    assert figure(resource([1, 1], [4, 4], before=[40, 40]))["layout"]["yaxis"]["range"][1] > 40


@pytest.mark.parametrize(
    ("step", "tier", "words"),
    [
        (120, Tier.RAW, "a point is the mean of 2 min"),
        (900, Tier.FIVE_MINUTES, "a point is the mean of 15 min, out of means of 5 min"),
        (3600, Tier.HOURS, "a point is the mean of 1 h"),
        (10_800, Tier.HOURS, "a point is the mean of 3 h, out of means of 1 h"),
    ],
)
def test_a_line_out_of_means_says_so(step: int, tier: Tier, words: str) -> None:
    asked = window.Window("90d", later(-86_400), NOON, step, tier=tier)
    assert plain(allocation.point(asked)) == words
