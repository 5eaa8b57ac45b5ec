"""What applications tell of themselves, of an app or of one container: each metric of each set, how it is now and was.

A set is metrics of one container that bear the same tags. What a number is, gauge, counter or timer, nobody tells: each is
shown as it was said, and nothing is added up or worked out of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from dashboard.models import App, AppMetrics, Cluster, Container, MetricSet, Subject
from dashboard.queries import metric_catalogue, recent_readings
from dashboard.queries.containers import ContainerRow
from dashboard.queries.freshness import Freshness, SourceAge
from dashboard.queries.readings import loaded
from dashboard.queries.window import Window
from dashboard.rises import AGE

Values = NDArray[np.float64]
Kind = Subject.Kind
SOURCE = "app_metrics"
MOST_SETS = 2_000
"""So many sets are looked through, those told last first."""
LEAST_CROWD = 10
"""A tag with fewer values in one container is none that grows without end."""
NEWEST_WITHIN = timedelta(minutes=10)
"""So far back the newest value is looked for."""


@dataclass(frozen=True)
class Series:
    """One metric of one set."""

    of: MetricSet
    name: str

    @property
    def tags(self) -> str:
        return str(self.of)

    @property
    def container(self) -> Container | None:
        """Who told it; None once that is forgotten."""
        return self.of.container

    @property
    def unit(self) -> str:
        """Empty where nobody told it."""
        return metric_catalogue.known(Kind.APP_METRICS, self.name).unit

    def holds(self, text: str) -> bool:
        """Whether each word of it is in its name, its tags or its container's id, in any case."""
        whole = f"{self.name} {self.tags} {self.container.container_id if self.container else ''}".lower()
        return all(word in whole for word in text.lower().split())


@dataclass(frozen=True, kw_only=True)
class Told:
    """A series with its figures."""

    series: Series
    value: float | None
    """The newest; None where that is too old to be called the present, or its container ended."""
    taken_at: datetime | None
    """When the newest was true; of one that was not told within NEWEST_WITHIN when its set was told last."""
    freshness: Freshness
    past: Values
    """Means of the steps of a window; NaN where nothing was told."""

    @property
    def ended(self) -> bool:
        container = self.series.container
        return container is None or container.ended_at is not None


@dataclass(frozen=True)
class Crowd:
    """A tag that takes ever new values, each of which is a set of its own: the id of a request, say."""

    tag: str
    values: int
    """How many of them are kept of the container of which most is refused."""
    sets: int
    """Of so many sets."""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """How asking containers for their application's metrics stands."""

    answered: int
    """Containers that answered, if only that there is nothing."""
    silent: int
    """Of these, that never told any metric."""
    refused: int
    """Metrics of their last answers that are past what is kept."""
    next_at: datetime | None
    """When the first of the silent ones is asked again."""
    crowd: Crowd | None = None
    """The tag whose values fill what is kept, where something was refused for that."""


def of_app(app: App, since: datetime) -> list[Series]:
    """Every metric of its sets that were told since then, by name and tags. One query."""
    return _series(MetricSet.objects.filter(app=app, sample_at__gte=since))


def of_containers(containers: Sequence[Container], since: datetime) -> list[Series]:
    """The same of these containers. One query."""
    return _series(MetricSet.objects.filter(container__in=containers, sample_at__gte=since))


def of_cluster(cluster: Cluster, since: datetime, wanted: Q) -> list[Series]:
    """The same of the sets of a cluster for which something holds. One query."""
    return _series(MetricSet.objects.filter(wanted, subject__cluster=cluster, sample_at__gte=since))


def _series(sets: QuerySet[MetricSet]) -> list[Series]:
    found = sets.select_related("subject", "container", "app__marathon").order_by("-sample_at", "pk")[:MOST_SETS]
    every = (Series(one, name) for one in found for name in one.names if name != AGE)
    return sorted(every, key=lambda one: (one.name, one.tags, one.of.subject.key))


def told(cluster: Cluster, series: Sequence[Series], window: Window, source: SourceAge | None) -> list[Told]:
    """The same with their figures, of the window and of its end. Three queries and as many as `loaded`."""
    if not series:
        return []
    names = sorted({one.name for one in series})
    read = loaded(sorted({one.of.pk for one in series}), window, names=names)
    newest = _newest(cluster, series, names, window.ends_at)
    return [
        _told(
            one,
            read.series(one.of.pk, [one.name])[one.name],
            newest.get((one.of.subject.key, one.name)),
            window,
            source,
        )
        for one in series
    ]


def newest_told(row: ContainerRow | None, now: datetime) -> list[tuple[str, float]]:
    """Each metric of a container's application as it was told last within NEWEST_WITHIN, by name and tags. Four queries; one
    where its application tells none, no query without a container."""
    if row is None:
        return []
    series = of_containers([row.container], now - NEWEST_WITHIN)
    if not series:
        return []
    found = _newest(row.container.cluster, series, sorted({one.name for one in series}), now)
    named = [(one.name, found.get((one.of.subject.key, one.name))) for one in series]
    return [(name, newest[0]) for name, newest in named if newest]


Newest = dict[tuple[str, str], tuple[float, float]]
"""Key of a subject and name → the value, and when it was true in seconds since 1970."""


def _newest(cluster: Cluster, series: Sequence[Series], names: Sequence[str], now: datetime) -> Newest:
    keys = sorted({one.of.subject.key for one in series})
    found = recent_readings.of_kind(cluster, Kind.APP_METRICS, names, now - NEWEST_WITHIN, now, keys=keys)
    return dict(_known(found, names))


def _known(
    found: recent_readings.Readings, names: Sequence[str]
) -> Iterator[tuple[tuple[str, str], tuple[float, float]]]:
    for column, name in enumerate(names):
        values, times = found.newest(column)
        for subject, value, time in zip(found.subjects, values.tolist(), times.tolist(), strict=True):
            if value == value:
                yield (subject.key, name), (value, time)


def _told(
    series: Series, past: Values, newest: tuple[float, float] | None, window: Window, source: SourceAge | None
) -> Told:
    taken_at = datetime.fromtimestamp(newest[1], UTC) if newest else series.of.sample_at
    judged = source.judge(taken_at, window.ends_at) if source else Freshness.NO_DATA
    container = series.container
    runs = container is not None and container.ended_at is None
    value = newest[0] if newest and runs and judged.current else None
    return Told(series=series, value=value, taken_at=taken_at, freshness=judged, past=past)


def asking_app(app: App) -> Asking:
    """Of the containers of its instances that run. One query, one more where something was refused."""
    ids = app.tasks.filter(ended_at=None).exclude(container_id="").values("container_id")
    return _asking(AppMetrics.objects.filter(container__cluster=app.cluster_id, container__container_id__in=ids))


def asking_container(container: Container) -> Asking:
    """One query, one more where something was refused."""
    return _asking(AppMetrics.objects.filter(container=container))


def _asking(found: QuerySet[AppMetrics]) -> Asking:
    rows = list(found.values_list("told_at", "ask_from", "refused", "container_id"))
    silent = [ask_from for told_at, ask_from, *_ in rows if told_at is None]
    most, fullest = max(((refused, container) for *_, refused, container in rows), default=(0, 0))
    return Asking(
        answered=len(rows),
        silent=len(silent),
        refused=sum(refused for *_, refused, _ in rows),
        next_at=min(silent, default=None),
        crowd=_crowd(fullest) if most else None,
    )


def _crowd(container: int) -> Crowd | None:
    """None where no tag stands out: then it has too many names, or too many tags that take a few values each. One query."""
    sets = list(MetricSet.objects.filter(container=container).values_list("tags", flat=True))
    values: dict[str, set[str]] = defaultdict(set)
    for tags in sets:
        for tag, value in tags.items():
            values[tag].add(str(value))
    count, tag = max(((len(found), tag) for tag, found in values.items()), default=(0, ""))
    return Crowd(tag, count, len(sets)) if count >= max(LEAST_CROWD, len(sets) / 2) else None
