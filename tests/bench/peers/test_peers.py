"""The bench compares like with like, and says so when it cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from collectors.metrics import CONTAINER_METRICS, INTERFACE_METRICS
from collectors.records import FilesystemReading, InterfaceReading
from collectors.sources.container_lists import of_operator_api
from collectors.sources.node_datapoints import FILESYSTEM_FIELDS, INTERFACE_FIELDS, host_metrics, read
from dashboard.models import Chunk
from dashboard.store import compaction
from tests.bench import store
from tests.bench.peers import day_two, kept
from tests.bench.peers.bodies import Bodies
from tests.bench.peers.engine import NotMeasured, program
from tests.bench.peers.replay import Replay
from tests.bench.peers.samples import CONTAINER, CONTAINERS, LINK, Fleet
from tests.bench.peers.text import Pages

FLEET = Fleet(machines=2, ticks=60)
BEGINS_AT = int(day_two.NOON.timestamp())
TICK, NUMBER = 41, 1

Sample = tuple[str, str, float]
"""Name as Prometheus writes it, what it is of, value."""


def in_text() -> Counter[Sample]:
    page = Pages(FLEET, BEGINS_AT * 1000, 28_000).page(TICK, NUMBER).decode()
    # The parser would take a name that comes again for another family's: each line by itself.
    samples = [
        sample for line in page.splitlines() for one in text_string_to_metric_families(line) for sample in one.samples
    ]
    assert {sample.timestamp for sample in samples} == {BEGINS_AT + TICK * 28}
    return Counter((sample.name, _of(sample.labels), sample.value) for sample in samples)


def _of(labels: dict[str, str]) -> str:
    return labels.get("path") or labels.get("interface") or labels.get("container_id") or ""


def in_json() -> Counter[Sample]:
    """As the product's decoders read it."""
    bodies, dropped = Bodies(FLEET, BEGINS_AT), Counter[str]()
    at = datetime.fromtimestamp(BEGINS_AT + 60 * TICK + 30, UTC)
    machine = host_metrics(
        read(bodies.machine(TICK, NUMBER), dropped), host="h", role="agent", agent_id="a", answered_at=at
    )
    found = [(name, "", value) for name, value in machine.metrics.items()]
    found += [sample for disk in machine.filesystems for sample in _fields(disk, disk.path, FILESYSTEM_FIELDS)]
    found += [sample for link in machine.interfaces for sample in _fields(link, link.name, INTERFACE_FIELDS)]
    for container in of_operator_api(bodies.containers(TICK, NUMBER), dropped, answered_at=at):
        found += [(name, container.container_id, value) for name, value in container.metrics.items()]
    assert not dropped
    return Counter((name.replace(".", "_"), of, value) for name, of, value in found)


def _fields(record: FilesystemReading | InterfaceReading, of: str, fields: dict[str, str]) -> Iterable[Sample]:
    told = ((name, getattr(record, field)) for name, field in fields.items())
    return ((name, of, value) for name, value in told if value is not None)


def test_text_and_json_hold_the_same_samples() -> None:
    assert in_text() == in_json()
    assert in_text().total() == FLEET.samples / FLEET.ticks / FLEET.machines


def test_the_same_fleet_is_the_same_samples() -> None:
    again = Fleet(machines=2, ticks=60)

    assert np.array_equal(again.of_containers, FLEET.of_containers)
    assert np.array_equal(again.of_mounts, FLEET.of_mounts, equal_nan=True)


def test_counters_fall_only_where_a_container_is_born() -> None:
    fleet = Fleet(machines=10, ticks=120)
    counts = [CONTAINER.index(metric.name) for metric in CONTAINER_METRICS if metric.kind == "counter"]
    fell = np.diff(fleet.of_containers[:, :, counts], axis=0) < 0

    assert fell.any()
    assert not fell[~fleet.births[1:]].any()
    assert not (np.diff(fleet.of_links, axis=0) < 0).any()
    assert len(LINK) == len(INTERFACE_METRICS)


def test_a_tenth_of_the_containers_is_replaced_in_an_hour() -> None:
    fleet = Fleet(machines=50, ticks=120)

    assert 0.08 < fleet.births.sum() / (50 * CONTAINERS) / 2 < 0.12


@pytest.mark.django_db(transaction=True)
def test_what_day_two_stored_is_compared_with_what_was_sent() -> None:
    replay = Replay(Bodies(FLEET, BEGINS_AT))
    cluster = day_two.registered(FLEET, day_two.NOON)
    spent = day_two.Spent()
    day_two.polled(cluster, replay, range(FLEET.ticks), spent)
    compaction.run(cluster.pk, lambda: day_two.NOON + timedelta(hours=2, minutes=1))

    kept.check(FLEET, replay.bodies)

    assert spent.seconds["poll"] > spent.seconds["decode"] > 0
    one = Chunk.objects.filter(subject__kind="container", rows=60)[:2]
    Chunk.objects.filter(subject=one[0].subject_id).update(data=one[1].data)
    with pytest.raises(NotMeasured, match="is not what was sent"):
        kept.check(FLEET, replay.bodies)


def test_a_program_that_is_missing_is_named_with_its_package() -> None:
    with pytest.raises(NotMeasured, match="apt-get install -y prometheus victoria-metrics"):
        program("prometheus-that-is-not-there")


@pytest.mark.parametrize(("p95_ms", "holds"), [(7.9, True), (8.1, False), (None, None)])
def test_a_goal_is_kept_missed_or_not_measured(p95_ms: float | None, holds: bool | None) -> None:
    known = {} if p95_ms is None else {"p95_ms": p95_ms}
    found = {
        "day_two_bytes_per_sample": 0.9,
        "prometheus_bytes_per_sample": 2.0,
        "day_two_cpu_us_per_sample": 1.0,
        "prometheus_cpu_us_per_sample": 2.0,
        "day_two_roll_up_cpu_seconds_per_million": 0.1,
        "requests": dict.fromkeys(store.LIMITS_MS, known),
    }
    goals = {goal.name: goal for goal in store.goals_of(found)}

    assert goals["node_hour_p95_ms"].holds is holds
    assert goals["bytes_over_prometheus"].value == 0.45
