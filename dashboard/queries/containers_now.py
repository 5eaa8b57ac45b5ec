"""The latest figures of the containers that run, out of what their agents listed last.

A row of Container has the figures of its first sample while it runs; which are later, those of its row or of its agent's
listing, is told by the time of the sample: workers of a release before write rows alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dashboard import listings
from dashboard.listings import FIGURES, LISTED_AT, MEASURED_AT, SHOWN, Matrix
from dashboard.models import Cluster, Container, ContainerListing

Values = NDArray[np.float64]
FEW_HOSTS = 200
"""Listings of more than these are read with all of their cluster's."""


@dataclass(frozen=True)
class Now:
    """Containers, each once, in the order of their keys; a row for each."""

    matrix: Matrix

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        return self.matrix[:, listings.CONTAINER].astype(np.int64)

    def column(self, name: str) -> Values:
        """A figure of each; NaN where it is not known."""
        return self.matrix[:, listings.place(name)]

    @property
    def measured_at(self) -> Values:
        """When each sample was taken, in seconds since 1970."""
        return self.matrix[:, MEASURED_AT]

    def place(self, pk: int) -> int:
        """Where one stands; -1 where it is not listed."""
        return int(self.places(np.array([pk], dtype=np.int64))[0])

    def places(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where each of these stands; -1 where it is not listed."""
        places = np.searchsorted(self.ids, ids)
        known = np.append(self.ids, -1)[places] == ids
        found: NDArray[np.int64] = np.where(known, places, -1)
        return found

    def figures(self, name: str, oldest: float) -> Values:
        """A figure of each; NaN too where its sample is older than that, in seconds since 1970."""
        return np.where(self.measured_at >= oldest, self.column(name), np.nan)


def of(cluster: Cluster, hosts: Iterable[str] | None = None) -> Now:
    """Of the whole cluster, or of a few hosts. One query."""
    found = ContainerListing.objects.filter(cluster=cluster)
    if hosts is not None and len(few := list(hosts)) <= FEW_HOSTS:
        found = found.filter(host__in=few)
    matrix = listings.unpacked(found.values_list("figures", flat=True))
    # What two agents list, one after the other, is as the later one says.
    matrix = matrix[np.lexsort((matrix[:, LISTED_AT], matrix[:, listings.CONTAINER]))]
    ids = matrix[:, listings.CONTAINER]
    return Now(matrix[np.append(ids[1:] != ids[:-1], True)[: len(ids)]])


def brought_up(cluster: Cluster, rows: Sequence[Container], now: Now | None = None) -> Sequence[Container]:
    """The same rows, with the figures of now where they run. One query, none where nothing runs or `now` is given."""
    running = [row for row in rows if row.ended_at is None]
    if running:
        now = of(cluster, {row.host for row in running}) if now is None else now
        places = now.places(np.array([row.pk for row in running], dtype=np.int64))
        for row, place in zip(running, places.tolist(), strict=True):
            if place >= 0:
                _bring_up(row, now.matrix[place])
    return rows


def _bring_up(row: Container, known: Values) -> None:
    measured_at = listings.instant(known[MEASURED_AT])
    row.listed_at = max(row.listed_at, listings.instant(known[LISTED_AT]))
    if measured_at < row.measured_at:
        return
    row.measured_at = measured_at
    for name, value in zip(FIGURES, known[SHOWN].tolist(), strict=True):
        setattr(row, name, None if value != value else value)
