"""Metrics of one subject over time: what was allocated, or what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, get_args

import msgspec
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from dashboard.api import fields, line_texts
from dashboard.api.problems import BadParameter
from dashboard.api.resource import Query, Resource, cluster_named, described
from dashboard.models import Cluster, Subject
from dashboard.queries import metrics_of
from dashboard.queries.metrics_of import Metric, Told
from dashboard.queries.readings import Keep
from dashboard.queries.window import ALL_RANGES, Window, step_seconds
from dashboard.tiers import Tier

MOST_POINTS = 750
MOST_SPAN = ALL_RANGES["2y"]
SPAN = timedelta(hours=1)
OLDEST, MOST_AHEAD = timedelta(days=3660), timedelta(hours=1)
FINEST_SECONDS = 10
AS, KEEP = list(get_args(metrics_of.As)), list(get_args(Keep))
EVERY = "*"
MOST_METRICS = 500
SUBJECTS = ["cluster", *(f"{kind}:KEY" for kind in metrics_of.BASIS if kind != Subject.Kind.CLUSTER)]
TIERS = {Tier.RAW: "raw", Tier.FIVE_MINUTES: "5 min", Tier.HOURS: "1 h"}


class ReadingsQuery(Query):
    repeated = frozenset({"metric"})

    subject = serializers.CharField(
        max_length=300,
        help_text="What it is about: cluster, zone:eu-a, node:10.0.0.1:5051, framework:ID (allocation); use:cluster, "
        "use:zone:eu-a, host:10.0.0.1, filesystem:10.0.0.1|/var, interface:10.0.0.1|eth0 (use); "
        "container:10.0.0.1/ID, container_use:cluster, container_use:framework:ID (use); agent:10.0.0.1 (the agent "
        "process); master:10.0.0.1:5050 (the master process, all its lives); role:NAME (quota and allocation); "
        "app:marathon:/web, queue:marathon:/web (while it waits), marathon:KEY (its own metrics); "
        "app_metrics:10.0.0.1/ID|SET (what an application says of itself).",
    )
    metric = fields.MetricNames(
        min_length=1,
        max_length=MOST_METRICS,
        help_text="Name of a metric, once for each; * alone for all that the subject has. A wrong one is told what there is.",
    )
    range = serializers.ChoiceField(
        list(ALL_RANGES), required=False, help_text="So much time up to now, in place of `from` and `to`."
    )
    from_ = serializers.DateTimeField(required=False, help_text="By default an hour before `to`.")
    to = serializers.DateTimeField(required=False, help_text="By default now; at most two years after `from`.")
    step = serializers.IntegerField(
        min_value=FINEST_SECONDS,
        max_value=7 * 86400,
        required=False,
        help_text="Seconds; at most 750 points. Steps are never finer than what is kept of that time: see `tier`.",
    )
    as_ = serializers.ChoiceField(
        AS,
        default="raw",
        help_text="Of counters only: rate is per second, null at a reset; increase is by how much it rose in each step, "
        "the first value after a reset counted from zero, so that steps add up.",
    )
    keep = serializers.ChoiceField(
        KEEP, default="mean", help_text="Of gauges, as=raw: which of the values of a step. Counters stand at the last."
    )


class MetricLineSerializer(fields.AgedSerializer):
    """One metric in even steps. Null where nothing was measured: never 0, never the value before."""

    metric = serializers.CharField()
    unit = serializers.CharField(help_text="Of the values; …/s for a rate.")
    counts = serializers.BooleanField(help_text="Whether it counts since some beginning: only such have a rate.")
    values = serializers.ListField(
        child=serializers.FloatField(allow_null=True),
        help_text="Gauges: what `keep` says. Rates: what rose over the time in which it rose. Counters: the last value in "
        "each step. Increases: the sum of it.",
    )


class ReadingsSerializer(fields.AgedSerializer):
    """Metrics of one subject, all on the same even steps. Its age is that of the newest of them."""

    subject = serializers.CharField()
    name = serializers.CharField(allow_blank=True, help_text="What an operator calls the subject.")
    basis = serializers.CharField(help_text="What the values are of.")
    begins_at = serializers.DateTimeField(help_text="When the first step begins.")
    step_seconds = serializers.IntegerField()
    tier = serializers.ChoiceField(
        list(TIERS.values()),
        help_text="Out of what the steps were made: readings as they came, or what is kept of each 5 minutes or hour.",
    )
    known_since = serializers.DateTimeField(
        allow_null=True,
        help_text="When the figures begin, where that is later than asked for: not watched before, or kept no longer.",
    )
    metric = serializers.CharField(allow_null=True, help_text="Of the only one that was asked for; null of several.")
    unit = serializers.CharField(allow_null=True)
    values = serializers.ListField(child=serializers.FloatField(allow_null=True), allow_null=True)
    series = MetricLineSerializer(many=True, help_text="Each metric, in the order asked for.")


class ReadingsOfCluster(Resource):
    query = ReadingsQuery

    @described(
        "readings",
        "Metrics of one subject over time",
        answer=ReadingsSerializer,
        query=ReadingsQuery,
        by_the_thousand=True,
    )
    def get(self, request: Request, cluster_name: str) -> HttpResponse:
        """Five queries of the last two hours, at most eight of older times, and those of signing in."""
        of = _lives(cluster_named(cluster_name), self.asked["subject"])
        metrics = _metrics(of[0], self.asked)
        told = metrics_of.told(
            of,
            [metric.name for metric in metrics],
            _window(self.asked, self.now),
            as_=self.asked["as"],
            keep=self.asked["keep"],
        )
        # Not by a serializer: of thousands of values that would take most of the time. NaN becomes null here.
        content = msgspec.json.encode(_answer(metrics, told, self.asked, self.now))
        return HttpResponse(content, content_type="application/json")


def _answer(metrics: Sequence[Metric], told: Told, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
    lines = [_line(metric, told, asked["as"], now) for metric in metrics]
    only = lines[0] if len(lines) == 1 else {"metric": None, "unit": None, "values": None}
    known = [taken_at for taken_at in told.taken_at.values() if taken_at]
    return {
        **_aged(max(known, default=None), now),
        "subject": asked["subject"],
        "name": metrics[0].subject.name,
        "basis": metrics[0].basis,
        "begins_at": told.window.moment(0),
        "step_seconds": told.window.step_seconds,
        "tier": TIERS[told.window.tier],
        "known_since": told.known_since,
        **{name: only[name] for name in ("metric", "unit", "values")},
        "series": lines,
    }


def _line(metric: Metric, told: Told, as_: metrics_of.As, now: datetime) -> dict[str, Any]:
    values = told.values[metric.name]
    return {
        **_aged(told.taken_at[metric.name], now),
        "metric": metric.name,
        "unit": f"{metric.unit}/s" if as_ == "rate" else metric.unit,
        "counts": metric.is_counter,
        "values": line_texts.told(values) if told.window.tier is not Tier.RAW else values.tolist(),
    }


def _aged(taken_at: datetime | None, now: datetime) -> dict[str, Any]:
    age = None if taken_at is None else round(max(0.0, (now - taken_at).total_seconds()), 3)
    return {"taken_at": taken_at, "age_seconds": age}


def _lives(cluster: Cluster, named: str) -> list[Subject]:
    kind = named.partition(":")[0]
    if kind not in set(metrics_of.BASIS):
        raise BadParameter(f"There are no readings of {kind}.", parameter="subject", allowed=SUBJECTS)
    found = metrics_of.lives(cluster, named)
    if not found:
        raise NotFound(f"Nothing named {named} was ever measured in {cluster.name}.")
    return found


def _metrics(subject: Subject, asked: dict[str, Any]) -> list[Metric]:
    """Those asked for, each once; of all only those of which there is what is asked. Raises BadParameter."""
    known, as_ = metrics_of.names(subject), asked["as"]
    every = asked["metric"] == [EVERY]
    found = [Metric(subject, name) for name in (known if every else dict.fromkeys(asked["metric"]))]
    unknown = [metric.name for metric in found if metric.name not in known]
    if unknown:
        raise BadParameter(f"{asked['subject']} has no {unknown[0]}.", parameter="metric", allowed=known)
    if as_ == "raw":
        fitting = found
    else:
        fitting = [metric for metric in found if metric.is_counter]
        if not fitting or (len(fitting) < len(found) and not every):
            gauge = next(metric.name for metric in found if not metric.is_counter)
            raise BadParameter(f"{gauge} is no counter and has no {as_}.", parameter="as", allowed=["raw"])
    if not fitting:
        raise NotFound(f"Nothing is kept any more of {asked['subject']}.")
    return fitting


def _window(asked: dict[str, Any], now: datetime) -> Window:
    """The time that was asked for, in steps that give no more than the points allowed. Raises BadParameter."""
    if "range" in asked:
        given = next((name for name in ("from", "to") if name in asked), None)
        if given:
            raise BadParameter(f"{given} does not go with range.", parameter=given)
    ends_at = asked.get("to", now)
    if not now - OLDEST < ends_at < now + MOST_AHEAD:
        raise BadParameter("to must be a time of which there can be readings.", parameter="to")
    starts_at = asked.get("from", ends_at - ALL_RANGES[asked["range"]] if "range" in asked else ends_at - SPAN)
    span = ends_at - starts_at
    if not timedelta(0) < span <= MOST_SPAN:
        raise BadParameter("from must be before to, by no more than two years.", parameter="from")
    least = max(FINEST_SECONDS, -(-int(span.total_seconds()) // (MOST_POINTS - 2)))
    step = asked.get("step", step_seconds(span))
    if step < least:
        raise BadParameter(f"step must be at least {least} s for this time: 750 points are the most.", parameter="step")
    return Window(asked.get("range", "asked"), starts_at, ends_at, step, age=max(timedelta(0), now - ends_at))
