"""Event streams of one source and all who read them: one look at the world serves every reader, none is told twice.

Nothing here has a thread or a task of its own: whoever's connection wakes first looks, for all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Protocol

from collectors.simulator.mesos import Document
from collectors.simulator.state import World

LOOK_SECONDS = 0.5
SHARE_OF_LOOKS = 0.05
"""Of the time, at most, for thorough looks: a large cluster is looked at less often."""
MOST_WAITING_BYTES = 16 * 1_024 * 1_024
"""For a reader that does not read: one that leaves more is dropped."""

Frame = Callable[[Document], bytes]
"""An event as its stream writes it; empty where the reader does not want it."""


class Watch(Protocol):
    """What can be seen of a world from one place."""

    def begin(self, at: float) -> None:
        """The next look tells what changed from now on."""

    def look(self, at: float, *, is_thorough: bool) -> list[Document] | None:
        """What changed since the last look; None where whoever told it is gone. Tasks that ended are told by any look."""


class Subscription:
    """One reader's part: what it has not taken yet, bounded."""

    def __init__(self, feed: Feed, frame: Frame, opening: Document, *, alive: bytes, alive_seconds: float) -> None:
        self._feed, self._alive, self._alive_seconds = feed, alive, alive_seconds
        self.frame = frame
        self._pieces = [frame(opening)]
        self._waiting_bytes = 0
        self._alive_at = time.monotonic()
        self.is_over = False
        """Nothing comes behind what is still to be taken."""
        self.is_dropped = False
        """It left too much."""

    def put(self, events: Iterable[Document]) -> None:
        for event in events:
            piece = self.frame(event)
            self._waiting_bytes += len(piece)
            if self._waiting_bytes > MOST_WAITING_BYTES:
                self.is_over = self.is_dropped = True
                self._pieces.clear()
                return
            self._pieces.append(piece)

    def take(self) -> list[bytes]:
        """What came, after a look at the world where one is due; a sign of life where one is."""
        self._feed.look_if_due()
        now = time.monotonic()
        if now >= self._alive_at + self._alive_seconds:
            self._alive_at = now
            self._pieces.append(self._alive)
        taken, self._pieces, self._waiting_bytes = self._pieces, [], 0
        return [piece for piece in taken if piece]

    def close(self) -> None:
        self._feed.leave(self)


class Feed:
    """One watch and its readers, for one event loop. `clock` is the world's, in seconds since 1970."""

    def __init__(self, world: World, watch: Watch, clock: Callable[[], float]) -> None:
        self._world, self._watch, self._clock = world, watch, clock
        self._readers: list[Subscription] = []
        self._timeline = world.timeline
        self._next_at = self._thorough_at = 0.0

    def join(
        self, frame: Frame, opening: Callable[[float], Document], *, alive: bytes, alive_seconds: float
    ) -> Subscription:
        """A new reader, whose opening and whose changes meet at this moment."""
        at = self._clock()
        if self._readers:
            self._look(at, is_thorough=True)
        if not self._readers:
            self._timeline = self._world.timeline
            self._watch.begin(at)
        joined = Subscription(self, frame, opening(at), alive=alive, alive_seconds=alive_seconds)
        self._readers.append(joined)
        return joined

    def leave(self, reader: Subscription) -> None:
        if reader in self._readers:
            self._readers.remove(reader)

    def look_if_due(self) -> None:
        """At most twice a second; thoroughly when a cue changed the world, else as often as it costs little."""
        now = time.monotonic()
        if now < self._next_at or not self._readers:
            return
        is_thorough = now >= self._thorough_at or self._world.timeline is not self._timeline
        self._look(self._clock(), is_thorough=is_thorough)
        self._next_at = time.monotonic() + LOOK_SECONDS

    def _look(self, at: float, *, is_thorough: bool) -> None:
        timeline, began = self._world.timeline, time.monotonic()
        events = self._watch.look(at, is_thorough=is_thorough)
        if is_thorough:
            ended = time.monotonic()
            self._timeline, self._thorough_at = timeline, ended + (ended - began) / SHARE_OF_LOOKS
        for reader in self._readers:
            reader.put(events or ())
            reader.is_over = reader.is_over or events is None
        if events is None:
            self._readers.clear()
