"""Agents as they are now."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.models import Node
from dashboard.queries import agents, freshness, marks
from dashboard.queries.agents import Agent

STATES = tuple(Node.State.values)
STATE_MEANS = (
    "active, inactive (its connection is lost), deactivated, draining, reregistering (after an election), "
    "unreachable (Mesos gave up waiting), gone (so marked by an operator) or unregistered (no longer listed)."
)


class AgentsQuery(paging.PagedQuery):
    state = serializers.ChoiceField(STATES, required=False, help_text="Only agents in this state.")
    q = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="Only agents whose host, hostname or agent id holds this, in any case.",
    )


class AgentSerializer(fields.AllocationSerializer, fields.TasksSerializer, fields.AgedSerializer):
    """One agent. Its figures are of `taken_at`: when a summary last listed it."""

    host = serializers.CharField(help_text="Its address, by which Day Two knows it: agent ids change.")
    port = serializers.IntegerField()
    hostname = serializers.CharField()
    agent_id = serializers.CharField(help_text="The id Mesos gave it.")
    state = serializers.ChoiceField(STATES, help_text=STATE_MEANS)
    state_word = serializers.CharField(help_text="The state as the pages show it.")
    state_since = serializers.DateTimeField()
    lost = serializers.BooleanField(
        help_text="Whether its tasks are at risk or gone by failure, not by somebody's will."
    )
    public = serializers.BooleanField(help_text="Whether it takes traffic from outside (DC/OS's slave_public role).")
    region = fields.Said()
    zone = fields.Said()
    version = fields.Said(help_text="Of Mesos.")
    registered_at = serializers.DateTimeField(allow_null=True)
    reregistered_at = serializers.DateTimeField(allow_null=True)
    maintenance = serializers.ChoiceField(
        [word for word in Node.Maintenance.values if word],
        allow_null=True,
        help_text="Of its machine, as the registry last said: scheduled, draining (its time has come) or down; else null.",
    )
    maintenance_begins_at = serializers.DateTimeField(allow_null=True)
    maintenance_ends_at = serializers.DateTimeField(allow_null=True, help_text="Null where no end was given.")
    attributes = serializers.DictField(child=serializers.CharField(), help_text="As the operator gave them.")


class AgentsSerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """Agents by host, those of the past week that left included."""

    results = AgentSerializer(many=True)


class AgentsOfCluster(Resource):
    query = AgentsQuery

    @described("agents", "The agents, with what is allocated on each", answer=AgentsSerializer, query=AgentsQuery)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Five queries, whatever the size of the cluster."""
        cluster = cluster_named(cluster_name)
        found = [agent for agent in agents.listing(cluster, with_attributes=True) if _asked_for(agent, self.asked)]
        page = paging.cut(found, _key, request, self.asked)
        answer = {
            **fields.of_source(freshness.of(cluster, self.now)["summary"]),
            "count": len(found),
            "next": page.next,
            "results": [_row(agent) for agent in page.results],
        }
        return Response(AgentsSerializer(answer, context={"now": self.now}).data)


def _asked_for(agent: Agent, asked: dict[str, Any]) -> bool:
    wanted = asked.get("q", "").lower()
    texts = (agent.node.host, agent.node.hostname, agent.node.agent_id)
    return asked.get("state") in (None, _state(agent)) and any(wanted in text.lower() for text in texts)


def _state(agent: Agent) -> str:
    return str(Node.State.UNREACHABLE if agent.state is marks.UNREACHABLE else agent.node.state)


def _key(agent: Agent) -> paging.Key:
    return paging.by_number(agent.node.host), paging.by_number(str(agent.node.port))


def _row(agent: Agent) -> dict[str, Any]:
    return {
        **vars(agent.node),
        "taken_at": agent.node.last_seen,
        "state": _state(agent),
        "state_word": agent.state.word,
        "lost": agent.lost,
        "maintenance": agent.node.maintenance or None,
        "attributes": agent.attributes,
    }
