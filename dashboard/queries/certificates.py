"""Birth certificates: a figure's value with where it came from, out of the catalogue and the row that holds it. No query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collectors.sources import SOURCES_BY_NAME
from collectors.sources.container_datapoints import OF_DCOS_METRICS, OF_TELEGRAF
from collectors.sources.container_routes import Route
from collectors.sources.containers_in_turn import DCOS_METRICS
from dashboard.models import AgentProcess, Cluster, Container
from dashboard.queries import provenance
from dashboard.queries.provenance import Made

Spell = Callable[[str], str]
TELEGRAF_NAMES = {metric: wire for wire, metric in OF_TELEGRAF.items()}
DCOS_METRICS_NAMES = {metric: wire for wire, metric in OF_DCOS_METRICS.items()}
OF_ROUTER = "/mesos"
"""Below what Admin Router has the leading master."""
BLKIO = {
    "blkio_read_bytes": ("io_service_bytes", "READ"),
    "blkio_write_bytes": ("io_service_bytes", "WRITE"),
    "blkio_reads": ("io_serviced", "READ"),
    "blkio_writes": ("io_serviced", "WRITE"),
}


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """One figure as it stands in an answer. `value` is None where it is not known, or not as the present."""

    name: str
    value: float | None
    unit: str
    basis: str
    formula: str
    endpoint: str
    fields: tuple[str, ...]
    """As the wire spells them."""
    taken_at: datetime | None


def of_container(cluster: Cluster, container: Container, values: Mapping[str, Any]) -> dict[str, Certificate]:
    """By the names of the container's columns; `values` are the figures as they are shown."""
    route = container.route
    return _issued(
        provenance.CONTAINER,
        values,
        endpoint=container_endpoint(cluster, route),
        spell=lambda metric: _container_field(container, metric),
        taken_at=container.measured_at,
    )


def of_machine(values: Mapping[str, Any], taken_at: datetime | None) -> dict[str, Certificate]:
    return _of_host(provenance.MACHINE_USE, values, taken_at)


def of_filesystem(values: Mapping[str, Any], taken_at: datetime | None) -> dict[str, Certificate]:
    return _of_host(provenance.FILESYSTEM, values, taken_at)


def of_interface(values: Mapping[str, Any], taken_at: datetime | None) -> dict[str, Certificate]:
    return _of_host(provenance.INTERFACE, values, taken_at)


def of_allocation(cluster: Cluster, values: Mapping[str, Any], taken_at: datetime | None) -> dict[str, Certificate]:
    path = SOURCES_BY_NAME["summary"].endpoint
    return _issued(
        provenance.ALLOCATION,
        values,
        endpoint=f"GET {path if cluster.kind == Cluster.Kind.DCOS else path.removeprefix(OF_ROUTER)}",
        spell=lambda field: f"slaves[].{field}",
        taken_at=taken_at,
    )


def of_process(process: AgentProcess, values: Mapping[str, Any]) -> dict[str, Certificate]:
    return _issued(
        provenance.AGENT_PROCESS,
        values,
        endpoint=f"GET {_at_agent(process.cluster, '/metrics/snapshot')}",
        spell=lambda metric: metric,
        taken_at=process.taken_at,
    )


def container_endpoint(cluster: Cluster, route: str) -> str:
    """What was asked for a container that was read this way."""
    if route == Route.OPERATOR_API:
        return f"POST {_at_agent(cluster, '/api/v1')} GET_CONTAINERS"
    if route == Route.CONTAINERS:
        return f"GET {_at_agent(cluster, '/containers')}"
    return "GET /system/v1/agent/<id>/metrics/v0/containers/<container id>"


def _at_agent(cluster: Cluster, path: str) -> str:
    """Through Admin Router, or at the agent's own port."""
    return f"/agent/<id>{path}" if cluster.kind == Cluster.Kind.DCOS else path


def _container_field(container: Container, metric: str) -> str:
    if container.route == Route.DCOS_METRICS:
        return _datapoint(container, metric)
    own = metric
    if metric in BLKIO:
        table, operation = BLKIO[metric]
        own = f"blkio_statistics.*[].{table}[op={operation}].value"
    if container.route == Route.OPERATOR_API:
        return f"get_containers.containers[].resource_statistics.{own}"
    return f"[].statistics.{own}"


def _datapoint(container: Container, metric: str) -> str:
    by_dcos_metrics = DCOS_METRICS in container.partial
    if metric in BLKIO:
        table, operation = BLKIO[metric]
        wire = f"blkio.*.{table}.{operation.lower()}" if by_dcos_metrics else f"blkio.{table}_{operation.lower()}"
    else:
        telegraf = TELEGRAF_NAMES.get(metric, metric)
        wire = DCOS_METRICS_NAMES.get(metric, telegraf) if by_dcos_metrics else telegraf
    return f"datapoints[name={wire}].value"


def _of_host(
    catalogue: Mapping[str, Made], values: Mapping[str, Any], taken_at: datetime | None
) -> dict[str, Certificate]:
    return _issued(
        catalogue,
        values,
        endpoint=f"GET {SOURCES_BY_NAME['nodes'].endpoint}",
        spell=lambda metric: f"datapoints[name={metric}].value",
        taken_at=taken_at,
    )


def _issued(
    catalogue: Mapping[str, Made],
    values: Mapping[str, Any],
    *,
    endpoint: str,
    spell: Spell,
    taken_at: datetime | None,
) -> dict[str, Certificate]:
    return {
        name: Certificate(
            name=name,
            value=values.get(name),
            unit=made.unit,
            basis=made.basis,
            formula=made.formula,
            endpoint=endpoint,
            fields=tuple(map(spell, made.fields)),
            taken_at=taken_at,
        )
        for name, made in catalogue.items()
    }
