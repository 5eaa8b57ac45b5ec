"""Silences and maintenance: what nobody is told for a while; made and ended by operators, and tried before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import matching
from dashboard.api import fields, paging, tables
from dashboard.api.acting import Body, Changeable, Deed, done, numbered, refusing, who
from dashboard.api.alerts import BriefAlertSerializer
from dashboard.api.problems import BadParameter
from dashboard.api.resource import CLUSTER, Query, Resource, cluster_named, described
from dashboard.models import Silence
from dashboard.queries import alert_silences
from dashboard.queries.alert_silences import Known, Phase
from dashboard.store import silences

NUMBER = numbered("number", "The silence's id.")
LOOKED_BACK = timedelta(days=366)
KINDS = Silence.Kind.values
PHASES = [phase.value for phase in Phase]
MATCHER = (
    "word:value pairs, all of which must hold; values with commas between are alternatives. The words are "
    f"{', '.join(matching.WORDS)}; of maintenance {' and '.join(matching.PLACES)}."
)


class SilencesQuery(tables.TableQuery):
    phase = serializers.ChoiceField(PHASES, required=False, help_text="Only active, planned or ended ones.")
    kind = serializers.ChoiceField(KINDS, required=False, help_text="Only silences or only maintenance.")


class SilenceSerializer(serializers.Serializer[Any]):
    """Words that alerts are matched with, from one time to another."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(KINDS, help_text="Failures in maintenance count as planned.")
    phase = serializers.ChoiceField(PHASES)
    matcher = serializers.CharField(help_text=MATCHER)
    why = serializers.CharField()
    by = serializers.CharField(help_text="Who made it.")
    created_at = serializers.DateTimeField()
    begins_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(help_text="As it was meant.")
    ended_at = serializers.DateTimeField(allow_null=True, help_text="When it ended; null before.")
    ended_by = fields.Said(help_text="Who ended it before its time.")
    tell_at_end = serializers.BooleanField(help_text="Whether what still fires when it ends is told then.")
    kept_quiet = serializers.IntegerField(help_text="How many alerts it covered, each counted once.")


class SilencesSerializer(paging.CountedPageSerializer):
    """The newest 500 of those that ended within a year or have yet to, the newest first."""

    results = SilenceSerializer(many=True)


class SilenceBody(Body):
    matcher = serializers.CharField(max_length=matching.LONGEST, trim_whitespace=False, help_text=MATCHER)
    why = serializers.CharField(max_length=silences.LONGEST_WHY, trim_whitespace=False)
    kind = serializers.ChoiceField(KINDS, default=Silence.Kind.SILENCE.value)
    begins_at = serializers.DateTimeField(required=False, help_text="By default now; a past time is now.")
    ends_at = serializers.DateTimeField(help_text="At most 366 days after it begins.")
    tell_at_end = serializers.BooleanField(default=True, help_text="Whether what still fires at its end is told then.")


class SilencesOfCluster(Changeable):
    query = SilencesQuery

    @described("silences", "Silences and maintenance", answer=SilencesSerializer, query=SilencesQuery, csv=True)
    def get(self, request: Request, cluster_name: str) -> Any:
        """Two queries."""
        cluster = cluster_named(cluster_name)
        known = alert_silences.known(cluster, self.now, LOOKED_BACK)
        found = sorted((one for one in known if self._asks_for(one)), key=_key)
        if tables.wants_csv(request, self.asked):
            rows = map(_row, found)
            return tables.answer(f"{cluster.name}-silences", SilenceSerializer, rows, self.now)
        page = paging.cut(found, _key, request, self.asked)
        answer = {"next": page.next, "count": len(found), "results": [_row(one) for one in page.results]}
        return Response(SilencesSerializer(answer).data)

    @done("silence", "Make a silence or maintenance", answer=SilenceSerializer, body=SilenceBody, status=201)
    def post(self, request: Request, cluster_name: str) -> Response:
        sent, cluster = SilenceBody.read(request), cluster_named(cluster_name)
        with refusing():
            made = silences.create(cluster, **{"begins_at": self.now, **sent}, user=who(request), now=self.now)
        return Response(SilenceSerializer(_row(alert_silences.one(made, self.now))).data, status=201)

    def _asks_for(self, one: Known) -> bool:
        phase, kind = self.asked.get("phase", one.phase), self.asked.get("kind", one.silence.kind)
        return bool(phase == one.phase and kind == one.silence.kind)


class EndSilence(Deed):
    @done("end_silence", "End a silence before its time", answer=SilenceSerializer, path=(CLUSTER, NUMBER))
    def post(self, request: Request, cluster_name: str, number: int) -> Response:
        """One that is over already is no error: nothing is written then."""
        Body.read(request)
        cluster = cluster_named(cluster_name)
        found = Silence.objects.filter(cluster=cluster, pk=number).first()
        if found is None:
            raise NotFound(f"There is no silence {number} of {cluster.name}.")
        if alert_silences.one(found, self.now).phase is not Phase.ENDED:
            with refusing():
                found = silences.end(found, who(request), self.now)
        return Response(SilenceSerializer(_row(alert_silences.one(found, self.now))).data)


class PreviewQuery(Query):
    matcher = serializers.CharField(max_length=matching.LONGEST, help_text=MATCHER)


class PreviewSerializer(serializers.Serializer[Any]):
    """What a silence would do now."""

    firing = serializers.IntegerField(help_text="Alerts that fire and that no silence covers.")
    silent = serializers.IntegerField(help_text="How many of them it would cover.")
    already = serializers.IntegerField(help_text="Alerts it would cover that another silence covers already.")
    covered = BriefAlertSerializer(many=True, help_text="The worst ten of those it would cover.")
    others = BriefAlertSerializer(many=True, help_text="The worst ten of those that people would still be told of.")


class SilencePreview(Resource):
    query = PreviewQuery

    @described("silence_preview", "What a silence would keep quiet", answer=PreviewSerializer, query=PreviewQuery)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Four queries, whatever fires."""
        cluster = cluster_named(cluster_name)
        try:
            matcher = matching.parse(self.asked["matcher"])
        except ValueError as error:
            raise BadParameter(f"matcher: {error}", parameter="matcher") from error
        return Response(PreviewSerializer(alert_silences.effect(cluster, matcher)).data)


def _row(one: Known) -> dict[str, Any]:
    ended_at = one.over_at if one.phase is Phase.ENDED else None
    return {**vars(one.silence), "phase": one.phase.value, "ended_at": ended_at}


def _key(one: Known) -> paging.Key:
    return (str(10**paging.LARGEST_ID_DIGITS - one.silence.pk),)
