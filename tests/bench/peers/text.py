"""The same samples as Prometheus' text: one page for each machine, as its exporter would serve it.

A sample is a line with its labels and its time in milliseconds. Numbers are written as in the JSON bodies; what is absent
there has no line here.
Document: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from tests.bench.peers.bodies import container_id, written
from tests.bench.peers.samples import CONTAINER, CONTAINERS, HOST, LINK, LINKS, MOUNT, MOUNTS, WITHOUT_INODES, Fleet

MOMENT = "\x01"
"""Stands for the time in a form until it is known."""


@dataclass(frozen=True)
class Pages:
    """A fleet's pages. `begins_ms` is the time of the first tick, `step_ms` how far apart they are."""

    fleet: Fleet
    begins_ms: int
    step_ms: int

    def page(self, tick: int, number: int) -> bytes:
        """All that one machine and its containers measured at a tick."""
        fleet = self.fleet
        row = [
            *fleet.of_machines[tick, number].tolist(),
            *fleet.of_mounts[tick, number].ravel().tolist(),
            *fleet.of_links[tick, number].ravel().tolist(),
        ]
        parts = [self.machine_form % tuple(written(value) for value in row if value == value)]
        places = slice(number * CONTAINERS, (number + 1) * CONTAINERS)
        rows, lives = fleet.of_containers[tick, places].tolist(), fleet.lives[tick, places].tolist()
        for place, (values, life) in enumerate(zip(rows, lives, strict=True)):
            parts.append(container_form(number, place, life) % tuple(map(written, values)))
        return "".join(parts).replace(MOMENT, str(self.begins_ms + tick * self.step_ms)).encode()

    @cached_property
    def machine_form(self) -> str:
        lines = [line(name, {}) for name in HOST]
        lines += [
            line(name, {"path": path})
            for path in MOUNTS
            for name in MOUNT
            if not (path == WITHOUT_INODES and "inode" in name)
        ]
        lines += [line(name, {"interface": link}) for link in LINKS for name in LINK]
        return "".join(lines)


@cache
def container_form(number: int, place: int, life: int) -> str:
    labels = {"container_id": container_id(number, place, life), "task_name": f"even.{place}"}
    return "".join(line(name, labels) for name in CONTAINER)


def line(name: str, labels: Mapping[str, str]) -> str:
    """A sample without its value and its time."""
    told = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name.replace('.', '_')}{f'{{{told}}}' if told else ''} %s {MOMENT}\n"
