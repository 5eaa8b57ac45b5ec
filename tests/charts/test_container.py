"""The charts of one container: what they say, what they draw, what they hatch."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.charts import container_cpu, container_disk, container_memory, container_network, container_throttling
from dashboard.charts.lines import milliseconds
from dashboard.queries.container_history import History, Values
from dashboard.queries.window import Window
from tests.builders import GIB, MIB, NOON

STEPS = 60
NOTHING = np.full(STEPS, np.nan)
WINDOW = Window("1h", NOON - timedelta(seconds=60 * (STEPS - 1)), NOON, 60)


def line(value: float, *, missing: slice = slice(0, 0)) -> Values:
    values = np.full(STEPS, float(value))
    values[missing] = np.nan
    return values


def history(**lines: Any) -> History:
    """An hour of a container that was there before, without anything but what is given."""
    names = [name for name in History.__dataclass_fields__ if name not in ("window", "begins_at", "ended_at")]
    nothing: dict[str, Any] = dict.fromkeys(names, NOTHING)
    said = {"window": WINDOW, "begins_at": NOON - timedelta(days=1), "ended_at": None, **nothing, **lines}
    return History(**said)


def moment(step: int) -> datetime:
    return WINDOW.moment(step)


def gaps(figure: dict[str, Any]) -> list[tuple[int, int]]:
    return [(gap["from"], gap["to"]) for gap in figure["layout"]["meta"]["gaps"]]


def drawn(figure: dict[str, Any]) -> list[tuple[str, str]]:
    go.Figure(figure)
    return [(one["name"], one["meta"]["role"]) for one in figure["data"]]


def test_cpu_stands_below_its_request_and_its_limit() -> None:
    found = history(cpus_used=line(0.4), cpus_limit=line(2.0), cpus_requested=line(0.5))
    assert drawn(container_cpu.drawn(found)) == [("Used", "used"), ("Requested", "allocated"), ("Limit 2", "limit")]
    assert container_cpu.title(found).replace("\u00a0", " ") == "CPU: 0.4 of 2 cores"


def test_a_request_that_is_the_limit_is_drawn_once() -> None:
    found = history(cpus_used=line(0.4), cpus_limit=line(1.0), cpus_requested=line(1.0))
    assert drawn(container_cpu.drawn(found)) == [("Used", "used"), ("Limit 1", "limit")]


def test_cpu_without_a_limit_says_so() -> None:
    found = history(cpus_used=line(0.4), cpus_requested=line(0.5))
    assert container_cpu.title(found).replace("\u00a0", " ") == "CPU: 0.4 cores, 0.5 requested"
    assert container_cpu.basis(found).endswith("no limit is told")
    assert container_cpu.title(history(cpus_used=line(1))).replace("\u00a0", " ") == "CPU: 1 core"


@pytest.mark.parametrize(
    ("values", "title"),
    [(line(0.0), "Never held back by its CPU limit"), (line(0.2), "Held back in 20 % of periods, 20 % at most")],
)
def test_held_back_says_now_and_at_most(values: Values, title: str) -> None:
    found = history(throttled=values)
    assert drawn(container_throttling.drawn(found)) == [("Held back", "line")]
    assert container_throttling.title(found).replace("\u00a0", " ") == title


def test_memory_shows_cache_only_where_it_is_told() -> None:
    found = history(memory_used=line(512 * MIB), memory_limit=line(GIB))
    assert drawn(container_memory.drawn(found)) == [("In use", "used"), ("Limit 1\u00a0GiB", "limit")]
    both = replace(found, memory_cached=line(64 * MIB))
    assert ("+ cache", "other") in drawn(container_memory.drawn(both))
    assert container_memory.title(found).replace("\u00a0", " ") == "Memory: 512 MiB of 1 GiB in use"
    assert container_memory.basis(replace(found, memory_limit=NOTHING)).endswith("no limit is told")


def test_network_without_sent_bytes_draws_no_line_of_zeros() -> None:
    found = history(network_in=line(2.0 * MIB))
    assert drawn(container_network.drawn(found)) == [("In", "used")]
    assert container_network.title(found).replace("\u00a0", " ") == "Network: 2 MiB/s in, sent not known"
    assert container_network.basis(found, "why") == "why"
    both = replace(found, network_out=line(1.0 * MIB))
    assert drawn(container_network.drawn(both)) == [("In", "used"), ("Out", "other")]
    assert "container’s own network" in container_network.basis(both, "why")


def test_disk_draws_what_is_told() -> None:
    found = history(disk_read=line(1.0 * MIB), disk_written=line(3.0 * MIB))
    assert drawn(container_disk.drawn(found)) == [("Written", "used"), ("Read", "other")]
    assert container_disk.title(found).replace("\u00a0", " ") == "Disk: 1 MiB/s read, 3 MiB/s written"
    assert drawn(container_disk.drawn(replace(found, disk_read=NOTHING))) == [("Written", "used")]


def test_what_was_not_measured_while_it_lived_is_hatched() -> None:
    found = history(cpus_used=line(0.4, missing=slice(20, 30)))
    assert gaps(container_cpu.drawn(found)) == [(milliseconds(moment(19)), milliseconds(moment(30)))]


def test_the_time_before_it_was_seen_and_its_first_rate_are_no_gap() -> None:
    found = history(cpus_used=line(0.4, missing=slice(0, 31)), begins_at=moment(30))
    assert gaps(container_cpu.drawn(found)) == []


def test_the_time_after_it_ended_is_no_gap() -> None:
    found = history(cpus_used=line(0.4, missing=slice(40, 60)), ended_at=moment(40))
    assert gaps(container_cpu.drawn(found)) == []


def test_a_gap_into_which_it_ended_ends_with_it() -> None:
    found = history(cpus_used=line(0.4, missing=slice(40, 60)), ended_at=moment(50))
    assert gaps(container_cpu.drawn(found)) == [(milliseconds(moment(39)), milliseconds(moment(50)))]


@pytest.mark.parametrize("chart", [container_cpu, container_memory, container_throttling])
def test_no_figure_bridges_a_gap(chart: ModuleType) -> None:
    missing = slice(20, 30)
    found = history(
        cpus_used=line(1, missing=missing), memory_used=line(GIB, missing=missing), throttled=line(0.1, missing=missing)
    )
    assert chart.drawn(found)["data"][0]["y"][20:30] == [None] * 10
