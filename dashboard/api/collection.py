"""What Day Two sees and what it does not: every source with its price, and every node with how each source of it stands."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from collectors.errors import Outcome
from collectors.sources import SOURCES
from dashboard.api import fields, paging
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.queries import asked_nodes, collection, streams
from dashboard.queries.asked_nodes import RANKS, Cell, Listed, Row, Wanted
from dashboard.queries.collection import SourceRow

OUTCOMES = [outcome.value for outcome in Outcome]
NAMES = [source.name for source in SOURCES]
PRICE = "What its last poll cost, divided by how often it is asked."


class CollectionQuery(paging.PagedQuery):
    is_ = serializers.ChoiceField(
        list(RANKS),
        required=False,
        help_text="Only nodes whose worst source is so: failing, late, other (in part, not offered), answering.",
    )
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field named like DRF's own attribute
        NAMES, required=False, help_text="Only nodes that this source asks; with outcome, those that it got it from."
    )
    outcome = serializers.ChoiceField(OUTCOMES, required=False, help_text="Only nodes with a source that ended so.")
    q = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="Only nodes whose host holds this, in any case."
    )


class CollectedSourceSerializer(fields.SourceSerializer):
    """One source as a whole: how old, how its last poll ended, how often it is asked and why, and what that costs."""

    every_seconds = serializers.IntegerField(help_text="How often it is asked from now on.")
    why = fields.Said(help_text="Why that is not the source's own period; null where it is.")
    every_since = serializers.DateTimeField(allow_null=True, help_text="Since when; null where it is its own period.")
    nodes = serializers.IntegerField(help_text="How many nodes it asks one by one.")
    nodes_answering = serializers.IntegerField(help_text="How many of them answered and are not too old.")
    requests_per_minute = serializers.FloatField(help_text="Questions to the cluster, over the past 10 min.")
    bytes_per_minute = serializers.FloatField(help_text="Bytes of the answers, decompressed, over the past 10 min.")

    def get_reason(self, source: Any) -> str:
        return super().get_reason(source["age"])


class AskedSerializer(fields.AgedSerializer):
    """How a node stands with one source. The age is that of its last answer."""

    source = serializers.CharField(source="source.name")  # type: ignore[assignment]  # as above
    taken_at = fields.taken_at("sample_at")
    age_seconds = fields.age_seconds("sample_at")
    state = fields.MarkSerializer()
    outcome = serializers.ChoiceField(OUTCOMES, allow_null=True)
    reason = fields.Said(help_text="The outcome in words, with what exactly was seen.")
    since = serializers.DateTimeField(help_text="Since when the outcome is this one.")
    last_success_at = serializers.DateTimeField(allow_null=True)
    failures_in_row = serializers.IntegerField()
    duration_seconds = fields.Seconds(allow_null=True, help_text="How long its answer took; null where there was none.")
    requests = serializers.IntegerField(help_text="Questions to the node itself, of the last poll that asked it.")
    bytes_read = serializers.IntegerField(help_text="Bytes of its answers' bodies, decompressed.")
    every_seconds = serializers.IntegerField(
        help_text="How often it is asked: an agent that is silent for long is asked less often than the others."
    )


class CollectedNodeSerializer(serializers.Serializer[Any]):
    """A node that is asked by itself."""

    host = serializers.CharField(help_text="Its address; with the port where that is not the usual one.")
    is_ = serializers.ChoiceField(list(RANKS), source="word", help_text="What it is by its worst source.")
    requests_per_minute = serializers.FloatField(help_text=PRICE)
    bytes_per_minute = serializers.FloatField(help_text=PRICE)
    sources = AskedSerializer(many=True, source="asked", help_text="Those that ask it.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {name.rstrip("_"): field for name, field in super().get_fields().items()}


class StreamSerializer(serializers.Serializer[Any]):
    """One event stream. Without it polls tell the same, up to their period later."""

    kind = serializers.ChoiceField(["mesos", "marathon"], source="stream.kind")
    key = fields.Said(source="stream.key", help_text="Of the Marathon it is of; null for Mesos' own.")
    state = fields.MarkSerializer()
    is_read = serializers.BooleanField(help_text="Whether changes are told as they happen.")
    reason = fields.Said(help_text="Why it is not read; null where it is.")
    since = serializers.DateTimeField(allow_null=True, help_text="Since when; null before the first attempt.")
    heard_at = serializers.DateTimeField(
        source="stream.heard_at", allow_null=True, help_text="When anything last came, a sign of life included."
    )
    events = serializers.IntegerField(source="stream.events", help_text="How many came, since the cluster is known.")
    dropped = serializers.IntegerField(source="stream.dropped", help_text="How many of them could not be read.")
    opened = serializers.IntegerField(source="stream.opened", help_text="How often it was opened with success.")


class CollectionSerializer(paging.CountedPageSerializer, fields.AgedSerializer):
    """Sources, and nodes with how each source stands with them: the worst first, then by host.

    What it says is of Day Two itself, so `taken_at` is the moment of the answer.
    """

    requests_per_minute = serializers.FloatField(help_text="Questions to the cluster by all sources.")
    bytes_per_minute = serializers.FloatField(help_text="Bytes of the answers, decompressed.")
    sources = CollectedSourceSerializer(many=True)
    streams = StreamSerializer(many=True)
    results = CollectedNodeSerializer(many=True)


class CollectionOfCluster(Resource):
    query = CollectionQuery

    @described(
        "collection", "What is collected, how, and at what price", answer=CollectionSerializer, query=CollectionQuery
    )
    def get(self, request: Request, cluster_name: str) -> Response:
        """Eight queries, ten where nothing was polled for ten minutes, whatever the size of the cluster."""
        cluster = cluster_named(cluster_name)
        report = collection.report(cluster, self.now)
        listed = asked_nodes.listed(cluster, report.ages, self.now, _wanted(self.asked))
        matching = [one for one in listed if self.asked.get("is", one.word) == one.word]
        page = paging.cut(matching, _key, request, self.asked)
        answer = {
            "taken_at": self.now,
            "count": len(matching),
            "next": page.next,
            "requests_per_minute": report.requests_per_minute,
            "bytes_per_minute": report.bytes_per_minute,
            "sources": [_source(row) for row in report.sources],
            "streams": streams.of(cluster, self.now),
            "results": [_node(row) for row in asked_nodes.rows(cluster, report.ages, page.results, self.now)],
        }
        return Response(CollectionSerializer(answer, context={"now": self.now}).data)


def _wanted(asked: dict[str, Any]) -> Wanted:
    return Wanted(text=asked.get("q", ""), source=asked.get("source", ""), outcome=asked.get("outcome", ""))


def _key(one: Listed) -> paging.Key:
    return str(max(RANKS.values()) - RANKS[one.word]), paging.by_number(one.host)


def _source(row: SourceRow) -> dict[str, Any]:
    own = {name: getattr(row, name) for name in ("every_seconds", "why", "nodes", "nodes_answering")}
    price = {"requests_per_minute": row.requests_per_minute, "bytes_per_minute": row.bytes_per_minute}
    return {"age": row.age, **vars(row.age), **own, **price, "every_since": row.since}


def _node(row: Row) -> dict[str, Any]:
    cells: list[Cell] = [cell for cell in row.cells if cell is not None]
    price = {"requests_per_minute": row.requests_per_minute, "bytes_per_minute": row.bytes_per_minute}
    return {"host": row.host, "word": row.word, "asked": cells, **price}
