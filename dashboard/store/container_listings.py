"""Listings: what each agent said of its containers, held against what it said last, brought up to it and written.

While an agent says the same in words, its listing alone is read and written: two statements for a whole shard. Every ten
minutes its rows and subjects are marked as seen, by two more; where one of them is gone, its words are looked at again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from collectors.records import AgentContainers, ContainerReading
from dashboard import listings
from dashboard.listings import COUNTED, LISTED_AT, MEASURED_AT, SHOWN, SUBJECT, Matrix
from dashboard.models import Container, ContainerListing, Subject
from dashboard.store import container_figures as figures
from dashboard.store import container_readings
from dashboard.store.readings import MARKED_EVERY
from dashboard.store.upserts import update_values, upsert_values
from dashboard.store.writing import Writing

CPUS_USED = listings.FIGURES.index("cpus_used")
MICROSECOND = 6
UNIQUE = ["cluster", "host", "agent_id"]
MOVES = ["answered_at", "figures"]
KEPT = [*MOVES, "words", "marked_at"]
DIGEST_BYTES = 16
NOBODY = np.empty((0, len(listings.COLUMNS)))

by_id = attrgetter("container_id")
in_words = attrgetter(
    *("container_id", "parent_id", "framework_id", "framework_name", "executor_id", "executor_name", "task_name"),
    *("labels", "is_measured"),
)
pack = msgspec.msgpack.Encoder().encode


class Listing(NamedTuple):
    """What an agent listed last."""

    pk: int
    host: str
    agent_id: str
    marked_at: datetime
    words: bytes
    figures: bytes

    @property
    def matrix(self) -> Matrix:
        return listings.unpacked([self.figures])


class Told(NamedTuple):
    """An answer, its containers in the order of their ids, and the digest of what it says in words."""

    answer: AgentContainers
    said: Sequence[ContainerReading]
    words: bytes


class Known(NamedTuple):
    """An answer with what was known until now."""

    told: Told
    before: Matrix
    """A row for each of its containers; NaN where nothing is known."""
    beside: Matrix = NOBODY
    """Of those it leaves out that may still run."""
    listing: int | None = None
    """Its listing's key, where nothing but figures changed in it."""


class Split(NamedTuple):
    same: list[Known]
    changed: list[Told]


def told(answer: AgentContainers, names: Mapping[str, str]) -> Told:
    """`names` are those of frameworks by id: of a framework that got one now, all is said anew."""
    said = sorted(answer.containers, key=by_id)
    frameworks = sorted({one.framework_id for one in said})
    words = [answer.route, answer.partial, [names.get(one) for one in frameworks], list(map(in_words, said))]
    return Told(answer, said, hashlib.blake2b(pack(words), digest_size=DIGEST_BYTES).digest())


def of_hosts(writing: Writing, hosts: Iterable[str]) -> list[Listing]:
    """One query."""
    found = ContainerListing.objects.filter(cluster=writing.cluster, host__in=list(hosts))
    rows = found.values_list(*Listing._fields)
    return [Listing._make((*said, bytes(words), bytes(matrix))) for *said, words, matrix in rows]


def split(writing: Writing, every: Sequence[Told], found: Sequence[Listing]) -> Split:
    """Those that say the same as last, and those whose rows have to be looked at. Two queries where some are to be marked."""
    hosts: dict[str, list[Listing]] = {}
    for listing in found:
        hosts.setdefault(listing.host, []).append(listing)
    same, changed = [], []
    for one in every:
        of_host = hosts.get(one.answer.host, [])
        own = next((listing for listing in of_host if listing.agent_id == one.answer.agent_id), None)
        alone = not any(listing.figures for listing in of_host if listing is not own)
        if own is not None and alone and own.words == one.words:
            same.append((Known(one, own.matrix, listing=own.pk), writing.now - own.marked_at >= MARKED_EVERY))
        else:
            changed.append(one)
    due = [known for known, is_due in same if is_due]
    if due and not mark(writing, np.concatenate([known.before for known in due]), [known.listing for known in due]):
        return Split([known for known, is_due in same if not is_due], [*changed, *(known.told for known in due)])
    return Split([known for known, _ in same], changed)


def mark(writing: Writing, matrix: Matrix, keys: Collection[int | None]) -> bool:
    """Note that these were seen; False where one of their rows or subjects is not there any more, or ended. Three queries."""
    rows = matrix[:, listings.CONTAINER].astype(np.int64).tolist()
    subjects = matrix[:, SUBJECT][~np.isnan(matrix[:, SUBJECT])].astype(np.int64).tolist()
    there = Container.objects.filter(pk__in=rows, ended_at=None).update(listed_at=writing.now) == len(rows)
    known = Subject.objects.filter(pk__in=subjects).update(last_seen=writing.now) == len(subjects)
    ContainerListing.objects.filter(pk__in=keys).update(marked_at=writing.now)
    return there and known


class BroughtUp:
    """Answers with what they come to: what follows from each sample and the one before it."""

    def __init__(self, writing: Writing, every: Sequence[Known]) -> None:
        self.writing, self.every = writing, every
        said = [one for known in every for one in known.told.said]
        self.before = np.concatenate([NOBODY, *(known.before for known in every)])
        self.samples = figures.measured([one.values for one in said])
        self.taken = np.fromiter((one.taken_at.timestamp() for one in said), dtype=float, count=len(said))

    @cached_property
    def is_measured(self) -> NDArray[np.bool_]:
        told: NDArray[np.bool_] = np.asarray(~np.isnan(self.samples).all(axis=1))
        return told

    @cached_property
    def is_fresh(self) -> NDArray[np.bool_]:
        """Whether its sample is another one than before."""
        earlier = self.before[:, MEASURED_AT]
        fresh: NDArray[np.bool_] = np.asarray(np.isnan(earlier) | (self.is_measured & (self.taken != earlier)))
        return fresh

    @cached_property
    def rates(self) -> Matrix:
        counted = figures.counters(self.samples)
        seconds = np.round(self.taken - self.before[:, MEASURED_AT], MICROSECOND)
        return figures.rates(self.before[:, COUNTED], counted, seconds, self.writing.longest_step)

    @cached_property
    def after(self) -> Matrix:
        """Who is listed with the sample of before keeps its figures."""
        after, fresh = self.before.copy(), self.is_fresh
        after[:, LISTED_AT] = self.writing.now.timestamp()
        after[fresh, MEASURED_AT] = self.taken[fresh]
        after[fresh, SHOWN] = figures.shown(self.samples[fresh], self.rates[fresh])
        after[fresh, COUNTED] = figures.counters(self.samples[fresh])
        return after

    def write_readings(self) -> int:
        """One for each fresh sample that tells anything."""
        told = self.is_fresh & self.is_measured
        ids = self.before[told, SUBJECT].astype(np.int64).tolist()
        cpus_used = self.rates[told, CPUS_USED]
        return container_readings.write(self.writing, ids, self.taken[told], self.samples[told], cpus_used)

    def write(self) -> None:
        """The listings. Two queries."""
        moved, changed, begin, now = [], [], 0, self.writing.now
        for known in self.every:
            end = begin + len(known.told.said)
            blob, begin = self.after[begin:end].tobytes() + known.beside.tobytes(), end
            if known.listing is not None:
                moved.append([now, blob, known.listing])
            else:
                answer, words = known.told.answer, b"" if len(known.beside) else known.told.words
                changed.append([self.writing.cluster.pk, answer.host, answer.agent_id, now, blob, words, now])
        update_values(ContainerListing, MOVES, moved)
        upsert_values(ContainerListing, [*UNIQUE, *KEPT], changed, unique=UNIQUE, update=KEPT)
