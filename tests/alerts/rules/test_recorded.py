"""What the rules about nodes say of recorded machines, containers and units is what was true of them."""

from __future__ import annotations

import msgspec
import pytest

from collectors.decoding import Dropped
from collectors.sources.component_health import decode_report
from collectors.sources.container_lists import of_containers
from collectors.sources.node_datapoints import host_metrics, read
from tests import builders
from tests.alerts.rules.judging import told
from tests.builders import NOON
from tests.collectors.test_recordings import answer_of
from tests.conformance.replaying import EXPECTED, SHARED

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not EXPECTED, reason="the recordings beside the repository are not here"),
]
LIVE = SHARED / "live"


def steps(what: str) -> list[str]:
    return sorted(step for step, expected in EXPECTED.items() if expected.get(what))


@pytest.mark.parametrize("step", steps("node_metrics"))
def test_the_memory_a_recorded_machine_has_left_is_what_is_free_and_cached(step: str) -> None:
    cluster, expected = builders.cluster(), EXPECTED[step]["node_metrics"]
    for host in expected:
        said = read((LIVE / step / f"{host}-9000" / "v0_node.json").read_bytes(), Dropped(), url="")
        record = host_metrics(said, host=host, role="master", agent_id="", answered_at=NOON)
        builders.write_machines(cluster, msgspec.structs.replace(record, taken_at=NOON), now=NOON)
    found = told("R36", cluster, opened=frozenset(expected))
    for host, metrics in expected.items():
        spare = sum(metrics[f"memory.{name}"] for name in ("free", "buffers", "cached"))
        assert found[host].value == pytest.approx(spare / metrics["memory.total"])


@pytest.mark.parametrize("step", steps("containers"))
def test_the_recorded_container_nearest_to_its_memory_limit_is_told(step: str) -> None:
    cluster = builders.cluster()
    expected = {host: said for host, said in EXPECTED[step]["containers"].items() if said}
    for host in expected:
        body = (LIVE / step / f"{host}-5051" / "containers.json").read_bytes()
        moved = [
            msgspec.structs.replace(one, taken_at=NOON)
            for one in of_containers(body, Dropped(), answered_at=NOON, url="")
        ]
        builders.write_containers(cluster, builders.agent_containers(host, *moved, route="containers"), now=NOON)
    shares = [
        metrics["mem_rss_bytes"] / metrics["mem_limit_bytes"]
        for containers in expected.values()
        for metrics in containers.values()
        if metrics.get("mem_limit_bytes") and "mem_rss_bytes" in metrics
    ]
    values = [one.value for one in told("R45", cluster).values()]
    assert values == ([pytest.approx(max(shares))] if shares else [])


@pytest.mark.parametrize("step", steps("health"))
def test_recorded_units_that_were_sick_are_told_and_no_others(step: str) -> None:
    truth = EXPECTED[step]["health"]
    path = LIVE / step / truth["reported_by"] / "system_health_v1_report.json"
    report, _, _ = decode_report(answer_of(path))
    cluster = builders.cluster()
    builders.write(cluster, msgspec.structs.replace(report, taken_at=NOON), now=NOON)
    sick = {
        f"{unit}/{host}": float(health != 0)
        for host, units in truth["unit_on_node"].items()
        for unit, health in units.items()
        if health
    }
    found = {subject: one.value for subject, one in told("R31", cluster).items() if one.value}
    assert found == sick
