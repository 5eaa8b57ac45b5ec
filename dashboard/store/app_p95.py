"""The 95th percentile of what each app used in the last day, out of its means over five minutes.

They are as new as what is rolled up, an hour or two; what happened since is on the app's own page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dashboard import applications, codec, rolling, subject_keys
from dashboard.models import App, Chunk, Layout, Subject
from dashboard.store.upserts import update_values
from dashboard.tiers import Tier

WINDOW = timedelta(days=1)
FEWEST = 12
"""Means, an hour of them: of fewer nothing is told."""
PERCENTILE = 95
NAMES = ("cpus_used", "mem_used_bytes")
SET = ["cpus_used_p95", "mem_used_p95_bytes", "p95_seconds"]

Matrix = NDArray[np.float64]
"""A row for each five minutes, a column for each of NAMES; NaN where nothing was measured."""


def work_out(cluster_id: int, now: datetime) -> int:
    """Set it on every app that was measured; returns of how many. Five queries."""
    apps = App.objects.filter(cluster=cluster_id, gone_at=None).values_list("marathon__key", "app_id", "pk")
    by_key = {subject_keys.key_of(applications.use_key(marathon, app_id)): pk for marathon, app_id, pk in apps}
    totals = Subject.objects.filter(
        cluster=cluster_id, kind=Subject.Kind.CONTAINER_USE, key__startswith=applications.OF_APP
    )
    owners = {pk: by_key[key] for pk, key in totals.values_list("pk", "key") if key in by_key}
    since = int((now - WINDOW).timestamp())
    rows = [[*_told(means), owners[subject]] for subject, means in _means(owners, since) if subject in owners]
    update_values(App, SET, rows)
    return len(rows)


def _told(means: Matrix) -> list[float | None]:
    """p95 of each of NAMES, and how long a past they are of."""
    known = [column[~np.isnan(column)] for column in means.T]
    enough = [np.percentile(column, PERCENTILE).item() if len(column) >= FEWEST else None for column in known]
    return [*enough, float(max(map(len, known)) * Tier.FIVE_MINUTES.step_seconds)]


def _means(owners: Mapping[int, int], since: int) -> Iterator[tuple[int, Matrix]]:
    """Each subject with its means since then. A chunk is a day, so that of two days is read."""
    day = Tier.FIVE_MINUTES.span_seconds
    found = Chunk.objects.filter(subject__in=owners, tier=Tier.FIVE_MINUTES, begins_at__gte=since // day * day)
    alike: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
    for subject, layout, data in found.values_list("subject", "layout", "data"):
        alike[layout].append((subject, bytes(data)))
    parts: dict[int, list[Matrix]] = defaultdict(list)
    for names in Layout.objects.filter(pk__in=alike):
        for subject, means in _of_layout(tuple(names.names), alike[names.pk], since):
            parts[subject].append(means)
    for subject, several in parts.items():
        yield subject, np.vstack(several)


def _of_layout(names: tuple[str, ...], chunks: Sequence[tuple[int, bytes]], since: int) -> Iterator[tuple[int, Matrix]]:
    columns = rolling.columns(names)
    wanted = [columns.index(rolling.Column(name, kept)) for name in NAMES for kept in ("sum", "count")]
    places, ticks, values = codec.decode_many([data for _, data in chunks], columns=wanted)
    chosen = ticks >= since
    places, values = places[chosen], values[chosen]
    sums, counts = values[:, ::2], values[:, 1::2]
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    here, starts = np.unique(places, return_index=True)
    for place, of_chunk in zip(here.tolist(), np.split(means, starts[1:]), strict=False):
        yield chunks[place][0], of_chunk
