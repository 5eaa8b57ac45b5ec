"""One open stream: a thread that asks the network and decodes, and a queue with an end.

The thread knows no database. When the queue is full it reads no further, so that the cluster's own buffers fill, not ours.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event as Signal
from threading import Thread

import structlog

from collectors.errors import Outcome, PollError
from collectors.records import StreamRecord
from collectors.streams import Listening

log = structlog.get_logger("daytwo.listening")

MOST_BATCHES = 64
"""What one read brought is a batch; so many may wait to be written."""
MOST_IN_ONE = 2_000
"""Records that are written in one transaction, and a batch more at most."""
WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class End:
    """How the stream ended."""

    outcome: Outcome
    detail: str


class Reader:
    """`wake` is called by its thread when there is something to take."""

    def __init__(self, stream: Listening, name: str, wake: Callable[[], None]) -> None:
        self._stream, self._wake = stream, wake
        self._batches: queue.Queue[list[StreamRecord]] = queue.Queue(MOST_BATCHES)
        self._stopped = Signal()
        self._end: End | None = None
        self._dropped = 0
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def heard_at(self) -> datetime | None:
        return self._stream.heard_at

    @property
    def end(self) -> End | None:
        """How it ended, once all that came before was taken."""
        return self._end if self._batches.empty() else None

    def dropped(self) -> int:
        """How many events could not be read since this was last asked."""
        before, self._dropped = self._dropped, self._stream.dropped.total()
        return self._dropped - before

    def take(self) -> list[StreamRecord]:
        """What came since, in its order; empty where nothing did."""
        taken: list[StreamRecord] = []
        while len(taken) < MOST_IN_ONE:
            try:
                taken += self._batches.get_nowait()
            except queue.Empty:
                break
        return taken

    def stop(self) -> None:
        """Read no further; the thread ends by itself."""
        self._stopped.set()
        self._stream.stop()

    def _run(self) -> None:
        try:
            with self._stream as stream:
                while not self._stopped.is_set():
                    self._hand_over(stream.read(WAIT_SECONDS))
        except PollError as error:
            self._end = End(error.outcome, error.detail)
        except Exception as error:
            # Anything unforeseen is an outcome an operator can see, and a trace in the log: never a silent loss.
            log.exception("stream failed")
            self._end = End(Outcome.INTERNAL_ERROR, f"{type(error).__name__} in Day Two")
        self._wake()

    def _hand_over(self, records: list[StreamRecord]) -> None:
        while records and not self._stopped.is_set():
            try:
                self._batches.put(records, timeout=WAIT_SECONDS)
            except queue.Full:
                continue
            self._wake()
            return
