"""One container's answer about the metrics of its application, in the spelling of dcos-metrics or of Telegraf.

Endpoint: GET /system/v1/agent/<id>/metrics/v0/containers/<container id>/app
Document: https://github.com/dcos/dcos-metrics (DC/OS 1.9–1.11; from 1.12 on Telegraf speaks the same form)

Names and tags are whatever the application sent. dcos-metrics writes "NaN" where it sent none, Telegraf an empty text. A
container whose id begins like the one asked for may answer in its place: the service looks ids up by their beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from collectors.decoding import Dropped, count, decode, each, from_rfc3339, name, one, strings, usual
from collectors.errors import Outcome, PollError
from collectors.records import AppContainer, AppMetricsReading, MetricSetReading
from collectors.sources.container_datapoints import MOST_LABELS
from collectors.sources.container_values import MOST_AHEAD, MOST_BEHIND
from collectors.sources.node_datapoints import Datapoint, Message

MOST_SERIES = 1000
"""Read of one container, sets and names in their alphabet; who stores them decides which of these stay."""
MOST_TAGS = 32
SAME_SAMPLE = timedelta(minutes=1)
"""A value that is older than the newest of its set by more is no longer sent."""
ABSENT = frozenset({"NaN", ""})
IDENTITY = frozenset(
    {
        *("container_id", "executor_id", "executor_name", "framework_id", "framework_name", "task_id", "task_name"),
        *("mesos_id", "host", "hostname", "cluster_id", "dcos_cluster_id", "dcos_cluster_name"),
    }
)
"""Tags by which the services tell whose a datapoint is. Where they differ within one answer the application set them."""

Tags = tuple[tuple[str, str], ...]


class UsualMessage(Message, frozen=True):
    """A message all of whose datapoints can be read."""

    datapoints: list[Datapoint] | None = None  # type: ignore[assignment]  # read at once, not one after the other


class Dimensions(msgspec.Struct, frozen=True):
    container_id: str | None = None
    labels: dict[str, msgspec.Raw] | None = None


@dataclass(slots=True)
class Sample:
    """A value and when it was true."""

    value: float
    at: datetime


@dataclass
class Said:
    """What the datapoints of one answer say, in whatever order."""

    container_id: str
    answered_at: datetime
    dropped: Dropped
    sets: dict[Tags, dict[str, Sample]] = field(default_factory=dict)
    moments: dict[str, datetime | None] = field(default_factory=dict)
    foreign: bool = False
    """Whether a datapoint was another container's."""

    def take(self, tags: Tags, common: frozenset[str], points: Sequence[Datapoint]) -> None:
        """All datapoints that bear these tags: those that are numbers and of a time that can be true, the newest of each."""
        if dict(tags).get("container_id", self.container_id) != self.container_id:
            self.foreign = True
            count(self.dropped, "app metric: of another container", len(points))
            return
        samples: dict[str, Sample] = {}
        for point in points:
            value, at = self._number(point), self._moment(point.timestamp)
            if value is not None and at is not None:
                self._keep(samples, name(point.name), Sample(value, at))
        if samples:
            known = self.sets.setdefault(told_tags(tags, common), {})
            for named, sample in samples.items():
                self._keep(known, named, sample)

    def _keep(self, samples: dict[str, Sample], named: str, new: Sample) -> None:
        known = samples.setdefault(named, new)
        if known.at == new.at and known.value != new.value:
            count(self.dropped, "app metric: said twice, with two values")
        elif known.at < new.at:
            samples[named] = new

    def _number(self, point: Datapoint) -> float | None:
        """None for what the application itself says is no number, which is silent, and for other text, which is counted."""
        value = point.value
        if not point.name:
            count(self.dropped, "app metric: without a name")
            return None
        if isinstance(value, str):
            count(self.dropped, "app metric: not a number", int(value not in ABSENT))
            return None
        return value

    def _moment(self, timestamp: str | None) -> datetime | None:
        """When it was true; the answer's moment where nothing is said, None and counted where that cannot be."""
        if timestamp is None:
            return self.answered_at
        if timestamp not in self.moments:
            self.moments[timestamp] = self._believed(from_rfc3339(timestamp))
        at = self.moments[timestamp]
        count(self.dropped, "app metric: unreadable time, more than 10 min ahead or 2 h old", int(at is None))
        return at

    def _believed(self, at: datetime | None) -> datetime | None:
        return at if at is not None and -MOST_BEHIND <= at - self.answered_at <= MOST_AHEAD else None

    def readings(self) -> Iterator[MetricSetReading]:
        """Sets by their tags, at most so many metrics in all."""
        room = MOST_SERIES
        for tags in sorted(self.sets):
            samples = self.sets[tags]
            newest = max(sample.at for sample in samples.values())
            current = sorted(named for named, sample in samples.items() if newest - sample.at <= SAME_SAMPLE)
            kept, room = current[:room], max(0, room - len(current))
            count(self.dropped, f"app metric: more than {MOST_SERIES} of one container", len(current) - len(kept))
            if kept:
                values = {named: samples[named].value for named in kept}
                yield MetricSetReading(tags=dict(tags), taken_at=newest, values=values)


def by_tags(points: Iterable[Datapoint]) -> dict[Tags, list[Datapoint]]:
    """The datapoints of an answer by their tags as they were sent: few of the tags differ."""
    found: dict[Tags, list[Datapoint]] = {}
    for point in points:
        found.setdefault(tuple(point.tags.items()) if point.tags else (), []).append(point)
    return found


def common_tags(sent: Iterable[Tags]) -> frozenset[str]:
    """Tags of the container's identity that have one value in all of the answer."""
    values: dict[str, set[str]] = {}
    for tag, value in (pair for tags in sent for pair in tags if pair[0] in IDENTITY):
        values.setdefault(tag, set()).add(value)
    return IDENTITY - {tag for tag, different in values.items() if len(different) > 1 and tag != "container_id"}


def told_tags(sent: Tags, common: frozenset[str]) -> Tags:
    """The tags that tell one set from another, sorted; without those that only tell the container."""
    return tuple(sorted((name(tag), name(value)) for tag, value in sent if tag not in common)[:MOST_TAGS])


def of_message(
    body: bytes, asked: AppContainer, dropped: Dropped, *, answered_at: datetime, url: str
) -> AppMetricsReading:
    """The container asked for. PollError `empty` where its application tells nothing, `wrong_shape` for another's answer."""
    message = usual(body, UsualMessage) or decode(body, Message, url=url)
    if not message.datapoints:
        raise PollError(Outcome.EMPTY, "The answer holds no datapoints: its application tells nothing", url=url)
    dimensions = one(message.dimensions, Dimensions, dropped, what="dimensions") or Dimensions()
    said = Said(asked.container_id, answered_at, dropped)
    if dimensions.container_id not in (None, "", asked.container_id):
        count(dropped, "app metrics: the answer of another container")
        raise PollError(Outcome.WRONG_SHAPE, f"It answers for another container, {dimensions.container_id}", url=url)
    sent = by_tags(_points(message, dropped))
    common = common_tags(sent)
    for tags, points in sent.items():
        said.take(tags, common, points)
    sets = tuple(said.readings())
    if said.foreign and not sets:
        raise PollError(Outcome.WRONG_SHAPE, "The answer holds no datapoint of this container", url=url)
    return AppMetricsReading(
        host=asked.host,
        agent_id=asked.agent_id,
        container_id=asked.container_id,
        taken_at=min((one.taken_at for one in sets), default=answered_at),
        labels=strings(dimensions.labels or {}, dropped, most=MOST_LABELS, what="label"),
        sets=sets,
    )


def _points(message: Message, dropped: Dropped) -> list[Datapoint]:
    if isinstance(message, UsualMessage):
        return message.datapoints or []
    return [point for _, point in each(message.datapoints or (), Datapoint, dropped, what="app metric")]


def nothing_of(asked: AppContainer, answered_at: datetime) -> AppMetricsReading:
    """The answer of an application that tells nothing."""
    return AppMetricsReading(
        host=asked.host,
        agent_id=asked.agent_id,
        container_id=asked.container_id,
        taken_at=answered_at,
        labels={},
        sets=(),
    )
