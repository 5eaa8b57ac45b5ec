"""What the containers of each app use together: which app a root container belongs to, and its present onto the app's row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from math import isnan

from dashboard import applications
from dashboard.models import App, Cluster, Marathon
from dashboard.store.upserts import update_values
from dashboard.store.writing import Writing

PRESENT = ["cpus_used", "mem_used_bytes", "containers", "containers_measured", "used_at"]

app_id_of_task = lru_cache(maxsize=50_000)(applications.app_id_of_task)
"""Executors live for days, and each is asked for once a minute."""


def keys(cluster: Cluster, frameworks: Sequence[str], executors: Sequence[str]) -> list[str]:
    """Of each root container, by its framework's id and its executor's, the key of its app's total; empty where it has no
    app. One query."""
    known = Marathon.objects.filter(cluster=cluster).exclude(framework_id="")
    marathons: dict[str, str] = dict(known.values_list("framework_id", "key"))
    return [_key(marathons.get(of), executor) for of, executor in zip(frameworks, executors, strict=True)]


def _key(marathon: str | None, executor: str) -> str:
    app_id = app_id_of_task(executor) if marathon else ""
    return applications.use_key(marathon, app_id) if marathon and app_id else ""


def write_present(writing: Writing, totals: Mapping[str, Mapping[str, float]]) -> None:
    """Set on each app's row what its containers use now, by names, and as old as half of their samples. Two queries."""
    told = {key: one for key, one in totals.items() if key.startswith(applications.OF_APP)}
    if not told:
        return
    apps = App.objects.filter(cluster=writing.cluster, gone_at=None)
    rows = [
        [*_present(told[key], writing.tick), pk]
        for marathon, app_id, pk in apps.values_list("marathon__key", "app_id", "pk")
        if (key := applications.use_key(marathon, app_id)) in told
    ]
    update_values(App, PRESENT, rows)


def _present(total: Mapping[str, float], tick: int) -> list[object]:
    amounts = (total["cpus_used"], total["mem_used_bytes"])
    used_at = datetime.fromtimestamp(tick - total["sample.age_seconds"], UTC)
    return [
        *(None if isnan(amount) else amount for amount in amounts),
        *(int(total["containers"]), int(total["containers_with_cpus"]), used_at),
    ]
