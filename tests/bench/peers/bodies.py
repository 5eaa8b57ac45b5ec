"""The samples as agents answer them: the simulator's own answers with other numbers in their places.

A machine's answer is dcos-metrics' `/node`, with the mounts and interfaces that Day Two leaves out; an agent's is that to
GET_CONTAINERS. What is asked of the simulator once becomes a form, which each tick fills.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np

from collectors.simulator import World, plan
from collectors.simulator.containers import get_containers
from collectors.simulator.hosts import machine_at
from tests.bench.peers.samples import CONTAINER, CONTAINERS, HOST, LINK, LINKS, MOUNT, MOUNTS, Fleet

NET, BEGAN = 61, 1_763_800_000.0
TIME, SUBJECT = "sample.time", ""
MARK = re.compile(r'"\\u0001(\d+)"')
BLKIO = {("io_service_bytes", "READ"): "blkio_read_bytes", ("io_service_bytes", "WRITE"): "blkio_write_bytes"}
BLKIO |= {("io_serviced", "READ"): "blkio_reads", ("io_serviced", "WRITE"): "blkio_writes"}
FLEETING = "container-id-of-this-life"


@dataclass(frozen=True)
class Form:
    """A JSON text with places for values, and which value of a row stands in each."""

    text: str
    places: Sequence[int]

    def filled(self, row: Sequence[object]) -> str:
        return self.text % tuple([row[place] for place in self.places])


class Marking:
    """Marks values of a document, to be found again in its text."""

    def __init__(self, columns: Sequence[tuple[str, str]]) -> None:
        self.columns = {column: place for place, column in enumerate(columns)}

    def mark(self, subject: str, name: str) -> str:
        return f"\x01{self.columns[subject, name]}"

    @staticmethod
    def form(document: Any) -> Form:
        text = json.dumps(document, separators=(",", ":")).replace("%", "%%")
        return Form(MARK.sub("%s", text), [int(found) for found in MARK.findall(text)])


MACHINE_COLUMNS = [
    *((SUBJECT, name) for name in HOST),
    *((path, name) for path in MOUNTS for name in MOUNT),
    *((link, name) for link in LINKS for name in LINK),
    (SUBJECT, TIME),
]
CONTAINER_COLUMNS = [*((SUBJECT, name) for name in CONTAINER), (SUBJECT, TIME)]


@dataclass(frozen=True)
class Bodies:
    """What every agent of a fleet answers at each tick, whose first is `begins_at`."""

    fleet: Fleet
    begins_at: int

    @cached_property
    def world(self) -> World:
        cluster = plan.make(seed=1, agents=self.fleet.machines, net=NET, tasks_per_agent=CONTAINERS)
        return World(cluster, anchor=BEGAN, with_stories=False)

    @cached_property
    def machine_form(self) -> Form:
        """Of the first agent; the names of the others differ only in places that nobody reads."""
        body = machine_at(self.world, BEGAN, self.world.plan.agents[0].host)
        assert body is not None
        marking = Marking(MACHINE_COLUMNS)
        for point in body["datapoints"]:
            subject = next(iter(point.get("tags", {"": SUBJECT}).values()))
            if (subject, point["name"]) in marking.columns:
                point["value"] = marking.mark(subject, point["name"])
            point["timestamp"] = marking.mark(SUBJECT, TIME)
        body["dimensions"]["hostname"] = self.fleet.hosts[0]
        return Marking.form(_repeating(body, marking))

    @cached_property
    def container_forms(self) -> list[Form]:
        """One for each container of the first agent; its id stands in the form's place for it."""
        listed = get_containers(self.world, self.world.plan.agents[0], BEGAN)["get_containers"]["containers"]
        return [_container_form(entry) for entry in listed]

    def machine(self, tick: int, number: int) -> bytes:
        """`/node` of one machine."""
        fleet = self.fleet
        at = self.begins_at + 60 * tick - 30 + fleet.moments[tick, number, 0]
        whole = np.concatenate(
            [fleet.of_machines[tick, number], *fleet.of_mounts[tick, number], *fleet.of_links[tick, number]]
        )
        row: list[object] = [0 if value != value else written(value) for value in whole.tolist()]
        return self.machine_form.filled([*row, f'"{rfc3339(at)}"']).encode()

    def containers(self, tick: int, number: int) -> bytes:
        """The answer to GET_CONTAINERS of one agent."""
        places = slice(number * CONTAINERS, (number + 1) * CONTAINERS)
        rows, lives = self.fleet.of_containers[tick, places].tolist(), self.fleet.lives[tick, places].tolist()
        at = repr(self.begins_at + 60 * tick + float(self.fleet.moments[tick, number, 1]))
        entries = [
            form.filled([*map(written, row), at]).replace(FLEETING, container_id(number, place, life))
            for place, (form, row, life) in enumerate(zip(self.container_forms, rows, lives, strict=True))
        ]
        return f'{{"type":"GET_CONTAINERS","get_containers":{{"containers":[{",".join(entries)}]}}}}'.encode()


def container_id(number: int, place: int, life: int) -> str:
    """Of the container that held a machine's place then."""
    return f"{number:08x}-{place:04x}-4{life:03x}-8000-0000{number:08x}"


def written(value: float) -> str:
    """A number as JSON and as Prometheus' text write it: the same digits for everybody."""
    return str(int(value)) if value.is_integer() else repr(value)


def rfc3339(at: float) -> str:
    """As dcos-metrics writes it; the digits past microseconds are its own."""
    seconds = int(at)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{int((at - seconds) * 1e6):06d}915Z"


def _repeating(body: Mapping[str, Any], marking: Marking) -> Mapping[str, Any]:
    """Mounts that repeat a device say what the device's own path says: bind mounts and overlays."""
    repeated = {"/opt/mesosphere/bin": "/", "/var/lib/docker/overlay": "/var"}
    for point in body["datapoints"]:
        path = point.get("tags", {}).get("path")
        if path in repeated:
            point["value"] = marking.mark(repeated[path], point["name"])
    return body


def _container_form(entry: dict[str, Any]) -> Form:
    marking = Marking(CONTAINER_COLUMNS)
    entry["container_id"]["value"] = entry["container_status"]["container_id"]["value"] = FLEETING
    said = entry["resource_statistics"]
    for name in said.keys() & set(CONTAINER):
        said[name] = marking.mark(SUBJECT, name)
    said["timestamp"] = marking.mark(SUBJECT, TIME)
    for table in said["blkio_statistics"]["throttling"]:
        for kind in ("io_serviced", "io_service_bytes"):
            for operation in table[kind]:
                if (kind, operation["op"]) in BLKIO:
                    operation["value"] = marking.mark(SUBJECT, BLKIO[kind, operation["op"]])
    return Marking.form(entry)
