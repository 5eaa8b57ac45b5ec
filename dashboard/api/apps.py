"""Apps and pods of every Marathon: their counts, what one instance asks for, what all use together; and one of them."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging, tables
from dashboard.api.app_fields import KINDS, STATES, AppSerializer, OneAppSerializer, app, whole
from dashboard.api.problems import BadParameter
from dashboard.api.resource import CLUSTER, Resource, cluster_named, described
from dashboard.queries import apps_found, freshness
from dashboard.queries.apps_found import Wanted

SOURCE, USE_SOURCE = "apps", "containers"
PLACE = OpenApiParameter(
    "place",
    str,
    OpenApiParameter.PATH,
    description="Key of its Marathon, a slash, and the app's id without its first slash: marathon/group/app.",
)


class AppsQuery(tables.TableQuery):
    marathon = serializers.CharField(
        max_length=255, required=False, allow_blank=True, help_text="Only those of the Marathon with this key."
    )
    state = serializers.ChoiceField(STATES, required=False, help_text="Only those in this state.")
    kind = serializers.ChoiceField(KINDS, required=False, help_text="Only apps, or only pods.")
    role = serializers.CharField(
        max_length=255, required=False, allow_blank=True, help_text="Only those of this Mesos role."
    )
    gone = serializers.BooleanField(
        default=False,
        help_text="true: those that their Marathon listed no more in the past week, in place of the others.",
    )
    q = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="Only those whose id holds this, in any case."
    )


class AppsSerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """Apps and pods by id. The age is that of asking all Marathons; each app has that of its own Marathon's list."""

    results = AppSerializer(many=True)


class AppsOfCluster(Resource):
    query = AppsQuery

    @described("apps", "The apps", answer=AppsSerializer, query=AppsQuery, csv=True)
    def get(self, request: Request, cluster_name: str) -> HttpResponseBase:
        """Four queries."""
        cluster, asked = cluster_named(cluster_name), self.asked
        names = ("marathon", "state", "kind", "role", "gone")
        given = {name: asked[name] for name in names if name in asked}
        wanted = Wanted(**given, text=asked.get("q", ""))
        sources = freshness.of(cluster, self.now)
        if tables.wants_csv(request, asked):
            every = (app(one, sources, self.now) for one in apps_found.every(cluster, wanted))
            return tables.answer(f"{cluster.name}-apps", AppSerializer, every, self.now)
        found = apps_found.page(cluster, wanted, after=_after(asked), limit=asked["limit"] + 1)
        page = paging.page(found, lambda one: (one.app_id, str(one.pk)), request, limit=asked["limit"])
        answer = {
            **fields.of_source(sources[SOURCE]),
            "count": apps_found.count(cluster, wanted),
            "next": page.next,
            "results": [app(one, sources, self.now) for one in page.results],
        }
        return Response(AppsSerializer(answer, context={"now": self.now}).data)


def _after(asked: dict[str, Any]) -> apps_found.Key | None:
    """Raises BadParameter."""
    after = paging.cursor(asked)
    if after is None:
        return None
    if len(after) != 2 or not (after[1].isascii() and after[1].isdigit() and len(after[1]) <= paging.LARGEST_ID_DIGITS):
        raise BadParameter("after is not from a next link of this list.", parameter="after")
    return after[0], int(after[1])


class OneApp(Resource):
    @described("app", "One app", answer=OneAppSerializer, path=(CLUSTER, PLACE))
    def get(self, request: Request, cluster_name: str, place: str) -> Response:
        """Four queries."""
        cluster = cluster_named(cluster_name)
        found = apps_found.at(cluster, place)
        if found is None:
            raise NotFound(f"There is no app at {place} in {cluster_name}.")
        answer = whole(found, freshness.of(cluster, self.now), self.now)
        return Response(OneAppSerializer(answer, context={"now": self.now}).data)
