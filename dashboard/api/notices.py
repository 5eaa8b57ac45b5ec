"""Who was told what: notices that are owed, sent or given up, with each try; and taking one up again."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging
from dashboard.api.acting import Body, Deed, done, numbered, who
from dashboard.api.alert_fields import SEVERITIES
from dashboard.api.problems import Refused
from dashboard.api.resource import CLUSTER, Resource, cluster_named, described
from dashboard.models import Attempt, Notice
from dashboard.queries import notices
from dashboard.queries.notices import Entry
from dashboard.store import outbox

NUMBER = numbered("number", "The notice's id.")
STATES = list(notices.STATES)


class NoticesQuery(paging.PagedQuery):
    state = serializers.ChoiceField(STATES, required=False, help_text="Only owed, sent or dead (given up) ones.")


class AttemptSerializer(serializers.Serializer[Any]):
    """One try to send it, or that somebody took it up again."""

    at = serializers.DateTimeField()
    seconds = fields.Seconds()
    outcome = serializers.CharField()
    words = serializers.SerializerMethodField(help_text="The outcome in words, with what exactly was seen.")

    def get_words(self, attempt: Attempt) -> str:
        return notices.outcome_in_words(attempt.outcome, attempt.detail)


class NoticeSerializer(serializers.Serializer[Any]):
    """One message owed to one channel."""

    id = serializers.IntegerField(source="notice.pk")
    state = serializers.ChoiceField(STATES, help_text="owed, sent or dead (given up after 24 h).")
    kind = serializers.ChoiceField(Notice.Kind.values, source="notice.kind")
    severity = serializers.ChoiceField(SEVERITIES, source="notice.severity")
    channel = serializers.CharField(source="notice.channel.name", help_text="Its name.")
    rule = serializers.SerializerMethodField(help_text="Key of the rule; null where its alerts' group is no more.")
    subject = serializers.CharField(source="notice.subject", help_text="What it says, in a line.")
    alerts = serializers.IntegerField(source="notice.alerts", help_text="How many it is about.")
    created_at = serializers.DateTimeField(source="notice.created_at", help_text="When it was owed.")
    sent_at = serializers.DateTimeField(source="notice.sent_at", allow_null=True)
    dead_at = serializers.DateTimeField(source="notice.dead_at", allow_null=True)
    next_at = serializers.SerializerMethodField(help_text="When it is tried next; null unless it is owed.")
    attempts = serializers.IntegerField(source="notice.attempts")
    tries = AttemptSerializer(many=True, help_text="The newest first, at most twenty.")

    def get_rule(self, entry: Entry) -> str | None:
        return entry.notice.group.rule.key if entry.notice.group else None

    def get_next_at(self, entry: Entry) -> str | None:
        owed = entry.state == "owed"
        return str(serializers.DateTimeField().to_representation(entry.notice.next_at)) if owed else None


class NoticesSerializer(paging.PageSerializer):
    """The delivery log of a cluster, the newest first. Tests of channels are of no cluster and not in it."""

    results = NoticeSerializer(many=True)


class NoticesOfCluster(Resource):
    query = NoticesQuery

    @described("notices", "Who was told what", answer=NoticesSerializer, query=NoticesQuery)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Three queries."""
        cluster, limit = cluster_named(cluster_name), self.asked["limit"]
        before, state = paging.id_before(self.asked), self.asked.get("state", "")
        found = notices.log(cluster=cluster, state=state, before=before, rows=limit + 1).entries
        page = paging.page(found, lambda entry: (str(entry.notice.pk),), request, limit=limit)
        return Response(NoticesSerializer({"next": page.next, "results": page.results}).data)


class RetryNotice(Deed):
    @done("retry_notice", "Try to send a notice now", answer=NoticeSerializer, path=(CLUSTER, NUMBER))
    def post(self, request: Request, cluster_name: str, number: int) -> Response:
        """It is tried for 24 h more, and its channel at once. One that was sent is not sent again."""
        Body.read(request)
        cluster = cluster_named(cluster_name)
        found = Notice.objects.filter(cluster=cluster, pk=number).first()
        if found is None:
            raise NotFound(f"There is no notice {number} of {cluster.name}.")
        if not outbox.retry_now(found, who(request), self.now):
            raise Refused("It has been sent already.")
        entry = notices.log(cluster=cluster, before=number + 1, rows=1).entries[0]
        return Response(NoticeSerializer(entry).data)
