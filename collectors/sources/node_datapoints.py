"""One machine's datapoints as readings: whatever order, whatever is missing, each datapoint by itself.

Endpoint: GET …/metrics/v0/node
Document: https://github.com/dcos/dcos-metrics (DC/OS 1.9–1.11; from 1.12 on Telegraf speaks the same form)

Telegraf names every mount and interface and leaves the time without a fraction; dcos-metrics writes "NaN" as text. Both
give the last value only, up to two and a half minutes old, so a reading is as old as its oldest datapoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from collectors.decoding import (
    LARGEST_VALUE,
    LONGEST_UPTIME_SECONDS,
    Dropped,
    count,
    decode,
    each,
    from_rfc3339,
    name,
    one,
    usual,
)
from collectors.errors import Outcome, PollError
from collectors.metrics import FILESYSTEM_METRICS, HOST_METRICS, INTERFACE_METRICS
from collectors.noise import distinct, is_noise_interface
from collectors.records import FilesystemReading, HostMetrics, InterfaceReading

MOST_AHEAD = timedelta(minutes=10)
MOST_FILESYSTEMS, MOST_INTERFACES = 200, 100
MOST_PERCENT = 101.0  # user and system are rounded before they are added
SHARES = frozenset(metric.name for metric in HOST_METRICS if metric.unit == "percent")
"""Of all cores."""
BUSY, IDLE = "cpu.total", "cpu.idle"
HOST, PATH, INTERFACE = "", "path", "interface"
UPTIME, CORES = "system.uptime", "cpu.cores"
WANTED = {
    metric.name: (tag, MOST_PERCENT if metric.unit == "percent" else LARGEST_VALUE)
    for tag, metrics in ((HOST, HOST_METRICS), (PATH, FILESYSTEM_METRICS), (INTERFACE, INTERFACE_METRICS))
    for metric in metrics
} | {UPTIME: (HOST, LONGEST_UPTIME_SECONDS)}
"""Of each metric the tag that says what it is about, and the largest value that can be true."""
FILESYSTEM_FIELDS = dict(
    zip((metric.name for metric in FILESYSTEM_METRICS), FilesystemReading.__struct_fields__[1:], strict=True)
)
INTERFACE_FIELDS = dict(
    zip((metric.name for metric in INTERFACE_METRICS), InterfaceReading.__struct_fields__[1:], strict=True)
)


class Datapoint(msgspec.Struct, frozen=True, gc=False):
    name: str
    value: float | str | None
    timestamp: str | None = None
    tags: dict[str, str] | None = None


class Tags(msgspec.Struct, frozen=True, gc=False):
    """What a machine's datapoint is about, where it is not the machine."""

    path: str = ""
    interface: str = ""


class MachinePoint(msgspec.Struct, frozen=True, gc=False):
    name: str
    value: float | str | None
    timestamp: str | None = None
    tags: Tags | None = None


class Dimensions(msgspec.Struct, frozen=True):
    hostname: str | None = None


class Message(msgspec.Struct, frozen=True):
    datapoints: list[msgspec.Raw] | None = None
    dimensions: msgspec.Raw = msgspec.Raw(b"{}")


class UsualMessage(Message, frozen=True):
    """A message all of whose datapoints can be read."""

    datapoints: list[MachinePoint] | None = None  # type: ignore[assignment]  # read at once, not one after the other


@dataclass(slots=True)
class Subject:
    """What was said of the machine, of one mount or of one interface."""

    values: dict[str, float] = field(default_factory=dict)
    times: set[str] = field(default_factory=set)


@dataclass
class Said:
    """Everything one message says, in the order of kinds: the machine, its mounts, its interfaces."""

    dropped: Dropped
    hostname: str = ""
    names: set[str] = field(default_factory=set)
    """Of what was said and cannot be true."""
    subjects: dict[str, dict[str, Subject]] = field(default_factory=lambda: {HOST: {}, PATH: {}, INTERFACE: {}})

    def take(self, points: Iterable[MachinePoint]) -> None:
        """Every datapoint, unless nobody asked for it, it is no number, or it was said before.

        They are what machines are polled for, a hundred and more of each: nothing is called for a usual one.
        """
        known: dict[str, dict[str, Subject]] = {HOST: {}, PATH: {}, INTERFACE: {}}
        for point in points:
            wanted = WANTED.get(point.name)
            if wanted is None:
                continue
            tag, most = wanted
            tags = point.tags
            said = HOST if tags is None or tag is HOST else tags.path if tag is PATH else tags.interface
            value = point.value
            if type(value) is not float or not 0 <= value <= most or (tag and not said):
                self._leave_out(point, tag, said)
                continue
            subject = known[tag].get(said)
            if subject is None:
                subject = known[tag][said] = self.subjects[tag].setdefault(name(said), Subject())
            if subject.values.setdefault(point.name, value) != value:
                count(self.dropped, "datapoint: said twice, with two values")
            elif point.timestamp:
                subject.times.add(point.timestamp)

    def _leave_out(self, point: MachinePoint, tag: str, said: str) -> None:
        self.names.add(point.name)
        if tag and not said:
            count(self.dropped, f"datapoint: {tag} not named")
        else:
            _count_why(point, self.dropped)

    @property
    def tells_cores(self) -> bool:
        """Whether they were told at all, a number or not: Telegraf never does."""
        machine = self.subjects[HOST].get(HOST)
        return CORES in self.names or (machine is not None and CORES in machine.values)


def _count_why(point: MachinePoint, dropped: Dropped) -> None:
    """Why a value is none: absent, which is silent, or no number that can be true, which is counted."""
    if point.value is None:
        return
    if isinstance(point.value, str):
        count(dropped, "datapoint: not a number")
    elif point.name in SHARES and MOST_PERCENT < point.value <= LARGEST_VALUE:
        count(dropped, "datapoint: over 100 %")
    else:
        count(dropped, "datapoint: below zero or past counting")


def read(body: bytes, dropped: Dropped, *, url: str = "") -> Said:
    """What the message says; PollError `empty` where it holds no datapoints yet, `wrong_shape` where none can be read."""
    message = usual(body, UsualMessage) or decode(body, Message, url=url)
    if not message.datapoints:
        raise PollError(Outcome.EMPTY, "Nothing has been measured there yet: the answer holds no datapoints", url=url)
    dimensions = one(message.dimensions, Dimensions, dropped, what="dimensions") or Dimensions()
    said = Said(dropped, name(dimensions.hostname or ""))
    said.take(_points(message, dropped))
    if not any(said.subjects.values()):
        raise PollError(Outcome.WRONG_SHAPE, "The answer holds no datapoint of a machine that could be read", url=url)
    return said


def _points(message: Message, dropped: Dropped) -> Iterable[MachinePoint]:
    if isinstance(message, UsualMessage):
        return message.datapoints or ()
    return (point for _, point in each(message.datapoints or (), MachinePoint, dropped, what="datapoint"))


def host_metrics(said: Said, *, host: str, role: str, agent_id: str, answered_at: datetime) -> HostMetrics:
    """The record of one machine. `host` and `agent_id` are whom we asked, never what the answer claims."""
    mounts, links = said.subjects[PATH], said.subjects[INTERFACE]
    paths = distinct({path: subject.values for path, subject in mounts.items()})
    names = sorted(link for link in links if not is_noise_interface(link))
    filtered = len(mounts) - len(paths) + len(links) - len(names)
    paths = _at_most(MOST_FILESYSTEMS, paths, "filesystem", said.dropped)
    names = _at_most(MOST_INTERFACES, names, "interface", said.dropped)
    machine = said.subjects[HOST].get(HOST, Subject())
    kept = [machine, *(mounts[path] for path in paths), *(links[link] for link in names)]
    return HostMetrics(
        host=host,
        role=role,
        agent_id=agent_id,
        taken_at=_taken_at(set().union(*(subject.times for subject in kept)), answered_at, said.dropped),
        generation="dcos-metrics" if said.tells_cores else "telegraf",
        metrics=_believed(machine.values, said.dropped),
        filesystems=tuple(_filesystem(path, mounts[path].values) for path in paths),
        interfaces=tuple(
            InterfaceReading(name=link, **_fields(links[link].values, INTERFACE_FIELDS)) for link in names
        ),
        filtered=filtered,
    )


def _believed(values: dict[str, float], dropped: Dropped) -> dict[str, float]:
    """Without the shares of CPU time where all are 0: dcos-metrics says so until it has measured twice."""
    shares = SHARES & values.keys()
    if not {BUSY, IDLE} <= shares or any(values[name] for name in shares):
        return values
    count(dropped, "datapoint: no share of CPU time measured yet", len(shares))
    return {name: value for name, value in values.items() if name not in shares}


def _at_most(most: int, places: list[str], what: str, dropped: Dropped) -> list[str]:
    count(dropped, f"{what}: more than {most}", max(0, len(places) - most))
    return places[:most]


def _filesystem(path: str, values: Mapping[str, float]) -> FilesystemReading:
    """A filesystem that makes inodes as it needs them (vfat, btrfs) says 0 of them: that is none told, not none left."""
    if values.get("filesystem.inode.total") == 0:
        values = {key: value for key, value in values.items() if "inode" not in key}
    return FilesystemReading(path=path, **_fields(values, FILESYSTEM_FIELDS))


def _fields(values: Mapping[str, float], fields: Mapping[str, str]) -> dict[str, float]:
    return {fields[key]: value for key, value in values.items()}


def _taken_at(times: set[str], answered_at: datetime, dropped: Dropped) -> datetime:
    """The oldest time said; the moment of the answer where none was, or where the machine's clock is far ahead."""
    moments = [from_rfc3339(time) for time in times]
    count(dropped, "datapoint: unreadable time", moments.count(None))
    oldest = min((moment for moment in moments if moment is not None), default=answered_at)
    if oldest - answered_at > MOST_AHEAD:
        count(dropped, f"{Outcome.SKEWED}: a machine's clock is ahead of ours")
        return answered_at
    return oldest
