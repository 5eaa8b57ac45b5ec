"""Every figure has its birth certificate, and what it names exists on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.metrics import AGENT_METRICS, CONTAINER_METRICS, FILESYSTEM_METRICS, HOST_METRICS, INTERFACE_METRICS
from collectors.sources.containers_in_turn import DCOS_METRICS, TELEGRAF
from dashboard.api.nodes import NodeAllocationSerializer
from dashboard.api.use_fields import FilesystemSerializer, InterfaceSerializer, MachineUseSerializer
from dashboard.models import AgentProcess, Cluster, Container
from dashboard.queries import certificates, provenance
from dashboard.queries.provenance import Made
from tests.builders import NOON

DCOS, MESOS = Cluster(name="prod", kind="dcos"), Cluster(name="lab", kind="mesos")


def container(route: str, partial: str = "") -> Container:
    return Container(cluster=DCOS, host="h", container_id="c1", route=route, partial=partial, measured_at=NOON)


def figures_of(model: type[Any]) -> set[str]:
    return {field.name for field in model._meta.fields if field.get_internal_type() == "FloatField"}


def floats(serializer: type[Any]) -> set[str]:
    return {name for name, field in serializer().fields.items() if type(field).__name__ == "FloatField"}


@pytest.mark.parametrize(
    ("catalogue", "figures"),
    [
        (provenance.CONTAINER, figures_of(Container)),
        (provenance.AGENT_PROCESS, figures_of(AgentProcess)),
        (provenance.MACHINE_USE, floats(MachineUseSerializer)),
        (provenance.FILESYSTEM, floats(FilesystemSerializer)),
        (provenance.INTERFACE, floats(InterfaceSerializer)),
        (provenance.ALLOCATION, floats(NodeAllocationSerializer)),
    ],
)
def test_every_figure_that_is_shown_has_one_and_there_is_none_of_others(
    catalogue: dict[str, Made], figures: set[str]
) -> None:
    assert set(catalogue) == figures


@pytest.mark.parametrize(
    ("catalogue", "metrics"),
    [
        (provenance.CONTAINER, CONTAINER_METRICS),
        (provenance.AGENT_PROCESS, AGENT_METRICS),
        (provenance.MACHINE_USE, (*HOST_METRICS, *FILESYSTEM_METRICS)),
        (provenance.FILESYSTEM, FILESYSTEM_METRICS),
        (provenance.INTERFACE, INTERFACE_METRICS),
    ],
)
def test_every_field_is_a_metric_that_is_collected(catalogue: dict[str, Made], metrics: Any) -> None:
    assert {field for made in catalogue.values() for field in made.fields} <= {metric.name for metric in metrics}


def test_every_entry_says_formula_unit_and_basis() -> None:
    for catalogue in (provenance.CONTAINER, provenance.MACHINE_USE, provenance.ALLOCATION, provenance.AGENT_PROCESS):
        assert all(made.formula and made.fields and made.unit and made.basis for made in catalogue.values())


@pytest.mark.parametrize(
    ("asked", "endpoint", "cpu", "read"),
    [
        (
            container("operator-api"),
            "POST /agent/<id>/api/v1 GET_CONTAINERS",
            "get_containers.containers[].resource_statistics.cpus_user_time_secs",
            "get_containers.containers[].resource_statistics.blkio_statistics.*[].io_service_bytes[op=READ].value",
        ),
        (
            container("containers"),
            "GET /agent/<id>/containers",
            "[].statistics.cpus_user_time_secs",
            "[].statistics.blkio_statistics.*[].io_service_bytes[op=READ].value",
        ),
        (
            container("dcos-metrics", DCOS_METRICS),
            "GET /system/v1/agent/<id>/metrics/v0/containers/<container id>",
            "datapoints[name=cpus.user.time].value",
            "datapoints[name=blkio.*.io_service_bytes.read].value",
        ),
        (
            container("dcos-metrics", TELEGRAF),
            "GET /system/v1/agent/<id>/metrics/v0/containers/<container id>",
            "datapoints[name=cpus.user_time_secs].value",
            "datapoints[name=blkio.io_service_bytes_read].value",
        ),
    ],
)
def test_fields_are_spelled_as_the_way_of_reading_spells_them(
    asked: Container, endpoint: str, cpu: str, read: str
) -> None:
    told = certificates.of_container(DCOS, asked, {"cpus_used": 0.5})
    assert (told["cpus_used"].value, told["cpus_used"].endpoint, told["cpus_used"].taken_at) == (0.5, endpoint, NOON)
    assert (told["cpus_used"].fields[0], told["read_bytes_per_second"].fields) == (cpu, (read,))
    assert told["mem_used_bytes"].value is None


def test_plain_mesos_agents_are_asked_at_their_own_port() -> None:
    assert certificates.of_container(MESOS, container("containers"), {})["cpus_used"].endpoint == "GET /containers"
    process = AgentProcess(cluster=MESOS, host="h", taken_at=NOON)
    born = certificates.of_process(process, {"uptime_seconds": 60.0})
    assert (born["uptime_seconds"].endpoint, born["uptime_seconds"].value) == ("GET /metrics/snapshot", 60.0)


@pytest.mark.parametrize(
    ("cluster", "endpoint"),
    [(DCOS, "GET /mesos/master/state-summary"), (MESOS, "GET /master/state-summary")],
)
def test_allocation_is_of_the_leading_masters_summary(cluster: Cluster, endpoint: str) -> None:
    born = certificates.of_allocation(cluster, {"mem_allocated_bytes": 1024.0}, NOON)["mem_allocated_bytes"]
    assert (born.endpoint, born.fields, born.value) == (endpoint, ("slaves[].used_resources.mem",), 1024)
