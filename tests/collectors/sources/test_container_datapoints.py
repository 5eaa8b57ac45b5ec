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
from collectors.metrics import CONTAINER_METRICS
from collectors.sources.container_datapoints import NAMES, OF_DCOS_METRICS, OF_TELEGRAF, REPEATED, Told, of_message
from tests.collectors.sources.container_documents import NOW, SAMPLED, message, point

KEPT = [metric.name for metric in CONTAINER_METRICS]
PLAIN = {name for name in KEPT if not name.startswith("blkio_")}


def decoded(document: Any) -> tuple[Told, Counter[str]]:
    dropped: Counter[str] = Counter()
    return of_message(json.dumps(document).encode(), "c1", dropped, answered_at=NOW), dropped


def of(*points: Any, **dimensions: Any) -> tuple[Told, Counter[str]]:
    return decoded(message(*points, **dimensions))


def test_both_generations_spell_the_same_metrics() -> None:
    older, _ = of(*(point(wire, 5) for wire in OF_DCOS_METRICS))
    newer, _ = of(*(point(wire, 5) for wire in OF_TELEGRAF))
    assert set(newer.reading.metrics) == PLAIN
    sent = {name for name in PLAIN if name.startswith("net_tx_")}
    assert set(older.reading.metrics) == PLAIN - sent - {"cpus_soft_limit"}
    assert (older.is_dcos_metrics, newer.is_dcos_metrics) == (True, False)


def test_sent_bytes_of_dcos_metrics_are_received_ones_and_are_left_out() -> None:
    told, dropped = of(point("net.rx.bytes", 5), *(point(wire, 5) for wire in REPEATED))
    assert told.reading.metrics == {"net_rx_bytes": 5} and told.is_dcos_metrics and not dropped


def test_sent_bytes_of_telegraf_are_kept_and_those_of_a_queue_are_not() -> None:
    told, _ = of(point("net.tx_bytes", 9), point("net.tx_bytes", 4, id="tx_bw_cap"), point("net.tx_dropped", 1, id="q"))
    assert told.reading.metrics == {"net_tx_bytes": 9} and not told.is_dcos_metrics
    points = [point("net.tx_bytes", 4), point("net.rx_bytes", 5)]
    assert of(*points, labels={"id": "tx_bw_cap"})[0].reading.metrics == {"net_rx_bytes": 5}


def test_a_zero_of_dcos_metrics_is_believed_only_where_every_containerizer_measures() -> None:
    zeros = [point(wire, 0) for wire in OF_DCOS_METRICS]
    told, dropped = of(*zeros, point("mem.limit", 100))
    assert told.reading.metrics == {
        "cpus_user_time_secs": 0,
        "cpus_system_time_secs": 0,
        "mem_rss_bytes": 0,
        "mem_limit_bytes": 100,
    }
    assert not dropped


def test_never_held_back_is_known_where_periods_are_counted() -> None:
    told, _ = of(point("cpus.nr.periods", 70), point("cpus.nr.throttled", 0), point("cpus.throttled.time", 0))
    assert told.reading.metrics == {"cpus_nr_periods": 70, "cpus_nr_throttled": 0, "cpus_throttled_time_secs": 0}


def test_a_zero_of_telegraf_is_a_zero() -> None:
    assert of(point("mem.swap_bytes", 0))[0].reading.metrics == {"mem_swap_bytes": 0}


def test_block_devices_are_added_up_in_both_spellings() -> None:
    tags = {"blkio_device": "8:0"}
    older, _ = of(
        point("blkio.throttling.io_service_bytes.read", 10, **tags),
        point("blkio.throttling.io_service_bytes.read", 5, blkio_device="9:0"),
        point("blkio.throttling.io_service_bytes.write", 0, **tags),
        point("blkio.cfq.io_service_bytes.total", 0, blkio_device="total"),
    )
    newer, _ = of(
        point("blkio.io_service_bytes_read", 10, policy="throttling", device="8.0"),
        point("blkio.io_service_bytes_read", 16, policy="throttling", device="default"),
    )
    assert older.reading.metrics == {"blkio_read_bytes": 15, "blkio_write_bytes": 0}
    assert newer.reading.metrics == {"blkio_read_bytes": 16}


def test_who_it_is_stands_in_tags_and_dimensions() -> None:
    tags = {"executor_id": "web.1", "executor_name": "Command Executor (Task)", "framework_id": "F", "source": "web.1"}
    dimensions = {"container_id": "c1", "framework_name": "marathon", "task_name": "web", "executor_id": "web.1"}
    reading = of(point("mem.limit", 1, **tags), **dimensions)[0].reading
    assert (reading.container_id, reading.parent_id, reading.pid) == ("c1", "", None)
    assert (reading.framework_id, reading.framework_name) == ("F", "marathon")
    assert (reading.executor_id, reading.executor_name, reading.task_name) == (
        "web.1",
        "Command Executor (Task)",
        "web",
    )


def test_without_a_task_name_the_source_names_it() -> None:
    assert of(point("mem.limit", 1, source="web.1"))[0].reading.task_name == "web.1"


def test_what_came_along_of_another_container_is_dropped_with_its_names() -> None:
    points = [point("mem.limit", 1), point("mem.rss", 9, container_id="c12"), point("threads", 3, container_id="c12")]
    told, dropped = of(*points, container_id="c12", task_name="other", framework_id="G")
    assert told.reading.metrics == {"mem_limit_bytes": 1}
    assert (told.reading.task_name, told.reading.framework_id) == ("", "")
    assert dropped == {"datapoint: of another container": 2}


def test_disk_figures_that_may_be_a_volumes_are_left_out() -> None:
    points = [point("disk.used_bytes", 5), point("disk.limit_bytes", 9), point("mem.rss_bytes", 1)]
    assert of(*points, labels={"volume_persistence_id": "v"})[0].reading.metrics == {"mem_rss_bytes": 1}
    assert len(of(*points, labels={"team": "a"})[0].reading.metrics) == 3


@pytest.mark.parametrize("value", ["NaN", "", "5", -1, 1e30, True, [1]])
def test_a_value_that_cannot_be_true_is_absent_and_counted(value: Any) -> None:
    told, dropped = of(point("threads", 3), point("mem.rss", value))
    assert told.reading.metrics == {"threads": 3} and sum(dropped.values()) == 1


def test_a_limit_past_what_any_machine_has_is_none() -> None:
    assert of(point("threads", 3), point("mem.limit", 2**62))[0].reading.metrics == {"threads": 3}


def test_of_two_values_the_first_stays_and_an_equal_one_is_silent() -> None:
    told, dropped = of(point("threads", 3), point("threads", 3), point("processes", 1), point("processes", 2))
    assert told.reading.metrics == {"threads": 3, "processes": 1}
    assert dropped == {"datapoint: said twice, with two values": 1}


@given(st.randoms(use_true_random=False))
def test_the_order_of_datapoints_says_nothing(chance: random.Random) -> None:
    points = [point(wire, number + 1) for number, wire in enumerate(OF_TELEGRAF)]
    straight = of(*points)
    chance.shuffle(points)
    again = of(*points)
    assert again == straight


def test_a_reading_is_as_old_as_its_oldest_datapoint_that_is_kept() -> None:
    told, _ = of(
        point("threads", 1),
        point("mem.rss", 1, at="2026-11-22T11:37:59+02:00"),
        point("perf.cycles", 1, at="2026-11-22T08:00:00Z"),
    )
    assert told.reading.taken_at == datetime(2026, 11, 22, 9, 37, 59, tzinfo=UTC)
    assert of(point("threads", 1, at=None))[0].reading.taken_at == NOW


@pytest.mark.parametrize(("minutes", "believed"), [(9, True), (11, False), (-119, True), (-121, False)])
def test_a_clock_far_from_ours_is_not_believed(minutes: int, believed: bool) -> None:
    at = NOW + timedelta(minutes=minutes)
    told, dropped = of(point("threads", 1, at=at.isoformat()))
    assert told.reading.taken_at == (at if believed else NOW)
    assert [reason.partition(":")[0] for reason in dropped] == ([] if believed else ["skewed"])


def test_an_unreadable_time_is_counted() -> None:
    told, dropped = of(point("threads", 1, at="yesterday"), point("mem.rss", 1))
    assert told.reading.taken_at == SAMPLED and dropped == {"datapoint: unreadable time": 1}


@pytest.mark.parametrize("document", [{}, {"datapoints": None}, {"datapoints": []}])
def test_no_datapoints_is_an_answer_without_content(document: Any) -> None:
    with pytest.raises(PollError) as caught:
        decoded(document)
    assert caught.value.outcome is Outcome.EMPTY


@pytest.mark.parametrize("document", [[], 5, {"datapoints": {}}, message(point("app.metric", 1)), message(None, 7)])
def test_what_is_no_container_is_refused(document: Any) -> None:
    with pytest.raises(PollError) as caught:
        decoded(document)
    assert caught.value.outcome is Outcome.WRONG_SHAPE


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)
WIRE = st.sampled_from([*NAMES, *REPEATED, "blkio.cfq.io_serviced.read", "blkio.io_serviced_write"])
DATAPOINTS = st.fixed_dictionaries(
    {"name": WIRE | ANYTHING, "value": st.floats(0, 1e12) | ANYTHING},
    optional={
        "timestamp": st.datetimes().map(lambda at: f"{at.isoformat()}Z") | ANYTHING,
        "tags": st.dictionaries(st.sampled_from(["policy", "device", "source", "id"]), st.text(max_size=300))
        | ANYTHING,
    },
)


@given(st.lists(DATAPOINTS | ANYTHING, max_size=9), ANYTHING | st.dictionaries(st.just("labels"), ANYTHING))
def test_whatever_the_service_says_it_is_a_reading_or_an_outcome(points: list[Any], dimensions: Any) -> None:
    try:
        told, _ = decoded({"datapoints": [*points, point("threads", 5)], "dimensions": dimensions})
    except PollError as error:
        assert error.outcome is Outcome.TOO_DEEP
        return
    assert "threads" in told.reading.metrics and set(told.reading.metrics) <= set(KEPT)
    assert all(math.isfinite(value) and value >= 0 for value in told.reading.metrics.values())
    assert NOW - timedelta(hours=2) <= told.reading.taken_at <= NOW + timedelta(minutes=10)
