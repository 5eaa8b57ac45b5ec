"""Amounts of resources as Mesos' lists write them: a task's, an offer's.

Document: https://mesos.apache.org/documentation/latest/attributes-resources/
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import msgspec

from collectors.decoding import Amount, name
from collectors.records import Resources
from collectors.sources.summary import BYTES_PER_MESOS_MB

UNLIMITED = frozenset({"infinity", "inf", "unlimited"})


class Scalar(msgspec.Struct, frozen=True, gc=False):
    value: Amount


class Allocation(msgspec.Struct, frozen=True, gc=False):
    role: str | None = None


class Resource(msgspec.Struct, frozen=True, gc=False):
    """One part of a resource; parts of one name that differ in role or reservation stand side by side."""

    name: str
    scalar: Scalar | Amount | None = None
    """Mesos writes an object, Marathon the number alone. Ports and sets have none."""
    role: str | None = None
    """Whom it is reserved for, before Mesos 1.4; `*` for nobody."""
    allocation_info: Allocation | None = None


class Limit(msgspec.Struct, frozen=True, gc=False):
    """A limit of Mesos; bare Infinity has become null by the time it is read."""

    value: Amount | str | None = None


def held(parts: Iterable[Resource]) -> tuple[Resources, str]:
    """What the parts come to, and the role they are allocated to, else reserved for, else empty."""
    cpus = mem = disk = gpus = 0.0
    role = reserved = ""
    for part in parts:
        scalar = part.scalar
        value = scalar.value if isinstance(scalar, Scalar) else scalar or 0.0
        match part.name:
            case "cpus":
                cpus += value
            case "mem":
                mem += value
            case "disk":
                disk += value
            case "gpus":
                gpus += value
        if part.allocation_info is not None:
            role = role or part.allocation_info.role or ""
        elif part.role and part.role != "*":
            reserved = reserved or part.role
    made = Resources(cpus=cpus, mem_bytes=mem * BYTES_PER_MESOS_MB, disk_bytes=disk * BYTES_PER_MESOS_MB, gpus=gpus)
    return made, name(role or reserved)


def limit_of(limits: Mapping[str, Limit] | None, resource: str) -> float | None:
    """A limit in the resource's own unit: infinity where it is none, None where nothing is said of it."""
    said = limits.get(resource) if limits else None
    if said is None:
        return None
    return amount_or_unlimited(math.inf if said.value is None else said.value)


def amount_or_unlimited(said: float | str | None) -> float | None:
    """A number, infinity for a word that means it, None for any other word."""
    if isinstance(said, str):
        return math.inf if said.lower() in UNLIMITED else None
    return said


def mebibytes(amount: float | None) -> float | None:
    """Mesos' MB, which are mebibytes, as bytes."""
    return None if amount is None else amount * BYTES_PER_MESOS_MB
