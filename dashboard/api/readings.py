"""One metric of one subject over time: what was allocated, or what was measured."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, get_args

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields
from dashboard.api.problems import BadParameter
from dashboard.api.resource import Query, Resource, cluster_named, described
from dashboard.models import Cluster, Subject
from dashboard.queries import metrics_of
from dashboard.queries.metrics_of import Metric
from dashboard.queries.window import Window

MOST_POINTS = 750
MOST_SPAN = timedelta(hours=48)
SPAN = timedelta(hours=1)
OLDEST, MOST_AHEAD = timedelta(days=3660), timedelta(hours=1)
FINEST_SECONDS = 10
AS = list(get_args(metrics_of.As))
SUBJECTS = ["cluster", *(f"{kind}:KEY" for kind in metrics_of.BASIS if kind != Subject.Kind.CLUSTER)]


class ReadingsQuery(Query):
    subject = serializers.CharField(
        max_length=300,
        help_text="What it is about: cluster, zone:eu-a, node:10.0.0.1:5051, framework:ID (allocation); use:cluster, "
        "use:zone:eu-a, host:10.0.0.1, filesystem:10.0.0.1|/var, interface:10.0.0.1|eth0 (use); "
        "container:10.0.0.1/ID, container_use:cluster, container_use:framework:ID (use); agent:10.0.0.1 (the agent "
        "process); role:NAME (quota and allocation).",
    )
    metric = serializers.CharField(max_length=200, help_text="Name of the metric; a wrong one is told what there is.")
    from_ = serializers.DateTimeField(required=False, help_text="By default an hour before `to`.")
    to = serializers.DateTimeField(required=False, help_text="By default now; at most 48 h after `from`.")
    step = serializers.IntegerField(
        min_value=FINEST_SECONDS,
        max_value=86400,
        required=False,
        help_text="Seconds; at most 750 points. Steps are never finer than the readings are.",
    )
    as_ = serializers.ChoiceField(
        AS,
        default="raw",
        help_text="Of counters only: rate is per second, null at a reset; increase is by how much it rose in each step, "
        "the first value after a reset counted from zero, so that steps add up.",
    )


class ReadingsSerializer(fields.AgedSerializer):
    """One metric in even steps. Null where nothing was measured: never 0, never the value before."""

    subject = serializers.CharField()
    name = serializers.CharField(allow_blank=True, help_text="What an operator calls the subject.")
    metric = serializers.CharField()
    unit = serializers.CharField(help_text="Of the values; …/s for a rate.")
    basis = serializers.CharField(help_text="What the values are of.")
    begins_at = serializers.DateTimeField(help_text="When the first step begins.")
    step_seconds = serializers.IntegerField()
    values = serializers.ListField(
        child=serializers.FloatField(allow_null=True),
        help_text="Gauges and rates: the mean of each step. Counters: the last value in it. Increases: the sum of it.",
    )


class ReadingsOfCluster(Resource):
    query = ReadingsQuery

    @described("readings", "One metric over time", answer=ReadingsSerializer, query=ReadingsQuery)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Six queries."""
        metric = _metric(cluster_named(cluster_name), self.asked)
        as_ = self.asked["as"]
        if as_ != "raw" and not metric.is_counter:
            raise BadParameter(f"{metric.name} is no counter and has no {as_}.", parameter="as", allowed=["raw"])
        series, newest = metrics_of.values(metric, _window(self.asked, self.now), as_=as_)
        answer = {
            "taken_at": newest,
            "subject": self.asked["subject"],
            "name": metric.subject.name,
            "metric": metric.name,
            "unit": f"{metric.unit}/s" if as_ == "rate" else metric.unit,
            "basis": metric.basis,
            "begins_at": series.window.moment(0),
            "step_seconds": series.window.step_seconds,
            "values": [None if value != value else value for value in series[metric.name].tolist()],
        }
        return Response(ReadingsSerializer(answer, context={"now": self.now}).data)


def _metric(cluster: Cluster, asked: dict[str, Any]) -> Metric:
    kind = asked["subject"].partition(":")[0]
    if kind not in set(metrics_of.BASIS):
        raise BadParameter(f"There are no readings of {kind}.", parameter="subject", allowed=SUBJECTS)
    subject = metrics_of.subject(cluster, asked["subject"])
    if subject is None:
        raise NotFound(f"Nothing named {asked['subject']} was ever measured in {cluster.name}.")
    known = metrics_of.names(subject)
    if asked["metric"] not in known:
        raise BadParameter(f"{asked['subject']} has no {asked['metric']}.", parameter="metric", allowed=known)
    return Metric(subject, asked["metric"])


def _window(asked: dict[str, Any], now: datetime) -> Window:
    """The time that was asked for, in steps that give no more than the points allowed. Raises BadParameter."""
    ends_at = asked.get("to", now)
    if not now - OLDEST < ends_at < now + MOST_AHEAD:
        raise BadParameter("to must be a time of which there can be readings.", parameter="to")
    starts_at = asked.get("from", ends_at - SPAN)
    span = ends_at - starts_at
    if not timedelta(0) < span <= MOST_SPAN:
        raise BadParameter("from must be before to, by no more than 48 h.", parameter="from")
    least = max(FINEST_SECONDS, -(-int(span.total_seconds()) // (MOST_POINTS - 2)))
    step = asked.get("step", -(-least // FINEST_SECONDS) * FINEST_SECONDS)
    if step < least:
        raise BadParameter(f"step must be at least {least} s for this time: 750 points are the most.", parameter="step")
    return Window("asked", starts_at, ends_at, step)
