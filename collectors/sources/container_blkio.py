"""Reads and writes of a container, out of its statistics by scheduler, device and operation.

Document: https://mesos.apache.org/documentation/latest/isolators/cgroups-blkio/

A kernel accounts in up to three tables. That of the scheduler CFQ with its children is the whole, CFQ's own lacks the
children, that of the throttler stands for both where CFQ is not in use: then CFQ's tables are there with a total of 0 and
without reads or writes, so a table counts only if it tells one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, NamedTuple

import msgspec

from collectors.decoding import LARGEST_VALUE, Dropped, one
from collectors.records.containers import ABSENT
from collectors.sources.container_values import NOTHING

POLICIES = ("cfq_recursive", "cfq", "throttling")
TOTAL = ""
"""The device of an entry that tells of all devices."""
TOTALS = frozenset({"total", "default"})
"""What dcos-metrics and Telegraf call it."""
READ, WRITE = "READ", "WRITE"
BYTES = {READ: "blkio_read_bytes", WRITE: "blkio_write_bytes"}
"""Of `io_service_bytes`, by operation."""
OPERATIONS = {READ: "blkio_reads", WRITE: "blkio_writes"}
"""The same of `io_serviced`."""
NAMES = {"io_service_bytes": BYTES, "io_serviced": OPERATIONS}
METRICS = (*BYTES.values(), *OPERATIONS.values())
"""As the catalogue ends with them, and as they stand side by side here."""

Values = tuple[float, float, float, float]
NOT_TOLD: Values = (ABSENT, ABSENT, ABSENT, ABSENT)

WIRE_NAME = re.compile(r"blkio\.(?:(?P<policy>\w+)\.)?(?P<kind>io_serviced|io_service_bytes)[._](?P<op>read|write)")


class Share(NamedTuple):
    """What one table says of one device."""

    policy: str
    device: str
    name: str
    """One of the four metrics."""
    value: float = 0.0


class Device(msgspec.Struct, frozen=True, gc=False):
    """Mesos writes the long names, older readers' recordings the short ones."""

    major_number: int | None = None
    minor_number: int | None = None
    major: int | None = None
    minor: int | None = None

    @property
    def name(self) -> str:
        """`8:0`; TOTAL where neither number is said."""
        major = self.major if self.major_number is None else self.major_number
        minor = self.minor if self.minor_number is None else self.minor_number
        return TOTAL if major is None and minor is None else f"{major or 0}:{minor or 0}"


class Operation(msgspec.Struct, frozen=True, gc=False):
    op: str
    value: Annotated[float, msgspec.Meta(ge=0, le=LARGEST_VALUE)]


class Entry(msgspec.Struct, frozen=True, gc=False):
    device: Device | None = None
    io_serviced: list[Operation] | None = None
    io_service_bytes: list[Operation] | None = None


Entries = list[Entry]


class Tables(msgspec.Struct, frozen=True):
    cfq_recursive: msgspec.Raw = NOTHING
    cfq: msgspec.Raw = NOTHING
    throttling: msgspec.Raw = NOTHING


class UsualTables(msgspec.Struct, frozen=True, gc=False):
    """The same where every table can be read."""

    cfq_recursive: list[Entry] | None = None
    cfq: list[Entry] | None = None
    throttling: list[Entry] | None = None


def of_mesos(statistics: msgspec.Raw, dropped: Dropped) -> Values:
    """`blkio_statistics` as the four metrics, of the best table that tells any.

    A table that cannot be read whole is none, and no other stands in for it: a sum without one of its devices, or out of
    another table, would be a counter that falls.
    """
    tables = one(statistics, Tables, dropped, what="blkio") or Tables()
    for policy in POLICIES:
        raw: msgspec.Raw = getattr(tables, policy)
        if bytes(raw) == b"null":
            continue
        entries: list[Entry] | None = one(raw, Entries, dropped, what="blkio")
        found = NOT_TOLD if entries is None else _told(entries)
        if entries is None or found != NOT_TOLD:
            return found
    return NOT_TOLD


def of_usual(tables: UsualTables) -> Values:
    """The same of tables that could all be read."""
    for entries in (tables.cfq_recursive, tables.cfq, tables.throttling):
        if entries and (found := _told(entries)) != NOT_TOLD:
            return found
    return NOT_TOLD


def _told(entries: list[Entry]) -> Values:
    """What one table tells of the four."""
    rows: list[tuple[Device | None, Values]] = []
    for entry in entries:
        row = (*_pair(entry.io_service_bytes), *_pair(entry.io_serviced))
        if row != NOT_TOLD:
            rows.append((entry.device, row))
    if len(rows) < 2:  # one device, as most often
        return rows[0][1] if rows else NOT_TOLD
    devices: list[dict[str, float]] = [{} for _ in METRICS]
    for device, row in rows:
        for told, value in zip(devices, row, strict=True):
            if value is not ABSENT:
                told.setdefault(TOTAL if device is None else device.name, value)
    read_bytes, write_bytes, reads, writes = (_total(told) if told else ABSENT for told in devices)
    return read_bytes, write_bytes, reads, writes


def _pair(operations: Sequence[Operation] | None) -> tuple[float, float]:
    """Reads and writes, the first of each: Mesos lists them first of all."""
    read = write = ABSENT
    for said in operations or ():
        op = said.op
        if op == READ and read is ABSENT:
            read = said.value
        elif op == WRITE and write is ABSENT:
            write = said.value
            if read is not ABSENT:
                break
    return read, write


def share_of(wire_name: str, tags: Mapping[str, str]) -> Share | None:
    """Whose value a datapoint holds: `blkio.cfq.io_serviced.read` of dcos-metrics, `blkio.io_serviced_read` of Telegraf."""
    found = WIRE_NAME.fullmatch(wire_name)
    if found is None:
        return None
    device = tags.get("blkio_device") or tags.get("device") or TOTAL
    policy = found["policy"] or tags.get("policy", "")
    return Share(policy, TOTAL if device in TOTALS else device, NAMES[found["kind"]][found["op"].upper()])


def summed(shares: Iterable[Share]) -> dict[str, float]:
    """The metrics of the best table that tells any: its own total where it has one, else the sum of its devices.

    A device told twice counts once.
    """
    tables: dict[str, dict[str, dict[str, float]]] = {}
    for share in shares:
        tables.setdefault(share.policy, {}).setdefault(share.name, {}).setdefault(share.device, share.value)
    best = next((tables[policy] for policy in POLICIES if policy in tables), {})
    return {name: _total(devices) for name, devices in best.items()}


def _total(devices: Mapping[str, float]) -> float:
    return devices[TOTAL] if TOTAL in devices else sum(devices.values())
