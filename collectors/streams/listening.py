"""One event stream of a cluster, held open: what it tells, and when it is over."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import Self

from collectors.decoding import Dropped
from collectors.errors import Outcome, PollError
from collectors.records import StreamRecord
from collectors.streams.opening import Events, open_marathon, open_mesos
from collectors.streams.transfer import Transfer
from collectors.target import Target

OPENING_SECONDS = 15.0
"""For signing in, finding who has the stream, and its first header."""


class StreamKind(StrEnum):
    MESOS = "mesos"
    MARATHON = "marathon"


class Listening:
    """One stream, for one thread; `stop` alone may be called from another."""

    def __init__(
        self,
        target: Target,
        kind: StreamKind,
        *,
        key: str = "",
        known_masters: tuple[str, ...] = (),
        silent_seconds: float | None = None,
    ) -> None:
        """`key` is a Marathon's; `silent_seconds` takes the place of the stream's own patience."""
        self.heard_at: datetime | None = None
        """When anything last came, a sign of life included."""
        self.dropped: Dropped = Counter()
        """Why what could not be read was passed over, and how often."""
        self.requests = 0
        self._target, self._kind, self._key, self._known_masters = target, kind, key, known_masters
        self._silent_seconds = silent_seconds
        self._transfer = Transfer()
        self._events: Events | None = None
        self._last_at = time.monotonic()
        self._end: PollError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transfer.close()

    @property
    def bytes_read(self) -> int:
        """Headers included, signing in not."""
        return self._transfer.bytes_read

    def stop(self) -> None:
        """Make `read` return soon, with nothing more, or with an error where it was still opening the stream."""
        self._transfer.stopped.set()

    def read(self, wait_seconds: float) -> list[StreamRecord]:
        """What came, as soon as there is any; empty where nothing came for so long, or it was stopped.

        The first call opens the stream. PollError when it cannot be opened, was ended, broke or fell silent: after what came
        before that was returned.
        """
        until = time.monotonic() + wait_seconds
        if self._events is None:
            self._events = self._opened()
        events = self._events
        records: list[StreamRecord] = []
        while not (records or self._is_over):
            left = until - time.monotonic()
            records = self._decoded(events, self._transfer.pieces(max(0.0, left)))
            self._check_silence(events)
            if left <= 0:
                break
        if self._end is not None and not records:
            raise self._end
        return records

    @property
    def _is_over(self) -> bool:
        return self._end is not None or self._transfer.stopped.is_set()

    def _opened(self) -> Events:
        whom = (self._target, self._known_masters, self.dropped)
        with self._target.open(deadline_seconds=OPENING_SECONDS) as client:
            try:
                if self._kind is StreamKind.MESOS:
                    events: Events = open_mesos(self._transfer, client, *whom)
                else:
                    events = open_marathon(self._transfer, client, *whom, key=self._key)
            finally:
                self.requests += client.requests
        self._last_at = time.monotonic()
        return events

    def _decoded(self, events: Events, pieces: list[bytes]) -> list[StreamRecord]:
        """What these bytes complete; where they stop making sense the stream is over."""
        if pieces:
            self._last_at, self.heard_at = time.monotonic(), datetime.now(UTC)
        records: list[StreamRecord] = []
        try:
            for piece in pieces:
                for record in events.feed(piece, self.heard_at or datetime.now(UTC)):
                    records.append(record)
        except PollError as error:
            self._end = error.without_trace()
        return records

    def _check_silence(self, events: Events) -> None:
        silent_seconds = time.monotonic() - self._last_at
        if silent_seconds > (self._silent_seconds or events.silent_seconds):
            detail = f"The stream said nothing for {silent_seconds:.0f} s, which is longer than it may"
            self._end = PollError(Outcome.TIMEOUT_BODY, detail, url=self._transfer.url)


def open_stream(target: Target, kind: StreamKind, *, key: str = "", known_masters: tuple[str, ...] = ()) -> Listening:
    """The stream of the leading master, or of the Marathon of a key; its first `read` opens it."""
    return Listening(target, kind, key=key, known_masters=known_masters)
