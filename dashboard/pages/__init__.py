"""A page a module, with a template of the same name. A new page is one line here: its URL and its place in the menu."""

from __future__ import annotations

from dashboard.models import Cluster
from dashboard.pages import (
    capacity,
    capacity_filesystems,
    clusters,
    collection,
    components,
    connect,
    container,
    container_csv,
    masters,
    node,
    node_containers,
    node_containers_csv,
    node_csv,
    nodes,
    nodes_csv,
    nodes_heat,
    now,
    paces,
    settings,
    unit,
    unit_on_node,
)
from dashboard.pages.converters import CONTAINER, NAMED
from dashboard.pages.registry import CLUSTER_PATH, Page
from dashboard.roles import Role

NODES = f"{CLUSTER_PATH}nodes/"
CONTAINERS = f"{NODES}<{NAMED}:host>/containers/"
COMPONENTS = f"{CLUSTER_PATH}components/"
DCOS_ONLY = frozenset({Cluster.Kind.DCOS})

PAGES: tuple[Page, ...] = (
    Page("clusters", "", clusters.page),
    Page("connect", "connect/", connect.page, needs=Role.ADMIN),
    Page("now", CLUSTER_PATH, now.page, "Now", key="n"),
    Page("capacity", f"{CLUSTER_PATH}capacity/", capacity.page, "Capacity", "Measure", key="c"),
    Page("capacity_csv", f"{CLUSTER_PATH}capacity/capacity.csv", capacity.table),
    Page("capacity_filesystems", f"{CLUSTER_PATH}capacity/filesystems/", capacity_filesystems.page),
    Page("filesystems_csv", f"{CLUSTER_PATH}capacity/filesystems/filesystems.csv", capacity_filesystems.table),
    Page("nodes", NODES, nodes.page, "Nodes", "Inspect", key="o"),
    Page("nodes_csv", f"{NODES}nodes.csv", nodes_csv.page),
    Page("heat_csv", f"{NODES}over-time.csv", nodes_heat.table),
    Page("node_containers_csv", f"{CONTAINERS}containers.csv", node_containers_csv.page),
    Page("container_csv", f"{CONTAINERS}<{CONTAINER}:container_id>/history.csv", container_csv.page),
    Page("container", f"{CONTAINERS}<{CONTAINER}:container_id>/", container.page),
    Page("node_containers", CONTAINERS, node_containers.page),
    Page("node_csv", f"{NODES}<{NAMED}:host>/history.csv", node_csv.page),
    Page("node", f"{NODES}<{NAMED}:host>/", node.page),
    Page("masters", f"{CLUSTER_PATH}masters/", masters.page, "Masters", "Inspect", key="m"),
    Page("components", COMPONENTS, components.page, "Components", "Inspect", key="h", kinds=DCOS_ONLY),
    Page("snapshot", f"{COMPONENTS}snapshot/", components.snapshot, kinds=DCOS_ONLY),
    Page("unit_on_node", f"{COMPONENTS}<{NAMED}:unit>/nodes/<{NAMED}:host>/", unit_on_node.page, kinds=DCOS_ONLY),
    Page("unit", f"{COMPONENTS}<{NAMED}:unit>/", unit.page, kinds=DCOS_ONLY),
    Page("collection", f"{CLUSTER_PATH}collection/", collection.page, "Collection", "Data", key="d"),
    Page("settings", f"{CLUSTER_PATH}settings/", settings.page, "Settings", "Data", needs=Role.ADMIN, key="s"),
    Page("periods", f"{CLUSTER_PATH}settings/periods/", paces.save, needs=Role.ADMIN),
    Page("pause", f"{CLUSTER_PATH}settings/pause/", settings.pause, needs=Role.ADMIN),
    Page("remove", f"{CLUSTER_PATH}settings/remove/", settings.remove, needs=Role.ADMIN),
)
