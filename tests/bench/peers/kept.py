"""What is in Day Two's database after a run: whether it is what was sent, and how many bytes it takes."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from django.db import connection

from dashboard import codec
from dashboard.models import Chunk, Layout, Subject
from dashboard.store.machine_figures import FILESYSTEM_VALUES, INTERFACE_VALUES
from dashboard.tiers import Tier
from tests.bench.peers.bodies import Bodies, container_id
from tests.bench.peers.container_samples import TICK_SECONDS
from tests.bench.peers.engine import NotMeasured
from tests.bench.peers.lines import Values
from tests.bench.peers.samples import CONTAINER, CONTAINERS, DECIMALS, HOST, LINKS, MOUNTS, Fleet

Kind = Subject.Kind
NAMES = {
    Kind.HOST: HOST,
    Kind.FILESYSTEM: FILESYSTEM_VALUES,
    Kind.INTERFACE: INTERFACE_VALUES,
    Kind.CONTAINER: CONTAINER,
}
"""Of each kind the values that were sent; what Day Two worked out stands beside them and is no sample."""

Sent = tuple[codec.Ticks, Values]


def check(fleet: Fleet, bodies: Bodies) -> None:
    """Raises NotMeasured unless the raw chunks hold every number that was sent, to the bit, and no other."""
    for kind, names in NAMES.items():
        found = _stored(kind, names)
        for key, (ticks, values) in _sent(kind, fleet, bodies.begins_at):
            if key not in found:
                raise NotMeasured(f"Day Two has nothing of {kind} {key}")
            if not np.array_equal(found[key][0], ticks) or not np.array_equal(found[key][1], values, equal_nan=True):
                raise NotMeasured(f"What Day Two has of {kind} {key} is not what was sent")
            del found[key]
        if found:
            raise NotMeasured(f"Day Two has {kind}s that were never sent: {sorted(found)[:3]}")


def _stored(kind: Kind, names: tuple[str, ...]) -> dict[str, Sent]:
    """By the subject's key: ticks and values of the columns by these names, in order."""
    chunks = Chunk.objects.filter(tier=Tier.RAW, subject__kind=kind).order_by("subject", "begins_at")
    listed = list(chunks.values_list("subject__key", "layout", "data"))
    (layout,) = {layout for _, layout, _ in listed}
    known = Layout.objects.get(pk=layout).names
    data = [bytes(data) for *_, data in listed]
    places, ticks, values = codec.decode_many(data, columns=[known.index(name) for name in names])
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    parts: dict[str, list[Sent]] = defaultdict(list)
    for (key, *_), start, end in zip(listed, starts, [*starts[1:], len(places)], strict=True):
        parts[key].append((ticks[start:end], values[start:end]))
    return {
        key: (np.concatenate([ticks for ticks, _ in found]), np.concatenate([values for _, values in found]))
        for key, found in parts.items()
    }


def _sent(kind: Kind, fleet: Fleet, begins_at: int) -> Iterator[tuple[str, Sent]]:
    ticks = begins_at + TICK_SECONDS * np.arange(fleet.ticks)
    for number, host in enumerate(fleet.hosts):
        if kind is Kind.HOST:
            # A sum of shares is kept without the noise of its last bits.
            told = fleet.of_machines[:, number]
            yield host, (ticks, np.where([name in DECIMALS for name in HOST], np.round(told, 6), told))
        elif kind is Kind.FILESYSTEM:
            for place, path in enumerate(MOUNTS):
                yield f"{host}|{path}", (ticks, fleet.of_mounts[:, number, place])
        elif kind is Kind.INTERFACE:
            for place, link in enumerate(LINKS):
                yield f"{host}|{link}", (ticks, fleet.of_links[:, number, place])
        else:
            yield from _sent_of_containers(fleet, ticks, number, host)


def _sent_of_containers(fleet: Fleet, ticks: codec.Ticks, number: int, host: str) -> Iterator[tuple[str, Sent]]:
    for place in range(CONTAINERS):
        lives = fleet.lives[:, number * CONTAINERS + place]
        for life in np.unique(lives).tolist():
            lived = lives == life
            values = fleet.of_containers[lived, number * CONTAINERS + place]
            yield f"{host}/{container_id(number, place, life)}", (ticks[lived], values)


def is_rolled_up() -> bool:
    """Whether every subject with raw chunks has some of five minutes and of hours."""
    kinds = Chunk.objects.filter(subject__kind__in=NAMES)
    return all(
        kinds.filter(tier=tier).values("subject").distinct().count()
        == kinds.filter(tier=Tier.RAW).values("subject").distinct().count()
        for tier in (Tier.FIVE_MINUTES, Tier.HOURS)
    )


def table_bytes() -> dict[str, int]:
    """Bytes of whole pages of each table and of all of its indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT entry.tbl_name, SUM(page.pgsize) FROM dbstat AS page "
            "JOIN sqlite_schema AS entry ON entry.name = page.name GROUP BY entry.tbl_name"
        )
        return dict(cursor.fetchall())


def payload_bytes() -> int:
    """Of the chunks alone, without their rows' and pages' overhead."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT SUM(LENGTH(data)) FROM {connection.ops.quote_name(Chunk._meta.db_table)}")
        found: int = cursor.fetchone()[0]
        return found


def file_bytes() -> int:
    """What the database takes as one file without free pages."""
    with tempfile.TemporaryDirectory(prefix="daytwo-vacuum-") as folder:
        whole = Path(folder) / "whole.sqlite3"
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(whole)])
        return whole.stat().st_size
