"""What keeps restarting: masters, agents, components, schedulers, with how long they live in between."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging, tables
from dashboard.api.incident_fields import Span
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.queries import flapping
from dashboard.queries.flapping import WORST_FIRST, Row, State
from dashboard.queries.restarts import What

STATES = [state.value for state in State]


class FlappingQuery(tables.TableQuery):
    state = serializers.ChoiceField(STATES, required=False, help_text="Only what is in this state.")
    what = serializers.ChoiceField([what.value for what in What], required=False, help_text="Only things of this kind.")


class FlappingRowSerializer(serializers.Serializer[Any]):
    """One thing that restarted in the past 24 h."""

    what = serializers.ChoiceField([what.value for what in What], source="subject.what")
    key = serializers.CharField(source="subject.key", help_text="A master's place, a host, a unit, a framework's id.")
    host = fields.Said(source="subject.host", help_text="Where it is; null where it is nowhere in particular.")
    name = serializers.CharField(source="subject.name")
    state = serializers.ChoiceField(
        STATES,
        help_text="flapping: 3 or more restarts within 15 min, the last no longer ago. restarting: 3 or more in 24 h, still "
        "going on. down: not back since its last. recovered: lives twice its median life by now. steady: fewer.",
    )
    restarts_24h = serializers.SerializerMethodField(help_text="How often in the past 24 h.")
    restarts_1h = serializers.IntegerField(source="last_hour")
    last_restart_at = serializers.SerializerMethodField()
    shortest_life_seconds = Span(source="shortest_life", allow_null=True, help_text="Of the lives that ended in 24 h.")
    median_life_seconds = Span(
        source="median_life", allow_null=True, help_text="Of the same; null where none is known."
    )
    lives_for_seconds = Span(
        source="lives_for",
        allow_null=True,
        help_text="Since it came back from its last restart; null while it is down.",
    )
    since = serializers.DateTimeField(allow_null=True, help_text="When its episode began; null unless it goes on.")

    def get_restarts_24h(self, row: Row) -> int:
        return len(row.restarts)

    def get_last_restart_at(self, row: Row) -> str:
        return str(serializers.DateTimeField().to_representation(row.restarts[-1]))


class FlappingSerializer(paging.CountedPageSerializer, fields.AgedSerializer):
    """Everything that restarted in the past 24 h, the worst first; made of events, so `taken_at` is this moment."""

    results = FlappingRowSerializer(many=True)


class FlappingOfCluster(Resource):
    query = FlappingQuery

    @described("flapping", "What keeps restarting", answer=FlappingSerializer, query=FlappingQuery, csv=True)
    def get(self, request: Request, cluster_name: str) -> Any:
        """Two queries."""
        cluster = cluster_named(cluster_name)
        found = [row for row in flapping.board(cluster, self.now).rows if self._asks_for(row)]
        if tables.wants_csv(request, self.asked):
            return tables.answer(f"{cluster.name}-flapping", FlappingRowSerializer, found, self.now)
        page = paging.cut(found, _key, request, self.asked)
        answer = {"taken_at": self.now, "count": len(found), "next": page.next, "results": page.results}
        return Response(FlappingSerializer(answer, context={"now": self.now}).data)

    def _asks_for(self, row: Row) -> bool:
        facts = {"state": row.state, "what": row.subject.what}
        return all(self.asked.get(name, fact) == fact for name, fact in facts.items())


def _key(row: Row) -> paging.Key:
    fewer = paging.by_number(str(10**6 - len(row.restarts)))
    one = row.subject
    return (
        str(WORST_FIRST.index(row.state)),
        fewer,
        one.what.value,
        paging.by_number(one.key),
        paging.by_number(one.host),
    )
