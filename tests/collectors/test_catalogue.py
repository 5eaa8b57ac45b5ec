"""The README's tables are the code's."""

from __future__ import annotations

import re
from pathlib import Path

import collectors
from collectors.errors import Outcome
from collectors.metrics import (
    AGENT_METRICS,
    FILESYSTEM_METRICS,
    HOST_METRICS,
    INTERFACE_METRICS,
    MARATHON_METRICS,
    MASTER_METRICS,
)
from collectors.records import FilesystemReading, InterfaceReading
from collectors.sources import SOURCES, SOURCES_BY_NAME

README = (Path(collectors.__file__).parent / "README.md").read_text()


def test_the_readme_lists_every_source_as_it_is() -> None:
    lines = [
        f"| {source.name} | `{source.endpoint}` | {source.records} | {source.period_seconds} s | {source.lag_seconds} s "
        f"| {', '.join(sorted(source.kinds))} | {source.document} |"
        for source in SOURCES
    ]
    head = README.index("| source | endpoint |")
    table = README[head : README.index("\n\n", head)].splitlines()
    assert table[2:] == lines


def test_the_readme_explains_every_outcome() -> None:
    explained = re.findall(r"^\| ([a-z_]+) \| [^|]+ \|$", README, re.MULTILINE)
    assert [word for word in explained if word != "outcome"] == [str(outcome) for outcome in Outcome]


def test_sources_have_one_name_each() -> None:
    assert list(SOURCES_BY_NAME) == [source.name for source in SOURCES]


def test_a_masters_reading_has_every_metric_once() -> None:
    names = [metric.name for metric in MASTER_METRICS]
    assert len(names) == len(set(names))
    assert all(metric.unit and metric.meaning for metric in MASTER_METRICS)


def test_an_agents_reading_has_every_metric_once_and_only_an_agents() -> None:
    names = [metric.name for metric in AGENT_METRICS]
    assert len(names) == len(set(names)) == 42
    assert {name.partition("/")[0] for name in names} == {"slave", "containerizer", "gc", "system"}
    assert all(metric.unit and metric.meaning for metric in AGENT_METRICS)


def test_a_marathons_reading_has_every_metric_once_and_in_the_units_of_its_names() -> None:
    names = [metric.name for metric in MARATHON_METRICS]
    assert len(names) == len(set(names))
    assert all(metric.unit and metric.meaning for metric in MARATHON_METRICS)
    assert {metric.unit for metric in MARATHON_METRICS if metric.name.endswith(".seconds")} == {"s"}
    assert {metric.unit for metric in MARATHON_METRICS if metric.name.endswith(".bytes")} == {"bytes"}
    counted = {metric.name for metric in MARATHON_METRICS if metric.kind == "counter"}
    assert {name for name in names if name.endswith((".counter", ".meter", ".count"))} <= counted


def test_amounts_of_agents_and_masters_have_the_same_units() -> None:
    masters = {metric.name.removeprefix("master/"): metric.unit for metric in MASTER_METRICS}
    shared = {
        metric.name: (metric.unit, masters[metric.name.removeprefix("slave/")])
        for metric in AGENT_METRICS
        if metric.name.removeprefix("slave/") in masters
    }
    assert {name for name, (ours, theirs) in shared.items() if ours != theirs} == set()
    assert shared["slave/mem_used"] == ("MiB", "MiB") and len(shared) > 20


def test_what_counts_up_is_a_counter_and_what_is_now_is_a_gauge() -> None:
    kinds = {metric.name: metric.kind for metric in MASTER_METRICS}
    assert kinds["master/tasks_failed"] == "counter"
    assert kinds["master/tasks_running"] == "gauge"
    of_agents = {metric.name: metric.kind for metric in AGENT_METRICS}
    assert {kind for name, kind in of_agents.items() if "terminated" in name or name.endswith("_errors")} == {"counter"}
    assert {kind for name, kind in of_agents.items() if name.endswith(("_total", "_used", "_running"))} == {"gauge"}


def test_a_machine_its_filesystems_and_its_interfaces_have_every_metric_once() -> None:
    names = [metric.name for metric in (*HOST_METRICS, *FILESYSTEM_METRICS, *INTERFACE_METRICS)]
    assert len(names) == len(set(names)) == 18 + 6 + 8
    assert {metric.kind for metric in INTERFACE_METRICS} == {"counter"}
    assert {metric.kind for metric in (*HOST_METRICS, *FILESYSTEM_METRICS)} == {"gauge"}


def test_the_fields_of_a_reading_stand_in_the_order_of_its_metrics() -> None:
    def words(name: str) -> set[str]:
        return {word.rstrip("s") for word in name.replace(".", "_").split("_")} - {
            "filesystem",
            "network",
            "capacity",
            "byte",
        }

    for metrics, record in ((FILESYSTEM_METRICS, FilesystemReading), (INTERFACE_METRICS, InterfaceReading)):
        fields = record.__struct_fields__[1:]
        assert [words(metric.name) for metric in metrics] == [words(field) for field in fields]
