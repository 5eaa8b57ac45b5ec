"""What applications tell of themselves: a subject for each set of metrics of a container, with a layout that only grows.

Beside them stands when each container is asked again. A set whose newest datapoint is known already leaves no reading: it
is absent, not repeated.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from collectors.records import AgentPlace, AppContainer, AppMetricsReading, MetricSetReading
from dashboard import applications, subject_keys
from dashboard.models import App, AppMetrics, Cluster, Container, MetricSet, Subject
from dashboard.store import container_readings, readings
from dashboard.store.app_series import MOST_SETS, OWN_NAMES, Room
from dashboard.store.moments import age_seconds
from dashboard.store.upserts import update_values, upsert_values
from dashboard.store.writing import Writing, Written

AGE = "sample.age_seconds"
KIND = Subject.Kind.APP_METRICS.value
MOST_ASKED = 2000
"""Containers of one turn."""
FIRST_ASKED = timedelta(minutes=1)
"""A container is so old before it is asked: until then nothing was measured of it."""
AGAIN = timedelta(hours=1)
"""One that tells nothing is asked again then; younger ones sooner, each time after as long as they have lived."""
ASKED = ["asked_at", "told_at", "ask_from", "series", "refused"]
SET = ["subject", "container", "app", "tags", "names", "sample_at"]

Key = tuple[str, str]
"""Host and container id."""


class Known(NamedTuple):
    """A container that answered, as it was known before."""

    pk: int
    host: str
    container_id: str
    agent_id: str
    task_name: str
    framework_id: str
    executor_id: str
    first_seen: datetime
    told_at: datetime | None
    series: int | None
    subject: int | None


class KnownSet(NamedTuple):
    pk: int
    container: int
    key: str
    app: int | None
    names: list[str]
    sample_at: datetime


@dataclass
class OfSet:
    """A set that was told: what is kept of it from now on."""

    container: Known
    said: MetricSetReading
    before: KnownSet | None
    names: list[str]

    @property
    def key(self) -> str:
        return key_of(self.container.host, self.container.container_id, self.said.tags)

    @property
    def is_news(self) -> bool:
        return bool(self.names) and (self.before is None or self.said.taken_at > self.before.sample_at)

    @property
    def name(self) -> str:
        """Its tags in words; without any, what its container is called."""
        tags = ", ".join(f"{tag}={value}" for tag, value in self.said.tags.items())
        return tags or self.container.task_name or self.container.container_id

    def row(self, tick: int) -> tuple[tuple[str, ...], list[float]]:
        """Its layout and its values, NaN for a name that was not told now."""
        told = self.said.values
        values = [told.get(name, math.nan) for name in self.names]
        return (*self.names, AGE), [*values, age_seconds(tick, self.said.taken_at)]


@dataclass
class OfContainer:
    """What became of one answer."""

    known: Known
    answer: AppMetricsReading
    series: int = 0
    refused: int = 0
    sets: list[OfSet] = field(default_factory=list)

    def asked(self, now: datetime) -> list[Any]:
        """Its row of AppMetrics."""
        told = [one.said.taken_at for one in self.sets if one.names]
        told_at = max([*told, *filter(None, [self.known.told_at])], default=None)
        tells = bool(self.answer.sets) or (told_at is not None and now - told_at < AGAIN)
        again = now if tells else now + min(AGAIN, max(FIRST_ASKED, now - self.known.first_seen))
        return [self.known.pk, now, told_at, again, self.series, self.refused]


def to_ask(cluster: Cluster, agents: Sequence[AgentPlace], now: datetime) -> tuple[AppContainer, ...]:
    """The containers of these agents whose turn it is, those first that have waited longest. One query."""
    agents_of = {(place.host, place.agent_id) for place in agents}
    running = Container.objects.filter(cluster=cluster, host__in={host for host, _ in agents_of}, ended_at=None)
    due = running.filter(Q(app_metrics=None, first_seen__lte=now - FIRST_ASKED) | Q(app_metrics__ask_from__lte=now))
    waited = due.order_by(Coalesce(F("app_metrics__ask_from"), F("first_seen")), "pk")
    rows = waited.filter(agent_id__in={agent_id for _, agent_id in agents_of})
    found = rows.values_list("host", "agent_id", "container_id")[:MOST_ASKED]
    return tuple(
        AppContainer(host=host, agent_id=agent_id, container_id=container_id)
        for host, agent_id, container_id in found
        if (host, agent_id) in agents_of
    )


def write(writing: Writing, answers: Iterable[AppMetricsReading]) -> Written:
    """Write what containers told. A fixed number of queries, and those of the readings for each width of a layout."""
    by_key = {(one.host, one.container_id): one for one in answers}
    containers = _containers(writing, by_key)
    told = [OfContainer(known, by_key[known.host, known.container_id]) for known in containers]
    room = Room(writing.cluster)
    before = _sets([one.known.pk for one in told if one.answer.sets])
    for one in told:
        _keep(one, before[one.known.pk], room)
    kept = _write_sets(writing, [of for one in told for of in one.sets if of.is_news])
    rows = [one.asked(writing.now) for one in told]
    upsert_values(AppMetrics, ["container", *ASKED], rows, unique=["container"], update=ASKED)
    return Written(kept=kept, dropped=room.dropped)


def key_of(host: str, container_id: str, tags: Mapping[str, str]) -> str:
    """What a set of metrics is called among subjects: `host/container|digest of its tags`."""
    digest = hashlib.sha1(msgspec.json.encode(sorted(tags.items())), usedforsecurity=False).hexdigest()[:12]
    return subject_keys.key_of(f"{host}/{container_id}|{digest}")


def _containers(writing: Writing, wanted: Mapping[Key, AppMetricsReading]) -> list[Known]:
    """Those that are still known: one that ended may have been forgotten meanwhile. One query."""
    found = Container.objects.filter(
        cluster=writing.cluster,
        host__in={host for host, _ in wanted},
        container_id__in={container_id for _, container_id in wanted},
    )
    rows = found.annotate(
        told_at=F("app_metrics__told_at"),
        series=F("app_metrics__series"),
        subject=container_readings.subject_of(writing.now),
    )
    known = map(Known._make, rows.values_list(*Known._fields))
    return [one for one in known if (one.host, one.container_id) in wanted]


def _sets(containers: Sequence[int]) -> dict[int, dict[str, KnownSet]]:
    """All sets these containers ever told, by container and key. One query where there are any."""
    found: dict[int, dict[str, KnownSet]] = defaultdict(dict)
    if containers:
        rows = MetricSet.objects.filter(container__in=containers)
        columns = ("pk", "container_id", "subject__key", "app_id", "names", "sample_at")
        for row in map(KnownSet._make, rows.values_list(*columns)):
            found[row.container][row.key] = row
    return found


def _keep(one: OfContainer, before: Mapping[str, KnownSet], room: Room) -> None:
    """What is kept of an answer: sets and names that are known, then new ones as long as there is room."""
    one.series = sum(len(row.names) for row in before.values()) if one.answer.sets else one.known.series or 0
    agent, count = (one.known.host, one.known.agent_id), len(before)
    for said in one.answer.sets:
        known = before.get(key_of(one.known.host, one.known.container_id, said.tags))
        if known is None and count >= MOST_SETS:
            room.no_set(len(said.values))
            one.refused += len(said.values)
            continue
        had = known.names if known else []
        names = room.names(agent, one.series, had, said.values)
        one.refused += len(said.values.keys() - set(names) - OWN_NAMES)
        one.series += len(names) - len(had)
        count += int(known is None and bool(names))
        one.sets.append(OfSet(one.known, said, known, names))


def _write_sets(writing: Writing, news: Sequence[OfSet]) -> int:
    """Subjects, rows and readings of the sets that told something new."""
    if not news:
        return 0
    names = {(KIND, of.key): of.name for of in news}
    parents = {(KIND, of.key): of.container.subject for of in news if of.container.subject is not None}
    ids = readings.subjects(writing.cluster, names, seen_at=writing.now, parents=parents)
    _write_rows(writing, [(ids[KIND, of.key], of) for of in news])
    return readings.write_free(writing.tick, [(ids[KIND, of.key], *of.row(writing.tick)) for of in news])


def _write_rows(writing: Writing, news: Sequence[tuple[int, OfSet]]) -> None:
    """A row as a whole where anything but its time is new."""
    apps = _apps(writing.cluster)
    whole, same = [], []
    for subject, of in news:
        app, before = _app_of(of.container, apps), of.before
        if before and before.names == of.names and app in (None, before.app):
            same.append([of.said.taken_at, subject])
        else:
            app = app or (before.app if before else None)
            whole.append([subject, of.container.pk, app, dict(of.said.tags), of.names, of.said.taken_at])
    upsert_values(MetricSet, SET, whole, unique=["subject"], update=SET[1:])
    update_values(MetricSet, ["sample_at"], same)


def _apps(cluster: Cluster) -> dict[tuple[str, str], int]:
    """By the id of the framework and the app's own. One query."""
    listed = App.objects.filter(cluster=cluster, gone_at=None).exclude(marathon__framework_id="")
    return {(fw, app_id): pk for fw, app_id, pk in listed.values_list("marathon__framework_id", "app_id", "pk")}


def _app_of(container: Known, apps: Mapping[tuple[str, str], int]) -> int | None:
    """The app whose instance the container is: Marathon's executors are called as its tasks."""
    app_id = applications.app_id_of_task(container.executor_id)
    return apps.get((container.framework_id, app_id)) if app_id else None
