"""Frameworks: what each holds and uses of the cluster, its tasks, its roles with their quota."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging, tables
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.models import Framework, Role
from dashboard.queries import frameworks, freshness
from dashboard.queries.frameworks import SOURCE, FrameworkRow

STATES = Framework.State.values
USED = "By its containers, as their agents measured them at `used_at`; null where that is not the present."
BOUNDS = tuple(
    frameworks.column(key, basis) for key in frameworks.RESOURCES for basis in ("allocated", "guarantee", "limit")
)
COLUMNS = tuple(
    field.name for field in Framework._meta.concrete_fields if not field.name.startswith(("id", "cluster", "failures_"))
)


class FrameworksQuery(tables.TableQuery):
    state = serializers.ChoiceField(STATES, required=False, help_text="Only those in this state.")
    q = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="Only those whose name or id holds this, in any case.",
    )


class RoleSerializer(serializers.Serializer[Any]):
    """A role it is subscribed to. What it holds is of all its frameworks together; a bound that is not set is null."""

    name = serializers.CharField()
    cpus_allocated = serializers.FloatField(allow_null=True, help_text="Cores.")
    cpus_guarantee = serializers.FloatField(allow_null=True, help_text="Cores.")
    cpus_limit = serializers.FloatField(allow_null=True, help_text="Cores; 0 forbids.")
    mem_allocated_bytes = serializers.FloatField(allow_null=True, help_text="Bytes.")
    mem_guarantee_bytes = serializers.FloatField(allow_null=True, help_text="Bytes.")
    mem_limit_bytes = serializers.FloatField(allow_null=True, help_text="Bytes; 0 forbids.")
    disk_allocated_bytes = serializers.FloatField(allow_null=True, help_text="Bytes.")
    disk_guarantee_bytes = serializers.FloatField(allow_null=True, help_text="Bytes.")
    disk_limit_bytes = serializers.FloatField(allow_null=True, help_text="Bytes; 0 forbids.")
    gpus_allocated = serializers.FloatField(allow_null=True, help_text="GPUs.")
    gpus_guarantee = serializers.FloatField(allow_null=True, help_text="GPUs.")
    gpus_limit = serializers.FloatField(allow_null=True, help_text="GPUs; 0 forbids.")


class FrameworkSerializer(fields.TasksSerializer, fields.AgedSerializer):
    """One framework as the leading master's summary last listed it."""

    taken_at = fields.taken_at("last_seen")
    age_seconds = fields.age_seconds("last_seen")
    framework_id = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(STATES, help_text="As it was at `taken_at`.")
    shown = fields.MarkSerializer(help_text="As the pages show it: not as active where the summary is too old.")
    state_since = serializers.DateTimeField()
    first_seen = serializers.DateTimeField(help_text="When Day Two first saw it.")
    agents = serializers.IntegerField(help_text="On how many it runs something.")
    cpus_allocated = serializers.FloatField(help_text=f"Cores. {fields.ALLOCATION}")
    mem_allocated_bytes = serializers.FloatField(help_text=f"Bytes. {fields.ALLOCATION}")
    disk_allocated_bytes = serializers.FloatField(help_text=f"Bytes. {fields.ALLOCATION}")
    gpus_allocated = serializers.FloatField(help_text=f"GPUs. {fields.ALLOCATION}")
    used_at = serializers.DateTimeField(allow_null=True, help_text="Of which time the use is, however old.")
    cpus_used = serializers.FloatField(allow_null=True, help_text=f"Cores. {USED}")
    mem_used_bytes = serializers.FloatField(allow_null=True, help_text=f"Bytes, without file cache. {USED}")
    disk_used_bytes = serializers.FloatField(allow_null=True, help_text=f"Bytes. {USED}")
    failures_24h = serializers.IntegerField(
        allow_null=True, help_text="Tasks that failed or were refused in the past day; null where nobody counts them."
    )
    roles = RoleSerializer(many=True)
    marathon = fields.Said(help_text="Key of the Marathon of the app that runs it.")
    app = fields.Said(help_text="That app's id, where an app says by its labels that it runs it.")


class FrameworksSerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """Frameworks by name, those that completed in the past week among them."""

    results = FrameworkSerializer(many=True)


class FrameworksOfCluster(Resource):
    query = FrameworksQuery

    @described("frameworks", "The frameworks", answer=FrameworksSerializer, query=FrameworksQuery, csv=True)
    def get(self, request: Request, cluster_name: str) -> HttpResponseBase:
        """Ten queries at most."""
        cluster, asked = cluster_named(cluster_name), self.asked
        sources = freshness.of(cluster, self.now)
        text = asked.get("q", "").lower()
        rows = [
            row
            for row in frameworks.of(cluster, sources, self.now)
            if asked.get("state") in (None, row.framework.state)
            and (text in row.framework.name.lower() or text in row.framework.framework_id.lower())
        ]
        if tables.wants_csv(request, asked):
            every = map(framework, sorted(rows, key=_key))
            return tables.answer(f"{cluster.name}-frameworks", FrameworkSerializer, every, self.now)
        page = paging.cut(rows, _key, request, asked)
        answer = {
            **fields.of_source(sources[SOURCE]),
            "count": len(rows),
            "next": page.next,
            "results": [framework(row) for row in page.results],
        }
        return Response(FrameworksSerializer(answer, context={"now": self.now}).data)


def _key(row: FrameworkRow) -> paging.Key:
    return row.framework.name, row.framework.framework_id


def framework(row: FrameworkRow) -> dict[str, Any]:
    """A framework for FrameworkSerializer."""
    return {
        **{name: getattr(row.framework, name) for name in COLUMNS},
        **{frameworks.column(key, "used"): row.used(key) for key in frameworks.SIZED},
        "shown": row.state,
        "used_at": row.use.taken_at if row.use else None,
        "failures_24h": row.failures_24h,
        "roles": [_role(role) for role in row.roles],
        "marathon": row.app.marathon.key if row.app else "",
        "app": row.app.app_id if row.app else "",
    }


def _role(role: Role) -> dict[str, Any]:
    return {"name": role.name, **{name: getattr(role, name) for name in BOUNDS}}
