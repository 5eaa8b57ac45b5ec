from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from collectors.metrics import CONTAINER_METRICS
from collectors.records.containers import NAMES, NOTHING_MEASURED, values_of
from collectors.sources.container_blkio import METRICS
from collectors.sources.container_statistics import PLAIN, Measured, Statistics, measured
from tests.collectors.sources.container_documents import AT, NOW, SAMPLED


def of(statistics: Any, *, answered_at: datetime = NOW) -> tuple[Measured, Counter[str]]:
    dropped: Counter[str] = Counter()
    raw = statistics if isinstance(statistics, bytes) else json.dumps(statistics).encode()
    return measured(msgspec.Raw(raw), dropped, answered_at=answered_at), dropped


def metrics(found: Measured) -> dict[str, float]:
    """What was told, by name."""
    return {name: value for name, value in zip(NAMES, found.values, strict=True) if value == value}


def test_what_is_read_at_once_stands_in_the_order_of_the_catalogue() -> None:
    assert Statistics.__struct_fields__[: len(PLAIN)] == PLAIN
    assert (*PLAIN, *METRICS) == NAMES


def test_every_metric_we_keep_is_read_and_nothing_else() -> None:
    plain = {metric.name: 7.5 for metric in CONTAINER_METRICS if not metric.name.startswith("blkio_")}
    found, dropped = of({"timestamp": AT, **plain, "mem_unevictable_bytes": 1, "perf": {"cycles": 5}})
    assert found == Measured(SAMPLED, values_of(plain)) and not dropped


def test_what_no_isolator_measures_is_absent_and_a_measured_zero_is_zero() -> None:
    found, dropped = of({"timestamp": AT, "mem_swap_bytes": 0, "cpus_user_time_secs": 0.0})
    assert metrics(found) == {"mem_swap_bytes": 0, "cpus_user_time_secs": 0} and not dropped


@pytest.mark.parametrize("raw", [b"null", b"{}"])
def test_a_container_without_statistics_has_no_metrics_at_the_answers_moment(raw: bytes) -> None:
    assert of(raw) == (Measured(NOW, NOTHING_MEASURED), Counter())


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"-1", "below zero or past counting"),
        (b"-0.5", "below zero or past counting"),
        (b"1e30", "below zero or past counting"),
        (b"18446744073709551615", "below zero or past counting"),
        (b"null", "not a number"),
        (b'"12"', "not a number"),
        (b"true", "not a number"),
        (b"[1]", "not a number"),
        (b"1e999", "not a number"),
        (b"9" * 5000, "not a number"),
        (b"[" * 50_000, "not a number"),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_true_is_absent_and_counted_and_its_siblings_stay(value: bytes, why: str) -> None:
    if value.startswith(b"[["):
        value += b"]" * 50_000
    found, dropped = of(b'{"timestamp":%f,"cpus_user_time_secs":%b,"threads":3}' % (AT, value))
    if not metrics(found):  # nested past what is decoded: then the container's statistics are dropped whole
        assert dropped == {"statistics: maximum recursion depth exceeded while deserializing an object": 1}
        return
    assert metrics(found) == {"threads": 3}
    assert dropped == {f"value: {why}": 1}


@pytest.mark.parametrize("limit", [2**60, 9_223_372_036_854_771_712, 2**63])
def test_a_limit_past_what_any_machine_has_is_no_limit(limit: int) -> None:
    found, dropped = of(
        {"timestamp": AT, "mem_limit_bytes": limit, "mem_soft_limit_bytes": 5, "mem_total_bytes": 2**61}
    )
    assert metrics(found) == {"mem_soft_limit_bytes": 5, "mem_total_bytes": 2**61} and not dropped


@pytest.mark.parametrize(("minutes", "believed"), [(9, True), (11, False), (-119, True), (-121, False)])
def test_a_time_far_from_ours_is_not_believed_and_counted_as_skewed(minutes: int, believed: bool) -> None:
    at = NOW + timedelta(minutes=minutes)
    found, dropped = of({"timestamp": at.timestamp(), "threads": 1})
    assert found.taken_at == (at if believed else NOW) and metrics(found) == {"threads": 1}
    assert [reason.partition(":")[0] for reason in dropped] == ([] if believed else ["skewed"])


@pytest.mark.parametrize(("timestamp", "counted"), [(0.0, 0), (-5, 0), ("now", 1), (None, 1)])
def test_a_time_that_is_none_is_the_answers_moment(timestamp: Any, counted: int) -> None:
    found, dropped = of({"timestamp": timestamp, "threads": 1})
    assert (found.taken_at, metrics(found)) == (NOW, {"threads": 1})
    assert dropped == ({"statistics: unreadable time": 1} if counted else {})


@pytest.mark.parametrize("raw", [b"[]", b"5", b'"statistics"'])
def test_statistics_of_another_form_are_counted(raw: bytes) -> None:
    found, dropped = of(raw)
    assert found == Measured(NOW, NOTHING_MEASURED) and sum(dropped.values()) == 1


def test_read_at_once_or_one_number_after_the_other_they_are_the_same() -> None:
    plain = {metric.name: float(place) for place, metric in enumerate(CONTAINER_METRICS) if "blkio" not in metric.name}
    disks = [{"io_serviced": [{"op": "READ", "value": 7}, {"op": "TOTAL", "value": 9}], "device": {"major_number": 8}}]
    usual, nothing = of({"timestamp": AT, **plain, "blkio_statistics": {"throttling": disks}})
    careful, dropped = of({"timestamp": AT, **plain, "threads": None, "blkio_statistics": {"throttling": disks}})
    del plain["threads"]
    assert careful == Measured(SAMPLED, values_of({**plain, "blkio_reads": 7.0})) and sum(dropped.values()) == 1
    assert metrics(usual) == {**metrics(careful), "threads": metrics(usual)["threads"]} and not nothing
    assert usual.taken_at == SAMPLED
