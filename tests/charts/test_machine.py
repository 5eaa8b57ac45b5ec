"""The pictures of a machine: what each draws, and the sentence above it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go

from dashboard.charts import (
    machine_cpu,
    machine_filesystems,
    machine_load,
    machine_memory,
    machine_network,
    machine_processes,
    machine_trouble,
)
from dashboard.queries.happenings import Happening
from dashboard.queries.machine_history import History, Share, Values
from dashboard.queries.window import Window
from tests.builders import GIB, NOON, later

NAN = math.nan
MIB = 1024**2
STEPS = 4


def line(*values: float) -> Values:
    return np.array(values or [NAN] * STEPS)


def told(**lines: Values | tuple[object, ...] | Window | int) -> History:
    """A history of four minutes in which nothing was measured but what is given."""
    nothing = History(
        window=Window("1h", later(-180), NOON, 60),
        cpu_used=line(),
        cpu_allocated=line(),
        load=line(),
        memory_total=line(),
        memory_used=line(),
        memory_cached=line(),
        memory_allocated=line(),
        filesystems=(),
        filesystems_known=0,
        network_in=line(),
        network_out=line(),
        dropped=line(),
        errors=line(),
        processes=line(),
    )
    return replace(nothing, **lines)  # type: ignore[arg-type]  # lines are of one type, filesystems of another


def roles(figure: dict[str, Sequence[dict[str, dict[str, str]]]]) -> list[str]:
    assert len(go.Figure(figure).data) == len(figure["data"])
    return [drawn["meta"]["role"] for drawn in figure["data"]]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_least_and_most_are_a_band_that_the_line_of_the_means_runs_in() -> None:
    window = Window("30d", later(-4 * 7200), NOON, 7200)
    band = (line(0.1, NAN, 0.2, 0.2), line(0.3, NAN, 0.9, 1.0))
    history = told(window=window, cpu_used=line(0.2, NAN, 0.4, 0.43), cpu_extremes=band)
    figure = machine_cpu.drawn(history)
    assert roles(figure) == ["band_low", "band_high", "used"], "right before its line: it has no other area then"
    assert [plain(drawn["name"]) for drawn in figure["data"]] == ["Least", "Least–most in each 2 h", "Busy"]
    assert [drawn["y"] for drawn in figure["data"][:2]] == [[10, None, 20, 20], [30, None, 90, 100]]
    figure = machine_load.drawn(
        told(window=window, load=line(1, 1, 2, 2), load_extremes=(line(1, 1, 1, 1), line(2, 3, 8, 2))), 2
    )
    assert roles(figure) == ["band_low", "band_high", "line", "limit"]
    assert figure["data"][1]["y"] == [1, 1.5, 4, 1] and figure["layout"]["yaxis"]["range"][1] > 4


def test_what_has_no_extremes_has_no_band() -> None:
    nothing = (line(), line())
    assert roles(machine_cpu.drawn(told(cpu_used=line(0.2, 0.2, 0.2, 0.2), cpu_extremes=nothing))) == ["used"]


def test_busy_is_an_area_under_the_line_of_what_is_allocated() -> None:
    history = told(cpu_used=line(0.2, NAN, 0.4, 0.43), cpu_allocated=line(0.69, 0.69, 0.69, 0.69))
    figure = machine_cpu.drawn(history)
    assert roles(figure) == ["used", "allocated"]
    assert figure["data"][0]["y"] == [20, None, 40, 43]
    assert len(figure["layout"]["meta"]["gaps"]) == 1
    assert plain(machine_cpu.title(history)) == "CPU is 43 % busy, 69 % allocated"


def test_a_machine_without_an_agent_has_no_line_of_allocation() -> None:
    history = told(cpu_used=line(0.2, 0.2, 0.2, 0.2))
    assert roles(machine_cpu.drawn(history)) == ["used"]
    assert plain(machine_cpu.title(history)) == "CPU is 20 % busy"


def test_allocation_alone_says_that_use_is_not_measured() -> None:
    history = told(cpu_allocated=line(0.5, 0.5, 0.5, 0.5), memory_allocated=line(*[GIB] * 4))
    assert plain(machine_cpu.title(history)) == "CPU: 50 % allocated, use not measured"
    assert plain(machine_memory.title(history)) == "Memory: 1 GiB allocated, use not measured"
    assert roles(machine_memory.drawn(history)) == ["allocated"]


def test_what_busy_means_stands_beside_it() -> None:
    assert plain(machine_cpu.basis(16, "telegraf")) == "percent of 16 cores · busy: all but idle"
    assert machine_cpu.basis(None, "") == "percent of all cores"


def test_the_step_that_still_waits_for_its_answer_is_no_gap() -> None:
    figure = machine_cpu.drawn(told(cpu_used=line(0.1, 0.2, 0.3, NAN)))
    assert figure["layout"]["meta"]["gaps"] == []


def test_load_is_told_for_each_core_under_the_limit_of_one() -> None:
    history = told(load=line(8, 8, NAN, 4))
    figure = machine_load.drawn(history, 8)
    assert roles(figure) == ["line", "limit"]
    assert figure["data"][0]["y"] == [1, 1, None, 0.5]
    assert figure["data"][1]["y"] == [1, 1, None, 1]
    assert machine_load.title(history, 8) == "Load is 0.5 per core"


def test_without_known_cores_the_load_is_told_as_it_is() -> None:
    history = told(load=line(8, 8, 8, 4))
    assert roles(machine_load.drawn(history, None)) == ["line"]
    assert machine_load.title(history, None) == "Load is 4"
    assert "processes" in machine_load.basis(None)


def test_memory_is_drawn_with_its_caches_above_it_and_its_total() -> None:
    history = told(
        memory_total=line(*[60 * GIB] * 4),
        memory_used=line(*[27.6 * GIB] * 4),
        memory_cached=line(*[10 * GIB] * 4),
        memory_allocated=line(*[48 * GIB] * 4),
    )
    figure = machine_memory.drawn(history)
    assert roles(figure) == ["used", "other", "allocated", "total"]
    assert [drawn["y"][-1] for drawn in figure["data"]] == [27.6, 37.6, 48, 60]
    assert figure["layout"]["meta"]["unit"] == "GiB"
    assert plain(machine_memory.title(history)) == "Memory: 27.6 GiB in use, 48 GiB allocated"


def test_the_two_fullest_filesystems_are_drawn_and_the_basis_says_of_how_many() -> None:
    shares = tuple(Share(path, line(*[share] * 4)) for path, share in (("/var", 0.91), ("/", 0.4), ("/boot", 0.1)))
    history = told(filesystems=shares, filesystems_known=3)
    figure = machine_filesystems.drawn(history)
    assert roles(figure) == ["line", "other", "limit"]
    assert [drawn["name"] for drawn in figure["data"]][:2] == ["/var", "/"]
    assert plain(machine_filesystems.title(history)) == "/var is 91 % full"
    assert machine_filesystems.basis(history).endswith("the 2 fullest of 3")


def test_a_path_with_characters_nobody_can_see_is_written_out() -> None:
    history = told(filesystems=(Share("/a\u202eb", line(*[0.1] * 4)),))
    assert machine_filesystems.drawn(history)["data"][0]["name"] == "/a<U+202E>b"
    assert machine_filesystems.title(history).startswith("/a<U+202E>b")


def test_traffic_is_drawn_in_the_unit_that_suits_the_busier_direction() -> None:
    history = told(network_in=line(NAN, 3 * MIB, 9.6 * MIB, 9.6 * MIB), network_out=line(NAN, MIB, MIB, MIB))
    figure = machine_network.drawn(history)
    assert roles(figure) == ["used", "other"]
    assert figure["layout"]["meta"]["unit"] == "MiB/s"
    assert figure["data"][0]["y"] == [None, 3, 9.6, 9.6]
    assert plain(machine_network.title(history)) == "Network: 9.60 MiB/s in, 1 MiB/s out"


def test_lost_packets_are_told_and_none_is_said_only_of_what_was_measured() -> None:
    quiet = told(dropped=line(0, 0, 0, 0), errors=line(0, 0, 0, 0))
    assert machine_trouble.title(quiet) == "Packets: none dropped, none broken"
    lossy = told(dropped=line(0, NAN, 43, 43.25), errors=line(0, 0, 0.004, 0.004))
    figure = machine_trouble.drawn(lossy)
    assert roles(figure) == ["line", "other"]
    assert figure["data"][0]["y"] == [0, None, 43, 43.25]
    assert machine_trouble.title(lossy) == "Packets: 43.2/s now dropped, <0.01/s now broken"
    partly = told(errors=line(0, 0, 0, 0))
    assert roles(machine_trouble.drawn(partly)) == ["other"]
    assert machine_trouble.title(partly) == "Packets: not known how many dropped, none broken"


def test_processes_are_counted() -> None:
    history = told(processes=line(200, 201, NAN, 1204))
    assert roles(machine_processes.drawn(history)) == ["line"]
    assert plain(machine_processes.title(history)) == "1,204 processes on the machine"


def test_what_happened_meanwhile_is_marked_on_every_picture() -> None:
    lost = Happening(id=1, taken_at=later(-60), mark="bad", text="10.0.0.1 lost\u202e", link=())
    history = told(cpu_used=line(0.2, 0.2, 0.2, 0.2), load=line(1, 1, 1, 1), happenings=(lost,))
    for figure in (machine_cpu.drawn(history), machine_load.drawn(history, 4)):
        (event,) = figure["layout"]["meta"]["events"]
        assert (event["kind"], event["label"]) == ("failure", "10.0.0.1 lost<U+202E>")
