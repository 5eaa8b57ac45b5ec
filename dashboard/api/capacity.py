"""Capacity: what is allocated and used of each resource, who holds it, and both over time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from django.http.response import HttpResponseBase
from numpy.typing import NDArray
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging, tables
from dashboard.api.problems import BadParameter
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.api.use_fields import ClusterUseSerializer
from dashboard.models import Cluster
from dashboard.queries import breakdown, capacity, freshness, use, window
from dashboard.queries.breakdown import BY, Row
from dashboard.queries.capacity import Capacity, Kind
from dashboard.queries.freshness import Freshness
from dashboard.queries.window import LONG_RANGES

KEYS = [key for key, *_ in capacity.RESOURCES]
FINEST_SECONDS, COARSEST_SECONDS = 10, 86_400
UNIT = "cores, bytes or GPUs."


class CapacityQuery(tables.TableQuery):
    by = serializers.ChoiceField(
        list(BY), required=False, help_text="What `parts` are; by default zones where there are any, else roles."
    )
    range = serializers.ChoiceField(
        list(LONG_RANGES), required=False, help_text="Over which time `history` is; without it there is none."
    )
    step = serializers.IntegerField(
        min_value=FINEST_SECONDS,
        max_value=COARSEST_SECONDS,
        required=False,
        help_text="Seconds between two values of `history`, no fewer than its range needs for 720 of them.",
    )


class AmountSerializer(serializers.Serializer[Any]):
    """One resource."""

    resource = serializers.ChoiceField(KEYS)
    unit = serializers.CharField(help_text=f"Of the amounts: {UNIT}")
    total = serializers.FloatField(
        allow_null=True, help_text="What the active agents have; null where a part has none."
    )
    allocated = serializers.FloatField(allow_null=True, help_text=f"{UNIT} {fields.ALLOCATION}")
    allocated_ratio = serializers.FloatField(
        allow_null=True, help_text="0…1 of the part's total, else of the cluster's."
    )
    used = serializers.FloatField(allow_null=True, help_text="As measured; null where it is not known now.")
    used_of = serializers.FloatField(
        allow_null=True, help_text="What the measured machines have of it; null where containers were measured."
    )
    used_ratio = serializers.FloatField(
        allow_null=True, help_text="0…1 of `used_of`, else of what `allocated_ratio` is."
    )


class PartAmountSerializer(AmountSerializer):
    guarantee = serializers.FloatField(allow_null=True, help_text="Of a role's quota; null where there is none.")
    limit = serializers.FloatField(allow_null=True, help_text="Of a role's quota; null where there is none, 0 forbids.")


class PartUseSerializer(fields.AgedSerializer):
    """Of what the use of a part is."""

    agents_measured = serializers.IntegerField(help_text="Agents that told it.")
    agents_expected = serializers.IntegerField(help_text="Agents that should have.")


class PartSerializer(serializers.Serializer[Any]):
    """One role, zone, framework, pool or region."""

    name = serializers.CharField(allow_blank=True, help_text="Empty for agents in no zone or region.")
    agents = serializers.IntegerField(
        allow_null=True, help_text="Active agents; null where a part has none of its own."
    )
    use = PartUseSerializer(allow_null=True, help_text="Null where its use is not known.")
    use_unknown = fields.Said(help_text="Why its use is not known.")
    resources = PartAmountSerializer(many=True)


class LineSerializer(serializers.Serializer[Any]):
    """One amount over time."""

    resource = serializers.ChoiceField(KEYS)
    unit = serializers.CharField()
    name = serializers.ChoiceField(["total", "allocated", "offered", "used"])
    values = serializers.ListField(
        child=serializers.FloatField(allow_null=True), help_text="Null where nothing was measured: never 0."
    )


class HistorySerializer(serializers.Serializer[Any]):
    """Each step is the mean of its readings."""

    begins_at = serializers.DateTimeField(help_text="When the first step begins.")
    step_seconds = serializers.IntegerField()
    tier_seconds = serializers.IntegerField(
        help_text="Out of what the steps were made: 0 readings, 300 figures of 5 minutes, 3600 of an hour."
    )
    lines = LineSerializer(many=True)


class CapacitySerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """Totals are of active agents: one that is lost gives no capacity. `count` and `next` are of `parts`."""

    basis = serializers.CharField(help_text="What the totals are of.")
    agents_active = serializers.IntegerField(allow_null=True)
    use = ClusterUseSerializer(help_text="Of what the used amounts are, and how old.")
    resources = AmountSerializer(many=True, help_text="Those the cluster has any of.")
    by = serializers.ChoiceField(list(BY))
    parts_source = fields.FreshSerializer(help_text="How far what the parts hold may be called the present.")
    parts_measured_by = serializers.ChoiceField(["machines", "containers"], help_text="What a part's use is of.")
    parts = PartSerializer(many=True, help_text="The largest first.")
    history = HistorySerializer(allow_null=True)


class CapacityOfCluster(Resource):
    query = CapacityQuery

    @described(
        "capacity",
        "What is allocated and used of each resource, by whom, and over time",
        answer=CapacitySerializer,
        query=CapacityQuery,
        csv=True,
    )
    def get(self, request: Request, cluster_name: str) -> HttpResponseBase:
        """Nine queries, six more for the history. The CSV holds the parts."""
        cluster = cluster_named(cluster_name)
        sources = freshness.of(cluster, self.now)
        found = breakdown.of(cluster, self.asked.get("by"), self.now, sources)
        kinds = capacity.present(cluster)
        rows = {_key(place, row): _part(row, kinds) for place, row in enumerate(found.rows)}
        if tables.wants_csv(request, self.asked):
            return tables.answer(f"{cluster.name}-{found.by}s", PartSerializer, rows.values(), self.now)
        page = paging.cut(list(rows), lambda key: key, request, self.asked)
        history = self._history(cluster, sources)
        answer = {
            **fields.of_source(sources["summary"]),
            "basis": "allocation of active agents",
            "agents_active": cluster.agents_active,
            "use": use.of_cluster(cluster, self.now, sources),
            "resources": [_amount(cluster, kind, use.of_cluster(cluster, self.now, sources)) for kind in kinds],
            "by": found.by,
            "parts_source": fields.of_source(found.source) if found.source else NOT_TOLD,
            "parts_measured_by": found.measured_by,
            "count": len(rows),
            "next": page.next,
            "parts": [rows[key] for key in page.results],
            "history": history,
        }
        return Response(CapacitySerializer(answer, context={"now": self.now}).data)

    def _history(self, cluster: Cluster, sources: use.Sources) -> dict[str, Any] | None:
        """What was asked for; None without a range. Raises BadParameter."""
        asked, step = self.asked.get("range"), self.asked.get("step")
        if asked is None:
            if step is not None:
                raise BadParameter("step goes with range.", parameter="step")
            return None
        least = window.of(asked, self.now, ranges=LONG_RANGES).step_seconds
        if step is not None and (step < least or step % least):
            raise BadParameter(f"step must be a multiple of {least} s for {asked}.", parameter="step")
        found = capacity.history(cluster, asked, self.now, sources=sources, step_seconds=step)
        return {
            "begins_at": found.window.moment(0),
            "step_seconds": found.window.step_seconds,
            "tier_seconds": found.window.tier.step_seconds,
            "lines": list(_lines(found)),
        }


NOT_TOLD = {"taken_at": None, "freshness": Freshness.NEVER, "outcome": None}


def _key(place: int, row: Row) -> paging.Key:
    """By size, as the rows stand; a place that changes between two pages shows a part twice or not at all, as sizes do."""
    return f"{place:06d}", row.part.name


def _amount(cluster: Cluster, kind: Kind, told: use.Use) -> dict[str, Any]:
    total, allocated = capacity.now(cluster, kind.key)
    used = told.now(kind.key)
    return {
        "resource": kind.key,
        "unit": kind.unit,
        "total": total,
        "allocated": allocated,
        "allocated_ratio": allocated / total if total and allocated is not None else None,
        "used": used.used,
        "used_of": used.measured,
        "used_ratio": used.ratio,
    }


def _part(row: Row, kinds: list[Kind]) -> dict[str, Any]:
    return {
        "name": row.part.name,
        "agents": row.part.agents,
        "use": row.use,
        "use_unknown": "" if row.use else row.why,
        "resources": [_part_amount(row, kind) for kind in kinds],
    }


def _part_amount(row: Row, kind: Kind) -> dict[str, Any]:
    held, used = row.held(kind.key), row.used(kind.key)
    return {
        "resource": kind.key,
        "unit": kind.unit,
        "total": held.total,
        "allocated": held.allocated,
        "allocated_ratio": row.allocated_ratio(kind.key),
        "used": used.used,
        "used_of": used.measured,
        "used_ratio": row.used_ratio(kind.key),
        "guarantee": held.guarantee,
        "limit": held.limit,
    }


def _lines(found: Capacity) -> Iterator[dict[str, Any]]:
    for resource in found.resources:
        named: list[tuple[str, NDArray[np.float64]]] = [
            ("total", resource.totals),
            ("allocated", resource.allocateds),
            ("offered", resource.offereds),
            ("used", resource.useds),
        ]
        for name, values in named:
            told = [None if np.isnan(value) else value for value in values.tolist()]
            yield {"resource": resource.key, "unit": resource.unit, "name": name, "values": told}
