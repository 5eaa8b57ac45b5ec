"""What a rule would have done in the stored past, also with other limits than it has. Nothing is written."""

from __future__ import annotations

import copy
import math
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.alerts import backtest
from dashboard.alerts.backtest import Backtest, NoHistory
from dashboard.api import fields
from dashboard.api.acting import Number
from dashboard.api.alert_fields import SEVERITIES
from dashboard.api.incident_fields import Span
from dashboard.api.resource import CLUSTER, Query, Resource, cluster_named, described
from dashboard.api.rules import KEY, rule_named
from dashboard.store.rules import LONGEST_SECONDS

MOST_DAYS = 90
AS_KEPT = "By default as it is kept."


class BackTestQuery(Query):
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=backtest.DEFAULT_DAYS)
    warning = Number(required=False, help_text=AS_KEPT)
    warning_clear = Number(required=False, help_text=AS_KEPT)
    warning_on = serializers.BooleanField(required=False, help_text=AS_KEPT)
    critical = Number(required=False, help_text=AS_KEPT)
    critical_clear = Number(required=False, help_text=AS_KEPT)
    critical_on = serializers.BooleanField(required=False, help_text=AS_KEPT)
    for_seconds = serializers.IntegerField(min_value=0, max_value=LONGEST_SECONDS, required=False, help_text=AS_KEPT)
    clear_seconds = serializers.IntegerField(min_value=0, max_value=LONGEST_SECONDS, required=False, help_text=AS_KEPT)


class EpisodeSerializer(serializers.Serializer[Any]):
    subject = serializers.CharField()
    severity = serializers.ChoiceField(SEVERITIES, help_text="The worst it would have had.")
    began_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True, help_text="Null: it would fire still.")
    worst = serializers.FloatField()


class OtherLimitSerializer(serializers.Serializer[Any]):
    limit = serializers.CharField(source="text", help_text="Of the severity that disturbs sooner, in words.")
    fired = serializers.IntegerField()
    firing_seconds = Span(source="firing")


class BackTestSerializer(serializers.Serializer[Any]):
    """When the rule would have fired. A rule that is off is tried with both of its severities on."""

    title = serializers.CharField(help_text="The answer as a sentence.")
    unit = fields.Said()
    since = serializers.DateTimeField(
        allow_null=True, help_text="How far back there are figures; null: there are none."
    )
    judged_seconds = serializers.IntegerField(help_text="The step in which it was judged.")
    subjects = serializers.IntegerField()
    fired = serializers.IntegerField(help_text="How often it would have fired.")
    firing_seconds = Span(source="firing", help_text="For how long, all subjects together.")
    episodes = EpisodeSerializer(many=True, help_text="The newest thousand, newest first.")
    others = OtherLimitSerializer(many=True, help_text="The same with other limits.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="What has to be known to read it.")
    begins_at = serializers.DateTimeField(help_text="When the first of `values` begins.")
    step_seconds = serializers.IntegerField()
    values = serializers.ListField(
        child=serializers.FloatField(allow_null=True),
        help_text="The worst subject's value in each step; null where nothing was measured.",
    )


class BackTestOfRule(Resource):
    query = BackTestQuery

    @described(
        "back_test",
        "Try a rule on the stored past",
        answer=BackTestSerializer,
        query=BackTestQuery,
        path=(CLUSTER, KEY),
    )
    def get(self, request: Request, cluster_name: str, key: str) -> Response:
        """Nine queries; it reads at most 200,000 readings."""
        cluster = cluster_named(cluster_name)
        proposed = copy.copy(rule_named(cluster, key))
        for name, value in self.asked.items():
            if name != "days":
                setattr(proposed, name, value)
        try:
            found = backtest.backtest(cluster, proposed, self.now, days=self.asked["days"])
        except NoHistory as error:
            raise NotFound(str(error)) from error
        return Response(BackTestSerializer(_answer(found)).data)


def _answer(found: Backtest) -> dict[str, Any]:
    return {
        **vars(found),
        "title": backtest.title(found),
        "begins_at": found.window.moment(0),
        "step_seconds": found.window.step_seconds,
        "values": [None if math.isnan(value) else value for value in found.values.tolist()],
    }
