"""What recorded machines and containers measured stands on page and API as it was true, number by number.

The recordings are read by the sources' own decoders; their times are moved to the present, for what is hours old is
rightly shown as no data.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from collectors.decoding import Dropped
from collectors.records import AgentContainers, ContainerReading, HostMetrics
from collectors.sources.container_lists import of_containers
from collectors.sources.node_datapoints import host_metrics, read
from dashboard import figures
from dashboard.models import Cluster
from dashboard.roles import Role, grant
from tests import builders
from tests.conformance.replaying import EXPECTED, SHARED

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not EXPECTED, reason="the recordings beside the repository are not here"),
]
LIVE = SHARED / "live"


def steps(what: str) -> list[str]:
    return sorted(step for step, expected in EXPECTED.items() if expected.get(what))


@pytest.fixture
def asked(client: Client) -> Client:
    viewer = User.objects.create_user("viewer")
    grant(viewer, Role.VIEWER)
    client.force_login(viewer)
    return client


def told(client: Client, path: str, **query: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/clusters/live/{path}", query)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def machines(step: str) -> Iterator[HostMetrics]:
    at = timezone.now() - timedelta(seconds=5)
    for host in EXPECTED[step]["node_metrics"]:
        body = (LIVE / step / f"{host}-9000" / "v0_node.json").read_bytes()
        said = read(body, Dropped(), url="")
        role = "agent" if (LIVE / step / f"{host}-5051").is_dir() else "master"
        record = host_metrics(said, host=host, role=role, agent_id="", answered_at=at)
        yield msgspec.structs.replace(record, taken_at=at)


def connected(*hosts: str) -> Cluster:
    cluster = builders.cluster("live")
    builders.write(cluster, builders.summary(timezone.now(), *(builders.agent(host) for host in hosts)))
    return cluster


@pytest.mark.parametrize("step", steps("node_metrics"))
def test_what_a_machine_measured_is_on_page_and_api(step: str, asked: Client) -> None:
    expected = EXPECTED[step]["node_metrics"]
    records = list(machines(step))
    cluster = connected(*expected)
    builders.write_machines(cluster, *records, now=timezone.now())
    for host, metrics in expected.items():
        use = told(asked, f"nodes/{host}/")["nodes"][0]["use"]
        spare = sum(metrics[f"memory.{name}"] for name in ("free", "buffers", "cached"))
        assert use["memory_total_bytes"] == metrics["memory.total"]
        assert use["memory_used_bytes"] == metrics["memory.total"] - spare
        assert use["cores"] == metrics["cpu.cores"] and use["load_1min"] == metrics["load.1min"]
        assert use["cpu_used_ratio"] == pytest.approx(metrics["cpu.total"] / 100)
        for name, value in metrics.items():
            series = told(asked, "readings/", subject=f"host:{host}", metric=name)
            assert [one for one in series["values"] if one is not None] == [round(value, 6)], (host, name)
        page = asked.get(f"/c/live/nodes/{host}/").content.decode().replace("\u00a0", " ")
        assert figures.byte_size(metrics["memory.total"] - spare).replace("\u00a0", " ") in page


def readings(step: str, host: str) -> AgentContainers:
    at = timezone.now() - timedelta(seconds=5)
    body = (LIVE / step / f"{host}-5051" / "containers.json").read_bytes()
    found: list[ContainerReading] = of_containers(body, Dropped(), answered_at=at, url="")
    moved = [msgspec.structs.replace(one, taken_at=at) for one in found]
    return builders.agent_containers(host, *moved, at=at, route="containers")


@pytest.mark.parametrize("step", steps("containers"))
def test_what_a_container_measured_is_on_page_and_api(step: str, asked: Client) -> None:
    expected = {host: said for host, said in EXPECTED[step]["containers"].items() if said}
    cluster = connected(*expected)
    builders.write_containers(cluster, *(readings(step, host) for host in expected), now=timezone.now())
    for host, containers in expected.items():
        rows = {row["container_id"]: row for row in told(asked, f"nodes/{host}/containers/")["results"]}
        assert rows.keys() == containers.keys()
        for container, metrics in containers.items():
            assert_tells(rows[container], metrics)
        last, metrics = list(containers.items())[-1]
        page = asked.get(f"/c/live/nodes/{host}/containers/{last}/").content.decode()
        for value in metrics.values():
            assert figures.exact(value) in page, (host, last, metrics)


def assert_tells(row: dict[str, Any], metrics: dict[str, float]) -> None:
    assert row["mem_used_bytes"] == metrics.get("mem_rss_bytes")
    assert row["mem_limit_bytes"] == metrics.get("mem_limit_bytes")
    assert row["cpus_limit"] == metrics.get("cpus_limit")
    assert row["cpus_requested"] == metrics.get("cpus_soft_limit")
    assert row["cpus_used"] is None  # one sample has no rate


def test_the_recordings_have_machines_and_containers_to_compare() -> None:
    assert len(steps("node_metrics")) >= 10 and len(steps("containers")) >= 20
