"""What a crowd may cost whatever it is answered: time, memory, descriptors, processor."""

from __future__ import annotations

import json
import os
import resource
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pycurl
import pytest

from collectors import crowd
from collectors.client import MIB, Answer, Client
from collectors.costs import NOTHING, cost_of
from collectors.crowd import TOO_LATE_TO_READ, WIDTH, Terms, ask_all
from collectors.decoding import decode
from collectors.each_agent import ask_each
from collectors.errors import Outcome, PollError
from collectors.exchange import Exchange, open_socket
from collectors.records import AgentPlace
from collectors.target import Kind, Target
from tests.faults import server as fault
from tests.faults.server import Connection, FaultServer, Script

LARGE = json.dumps({"said": "x" * MIB}).encode()
LARGE_HEAD = f"HTTP/1.1 200 OK\r\nContent-Length: {len(LARGE) + 1}\r\n\r\n".encode()


def paths(number: int) -> list[str]:
    return [f"/agent/S{each}/x" for each in range(number)]


def test_what_arrived_is_not_read_after_the_polls_deadline() -> None:
    with FaultServer(dict.fromkeys(paths(WIDTH), fault.document({}))) as server, Client(deadline_seconds=5.0) as client:
        ends = []
        for _, end in ask_all(client, [server.url + path for path in paths(WIDTH)], Terms(seconds=9, limit_bytes=99)):
            ends.append(end)
            time.sleep(5.0 if len(ends) == 2 else 0)  # as if the second answer took so long to be understood
    assert [isinstance(end, Answer) for end in ends] == [True, True] + [False] * (WIDTH - 2)
    late = [end for end in ends if isinstance(end, PollError) and end.detail == TOO_LATE_TO_READ]
    assert all(cost_of(end) == NOTHING for end in late)  # so that no agent passes for silent


@pytest.fixture
def memory() -> Iterator[Callable[[], int]]:
    """Tells how many bytes Python holds more than at the start."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (fault.answer(LARGE, status="403 Forbidden"), Outcome.FORBIDDEN),
        (fault.raw(LARGE_HEAD + LARGE), Outcome.TRUNCATED),
    ],
    ids=["forbidden", "truncated"],
)
def test_a_failure_keeps_nothing_of_its_answer(script: Script, outcome: Outcome, memory: Callable[[], int]) -> None:
    ends, held_bytes = [], 0
    with FaultServer(dict.fromkeys(paths(40), script)) as server, Client(deadline_seconds=20) as client:
        for _, end in ask_all(client, [server.url + path for path in paths(40)], Terms(seconds=9, limit_bytes=2 * MIB)):
            ends.append(end)
            held_bytes = memory()
    assert {end.outcome for end in ends if isinstance(end, PollError)} == {outcome} and len(ends) == 40
    assert held_bytes < 4 * MIB


def read(place: AgentPlace, answer: Answer) -> int:
    return decode(answer.body, int, url=answer.url)


def test_an_answer_that_cannot_be_read_is_not_kept_with_the_reason(memory: Callable[[], int]) -> None:
    places = [AgentPlace(agent_id=f"S{number}", host="h") for number in range(40)]
    with FaultServer(dict.fromkeys(paths(40), fault.answer(LARGE))) as server:
        target = Target(Kind.DCOS, server.url)
        with target.open(deadline_seconds=20) as client:
            replies = ask_each(client, target, places, "/x", Terms(seconds=9, limit_bytes=2 * MIB), read)
    assert {reply.error and reply.error.outcome for reply in replies} == {Outcome.WRONG_SHAPE}
    assert memory() < 4 * MIB


def test_an_answer_in_tiny_pieces_takes_no_more_memory_than_its_bytes(memory: Callable[[], int]) -> None:
    exchange = Exchange(url="http://x", body_cap_bytes=MIB, header_cap_bytes=1)
    for _ in range(MIB // 4):
        exchange.take_body(bytes(2))
    assert memory() < MIB
    assert exchange.taken() == bytes(MIB // 2)


def stall(to: Connection) -> None:
    """All of a large answer but its last byte."""
    to.send(LARGE_HEAD + LARGE)
    to.wait(30)


def test_the_slow_with_the_largest_answers_give_way_before_memory_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "MOST_HELD_BYTES", 4 * MIB)
    scripts = dict.fromkeys(paths(10), stall) | {"/small": fault.hang, "/quick": fault.document({})}
    with FaultServer(scripts) as server, Client(deadline_seconds=9) as client:
        urls = [server.url + path for path in scripts]
        ends = dict(ask_all(client, urls, Terms(seconds=3, limit_bytes=2 * MIB)))
    outcomes = {url.removeprefix(server.url): end.outcome for url, end in ends.items() if isinstance(end, PollError)}
    assert set(scripts) - set(outcomes) == {"/quick"}
    assert outcomes.pop("/small") is Outcome.TIMEOUT_HEADERS
    assert sorted(outcomes.values()).count(Outcome.TOO_LARGE) == 7  # three of them are held, and time out
    assert sorted(outcomes.values()).count(Outcome.TIMEOUT_BODY) == 3


@contextmanager
def descriptors(limit: int) -> Iterator[None]:
    """At most so many of this process."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("left", [0, 1])
def test_where_no_socket_is_left_the_operator_hears_that_it_is_this_machine(left: int) -> None:
    exchange = Exchange(url="http://10.0.0.7", body_cap_bytes=1, header_cap_bytes=1)
    with socket.socket() as highest, descriptors(highest.fileno() + 1 + left):
        given = open_socket(exchange, (socket.AF_INET, socket.SOCK_STREAM, 6, ("10.0.0.7", 80)), lambda: True)
    assert given == pycurl.SOCKET_BAD
    assert exchange.refusal is not None and exchange.refusal.outcome is Outcome.INTERNAL_ERROR
    assert "own machine gives no socket: Too many open files" in exchange.refusal.detail


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 2048, reason="so many descriptors are not allowed")
def test_waiting_costs_no_processor_however_many_descriptors_are_open() -> None:
    hung = paths(WIDTH)
    with (
        descriptors(2048),
        FaultServer(dict.fromkeys(hung, fault.hang)) as server,
        Client(deadline_seconds=9) as client,
    ):
        taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(1024)]
        try:
            started = time.thread_time()
            ends = dict(ask_all(client, [server.url + path for path in hung], Terms(seconds=1.5, limit_bytes=9)))
            spent_seconds = time.thread_time() - started
        finally:
            for each in taken:
                os.close(each)
    assert {end.outcome for end in ends.values() if isinstance(end, PollError)} == {Outcome.TIMEOUT_HEADERS}
    assert spent_seconds < 0.5


def test_a_hundred_crowds_leave_no_descriptor_and_no_thread_behind() -> None:
    scripts = {"/ok": fault.document({}), "/cut": fault.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")}
    scripts |= {"/no": fault.NOT_FOUND, "/odd": fault.raw(b"SSH-2.0\r\n")}

    def rounds(number: int) -> tuple[int, int]:
        for _ in range(number):
            with Client(deadline_seconds=9) as client:
                list(ask_all(client, [server.url + path for path in scripts], Terms(seconds=5, limit_bytes=999)))
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()

    with FaultServer(scripts) as server:
        descriptors_before, threads_before = rounds(5)
        descriptors_after, threads_after = rounds(100)
    # The server is in this process, and closes the last of its own connections in its own time.
    assert descriptors_after <= descriptors_before + len(scripts)
    assert threads_after <= threads_before + len(scripts)
