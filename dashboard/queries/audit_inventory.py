"""What there is in a cluster, for its audit entry: every row as it was last told, each with the time it is of."""

from __future__ import annotations

from collections import defaultdict
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from django.db.models import F

from dashboard import applications
from dashboard.audit_chain import canonical
from dashboard.models import (
    App,
    Attribute,
    Cluster,
    Component,
    Framework,
    Marathon,
    Master,
    Node,
    ProcessFlags,
    Role,
)

RESOURCES = ("cpus", "mem_bytes", "disk_bytes", "gpus")
MASTER = ("host", "port", "version", "elected", "started_at", "first_seen", "taken_at")
AGENT = (
    *(
        "host",
        "port",
        "agent_id",
        "hostname",
        "state",
        "state_since",
        "maintenance",
        "public",
        "region",
        "zone",
        "version",
    ),
    *("registered_at", "first_seen", "last_seen"),
)
FRAMEWORK = ("framework_id", "name", "state", "state_since", "first_seen", "last_seen")
ROLE = ("name", "listed", "weight", "first_seen", "last_seen")
MARATHON = ("key", "name", "framework_id", "version", "leader", "taken_at", "apps_taken_at")
APP = (
    *("app_id", "kind", "state", "state_since", "version", "instances", "running", "healthy", "unhealthy"),
    *("last_changed_at", "last_scaled_at"),
    *("cpus", "mem_bytes", "disk_bytes", "gpus", "first_seen"),
)
"""Amounts are what is asked for, of one instance."""


def inventory(cluster: Cluster) -> dict[str, Any]:
    """Masters, agents, frameworks, roles, Marathons, apps, components, versions, flags by their digest. Nine queries.

    No secret is in it: of the cluster's address not the user, of flags only the digest, and of tasks nothing.
    """
    return {
        "address": _address(cluster.url),
        "ca_sha256": sha256(cluster.ca_pem.encode()).hexdigest() if cluster.ca_pem else None,
        "own_name": cluster.own_name,
        "versions": {
            "dcos": cluster.dcos_version,
            "dcos_variant": cluster.dcos_variant,
            "mesos": cluster.mesos_version,
        },
        "masters": list(Master.objects.filter(cluster=cluster).order_by("host", "port").values(*MASTER)),
        "agents": _agents(cluster),
        "frameworks": list(Framework.objects.filter(cluster=cluster).order_by("framework_id").values(*FRAMEWORK)),
        "roles": [_role(role) for role in Role.objects.filter(cluster=cluster).order_by("name")],
        "marathons": list(Marathon.objects.filter(cluster=cluster).order_by("key").values(*MARATHON)),
        "apps": _apps(cluster),
        "components": list(
            Component.objects.filter(cluster=cluster).order_by("unit").values("unit", "name", "first_seen")
        ),
        "flags": [
            _flags(flags) for flags in ProcessFlags.objects.filter(cluster=cluster).order_by("role", "host", "port")
        ],
    }


def _address(url: str) -> str:
    """Scheme, host and port only: some give user and password in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _agents(cluster: Cluster) -> list[dict[str, Any]]:
    attributes: dict[int, dict[str, str]] = defaultdict(dict)
    for node, name, value in Attribute.objects.filter(node__cluster=cluster).values_list("node_id", "name", "value"):
        attributes[node][name] = value
    return [
        {name: getattr(node, name) for name in AGENT}
        | {
            "total": _amounts(node, "total"),
            "allocated": _amounts(node, "allocated"),
            "attributes": attributes[node.pk],
        }
        for node in Node.objects.filter(cluster=cluster).order_by("host", "port")
    ]


def _apps(cluster: Cluster) -> list[dict[str, Any]]:
    """Those that are still listed, each with when its Marathon last listed it; of their tasks nothing."""
    listed = App.objects.filter(cluster=cluster, gone_at=None).order_by("marathon__key", "app_id")
    placed = {"marathon_key": F("marathon__key"), "taken_at": F("marathon__apps_taken_at")}
    return [_health(row) for row in listed.values(*APP, "has_health_checks", **placed)]


def _health(row: dict[str, Any]) -> dict[str, Any]:
    healthy, unhealthy = applications.judged(row["healthy"], row["unhealthy"], checked=row.pop("has_health_checks"))
    return row | {"healthy": healthy, "unhealthy": unhealthy}


def _role(role: Role) -> dict[str, Any]:
    told = {name: getattr(role, name) for name in ROLE}
    return told | {"guarantee": _amounts(role, "guarantee"), "limit": _amounts(role, "limit")}


def _amounts(row: Node | Role, of: str) -> dict[str, float | None]:
    """The four resources of one basis: cpus, mem_bytes …"""
    return {resource: getattr(row, column(resource, of)) for resource in RESOURCES}


def column(resource: str, of: str) -> str:
    """mem_bytes, total → mem_total_bytes."""
    return f"{resource.removesuffix('_bytes')}_{of}{'_bytes' if resource.endswith('_bytes') else ''}"


def _flags(row: ProcessFlags) -> dict[str, Any]:
    digest = sha256(canonical(row.flags).encode()).hexdigest()
    return {"role": row.role, "host": row.host, "port": row.port, "taken_at": row.taken_at, "sha256": digest}
