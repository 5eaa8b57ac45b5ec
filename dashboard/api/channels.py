"""Ways to people, of all clusters together, and how each fares. They are set up by admins, on a page: secrets are never told,
nor of a URL more than the server that it leads to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging
from dashboard.api.alert_fields import SEVERITIES
from dashboard.api.resource import Resource, described
from dashboard.models import Channel
from dashboard.queries import notices
from dashboard.queries.notices import ChannelState

LEADS_TO_URL = (Channel.Kind.WEBHOOK, Channel.Kind.ALERTMANAGER, Channel.Kind.DEAD_MAN)


class ChannelSerializer(serializers.Serializer[Any]):
    """A way to people."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(Channel.Kind.values)
    target = serializers.CharField(help_text="Mail addresses, the server of a URL, or the name of a service.")
    enabled = serializers.BooleanField()
    least_severity = serializers.ChoiceField(SEVERITIES, help_text="The mildest it is told where rules name nobody.")
    backup = fields.Said(help_text="Told instead when this one has not taken a notice for 5 min.")
    per_minute = serializers.IntegerField(help_text="At most so many notices a minute.")
    owed = serializers.IntegerField(help_text="Notices that wait for it.")
    owed_since = serializers.DateTimeField(allow_null=True, help_text="Since when the oldest of them waits.")
    dead = serializers.IntegerField(help_text="Notices that were given up.")
    last_tried_at = serializers.DateTimeField(allow_null=True)
    last_sent_at = serializers.DateTimeField(allow_null=True)
    last_outcome = fields.Said(help_text="How the last try ended; null before the first.")
    failures_in_row = serializers.IntegerField(help_text="Tries that the receiver failed since it last took something.")
    waits_until = serializers.DateTimeField(
        allow_null=True, help_text="It failed and is not tried before; null: it is well."
    )
    tested_at = serializers.DateTimeField(allow_null=True)


class ChannelsSerializer(paging.CountedPageSerializer):
    """Channels by name."""

    results = ChannelSerializer(many=True)


class Channels(Resource):
    query = paging.PagedQuery

    @described(
        "channels", "Ways to people, and how they fare", answer=ChannelsSerializer, query=paging.PagedQuery, path=()
    )
    def get(self, request: Request) -> Response:
        """Two queries."""
        found = notices.channels()
        page = paging.cut(found, lambda one: (one.channel.name,), request, self.asked)
        answer = {"next": page.next, "count": len(found), "results": [_row(one) for one in page.results]}
        return Response(ChannelsSerializer(answer).data)


def _row(one: ChannelState) -> dict[str, Any]:
    channel = one.channel
    return {
        **vars(channel),
        "target": _target(channel),
        "backup": channel.backup.name if channel.backup else "",
        "owed": one.total.owed,
        "owed_since": one.total.oldest_at,
        "dead": one.total.dead,
    }


def _target(channel: Channel) -> str:
    """Some receivers are known by a key in the path of their URL, and whoever has that can write there."""
    if channel.kind not in LEADS_TO_URL:
        return channel.target
    parts = urlsplit(channel.target)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""
