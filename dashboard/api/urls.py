"""The API's addresses, without the leading `api/`."""

from __future__ import annotations

from django.urls import path, re_path

from dashboard.api import docs
from dashboard.api.agents import AgentsOfCluster
from dashboard.api.capacity import CapacityOfCluster
from dashboard.api.clusters import Clusters, OneCluster
from dashboard.api.collection import CollectionOfCluster
from dashboard.api.components import ComponentsOfCluster, NodesOfComponent
from dashboard.api.containers import ContainersOfCluster, ContainersOfNode, OneContainer
from dashboard.api.filesystems import FilesystemsOfCluster
from dashboard.api.masters import MastersOfCluster
from dashboard.api.nodes import NodesOfCluster, OneNode
from dashboard.api.polls import PollsOfCluster
from dashboard.api.readings import ReadingsOfCluster
from dashboard.api.resource import Unknown
from dashboard.api.snapshot import SnapshotOfCluster

ONE = "v1/clusters/<slug:cluster_name>/"

urlpatterns = [
    path("schema/", docs.Schema.as_view(), name="api-schema"),
    path("docs/", docs.page, name="api-docs"),
    path("v1/clusters/", Clusters.as_view(), name="api-clusters"),
    path(ONE, OneCluster.as_view(), name="api-cluster"),
    path(f"{ONE}masters/", MastersOfCluster.as_view(), name="api-masters"),
    path(f"{ONE}agents/", AgentsOfCluster.as_view(), name="api-agents"),
    path(f"{ONE}nodes/", NodesOfCluster.as_view(), name="api-nodes"),
    path(f"{ONE}nodes/<str:host>/", OneNode.as_view(), name="api-node"),
    path(f"{ONE}nodes/<str:host>/containers/", ContainersOfNode.as_view(), name="api-node-containers"),
    path(f"{ONE}nodes/<str:host>/containers/<str:container_id>/", OneContainer.as_view(), name="api-container"),
    path(f"{ONE}containers/", ContainersOfCluster.as_view(), name="api-containers"),
    path(f"{ONE}capacity/", CapacityOfCluster.as_view(), name="api-capacity"),
    path(f"{ONE}filesystems/", FilesystemsOfCluster.as_view(), name="api-filesystems"),
    path(f"{ONE}readings/", ReadingsOfCluster.as_view(), name="api-readings"),
    path(f"{ONE}components/", ComponentsOfCluster.as_view(), name="api-components"),
    path(f"{ONE}components/<path:unit>/nodes/", NodesOfComponent.as_view(), name="api-component-nodes"),
    path(f"{ONE}collection/", CollectionOfCluster.as_view(), name="api-collection"),
    path(f"{ONE}polls/", PollsOfCluster.as_view(), name="api-polls"),
    path(f"{ONE}snapshot/", SnapshotOfCluster.as_view(), name="api-snapshot"),
    re_path("", Unknown.as_view(), name="api-unknown"),
]
