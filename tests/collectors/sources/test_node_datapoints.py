from __future__ import annotations

import json
import math
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.errors import Outcome, PollError
from collectors.metrics import FILESYSTEM_METRICS, HOST_METRICS, INTERFACE_METRICS
from collectors.records import HostMetrics
from collectors.sources.node_datapoints import host_metrics, read
from tests.collectors.sources.machines import MEASURED, NOW, link, message, mount, point

NAMES = [metric.name for metric in (*HOST_METRICS, *FILESYSTEM_METRICS, *INTERFACE_METRICS)]


def decoded(document: Any) -> tuple[HostMetrics, Counter[str]]:
    dropped: Counter[str] = Counter()
    said = read(json.dumps(document).encode(), dropped)
    return host_metrics(said, host="10.0.0.7", role="agent", agent_id="S1", answered_at=NOW), dropped


def of(*points: Any) -> tuple[HostMetrics, Counter[str]]:
    return decoded(message(*points))


def test_tags_make_filesystems_and_interfaces_of_datapoints() -> None:
    found, dropped = of(point("cpu.cores", 4), point("load.1min", 0.5), *mount("/var", 100, 40), *link("eth0"))
    assert found.metrics == {"cpu.cores": 4, "load.1min": 0.5}
    (disk,), (nic,) = found.filesystems, found.interfaces
    assert (disk.path, disk.total_bytes, disk.used_bytes, disk.free_bytes, disk.inodes_used) == (
        "/var",
        100,
        40,
        60,
        10,
    )
    assert (nic.name, nic.in_bytes, nic.out_bytes, nic.in_errors) == ("eth0", 5, 7, None)
    assert not dropped and found.filtered == 0


@given(st.randoms(use_true_random=False))
def test_the_order_of_datapoints_says_nothing(chance: random.Random) -> None:
    points = [point("cpu.cores", 4), point("cpu.idle", 9.5), *mount("/", 100, 40), *mount("/var", 50, 1), *link("eth0")]
    straight = of(*points)
    chance.shuffle(points)
    assert of(*points) == straight


@pytest.mark.parametrize("text", ["NaN", "", "42"])
def test_a_value_written_as_text_is_absent_and_counted(text: str) -> None:
    found, dropped = of(point("cpu.cores", 4), point("cpu.wait", text))
    assert "cpu.wait" not in found.metrics
    assert dropped == {"datapoint: not a number": 1}


def test_a_null_value_is_absent_and_not_an_error() -> None:
    found, dropped = of(point("cpu.cores", 4), {**point("filesystem.inode.total", 0, path="/"), "value": None})
    assert found.filesystems == () and not dropped


@pytest.mark.parametrize(
    ("name", "value"), [("memory.free", -1), ("network.in", 2**64 - 1), ("cpu.idle", 500), ("system.uptime", 1e10)]
)
def test_a_number_that_cannot_be_true_is_absent_and_counted(name: str, value: float) -> None:
    found, dropped = of(point("load.1min", 1), point(name, value, interface="eth0"))
    assert found.metrics == {"load.1min": 1} and found.interfaces == ()
    assert sum(dropped.values()) == 1


def test_a_broken_datapoint_leaves_its_siblings() -> None:
    broken: list[Any] = [None, 7, {}, {"name": "cpu.user"}, {"name": 5, "value": 1}, point("network.in", 1)]
    found, dropped = of(*broken, point("cpu.cores", 4), {"name": "cpu.idle", "value": [1]}, point("cpu.user", 1))
    assert found.metrics == {"cpu.cores": 4, "cpu.user": 1}
    assert sum(dropped.values()) == 7
    assert dropped["datapoint: interface not named"] == 1


def test_an_equal_duplicate_is_silent_and_of_two_values_the_first_stays() -> None:
    found, dropped = of(point("cpu.cores", 4), point("cpu.cores", 4), point("load.1min", 1), point("load.1min", 2))
    assert found.metrics == {"cpu.cores": 4, "load.1min": 1}
    assert dropped == {"datapoint: said twice, with two values": 1}


def test_unknown_names_are_left_out_without_a_word() -> None:
    found, dropped = of(point("cpu.cores", 4), point("gpu.heat", "hot"), point("nvme.wear", 3, disk="a"))
    assert found.metrics == {"cpu.cores": 4} and not dropped


SHARES_OF_0 = [point(f"cpu.{share}", 0) for share in ("total", "user", "system", "idle", "wait")]


def test_shares_of_cpu_time_that_are_all_0_were_not_measured_yet() -> None:
    found, dropped = of(*SHARES_OF_0, point("cpu.cores", 4))
    assert found.metrics == {"cpu.cores": 4}
    assert dropped == {"datapoint: no share of CPU time measured yet": 5}


def test_an_idle_or_a_stalled_machine_has_shares_of_0_that_were_measured() -> None:
    for share in ("cpu.idle", "cpu.wait"):
        found, dropped = of(*(each for each in SHARES_OF_0 if each["name"] != share), point(share, 100))
        assert found.metrics["cpu.total"] == 0 and not dropped
    assert of(point("cpu.total", 0))[0].metrics == {"cpu.total": 0}


def test_cores_are_told_by_dcos_metrics_only() -> None:
    assert of(point("cpu.cores", "NaN"), point("cpu.total", 3))[0].generation == "dcos-metrics"
    assert of(point("cpu.total", 3))[0].generation == "telegraf"


def test_a_reading_is_as_old_as_its_oldest_datapoint_that_is_kept() -> None:
    noise = link("veth1234567", at="2026-11-22T09:00:00Z")
    found, _ = of(point("cpu.cores", 4, at="2026-11-22T11:18:16+02:00"), point("load.1min", 1, at=MEASURED), *noise)
    assert found.taken_at == datetime(2026, 11, 22, 9, 18, 15, 28084, tzinfo=UTC)


def test_without_times_the_reading_is_of_the_answers_moment() -> None:
    assert of(point("cpu.cores", 4, at=None))[0].taken_at == NOW


def test_an_unreadable_time_is_counted_and_the_others_count() -> None:
    found, dropped = of(point("cpu.cores", 4, at="yesterday"), point("load.1min", 1))
    assert found.taken_at < NOW and len(found.metrics) == 2
    assert dropped == {"datapoint: unreadable time": 1}


@pytest.mark.parametrize(("minutes", "believed"), [(9, True), (11, False)])
def test_a_clock_far_ahead_is_not_believed(minutes: int, believed: bool) -> None:
    ahead = NOW + timedelta(minutes=minutes)
    found, dropped = of(point("cpu.cores", 4, at=ahead.isoformat()))
    assert found.taken_at == (ahead if believed else NOW)
    assert [reason.partition(":")[0] for reason in dropped] == ([] if believed else ["skewed"])


def test_a_filesystem_without_fixed_inodes_tells_none() -> None:
    (disk,) = of(*mount("/boot/efi", 100, 1, inodes=0))[0].filesystems
    assert (disk.inodes_total, disk.inodes_used, disk.inodes_free) == (None, None, None)
    assert disk.used_bytes == 1


def test_container_mounts_repeats_and_veths_are_filtered_and_counted() -> None:
    mounts = [*mount("/", 9, 1), *mount("/etc/hosts", 9, 1), *mount("/var/lib/docker/overlay2/a/merged", 8, 1)]
    found, dropped = of(*mounts, *mount("/run", 3, 1), *link("eth0"), *link("veth12ab"), *link("lo"))
    assert [disk.path for disk in found.filesystems] == ["/"]
    assert [nic.name for nic in found.interfaces] == ["eth0"]
    assert found.filtered == 5 and not dropped


def test_a_machine_with_too_many_interfaces_is_cut_and_says_so() -> None:
    found, dropped = of(*(each for number in range(103) for each in link(f"eth{number}")))
    assert len(found.interfaces) == 100
    assert dropped == {"interface: more than 100": 3}


@pytest.mark.parametrize("document", [{}, {"datapoints": None}, {"datapoints": []}])
def test_no_datapoints_means_nothing_measured_yet(document: Any) -> None:
    with pytest.raises(PollError) as caught:
        decoded(document)
    assert caught.value.outcome is Outcome.EMPTY


@pytest.mark.parametrize("document", [[], 5, {"datapoints": {}}, {"datapoints": [point("value", 42)]}])
def test_what_is_no_machine_is_refused(document: Any) -> None:
    with pytest.raises(PollError) as caught:
        decoded(document)
    assert caught.value.outcome is Outcome.WRONG_SHAPE


@pytest.mark.parametrize("dimensions", [None, [], {"hostname": None}, {"hostname": 7}])
def test_odd_dimensions_cost_no_datapoint(dimensions: Any) -> None:
    found, _ = decoded({"datapoints": [point("cpu.cores", 4)], "dimensions": dimensions})
    assert found.metrics == {"cpu.cores": 4}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)
DATAPOINTS = st.fixed_dictionaries(
    {"name": st.sampled_from(NAMES) | ANYTHING, "value": st.floats(0, 1e12) | ANYTHING},
    optional={
        "timestamp": st.datetimes().map(lambda at: f"{at.isoformat()}Z") | ANYTHING,
        "tags": st.dictionaries(st.sampled_from(["path", "interface"]), st.text(max_size=300)) | ANYTHING,
        "unit": ANYTHING,
    },
)


@given(st.lists(DATAPOINTS | ANYTHING, max_size=12), ANYTHING)
def test_whatever_a_machine_says_it_is_a_reading_or_an_outcome(points: list[Any], dimensions: Any) -> None:
    try:
        found, _ = decoded({"datapoints": points, "dimensions": dimensions})
    except PollError as error:
        assert error.outcome in (Outcome.EMPTY, Outcome.WRONG_SHAPE)
        return
    assert set(found.metrics) <= {metric.name for metric in HOST_METRICS}
    assert all(math.isfinite(value) and value >= 0 for value in found.metrics.values())
    assert len({disk.path for disk in found.filesystems}) == len(found.filesystems)
    assert found.taken_at <= NOW + timedelta(minutes=10)


@given(st.dictionaries(st.sampled_from(NAMES[:18]), st.floats(0, 100), min_size=1))
def test_a_good_datapoint_survives_any_company(values: dict[str, float]) -> None:
    junk: list[Any] = [None, {"name": "cpu.user"}, {"name": "x", "value": "y"}]
    found, _ = of(*junk, *(point(name, value) for name, value in values.items()))
    assert found.metrics == values
