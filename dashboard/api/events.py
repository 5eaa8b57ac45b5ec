"""What changed in a cluster, the latest first, as a sentence and as it was written."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging, tables
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.models import Event
from dashboard.queries import event_log, failures_told, happenings

KINDS = Event.Kind.values
EVENT_MARKS = (*fields.MARKS, "note")

TEXT = (
    "The change as a sentence. Of a failed task with the reason that is known now, or that none was given: Marathon's stream "
    "gives none, the next list of tasks may; `after` stays as it was written."
)


class EventsQuery(tables.TableQuery):
    kind = serializers.ChoiceField(KINDS, required=False, help_text="Only changes of this kind.")
    subject = serializers.CharField(
        max_length=255,
        required=False,
        help_text="Only of this host, unit, framework id, source, rule …, word for word.",
    )
    since = serializers.DateTimeField(required=False, help_text="Only what was true then or later (`taken_at`).")
    until = serializers.DateTimeField(required=False, help_text="Only what was true before.")


class EventSerializer(fields.AgedSerializer):
    """One change. `taken_at` is when it was true, `seen_at` when Day Two saw it."""

    id = serializers.IntegerField(help_text="Rises in the order in which changes were written.")
    kind = serializers.ChoiceField(KINDS)
    text = serializers.CharField(help_text=TEXT)
    mark = serializers.ChoiceField(EVENT_MARKS, help_text="As the pages show it; note: neither good nor bad.")
    subject = serializers.CharField(help_text="Key of what changed: a host, a unit, a framework id, a source, a rule.")
    name = fields.Said(help_text="What an operator calls it.")
    place = fields.Said(help_text="Where: the node of a unit, the host of a source.")
    before = fields.Said(help_text="The state before, as it was written.")
    after = fields.Said(help_text="The state since then.")
    taken_at = serializers.DateTimeField(help_text="When it was true: the time of the sample that showed it.")
    seen_at = serializers.DateTimeField()
    poll = serializers.IntegerField(allow_null=True, help_text="Id of the poll that saw it; null where none did.")
    alert = serializers.IntegerField(allow_null=True, help_text="Id of the alert that it is a change of.")
    by = fields.Said(help_text="The user whose doing it was; null where it happened of itself.")


class EventsSerializer(paging.PageSerializer):
    """Changes, the latest first. They are kept for months; nothing ever changes one."""

    results = EventSerializer(many=True)


class EventsOfCluster(Resource):
    query = EventsQuery

    @described("events", "What changed, the latest first", answer=EventsSerializer, query=EventsQuery, csv=True)
    def get(self, request: Request, cluster_name: str) -> Any:
        """Two queries, one more where a failed task gave no reason."""
        cluster = cluster_named(cluster_name)
        wanted = event_log.Wanted(
            kind=self.asked.get("kind", ""),
            subject=self.asked.get("subject", ""),
            since=self.asked.get("since"),
            until=self.asked.get("until"),
        )
        if tables.wants_csv(request, self.asked):
            every = (event(*one) for one in failures_told.every(event_log.every(cluster, wanted)))
            return tables.answer(f"{cluster.name}-events", EventSerializer, every, self.now)
        before, limit = paging.moment_before(self.asked), self.asked["limit"]
        found = event_log.page(cluster, wanted, before=before, limit=limit + 1)
        page = paging.page(found, lambda one: paging.moment_key(one.taken_at, one.pk), request, limit=limit)
        told = failures_told.whole(page.results)
        answer = {"next": page.next, "results": [event(*one) for one in zip(page.results, told, strict=True)]}
        return Response(EventsSerializer(answer, context={"now": self.now}).data)


def event(one: Event, to_tell: Event | None = None) -> dict[str, Any]:
    """As it was written, with the sentence of what is to be told of it now where that is more."""
    told = happenings.told(to_tell or one)
    return {**vars(one), "text": told.text, "mark": told.mark, "poll": one.poll_id, "alert": one.alert_id}
