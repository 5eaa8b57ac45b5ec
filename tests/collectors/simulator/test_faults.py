"""Each fault, seen from the other end of a socket."""

from __future__ import annotations

import http.client
import json
import socket
import time
import zlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from collectors.simulator import Settings, Simulator
from collectors.simulator.failures import UnknownCueError
from tests.patience import HANG_SECONDS

SUMMARY = "/mesos/state-summary"
VERSION = "/mesos/version"


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with Simulator(Settings(with_stories=False)).running() as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator) -> Iterator[Simulator]:
    yield running
    running.clear()


def raw(simulator: Simulator, path: str, *, seconds: float = HANG_SECONDS) -> bytes:
    """All bytes the server sends until it ends the connection. Raises ConnectionResetError or TimeoutError."""
    host, _, port = urlsplit(simulator.router_url).netloc.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=seconds) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        pieces = []
        while piece := connection.recv(65_536):
            pieces.append(piece)
    return b"".join(pieces)


def get(simulator: Simulator, path: str, *, url: str = "") -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url or simulator.router_url).netloc, timeout=HANG_SECONDS)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


def test_a_refusing_path_is_reset_before_any_byte(simulator: Simulator) -> None:
    simulator.fault(SUMMARY, "refuse")
    with pytest.raises(ConnectionResetError):
        raw(simulator, SUMMARY)
    assert get(simulator, VERSION)[0] == 200


def test_a_refusing_listener_refuses_connections_until_cleared(simulator: Simulator) -> None:
    simulator.fault("*", "refuse", listener="router")
    with pytest.raises(ConnectionRefusedError):
        raw(simulator, SUMMARY)
    simulator.clear("*")
    assert get(simulator, SUMMARY)[0] == 200


def test_a_hanging_path_takes_the_request_and_says_nothing(simulator: Simulator) -> None:
    simulator.fault(SUMMARY, "hang")
    with pytest.raises(TimeoutError):
        raw(simulator, SUMMARY, seconds=0.3)
    assert get(simulator, VERSION)[0] == 200


def test_a_dripping_body_comes_whole_but_slowly(simulator: Simulator) -> None:
    simulator.fault(VERSION, "drip", 400)
    began = time.monotonic()
    body = get(simulator, VERSION)[2]
    assert json.loads(body)["version"] and time.monotonic() - began > len(body) / 400 * 0.8


def test_a_reset_comes_in_mid_body(simulator: Simulator) -> None:
    simulator.fault(SUMMARY, "reset")
    with pytest.raises(ConnectionResetError):
        raw(simulator, SUMMARY)


def test_a_truncated_body_is_shorter_than_promised(simulator: Simulator) -> None:
    simulator.fault(SUMMARY, "truncate")
    with pytest.raises(http.client.IncompleteRead) as cut:
        get(simulator, SUMMARY)
    assert cut.value.partial and cut.value.expected


def test_the_streamed_report_can_be_truncated_too(simulator: Simulator) -> None:
    simulator.fault("/system/health/v1/*", "truncate")
    with pytest.raises(http.client.IncompleteRead):
        get(simulator, "/system/health/v1/report")


@pytest.mark.parametrize(("manner", "status"), [("html200", 200), ("401", 401), ("403", 403), ("503", 503)])
def test_pages_where_json_belongs(manner: str, status: int, simulator: Simulator) -> None:
    simulator.fault(SUMMARY, manner)
    told, headers, body = get(simulator, SUMMARY)
    assert told == status and headers["Content-Type"].startswith("text/html") and b"<html>" in body


def test_no_content_has_neither_body_nor_length(simulator: Simulator) -> None:
    simulator.fault(SUMMARY, "204")
    status, headers, body = get(simulator, SUMMARY)
    assert (status, headers["Content-Length"], body) == (204, None, b"")


def test_a_huge_body_is_valid_json_of_that_size(simulator: Simulator) -> None:
    simulator.fault(SUMMARY, "huge", 3)
    body = get(simulator, SUMMARY)[2]
    assert 3 * 2**20 < len(body) < 3.1 * 2**20 and json.loads(body)


def test_a_bomb_is_small_on_the_wire_and_large_inside(simulator: Simulator) -> None:
    simulator.fault(SUMMARY, "gzip_bomb", 32)
    _, headers, body = get(simulator, SUMMARY)
    assert headers["Content-Encoding"] == "gzip" and len(body) < 100_000
    inside = zlib.decompress(body, zlib.MAX_WBITS | 16)
    assert len(inside) == 32 * 2**20 + 2 and json.loads(inside) == {}


def test_a_deep_body_is_deeper_than_parsers_go(simulator: Simulator) -> None:
    simulator.fault(SUMMARY, "deep")
    with pytest.raises(RecursionError):
        json.loads(get(simulator, SUMMARY)[2])


def test_nan_replaces_the_numbers_of_one_key(simulator: Simulator) -> None:
    simulator.fault("/mesos/metrics/snapshot", "nan", "master/mem_used")
    values = json.loads(get(simulator, "/mesos/metrics/snapshot")[2])
    assert [name for name, value in values.items() if value != value] == ["master/mem_used"]


def test_nan_without_a_key_replaces_the_first_number(simulator: Simulator) -> None:
    simulator.fault("/mesos/metrics/snapshot", "nan")
    values = json.loads(get(simulator, "/mesos/metrics/snapshot")[2])
    assert sum(value != value for value in values.values()) == 1


def test_a_missing_key_is_gone_at_every_depth(simulator: Simulator) -> None:
    simulator.fault(SUMMARY, "missing", "used_resources")
    body = get(simulator, SUMMARY)[2]
    assert b"used_resources" not in body and json.loads(body)["slaves"][0]["resources"]


def test_a_slow_answer_comes_whole_after_its_time(simulator: Simulator) -> None:
    simulator.fault(VERSION, "slow", 0.4)
    began = time.monotonic()
    assert get(simulator, VERSION)[0] == 200
    assert time.monotonic() - began >= 0.4


def test_a_fault_of_one_listener_spares_the_others(simulator: Simulator) -> None:
    _, faulty, sound = simulator.master_urls
    simulator.fault("/metrics/snapshot", "503", listener=faulty.split("/")[2].split(":")[0])
    statuses = [get(simulator, "/metrics/snapshot", url=url)[0] for url in (faulty, sound)]
    assert statuses == [503, 200]


def test_the_newest_fault_counts_and_clearing_ends_it(simulator: Simulator) -> None:
    simulator.fault("/mesos/*", "403")
    simulator.fault(SUMMARY, "503")
    assert (get(simulator, SUMMARY)[0], get(simulator, VERSION)[0]) == (503, 403)
    simulator.clear()
    assert (get(simulator, SUMMARY)[0], get(simulator, VERSION)[0]) == (200, 200)


@pytest.mark.parametrize(("manner", "value"), [("melt", ""), ("slow", "soon")])
def test_a_fault_that_does_not_exist_is_refused(manner: str, value: str, simulator: Simulator) -> None:
    with pytest.raises((UnknownCueError, ValueError)):
        simulator.fault(SUMMARY, manner, value)
