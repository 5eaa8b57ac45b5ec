"""The root containers that were listed in a slot: on which host each runs, whose it is, which readings are its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from itertools import compress
from typing import NamedTuple

import numpy as np
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from dashboard import listings
from dashboard.listings import CONTAINER, LISTED_AT, SUBJECT
from dashboard.models import Container, ContainerListing, Subject
from dashboard.store import container_readings
from dashboard.store.writing import Writing

Ids = NDArray[np.int64]


class Listed(NamedTuple):
    """Root containers that were listed since the slot began, side by side."""

    hosts: Sequence[str]
    frameworks: Sequence[str]
    executors: Sequence[str]
    subjects: Ids
    """Of their readings; 0 where there is none."""
    is_later: NDArray[np.bool_]
    """Whether it was first seen after the slot."""

    def where(self, chosen: NDArray[np.bool_]) -> Listed:
        hosts, frameworks, executors = (
            list(compress(of, chosen)) for of in (self.hosts, self.frameworks, self.executors)
        )
        return Listed(hosts, frameworks, executors, self.subjects[chosen], self.is_later[chosen])


def listed(writing: Writing, until: datetime) -> Listed:
    """The root containers listed since the slot began. Four queries, one more where rows tell what no listing does.

    When those that run were listed last is in the listings, and of one that ended in its row.
    """
    since = datetime.fromtimestamp(writing.tick, UTC)
    roots = Container.objects.filter(cluster=writing.cluster, parent_id="").order_by()
    found = ContainerListing.objects.filter(cluster=writing.cluster, answered_at__gte=since)
    matrix = listings.unpacked(found.values_list("figures", flat=True))
    matrix = matrix[matrix[:, LISTED_AT] >= writing.tick]
    subjects = dict(zip(matrix[:, CONTAINER].tolist(), np.nan_to_num(matrix[:, SUBJECT]).tolist(), strict=True))
    running = roots.filter(ended_at=None).values_list("pk", "host", "framework_id", "executor_id")
    rows = [(*row, subjects[row[0]]) for row in running if row[0] in subjects]
    rows += _in_rows(roots.filter(Q(ended_at=None) | Q(ended_at__gte=since), listed_at__gte=since), writing, subjects)
    later = frozenset(roots.filter(first_seen__gte=until).values_list("pk", flat=True))
    return Listed(
        hosts=[host for _, host, *_ in rows],
        frameworks=[framework for _, _, framework, *_ in rows],
        executors=[executor for *_, executor, _ in rows],
        subjects=np.array([subject for *_, subject in rows], dtype=np.int64),
        is_later=np.array([pk in later for pk, *_ in rows], dtype=bool),
    )


def _in_rows(
    found: QuerySet[Container], writing: Writing, listed: Collection[int]
) -> list[tuple[int, str, str, str, float]]:
    """Those that ended since, and those that a worker of the release before wrote: key, host, framework, executor, subject."""
    names = ("pk", "host", "framework_id", "executor_id", "container_id")
    rows = [row for row in found.values_list(*names) if row[0] not in listed]
    keys = {container_readings.key(host, container_id)[1] for _, host, *_, container_id in rows}
    if not keys:
        return []
    of_kind = Subject.objects.filter(cluster=writing.cluster, kind=Subject.Kind.CONTAINER, key__in=keys)
    subjects = dict(of_kind.values_list("key", "pk"))
    return [
        (pk, host, framework, executor, subjects.get(container_readings.key(host, container_id)[1], 0))
        for pk, host, framework, executor, container_id in rows
    ]
