"""Provenance in answers: where each of their figures comes from, when `provenance=1` asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from dashboard.api import fields
from dashboard.api.resource import Query
from dashboard.queries.certificates import Certificate


class ProvenanceQuery(Query):
    provenance = serializers.BooleanField(
        default=False, help_text="Whether to tell of each figure where it comes from: formula, endpoint, fields, basis."
    )


class ProvenanceSerializer(fields.AgedSerializer):
    """Where one figure of this answer comes from."""

    field = serializers.CharField(help_text="Where it stands in this answer: nodes[0].use.cpu_used_ratio.")
    value = serializers.FloatField(allow_null=True, help_text="As it stands there.")
    unit = serializers.CharField()
    basis = serializers.CharField(help_text="What it is of: use, limit, request or allocation.")
    formula = serializers.CharField(help_text="How it is made of the fields.")
    endpoint = serializers.CharField(help_text="What was asked of the cluster.")
    fields_ = serializers.ListField(
        child=serializers.CharField(), help_text="What of the answer it is made of, as the cluster spells it."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {name.rstrip("_"): field for name, field in super().get_fields().items()}


def told(certificates: Mapping[str, Certificate], above: str = "") -> Iterable[dict[str, Any]]:
    """Certificates for ProvenanceSerializer, of figures that stand below `above` in the answer."""
    for name, one in certificates.items():
        yield {
            "field": f"{above}.{name}" if above else name,
            "value": one.value,
            "unit": one.unit,
            "basis": one.basis,
            "formula": one.formula,
            "endpoint": one.endpoint,
            "fields": one.fields,
            "taken_at": one.taken_at,
        }
