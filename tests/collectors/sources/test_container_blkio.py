from __future__ import annotations

import json
from collections import Counter
from typing import Any

import msgspec
import pytest

from collectors.sources.container_blkio import METRICS, NOT_TOLD, Share, of_mesos, share_of, summed


def device(major: int, read: Any, write: Any, *, short: bool = False) -> dict[str, Any]:
    """An entry of one device; 0 stands for the entry of all."""
    names = ("major", "minor") if short else ("major_number", "minor_number")
    said = {"io_service_bytes": operations(read, write), "io_serviced": operations(read / 10, write / 10)}
    return said | ({"device": dict(zip(names, (major, 16), strict=True))} if major else {})


def operations(read: float, write: float) -> list[dict[str, Any]]:
    return [{"op": op, "value": value} for op, value in (("READ", read), ("WRITE", write), ("TOTAL", read + write))]


def of(**tables: Any) -> tuple[dict[str, float], Counter[str]]:
    dropped: Counter[str] = Counter()
    found = of_mesos(msgspec.Raw(json.dumps(tables).encode()), dropped)
    return {name: value for name, value in zip(METRICS, found, strict=True) if value == value}, dropped


def metrics(read: float, write: float) -> dict[str, float]:
    return {
        "blkio_read_bytes": read,
        "blkio_write_bytes": write,
        "blkio_reads": read / 10,
        "blkio_writes": write / 10,
    }


TOTAL_ONLY = {"io_service_bytes": [{"op": "TOTAL", "value": 0}], "io_serviced": [{"op": "TOTAL", "value": 0}]}


@pytest.mark.parametrize("short", [False, True])
def test_devices_are_added_up_in_either_spelling_of_their_numbers(short: bool) -> None:
    found, dropped = of(throttling=[device(8, 100, 40, short=short), device(259, 20, 0, short=short)])
    assert found == metrics(120, 40) and not dropped


def test_an_entry_without_a_device_is_the_total_and_is_not_added_to_its_parts() -> None:
    assert of(cfq=[device(8, 100, 40), device(0, 130, 45), device(9, 20, 5)])[0] == metrics(130, 45)


def test_a_device_without_numbers_is_the_total() -> None:
    assert of(cfq=[{**device(8, 5, 5)}, {**device(0, 130, 45), "device": {}}])[0] == metrics(130, 45)


def test_a_total_without_reads_leaves_the_devices_to_be_added_up() -> None:
    assert of(throttling=[TOTAL_ONLY, device(8, 100, 40)])[0] == metrics(100, 40)


def test_the_scheduler_with_its_children_comes_before_the_scheduler_and_that_before_the_throttler() -> None:
    tables = {"throttling": [device(8, 1, 1)], "cfq": [device(8, 2, 2)], "cfq_recursive": [device(8, 3, 3)]}
    assert of(**tables)[0] == metrics(3, 3)
    del tables["cfq_recursive"]
    assert of(**tables)[0] == metrics(2, 2)


def test_a_scheduler_not_in_use_says_a_total_of_0_and_hides_nothing() -> None:
    found, _ = of(cfq=[TOTAL_ONLY], cfq_recursive=[TOTAL_ONLY], throttling=[device(8, 7, 0)])
    assert found == metrics(7, 0)


def test_without_reads_and_writes_nothing_is_known() -> None:
    assert of(cfq=[TOTAL_ONLY], throttling=[], cfq_recursive=None) == ({}, Counter())


def test_a_device_told_twice_counts_once() -> None:
    assert of(throttling=[device(8, 100, 40), device(8, 100, 40)])[0] == metrics(100, 40)


BROKEN: dict[str, Any] = {
    "device": {"device": {"major_number": "8"}, "io_serviced": operations(1, 1)},
    "null": None,
    "no value": {"device": {"major_number": 9, "minor_number": 0}, "io_service_bytes": [{"op": "READ"}]},
    "below zero": {"device": {"major_number": 7}, "io_service_bytes": operations(-1, 2)},
    "past counting": {"device": {"major_number": 7}, "io_service_bytes": operations(1e30, 2)},
    "text": {"device": {"major_number": 7}, "io_serviced": [{"op": "READ", "value": "5"}]},
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=list(BROKEN))
def test_a_sum_without_one_of_its_devices_is_not_told(broken: Any) -> None:
    found, dropped = of(throttling=[device(8, 100, 40), broken])
    assert found == {} and sum(dropped.values()) == 1


def test_no_other_table_stands_in_for_one_that_cannot_be_read() -> None:
    found, dropped = of(cfq=[None], throttling=[device(8, 100, 40)])
    assert found == {} and sum(dropped.values()) == 1
    assert of(throttling=[None], cfq=[device(8, 100, 40)])[0] == metrics(100, 40)  # not looked at


@pytest.mark.parametrize("tables", [[], "cfq", {"cfq": {}}, {"cfq": 5}])
def test_tables_of_another_form_are_counted(tables: Any) -> None:
    dropped: Counter[str] = Counter()
    assert of_mesos(msgspec.Raw(json.dumps(tables).encode()), dropped) == NOT_TOLD
    assert sum(dropped.values()) == 1


@pytest.mark.parametrize(
    ("wire", "tags", "share"),
    [
        ("blkio.cfq.io_serviced.read", {"blkio_device": "8:0"}, Share("cfq", "8:0", "blkio_reads")),
        (
            "blkio.throttling.io_service_bytes.write",
            {"blkio_device": "total"},
            Share("throttling", "", "blkio_write_bytes"),
        ),
        ("blkio.io_service_bytes_read", {"policy": "cfq", "device": "8.0"}, Share("cfq", "8.0", "blkio_read_bytes")),
        ("blkio.io_serviced_write", {"policy": "cfq", "device": "default"}, Share("cfq", "", "blkio_writes")),
        ("blkio.cfq.io_serviced.total", {}, None),
        ("blkio.io_wait_time_read", {"policy": "cfq"}, None),
    ],
)
def test_datapoints_of_both_generations_name_the_same_shares(
    wire: str, tags: dict[str, str], share: Share | None
) -> None:
    assert share_of(wire, tags) == share


def test_a_datapoint_of_an_unknown_policy_tells_nothing() -> None:
    assert summed([Share("bfq", "", "blkio_reads", 5.0)]) == {}
