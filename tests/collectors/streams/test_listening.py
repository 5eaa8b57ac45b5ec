"""A stream held open over real sockets: what is told before the end, and which end it was."""

from __future__ import annotations

import json
import threading
import time
import tracemalloc

import pytest

from collectors.client import MIB
from collectors.errors import Outcome, PollError
from collectors.records import StreamOpened, TaskChange
from tests.collectors.conftest import Stage
from tests.collectors.streams.framing import cut
from tests.collectors.streams.scene import (
    BEGIN,
    FAILURE,
    HEAD,
    TOKEN,
    all_of,
    reading,
    streams,
)
from tests.faults import server as fault


def test_the_leader_is_asked_by_post_and_tells_as_it_happens(stage: Stage) -> None:
    server = stage.server({"/api/v1": streams(BEGIN, FAILURE)})
    with reading(server) as listening:
        records = listening.read(5)
        while len(records) < 2:
            records += listening.read(5)
        assert [type(one) for one in records] == [StreamOpened, TaskChange]
        assert listening.heard_at is not None
        assert listening.read(0.1) == []
        assert listening.requests == 1
        assert listening.bytes_read == len(HEAD + BEGIN + FAILURE)
    (seen,) = server.seen
    assert seen.headers["accept-encoding"] == "identity"
    assert (seen.method, json.loads(seen.body)) == ("POST", {"type": "SUBSCRIBE"})
    assert seen.headers["accept"] == "application/json"
    assert seen.headers["authorization"] == f"token={TOKEN}"


WHOLE = len(BEGIN + FAILURE)


@pytest.mark.parametrize(
    "ends_at", sorted({*range(0, WHOLE, 17), len(BEGIN) - 1, len(BEGIN), len(BEGIN) + 1, WHOLE - 1, WHOLE})
)
def test_cut_anywhere_it_tells_what_was_whole_and_then_that_it_is_over(stage: Stage, ends_at: int) -> None:
    server = stage.server({"/api/v1": streams((BEGIN + FAILURE)[:ends_at], stays=False)})
    with reading(server) as listening:
        records, error = all_of(listening)
    whole = (ends_at >= len(BEGIN)) + (ends_at == WHOLE)
    assert [type(one) for one in records] == [StreamOpened, TaskChange][:whole]
    assert error.outcome is Outcome.TRUNCATED


@pytest.mark.parametrize(("last", "words"), [(b"", "cut the answer"), (b"0\r\n\r\n", "ended by the cluster")])
def test_chunks_are_joined_whether_or_not_the_last_one_comes(stage: Stage, last: bytes, words: str) -> None:
    """A master that ends leaves its stream without one."""
    chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in cut(BEGIN + FAILURE, range(0, WHOLE, 7))]
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
    with reading(stage.server({"/api/v1": fault.raw(head + b"".join(chunks) + last)})) as listening:
        records, error = all_of(listening)
    assert [type(one) for one in records] == [StreamOpened, TaskChange]
    assert error.outcome is Outcome.TRUNCATED and words in error.detail


def test_a_connection_that_is_reset_tells_what_came_first(stage: Stage) -> None:
    with reading(stage.server({"/api/v1": fault.reset_after(HEAD + BEGIN + FAILURE)})) as listening:
        records, error = all_of(listening)
    assert len(records) in (0, 2), "what the system had taken before the reset is whole, or was thrown away by it"
    assert error.outcome in (Outcome.TRUNCATED, Outcome.UNREACHABLE, Outcome.REFUSED)


def test_what_came_before_the_stream_stopped_making_sense_is_told_first(stage: Stage) -> None:
    with reading(stage.server({"/api/v1": streams(BEGIN + FAILURE + b"garbage" * 9)})) as listening:
        records, error = all_of(listening)
        assert [type(one) for one in records] == [StreamOpened, TaskChange]
        assert error.outcome is Outcome.WRONG_SHAPE
        with pytest.raises(PollError):
            listening.read(0)


def test_silence_ends_it_and_a_byte_at_a_time_is_no_silence(stage: Stage) -> None:
    with reading(stage.server({"/api/v1": streams(BEGIN)}), silent_seconds=0.4) as listening:
        records, error = all_of(listening)
    assert len(records) == 1 and error.outcome is Outcome.TIMEOUT_BODY and "said nothing" in error.detail
    dripped = stage.server({"/api/v1": fault.drip(HEAD + BEGIN + b"4000\n", every_seconds=0.05)})
    with reading(dripped, silent_seconds=0.4) as listening:
        began = time.monotonic()
        records = listening.read(5)
        while time.monotonic() - began < 1.2:
            records += listening.read(0.2)
    assert len(records) == 1


def test_a_record_without_end_costs_no_memory(stage: Stage) -> None:
    server = stage.server({"/api/v1": fault.endless(HEAD + BEGIN + b"4000000000\n", b"x" * 65536)})
    with reading(server) as listening:
        assert len(listening.read(5)) == 1
        tracemalloc.start()
        try:
            assert listening.read(1) == []
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert listening.bytes_read > 16 * MIB
    assert peak_bytes < 8 * MIB


def test_a_reader_that_is_stopped_by_another_thread_returns_soon(stage: Stage) -> None:
    with reading(stage.server({"/api/v1": streams(BEGIN)})) as listening:
        listening.read(5)
        threading.Timer(0.2, listening.stop).start()
        began = time.monotonic()
        assert listening.read(600) == []
        assert time.monotonic() - began < 300
