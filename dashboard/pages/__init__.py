"""A page a module, with a template of the same name. A new page is one line here: its URL and its place in the menu."""

from __future__ import annotations

from dashboard.models import Cluster
from dashboard.pages import (
    alert,
    alerts,
    alerts_act,
    audit,
    audit_day,
    capacity,
    capacity_filesystems,
    channel,
    channels,
    clusters,
    collection,
    components,
    connect,
    container,
    container_csv,
    deliveries,
    failures,
    flapping,
    incident,
    incident_act,
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
    rule,
    rule_new,
    rules,
    settings,
    silences,
    storage,
    storage_retention,
    unit,
    unit_on_node,
)
from dashboard.pages.converters import CONTAINER, NAMED
from dashboard.pages.registry import CLUSTER_PATH, Page
from dashboard.roles import Role

NODES = f"{CLUSTER_PATH}nodes/"
CONTAINERS = f"{NODES}<{NAMED}:host>/containers/"
COMPONENTS = f"{CLUSTER_PATH}components/"
FAILURES = f"{CLUSTER_PATH}failures/"
ALERTS = f"{CLUSTER_PATH}alerts/"
CHANNELS = f"{ALERTS}channels/"
DELIVERIES = f"{ALERTS}deliveries/"
RULE = f"{ALERTS}rules/<slug:key>/"
AUDIT = f"{CLUSTER_PATH}audit/"
STORAGE = f"{CLUSTER_PATH}storage/"
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
    Page("failures", FAILURES, failures.page, "Failures", "Operate", key="f"),
    Page("failures_csv", f"{FAILURES}failures.csv", failures.table),
    Page("flapping", f"{FAILURES}flapping/", flapping.page),
    Page("flapping_csv", f"{FAILURES}flapping/flapping.csv", flapping.table),
    Page("incident", f"{FAILURES}<int:number>/", incident.page),
    Page("incident_act", f"{FAILURES}<int:number>/act/", incident_act.act, needs=Role.OPERATOR),
    Page("incident_markdown", f"{FAILURES}<int:number>/incident.md", incident.markdown),
    Page("alerts", ALERTS, alerts.page, "Alerts", "Operate", key="l"),
    Page("alerts_act", f"{ALERTS}act/", alerts_act.act, needs=Role.OPERATOR),
    Page("alert", f"{ALERTS}<int:number>/", alert.page),
    Page("rules", f"{ALERTS}rules/", rules.page),
    Page("rule_new", f"{ALERTS}rules/new/", rule_new.page, needs=Role.OPERATOR),
    Page("rule", RULE, rule.page),
    Page("rule_switch", f"{RULE}switch/", rules.switch, needs=Role.OPERATOR),
    Page("rule_delete", f"{RULE}delete/", rules.delete, needs=Role.OPERATOR),
    Page("silences", f"{ALERTS}silences/", silences.page),
    Page("silence_new", f"{ALERTS}silences/new/", silences.new, needs=Role.OPERATOR),
    Page("silence_end", f"{ALERTS}silences/<int:number>/end/", silences.end, needs=Role.OPERATOR),
    Page("channels", CHANNELS, channels.page),
    Page("channel_new", f"{CHANNELS}new/", channel.new, needs=Role.ADMIN),
    Page("channel", f"{CHANNELS}<int:number>/", channel.page, needs=Role.ADMIN),
    Page("channel_switch", f"{CHANNELS}<int:number>/switch/", channels.switch, needs=Role.ADMIN),
    Page("channel_delete", f"{CHANNELS}<int:number>/delete/", channels.delete, needs=Role.ADMIN),
    Page("channel_test", f"{CHANNELS}<int:number>/test/", channels.test, needs=Role.OPERATOR),
    Page("deliveries", DELIVERIES, deliveries.page),
    Page("deliveries_csv", f"{DELIVERIES}deliveries.csv", deliveries.table),
    Page("deliveries_retry", f"{DELIVERIES}retry/", deliveries.retry, needs=Role.OPERATOR),
    Page("collection", f"{CLUSTER_PATH}collection/", collection.page, "Collection", "Data", key="d"),
    Page("audit", AUDIT, audit.page, "Audit", "Data", key="u"),
    Page("audit_csv", f"{AUDIT}audit.csv", audit.table),
    Page("audit_export", f"{AUDIT}audit.jsonl", audit.download, needs=Role.OPERATOR),
    Page("audit_compare", f"{AUDIT}compare/", audit.compare),
    Page("audit_day", f"{AUDIT}<slug:day>/", audit_day.page),
    Page("storage", STORAGE, storage.page, "Storage", "Data", key="t"),
    Page("storage_csv", f"{STORAGE}storage.csv", storage.table),
    Page("retention", f"{STORAGE}retention/", storage_retention.save, needs=Role.ADMIN),
    Page("settings", f"{CLUSTER_PATH}settings/", settings.page, "Settings", "Data", needs=Role.ADMIN, key="s"),
    Page("periods", f"{CLUSTER_PATH}settings/periods/", paces.save, needs=Role.ADMIN),
    Page("pause", f"{CLUSTER_PATH}settings/pause/", settings.pause, needs=Role.ADMIN),
    Page("remove", f"{CLUSTER_PATH}settings/remove/", settings.remove, needs=Role.ADMIN),
)
