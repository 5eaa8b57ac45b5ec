"""What failed: incidents, the latest first, and one with its phases, cause, effects, events and notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import paging, tables
from dashboard.api.acting import numbered
from dashboard.api.incident_fields import KINDS, STATES, IncidentDetailSerializer, IncidentSerializer
from dashboard.api.resource import CLUSTER, Resource, cluster_named, described
from dashboard.models import Cluster
from dashboard.queries import incident_log, incidents
from dashboard.queries.incident_tree import Branch

NUMBER = numbered("number", "The incident's id.")


class IncidentsQuery(tables.TableQuery):
    state = serializers.ChoiceField(STATES, required=False, help_text="Only those in this state.")
    kind = serializers.ChoiceField(KINDS, required=False, help_text="Only those of this kind.")
    planned = serializers.BooleanField(required=False, help_text="Only those in planned work, or only the others.")
    since = serializers.DateTimeField(required=False, help_text="Only those that went on then or later.")


class IncidentsSerializer(paging.PageSerializer):
    """Incidents by their beginnings, the latest first."""

    results = IncidentSerializer(many=True)


class IncidentsOfCluster(Resource):
    query = IncidentsQuery

    @described("incidents", "What failed, the latest first", answer=IncidentsSerializer, query=IncidentsQuery, csv=True)
    def get(self, request: Request, cluster_name: str) -> Any:
        """Two queries."""
        cluster = cluster_named(cluster_name)
        wanted = incident_log.Wanted(
            state=self.asked.get("state", ""),
            kind=self.asked.get("kind", ""),
            planned=self.asked.get("planned"),
            since=self.asked.get("since"),
        )
        if tables.wants_csv(request, self.asked):
            every = incident_log.every(cluster, wanted, self.now)
            return tables.answer(f"{cluster.name}-incidents", IncidentSerializer, every, self.now)
        before, limit = paging.moment_before(self.asked), self.asked["limit"]
        found = incident_log.page(cluster, wanted, self.now, before=before, limit=limit + 1)
        page = paging.page(found, lambda one: paging.moment_key(one.began_at, one.number), request, limit=limit)
        answer = {"next": page.next, "results": page.results}
        return Response(IncidentsSerializer(answer, context={"now": self.now}).data)


class OneIncident(Resource):
    @described("incident", "One incident", answer=IncidentDetailSerializer, path=(CLUSTER, NUMBER))
    def get(self, request: Request, cluster_name: str, number: int) -> Response:
        """Five queries and those of the tree of causes, at most twelve."""
        return told(cluster_named(cluster_name), number, self)


def told(cluster: Cluster, number: int, resource: Resource) -> Response:
    """The incident as it is now. Raises NotFound."""
    found = incidents.one(cluster, number, resource.now)
    if found is None:
        raise NotFound(f"There is no incident {number} of {cluster.name}.")
    branch = found.tree.found(number)
    effects = list(_below(branch)) if branch else []
    answer = {**vars(found.row), **vars(found), "effects": effects}
    return Response(IncidentDetailSerializer(answer, context={"now": resource.now}).data)


def _below(branch: Branch) -> Iterator[dict[str, Any]]:
    for one in branch.effects:
        yield {"row": one.row, "cause": branch.row.number, "reason": one.reason, "gap": one.gap}
        yield from _below(one)
