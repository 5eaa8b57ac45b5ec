"""What is known of one number that a cluster measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """One number. A counter starts at 0 with each life of its process or machine, a gauge is what it is."""

    name: str
    unit: str
    kind: Literal["gauge", "counter"]
    meaning: str
    since: str = ""
    """The first Mesos version that has it; empty where all supported ones do."""


def gauge(name: str, unit: str, meaning: str, since: str = "") -> Metric:
    return Metric(name, unit, "gauge", meaning, since)


def counter(name: str, unit: str, meaning: str, since: str = "") -> Metric:
    return Metric(name, unit, "counter", meaning, since)
