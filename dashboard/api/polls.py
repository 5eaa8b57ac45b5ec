"""Polls one by one, newest first."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from collectors.errors import Outcome
from collectors.sources import SOURCES
from dashboard.api import fields, paging
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.models import Poll
from dashboard.queries import polls, reasons

OUTCOMES = [outcome.value for outcome in Outcome]


class PollsQuery(paging.PagedQuery):
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field named like DRF's own attribute
        [source.name for source in SOURCES], required=False, help_text="Only polls of this source."
    )
    outcome = serializers.ChoiceField(OUTCOMES, required=False, help_text="Only polls that ended so.")


class PollSerializer(serializers.Serializer[Any]):
    """One poll. Its figures are of `ended_at` and null until then."""

    id = serializers.IntegerField(help_text="Rises with time.")
    source = serializers.CharField()  # type: ignore[assignment]  # as above
    due_at = serializers.DateTimeField(help_text="The start of its slot.")
    started_at = serializers.DateTimeField(allow_null=True, help_text="When a worker took it, last.")
    ended_at = serializers.DateTimeField(allow_null=True, help_text="Null while it waits or runs.")
    age_seconds = fields.Age(source="ended_at", allow_null=True, help_text="Seconds from `ended_at` to this answer.")
    duration_seconds = fields.Seconds(allow_null=True, help_text="From `started_at` to `ended_at`; else null.")
    outcome = serializers.ChoiceField(OUTCOMES, allow_null=True, help_text="Null while it waits or runs.")
    reason = fields.Said(help_text="The outcome in words, with what exactly was seen.")
    claims = serializers.IntegerField(source="fence", help_text="How many workers took it: more than 1 when one died.")
    requests = serializers.IntegerField(allow_null=True, help_text="Requests to the cluster.")
    bytes_read = serializers.IntegerField(allow_null=True, help_text="Bytes of their answers, decompressed.")
    kept = serializers.IntegerField(allow_null=True, help_text="Things written.")
    dropped = serializers.IntegerField(allow_null=True, help_text="Things that could not be understood.")


class PollsSerializer(paging.PageSerializer, fields.AgedSerializer):
    """Polls of the past 48 h. What they say is of Day Two itself, so `taken_at` is the moment of the answer."""

    results = PollSerializer(many=True)


class PollsOfCluster(Resource):
    query = PollsQuery

    @described("polls", "The latest polls, newest first", answer=PollsSerializer, query=PollsQuery)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Two queries."""
        wanted = polls.Wanted(
            source=self.asked.get("source", ""),
            outcome=self.asked.get("outcome", ""),
            before=paging.id_before(self.asked),
            limit=self.asked["limit"] + 1,
        )
        found = polls.latest(cluster_named(cluster_name), wanted)
        page = paging.page(found, lambda poll: (str(poll.pk),), request, limit=self.asked["limit"])
        answer = {"taken_at": self.now, "next": page.next, "results": [_row(poll) for poll in page.results]}
        return Response(PollsSerializer(answer, context={"now": self.now}).data)


FIGURES = ("requests", "bytes_read", "kept", "dropped")


def _row(poll: Poll) -> dict[str, Any]:
    row = {**vars(poll), "duration_seconds": _duration_seconds(poll), "outcome": poll.outcome or None, "reason": None}
    if poll.ended_at is None:
        return {**row, **dict.fromkeys(FIGURES)}
    return {**row, "reason": reasons.reason(poll.outcome, poll.detail)}


def _duration_seconds(poll: Poll) -> float | None:
    if poll.started_at is None or poll.ended_at is None:
        return None
    return (poll.ended_at - poll.started_at).total_seconds()
