"""The API's addresses, without the leading `api/`."""

from __future__ import annotations

from django.urls import path, re_path

from dashboard.api import docs
from dashboard.api.agents import AgentsOfCluster
from dashboard.api.alert_deeds import AcknowledgeAlerts, GiveBackAlerts
from dashboard.api.alerts import AlertsOfCluster, OneAlert
from dashboard.api.app_metrics import AppMetricsOfCluster
from dashboard.api.apps import AppsOfCluster, OneApp
from dashboard.api.audit import AuditExport, AuditOfCluster, OneAuditDay
from dashboard.api.back_test import BackTestOfRule
from dashboard.api.capacity import CapacityOfCluster
from dashboard.api.channels import Channels
from dashboard.api.clusters import Clusters, OneCluster
from dashboard.api.collection import CollectionOfCluster
from dashboard.api.components import ComponentsOfCluster, NodesOfComponent
from dashboard.api.containers import ContainersOfCluster, ContainersOfNode, OneContainer
from dashboard.api.deployments import DeploymentsOfCluster
from dashboard.api.events import EventsOfCluster
from dashboard.api.explore import ExploreOfCluster
from dashboard.api.filesystems import FilesystemsOfCluster
from dashboard.api.flapping import FlappingOfCluster
from dashboard.api.frameworks import FrameworksOfCluster
from dashboard.api.incident_deeds import CloseIncident, GiveBackIncident, NotesOfIncident, TakeIncident
from dashboard.api.incidents import IncidentsOfCluster, OneIncident
from dashboard.api.latest import LatestOfCluster
from dashboard.api.marathons import MarathonsOfCluster
from dashboard.api.masters import MastersOfCluster
from dashboard.api.metrics import MetricsOfCluster
from dashboard.api.nodes import NodesOfCluster, OneNode
from dashboard.api.notices import NoticesOfCluster, RetryNotice
from dashboard.api.polls import PollsOfCluster
from dashboard.api.queue import QueueOfCluster
from dashboard.api.readings import ReadingsOfCluster
from dashboard.api.resource import Unknown
from dashboard.api.rules import OneRule, RulesOfCluster
from dashboard.api.silences import EndSilence, SilencePreview, SilencesOfCluster
from dashboard.api.snapshot import SnapshotOfCluster
from dashboard.api.storage import StorageOfAll
from dashboard.api.tasks import TasksOfCluster
from dashboard.api.top import TopOfCluster

ONE = "v1/clusters/<slug:cluster_name>/"

urlpatterns = [
    path("schema/", docs.Schema.as_view(), name="api-schema"),
    path("docs/", docs.page, name="api-docs"),
    path("v1/clusters/", Clusters.as_view(), name="api-clusters"),
    path("v1/channels/", Channels.as_view(), name="api-channels"),
    path("v1/storage/", StorageOfAll.as_view(), name="api-storage"),
    path(ONE, OneCluster.as_view(), name="api-cluster"),
    path(f"{ONE}masters/", MastersOfCluster.as_view(), name="api-masters"),
    path(f"{ONE}agents/", AgentsOfCluster.as_view(), name="api-agents"),
    path(f"{ONE}nodes/", NodesOfCluster.as_view(), name="api-nodes"),
    path(f"{ONE}nodes/<str:host>/", OneNode.as_view(), name="api-node"),
    path(f"{ONE}nodes/<str:host>/containers/", ContainersOfNode.as_view(), name="api-node-containers"),
    path(f"{ONE}nodes/<str:host>/containers/<str:container_id>/", OneContainer.as_view(), name="api-container"),
    path(f"{ONE}containers/", ContainersOfCluster.as_view(), name="api-containers"),
    path(f"{ONE}marathons/", MarathonsOfCluster.as_view(), name="api-marathons"),
    path(f"{ONE}apps/", AppsOfCluster.as_view(), name="api-apps"),
    path(f"{ONE}apps/<path:place>/", OneApp.as_view(), name="api-app"),
    path(f"{ONE}app-metrics/", AppMetricsOfCluster.as_view(), name="api-app-metrics"),
    path(f"{ONE}deployments/", DeploymentsOfCluster.as_view(), name="api-deployments"),
    path(f"{ONE}queue/", QueueOfCluster.as_view(), name="api-queue"),
    path(f"{ONE}tasks/", TasksOfCluster.as_view(), name="api-tasks"),
    path(f"{ONE}frameworks/", FrameworksOfCluster.as_view(), name="api-frameworks"),
    path(f"{ONE}capacity/", CapacityOfCluster.as_view(), name="api-capacity"),
    path(f"{ONE}filesystems/", FilesystemsOfCluster.as_view(), name="api-filesystems"),
    path(f"{ONE}metrics/", MetricsOfCluster.as_view(), name="api-metrics"),
    path(f"{ONE}explore/", ExploreOfCluster.as_view(), name="api-explore"),
    path(f"{ONE}readings/", ReadingsOfCluster.as_view(), name="api-readings"),
    path(f"{ONE}readings/latest/", LatestOfCluster.as_view(), name="api-readings-latest"),
    path(f"{ONE}readings/top/", TopOfCluster.as_view(), name="api-readings-top"),
    path(f"{ONE}components/", ComponentsOfCluster.as_view(), name="api-components"),
    path(f"{ONE}components/<path:unit>/nodes/", NodesOfComponent.as_view(), name="api-component-nodes"),
    path(f"{ONE}collection/", CollectionOfCluster.as_view(), name="api-collection"),
    path(f"{ONE}polls/", PollsOfCluster.as_view(), name="api-polls"),
    path(f"{ONE}snapshot/", SnapshotOfCluster.as_view(), name="api-snapshot"),
    path(f"{ONE}events/", EventsOfCluster.as_view(), name="api-events"),
    path(f"{ONE}audit/", AuditOfCluster.as_view(), name="api-audit"),
    path(f"{ONE}audit/export/", AuditExport.as_view(), name="api-audit-export"),
    path(f"{ONE}audit/<slug:day>/", OneAuditDay.as_view(), name="api-audit-day"),
    path(f"{ONE}incidents/", IncidentsOfCluster.as_view(), name="api-incidents"),
    path(f"{ONE}incidents/<int:number>/", OneIncident.as_view(), name="api-incident"),
    path(f"{ONE}incidents/<int:number>/take/", TakeIncident.as_view(), name="api-incident-take"),
    path(f"{ONE}incidents/<int:number>/give-back/", GiveBackIncident.as_view(), name="api-incident-give-back"),
    path(f"{ONE}incidents/<int:number>/close/", CloseIncident.as_view(), name="api-incident-close"),
    path(f"{ONE}incidents/<int:number>/notes/", NotesOfIncident.as_view(), name="api-incident-notes"),
    path(f"{ONE}flapping/", FlappingOfCluster.as_view(), name="api-flapping"),
    path(f"{ONE}alerts/", AlertsOfCluster.as_view(), name="api-alerts"),
    path(f"{ONE}alerts/acknowledge/", AcknowledgeAlerts.as_view(), name="api-alerts-acknowledge"),
    path(f"{ONE}alerts/give-back/", GiveBackAlerts.as_view(), name="api-alerts-give-back"),
    path(f"{ONE}alerts/<int:number>/", OneAlert.as_view(), name="api-alert"),
    path(f"{ONE}rules/", RulesOfCluster.as_view(), name="api-rules"),
    path(f"{ONE}rules/<slug:key>/", OneRule.as_view(), name="api-rule"),
    path(f"{ONE}rules/<slug:key>/back-test/", BackTestOfRule.as_view(), name="api-rule-back-test"),
    path(f"{ONE}silences/", SilencesOfCluster.as_view(), name="api-silences"),
    path(f"{ONE}silences/preview/", SilencePreview.as_view(), name="api-silence-preview"),
    path(f"{ONE}silences/<int:number>/end/", EndSilence.as_view(), name="api-silence-end"),
    path(f"{ONE}notices/", NoticesOfCluster.as_view(), name="api-notices"),
    path(f"{ONE}notices/<int:number>/retry/", RetryNotice.as_view(), name="api-notice-retry"),
    re_path("", Unknown.as_view(), name="api-unknown"),
]
