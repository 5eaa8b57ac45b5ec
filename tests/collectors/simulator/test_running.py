"""The server itself: listeners, keep-alive, gzip, the control endpoint and the process."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from collectors.simulator import Settings, Simulator, Timing, world_of
from tests.patience import HANG_SECONDS, until

SUMMARY = "/mesos/state-summary"
QUICK = Timing(ping_timeout_seconds=0.4, election_seconds=0.3, reregister_seconds=0.2, pull_seconds=0.2)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(Settings(timing=QUICK, with_stories=False)).running() as running:
        yield running


def connection(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(url).netloc, timeout=HANG_SECONDS)


def get(url: str, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    http_connection = connection(url)
    http_connection.request("GET", path, headers=headers)
    answer = http_connection.getresponse()
    body = answer.read()
    http_connection.close()
    return answer.status, answer.headers, body


def post(url: str, wish: object) -> tuple[int, bytes]:
    http_connection = connection(url)
    http_connection.request("POST", "/_control", body=json.dumps(wish))
    answer = http_connection.getresponse()
    return answer.status, answer.read()


def agents_on(simulator: Simulator) -> set[str]:
    return {agent["hostname"] for agent in json.loads(get(simulator.router_url, SUMMARY)[2])["slaves"]}


def test_one_connection_serves_many_requests_and_they_are_seen(simulator: Simulator) -> None:
    http_connection = connection(simulator.router_url)
    for _ in range(3):
        http_connection.request("GET", f"{SUMMARY}?x=1", headers={"X-Who": "test"})
        assert http_connection.getresponse().read()
    http_connection.close()
    seen = simulator.requests_seen[-1]
    assert len(simulator.requests_seen) == 3
    assert (seen.listener, seen.path, seen.headers["x-who"]) == ("router", SUMMARY, "test")


def test_large_bodies_are_zipped_for_who_takes_it(simulator: Simulator) -> None:
    plain = get(simulator.router_url, SUMMARY)[2]
    _, headers, packed = get(simulator.router_url, SUMMARY, **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip" and len(packed) < len(plain) / 4
    assert json.loads(gzip.decompress(packed)).keys() == json.loads(plain).keys()
    small = get(simulator.router_url, "/mesos/version", **{"Accept-Encoding": "gzip"})[1]
    assert small["Content-Encoding"] is None


def test_the_streamed_report_can_be_zipped_too(simulator: Simulator) -> None:
    _, headers, packed = get(simulator.router_url, "/system/health/v1/report", **{"Accept-Encoding": "gzip"})
    assert headers["Transfer-Encoding"] == "chunked"
    assert len(json.loads(gzip.decompress(packed))["Nodes"]) == 15


def test_a_killed_leader_refuses_and_another_is_elected(simulator: Simulator) -> None:
    leader = simulator.failures.kill_leader()
    simulator.settle()
    dead = f"http://{leader}:5050"
    with pytest.raises(ConnectionRefusedError):
        get(dead, "/health")
    until(lambda: get(simulator.router_url, SUMMARY)[0] == 200, what="a summary")
    simulator.cue("restart_master", host=leader)
    assert get(dead, "/redirect")[0] == 307


def test_a_killed_agent_leaves_the_summary(simulator: Simulator) -> None:
    host = simulator.world.plan.agents[0].host
    simulator.cue("kill_agent", host=host)
    assert host in agents_on(simulator)
    until(lambda: host not in agents_on(simulator), what="the end of an agent")


def test_the_control_endpoint_is_off_by_default(simulator: Simulator) -> None:
    host_count = len(agents_on(simulator))
    status, _ = post(simulator.router_url, {"do": "kill_leader"})
    assert status == 405
    assert get(simulator.router_url, "/_control")[0] == 404
    assert len(agents_on(simulator)) == host_count


def test_the_control_endpoint_cues_failures_and_faults() -> None:
    with Simulator(Settings(with_control=True, token="secret", timing=QUICK)).running() as simulator:
        url, token = simulator.router_url, {"Authorization": "token=secret"}
        assert post(url, {"do": "stop_master", "host": urlsplit(simulator.master_urls[0]).hostname})[0] == 200
        with pytest.raises(ConnectionRefusedError):
            get(simulator.master_urls[0], "/health")
        assert post(url, {"fault": "503", "path": "/mesos/version"})[0] == 200
        assert get(url, "/mesos/version", **token)[0] == 503
        assert post(url, {"clear": ""})[0] == 200
        until(lambda: get(url, "/mesos/version", **token)[0] == 200, what="a version")


@pytest.mark.parametrize(
    "wish", [{}, [], {"do": "explode"}, {"do": "kill_agent"}, {"fault": "melt", "path": "/"}, {"fault": "hang"}]
)
def test_a_wish_that_cannot_be_is_refused_with_a_reason(wish: object) -> None:
    with Simulator(Settings(with_control=True)).running() as simulator:
        status, body = post(simulator.router_url, wish)
    assert status == 400 and json.loads(body)["error"]


def test_two_simulators_live_side_by_side(simulator: Simulator) -> None:
    with Simulator(Settings(with_stories=False)).running() as other:
        assert not set(simulator.master_urls) & set(other.master_urls)
        assert get(other.master_urls[0], "/health")[0] == 200


def test_masters_without_an_address_still_answer_through_the_router(
    simulator: Simulator, capfd: pytest.CaptureFixture[str]
) -> None:
    net = simulator.world.plan.masters[0].host.split(".")[1]
    with Simulator(Settings(net=int(net))).running() as second:
        assert second.master_urls == []
        assert get(second.router_url, SUMMARY)[0] == 200
    masters, agents = capfd.readouterr().err.splitlines()
    assert f"127.{net}.0.11:5050" in masters and masters.endswith("these masters answer only through the router")
    assert f"127.{net}.1.21:5051" in agents and "and 9 more; these agents" in agents


def test_nothing_listens_any_more_after_the_block() -> None:
    with Simulator().running() as simulator:
        pass
    for url in (simulator.router_url, *simulator.master_urls):
        with pytest.raises(ConnectionRefusedError):
            get(url, "/health")


def test_another_process_can_tell_the_same_world(simulator: Simulator) -> None:
    anchor = simulator.world.anchor
    net = int(simulator.world.plan.masters[0].host.split(".")[1])
    told = world_of(Settings(timing=QUICK, with_stories=False, anchor=anchor), net=net)
    assert told.plan == simulator.world.plan


def test_the_process_says_where_it_is_and_ends_when_told() -> None:
    command = [
        sys.executable,
        "-m",
        "collectors.simulator",
        "--net",
        str(60 + os.getpid() % 25),
        "--agents",
        "3",
        "--bound",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = process.stdout.readline().split()
        assert said[:2] == ["simulator:", "router"]
        assert len(json.loads(get(said[2], SUMMARY)[2])["slaves"]) == 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=HANG_SECONDS) == 0


def test_a_bound_process_ends_with_its_parent() -> None:
    child = [sys.executable, "-m", "collectors.simulator", "--net", str(60 + os.getpid() % 25), "--bound"]
    parent = f"import subprocess; p = subprocess.Popen({child!r}, stdout=subprocess.PIPE); print(p.stdout.readline().decode())"
    said = subprocess.run(
        [sys.executable, "-c", parent], capture_output=True, text=True, timeout=HANG_SECONDS
    ).stdout.split()

    def gone() -> bool:
        try:
            get(said[2], "/dcos-metadata/dcos-version.json")
        except (ConnectionError, http.client.HTTPException):
            return True
        return False

    until(gone, what="the end of the child")
