"""What a formula gives: the same evaluation as the page Explore."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from dashboard.api import fields
from dashboard.api.problems import BadParameter
from dashboard.api.readings import TIERS
from dashboard.api.resource import Query, Resource, cluster_named, described
from dashboard.queries import catalogue, explored, formula_reader, window
from dashboard.queries.explored import Explored, Line
from dashboard.queries.formula import AGGREGATES, EXAMPLES, Unreadable
from dashboard.queries.window import LONGER_RANGES

MOST_FORMULAS = 4
USUAL_RANGE = "1h"


class ExploreQuery(Query):
    repeated = frozenset({"q"})

    q = serializers.ListField(
        child=serializers.CharField(max_length=formula_reader.LONGEST),
        min_length=1,
        max_length=MOST_FORMULAS,
        help_text=f"A formula, such as {EXAMPLES[3][0]}; at most four. Functions: rate, increase; "
        f"{', '.join(AGGREGATES)}, each with or without by (label). A wrong one is told where, and what to write.",
    )
    range = serializers.ChoiceField(
        list(LONGER_RANGES), default=USUAL_RANGE, help_text="So much time up to now, in at most 750 steps."
    )


class ExploredLineSerializer(fields.AgedSerializer):
    """One line. Null where nothing is known; of sums and the like also where the last step is not whole yet."""

    name = serializers.CharField()
    labels = serializers.DictField(child=serializers.CharField())
    series = serializers.IntegerField(help_text="Of how many series it is.")
    values = serializers.ListField(child=serializers.FloatField(allow_null=True))
    told = serializers.ListField(child=serializers.IntegerField(), help_text="Of how many series each value is.")
    expected = serializers.ListField(
        child=serializers.IntegerField(), help_text="Of how many it should be: those told before that have not ended."
    )


class ExploredSerializer(fields.AgedSerializer):
    """What one formula gives."""

    formula = serializers.CharField(help_text="As it is written properly.")
    kind = serializers.CharField(help_text="Of which subjects it is: host, container, master, …")
    meaning = serializers.CharField()
    unit = serializers.CharField(allow_blank=True, help_text="Of the values; ratio of a share, …/s of a rate.")
    basis = serializers.CharField(help_text="What the values are of.")
    begins_at = serializers.DateTimeField(help_text="When the first step begins.")
    step_seconds = serializers.IntegerField()
    tier = serializers.ChoiceField(list(TIERS.values()), help_text="Out of what the steps were made.")
    known_since = serializers.DateTimeField(allow_null=True, help_text="When the figures begin, where that is later.")
    series = serializers.IntegerField(help_text="How many series fit the formula.")
    lines = ExploredLineSerializer(many=True, help_text="The greatest latest value first.")


class ExploreSerializer(serializers.Serializer[Any]):
    """Any metric of any subjects over time, by formula: as it was told, per second, added up; p95 is that of the series of
    each step. At most 2,000 series a formula."""

    results = ExploredSerializer(many=True, help_text="Each formula, in the order asked for.")


class ExploreOfCluster(Resource):
    query = ExploreQuery

    @described("explore", "What a formula gives", answer=ExploreSerializer, query=ExploreQuery, by_the_thousand=True)
    def get(self, request: Request, cluster_name: str) -> HttpResponse:
        """A query for the cluster, those of signing in, and at most nine for each formula; those of the catalogue where
        one does not say its kind."""
        cluster = cluster_named(cluster_name)
        entries = cache(lambda: catalogue.entries(cluster, self.now))
        asked = window.of(self.asked["range"], self.now, ranges=LONGER_RANGES)
        results = []
        for number, text in enumerate(self.asked["q"], 1):
            try:
                found = explored.explored(cluster, formula_reader.parse(text), asked, self.now, entries)
            except Unreadable as problem:
                raise _refused(problem, text, number, len(self.asked["q"])) from None
            results.append(_result(found, self.now))
        # Not by a serializer: of thousands of values that would take most of the time. NaN becomes null here.
        return HttpResponse(msgspec.json.encode({"results": results}), content_type="application/json")


def _refused(problem: Unreadable, text: str, number: int, many: int) -> BadParameter:
    which = f"formula {number}, " if many > 1 else ""
    rest = text[problem.at : problem.at + 30]
    where = f"before “{rest}”" if rest else "at the end"
    return BadParameter(
        f"{problem.why} ({which}character {problem.at + 1}, {where})", parameter="q", allowed=problem.allowed
    )


def _result(found: Explored, now: datetime) -> dict[str, Any]:
    return {
        **_aged(found.taken_at, now),
        "formula": found.formula.text,
        "kind": found.kind.value,
        "meaning": found.known.words,
        "unit": found.unit,
        "basis": found.basis,
        "begins_at": found.window.moment(0),
        "step_seconds": found.window.step_seconds,
        "tier": TIERS[found.window.tier],
        "known_since": found.known_since,
        "series": found.series,
        "lines": [_line(line, now) for line in found.lines],
    }


def _line(line: Line, now: datetime) -> dict[str, Any]:
    return {
        **_aged(line.taken_at, now),
        "name": line.name,
        "labels": line.labels,
        "series": line.series,
        "values": line.values.tolist(),
        "told": line.told.tolist(),
        "expected": line.expected.tolist(),
    }


def _aged(taken_at: datetime | None, now: datetime) -> dict[str, Any]:
    age = None if taken_at is None else round(max(0.0, (now - taken_at).total_seconds()), 3)
    return {"taken_at": taken_at, "age_seconds": age}
