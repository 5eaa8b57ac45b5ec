"""Alerts: those of a cluster, the newest first, and one with all its changes and who was told."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging, tables
from dashboard.api.acting import numbered
from dashboard.api.alert_fields import SEVERITIES, STANDING_MEANS, STANDINGS, STATES, AlertSerializer, alert
from dashboard.api.events import EventSerializer, event
from dashboard.api.resource import CLUSTER, Resource, cluster_named, described
from dashboard.queries import alert_life, alert_log, alert_told
from dashboard.queries.alert_log import Which
from dashboard.queries.alert_told import Told

NUMBER = numbered("number", "The alert's id.")


class AlertsQuery(tables.TableQuery):
    which = serializers.ChoiceField(
        [one.value for one in Which], default=Which.OPEN.value, help_text="Open ones, those that ended, or all."
    )
    standing = serializers.ChoiceField(STANDINGS, required=False, help_text=f"Only open ones. {STANDING_MEANS}")
    severity = serializers.ChoiceField(SEVERITIES, required=False, help_text="Only those that are so severe.")
    rule = serializers.CharField(max_length=32, required=False, help_text="Only alerts of the rule with this key.")
    host = serializers.CharField(max_length=255, required=False, help_text="Only alerts of this node.")
    q = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="Only alerts whose sentence, name or host holds this, in any case.",
    )


class AlertsSerializer(paging.CountedPageSerializer):
    """Alerts by id, the highest first: an alert keeps its place whatever becomes of it."""

    results = AlertSerializer(many=True)


class AlertsOfCluster(Resource):
    query = AlertsQuery

    @described("alerts", "The alerts, the newest first", answer=AlertsSerializer, query=AlertsQuery, csv=True)
    def get(self, request: Request, cluster_name: str) -> Any:
        """Three queries, however many alerts there are."""
        cluster = cluster_named(cluster_name)
        named = {name: self.asked.get(name, "") for name in ("which", "standing", "severity", "rule", "host")}
        wanted = alert_log.Wanted(**named, text=self.asked.get("q", ""))
        if tables.wants_csv(request, self.asked):
            every = map(alert, alert_log.every(cluster, wanted))
            return tables.answer(f"{cluster.name}-alerts", AlertSerializer, every, self.now)
        before, limit = paging.id_before(self.asked), self.asked["limit"]
        found = alert_log.page(cluster, wanted, before=before, limit=limit + 1)
        page = paging.page(found, lambda one: (str(one.pk),), request, limit=limit)
        answer = {
            "next": page.next,
            "count": alert_log.count(cluster, wanted),
            "results": [alert(one) for one in page.results],
        }
        return Response(AlertsSerializer(answer, context={"now": self.now}).data)


class ToldSerializer(serializers.Serializer[Any]):
    """One channel's part in telling people of the alert's group."""

    channel = serializers.CharField(help_text="Its name.")
    sent_at = serializers.DateTimeField(allow_null=True, help_text="When it last took a notice; null: it took none.")
    owed_since = serializers.DateTimeField(allow_null=True, help_text="Since when one waits that it has not taken.")
    dead = serializers.IntegerField(help_text="Notices that were given up.")


class BriefAlertSerializer(serializers.Serializer[Any]):
    """Another alert, in short."""

    id = serializers.IntegerField(source="pk")
    state = serializers.ChoiceField(STATES)
    severity = serializers.ChoiceField(SEVERITIES)
    sentence = serializers.CharField()
    host = fields.Said()
    fired_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class AlertDetailSerializer(AlertSerializer):
    """One alert from end to end."""

    changes = EventSerializer(many=True, help_text="What became of it, oldest first, at most the last 200.")
    told = ToldSerializer(many=True, help_text="By channel; empty where nobody was told.")
    group = BriefAlertSerializer(
        many=True, help_text="Open alerts that people are told of together with it, at most ten."
    )
    group_more = serializers.IntegerField(help_text="Open alerts of its group that are not among them.")
    earlier = BriefAlertSerializer(many=True, help_text="Of the same rule and subject, the ten that ended last.")


class OneAlert(Resource):
    @described("alert", "One alert with its history", answer=AlertDetailSerializer, path=(CLUSTER, NUMBER))
    def get(self, request: Request, cluster_name: str, number: int) -> Response:
        """Seven queries."""
        cluster = cluster_named(cluster_name)
        found = alert_life.find(cluster, number)
        if found is None:
            raise NotFound(f"There is no alert {number} of {cluster.name}.")
        life = alert_life.life(found)
        told: list[Told] = alert_told.by_group([found.group_id]).get(found.group_id, []) if found.group_id else []
        answer = {
            **alert(found),
            "changes": [event(one) for one in life.changes],
            "told": told,
            "group": life.others,
            "group_more": life.more,
            "earlier": life.earlier,
        }
        return Response(AlertDetailSerializer(answer, context={"now": self.now}).data)
