"""What polls said they had written, kept outside of the database while its server comes and goes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from tests.grown_up.installation import FAST, SHARDED
from tests.servers.databases import Database, Row

LOOK_SECONDS = 0.2
ENDED = (
    "SELECT id, source, extract(epoch FROM due_at)::int, outcome, kept, ended_at::text FROM dashboard_poll "
    f"WHERE outcome IN ('ok', 'partial') AND source IN {(*FAST, *SHARDED)}"
)
"""Polls that write readings."""
HELD = "SELECT tick, count(*), sum(length(data)) FROM dashboard_reading GROUP BY tick"

Held = tuple[int, int]
"""Readings of a tick, and their bytes."""


@dataclass
class Ledger:
    """Each poll that was seen ended well, as it was then, and what the ticks held then: later polls may add to them."""

    database: Database
    polls: dict[int, Row] = field(default_factory=dict)
    held: dict[int, Held] = field(default_factory=dict)

    def look(self) -> None:
        ended = self._ended()
        self.held |= self._held()  # asked after the polls: what they wrote was there with them
        self.polls = ended | self.polls

    def lost(self) -> list[str]:
        """What was noted and stands in the database no more, or otherwise."""
        ended, held = self._ended(), self._held()
        polls = [f"{row} is now {ended.get(pk)}" for pk, row in self.polls.items() if ended.get(pk) != row]
        less = [
            f"tick {tick} held {had}, now {held.get(tick)}"
            for tick, had in self.held.items()
            if any(now < then for now, then in zip(held.get(tick, (0, 0)), had, strict=True))
        ]
        return polls + less

    def torn(self) -> list[str]:
        """Polls that say what they kept, and whose tick holds nothing."""
        held = self._held()
        return [str(row) for row in self._ended().values() if row[4] and row[2] not in held]

    def _ended(self) -> dict[int, Row]:
        return {row[0]: row for row in self.database.ask(ENDED)}

    def _held(self) -> dict[int, Held]:
        return {tick: (count, int(size)) for tick, count, size in self.database.ask(HELD)}


@contextmanager
def kept(database: Database) -> Iterator[Ledger]:
    """A ledger that looks five times a second, whenever the server answers."""
    ledger, over = Ledger(database), threading.Event()

    def look_on() -> None:
        while not over.wait(LOOK_SECONDS):
            try:
                ledger.look()
            except psycopg.OperationalError:
                continue  # the server is away: what was noted stays noted

    thread = threading.Thread(target=look_on, name="ledger", daemon=True)
    thread.start()
    try:
        yield ledger
    finally:
        over.set()
        thread.join()
