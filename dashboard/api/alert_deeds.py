"""What operators do with alerts, many at a time: take them, give them back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.acting import Body, Deed, done, refusing, who
from dashboard.api.resource import cluster_named
from dashboard.models import Alert
from dashboard.queries import alert_log
from dashboard.store import alerts

LARGEST_ID = 2**63 - 1
OUTCOMES = CHANGED, ALREADY, NOT_FIRING, UNKNOWN = "changed", "already", "not_firing", "unknown"
FIRE = (Alert.State.FIRING, Alert.State.RECOVERING)


class IdsBody(Body):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID),
        min_length=1,
        max_length=alerts.AT_ONCE,
        help_text="Ids of alerts.",
    )


class AcknowledgeBody(IdsBody):
    note = serializers.CharField(
        max_length=alerts.LONGEST_NOTE,
        default="",
        allow_blank=True,
        trim_whitespace=False,
        help_text="What others should know.",
    )


class OutcomeSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    result = serializers.ChoiceField(
        OUTCOMES,
        help_text="changed; already (it was so before, nothing is written); not_firing (it is pending or ended, and left "
        "alone); unknown (the cluster has no such alert).",
    )


class OutcomesSerializer(serializers.Serializer[Any]):
    """What became of each."""

    changed = serializers.IntegerField(help_text="How many were changed.")
    results = OutcomeSerializer(many=True, help_text="In the order of the ids, each once.")


class AcknowledgeAlerts(Deed):
    @done("acknowledge_alerts", "Take alerts", answer=OutcomesSerializer, body=AcknowledgeBody)
    def post(self, request: Request, cluster_name: str) -> Response:
        """Six queries, two where nothing is to be changed."""
        sent, user = AcknowledgeBody.read(request), who(request)
        note = sent["note"].strip()
        found = alert_log.some(cluster_named(cluster_name), sent["ids"])

        def has_it(alert: Alert) -> bool:
            return alert.acknowledged_at is not None and alert.acknowledged_by_id == user.pk and alert.note == note

        outcomes = _outcomes(sent["ids"], found, has_it)
        return _changed(outcomes, found, lambda some: alerts.acknowledge(some, user, note, self.now))


class GiveBackAlerts(Deed):
    @done("give_back_alerts", "Give alerts back", answer=OutcomesSerializer, body=IdsBody)
    def post(self, request: Request, cluster_name: str) -> Response:
        """Six queries, two where nothing is to be changed."""
        sent, user = IdsBody.read(request), who(request)
        found = alert_log.some(cluster_named(cluster_name), sent["ids"])
        outcomes = _outcomes(sent["ids"], found, lambda alert: alert.acknowledged_at is None)
        return _changed(outcomes, found, lambda some: alerts.give_back(some, user, self.now))


def _outcomes(ids: Iterable[int], found: dict[int, Alert], is_so: Callable[[Alert], bool]) -> dict[int, str]:
    """What is to become of each."""

    def outcome(alert: Alert | None) -> str:
        if alert is None:
            return UNKNOWN
        if alert.ended_at is not None or alert.state not in FIRE:
            return NOT_FIRING
        return ALREADY if is_so(alert) else CHANGED

    return {number: outcome(found.get(number)) for number in ids}


def _changed(outcomes: dict[int, str], found: dict[int, Alert], change: Callable[[list[Alert]], int]) -> Response:
    chosen = [found[number] for number, outcome in outcomes.items() if outcome == CHANGED]
    changed = 0
    if chosen:
        with refusing():
            changed = change(chosen)
    results = [{"id": number, "result": outcome} for number, outcome in outcomes.items()]
    return Response(OutcomesSerializer({"changed": changed, "results": results}).data)
