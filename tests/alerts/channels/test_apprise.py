from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from dashboard.alerts.apprise_sender import Order
from dashboard.alerts.channels import apprise
from dashboard.alerts.channels.sending import NotTaken
from tests.alerts.channels.messages import call, message
from tests.faults.server import HUNG_SECONDS, Connection, FaultServer, answer, hang


def url_of(server: FaultServer) -> str:
    return f"json://127.0.0.1:{server.port}/hook"


def sent(url: str, *, allow_here: bool = True, deadline_seconds: float = 10.0) -> str:
    return apprise.send(
        call("json", secret=url, allow_here=allow_here, deadline_seconds=deadline_seconds), message(kind="recovery")
    )


def test_a_service_gets_subject_and_text() -> None:
    with FaultServer({"/hook": answer(b"{}")}) as server:
        assert sent(url_of(server)) == "JSON took it"
    body = json.loads(server.seen[0].body)
    assert body["title"] == message().subject and body["message"].strip() == "CRITICAL on prod"
    assert body["type"] == "success"


def test_what_a_cluster_says_calls_nobody() -> None:
    with FaultServer({"/hook": answer(b"{}")}) as server:
        evil = message(text="<!channel> <@U123> @everyone @Here ops@example.org {{7*7}}")
        apprise.send(call("json", secret=url_of(server), deadline_seconds=10.0), evil)
    assert (
        json.loads(server.seen[0].body)["message"] == "< !channel> < @U123> @ everyone @ Here ops@example.org {{7*7}}"
    )


def test_a_service_that_refuses_has_not_taken_it_and_the_url_is_not_told() -> None:
    with FaultServer({"/hook": answer(status="403 Forbidden")}) as server, pytest.raises(NotTaken) as caught:
        sent(f"{url_of(server)}?-token=hush")
    assert caught.value.detail == "JSON did not take it" and caught.value.receiver_failed


def test_this_machine_is_refused_when_it_is_connected_to() -> None:
    with FaultServer({"/hook": answer(b"{}")}) as server, pytest.raises(NotTaken) as caught:
        sent(url_of(server).replace("127.0.0.1", "localhost"), allow_here=False)
    assert server.accepted == 0 and "this machine itself" in caught.value.detail


def test_a_metadata_service_is_never_asked() -> None:
    with pytest.raises(NotTaken) as caught:
        sent("json://169.254.169.254/hook")
    assert "never asked" in caught.value.detail


def test_what_apprise_does_not_know_is_said() -> None:
    with pytest.raises(NotTaken) as caught:
        sent("nonsense://a/b")
    assert "no URL that apprise understands" in caught.value.detail


def test_a_service_that_hangs_is_ended_with_its_process() -> None:
    began = time.monotonic()
    with FaultServer({"/hook": hang}) as server, pytest.raises(NotTaken) as caught:
        sent(url_of(server), deadline_seconds=1.5)
    assert caught.value.outcome == "timeout_body" and time.monotonic() - began < HUNG_SECONDS / 2


def test_the_url_is_not_in_the_list_of_processes() -> None:
    listed: list[str] = []

    def look(to: Connection) -> None:
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                listed.append(process.read_text(errors="replace"))
            except OSError:
                continue
        answer(b"{}")(to)

    with FaultServer({"/hush-hush": look}) as server:
        sent(f"json://127.0.0.1:{server.port}/hush-hush")
    assert any("apprise_sender" in line for line in listed)
    assert not any("hush-hush" in line for line in listed if "apprise_sender" in line)


def test_an_order_that_is_none_ends_the_process_with_an_error() -> None:
    done = subprocess.run([sys.executable, "-m", apprise.SENDER], input=b"no order", capture_output=True, check=False)
    assert done.returncode != 0 and done.stdout == b""


def test_what_a_cluster_says_is_no_link_under_other_words() -> None:
    with FaultServer({"/hook": answer(b"{}")}) as server:
        evil = message(subject="[fixed](http://evil.example)", text="<http://evil.example|ack> <a href=x> 5 < 6 a[1]")
        apprise.send(call("json", secret=url_of(server), deadline_seconds=10.0), evil)
    told = json.loads(server.seen[0].body)
    assert told["title"] == "[fixed] (http://evil.example)"
    assert told["message"] == "< http://evil.example|ack> < a href=x> 5 < 6 a[1]"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_datagram_goes_to_this_machine_either(host: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as canary:
        canary.bind(("127.0.0.1", 0))
        canary.settimeout(0.3)
        with pytest.raises(NotTaken):
            sent(f"rsyslog://{host}:{canary.getsockname()[1]}", allow_here=False)
        with pytest.raises(TimeoutError):
            canary.recv(1)


def test_a_url_that_names_a_file_of_this_machine_sends_nothing_of_it(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.json"
    secrets.write_text('{"token": "hush"}')
    with FaultServer({}) as server, pytest.raises(NotTaken) as caught:
        sent(f"workflow://127.0.0.1:{server.port}/id/signature?template={secrets}")
    assert "names a file of the machine" in caught.value.detail and server.seen == []


def test_the_process_is_told_nothing_of_day_twos_own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYTWO_CREDENTIAL_KEYS", "hush")
    environments: list[bytes] = []

    def look(to: Connection) -> None:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if b"apprise_sender" in (process / "cmdline").read_bytes():
                    environments.append((process / "environ").read_bytes())
            except OSError:
                continue
        answer(b"{}")(to)

    with FaultServer({"/hook": look}) as server:
        sent(url_of(server))
    assert environments and not any(b"DAYTWO_" in found for found in environments)


def test_an_answer_that_never_ends_costs_the_process_its_memory_and_nobody_elses() -> None:
    def endless(to: Connection) -> None:
        to.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n")
        for _ in range(4000):
            to.send(bytes(1_000_000))

    with FaultServer({"/hook": endless}) as server, pytest.raises(NotTaken) as caught:
        sent(url_of(server), deadline_seconds=30.0)
    assert caught.value.outcome != "timeout_body"


def test_a_process_whose_starter_was_killed_ends_by_itself() -> None:
    with FaultServer({"/hook": hang}) as server:
        order = Order(url=url_of(server), title="x", body="y", kind="", allow_here=True, deadline_seconds=0.5)
        done = subprocess.run(
            [sys.executable, "-m", apprise.SENDER],
            input=msgspec.json.encode(order),
            capture_output=True,
            check=False,
            timeout=HUNG_SECONDS / 2,
        )
    assert done.returncode == -signal.SIGALRM


def test_only_so_many_processes_run_at_once() -> None:
    with FaultServer({"/hook": hang}) as server:
        waiting = [apprise._FEW.acquire(timeout=1) for _ in range(apprise.MOST_AT_ONCE)]
        try:
            with pytest.raises(NotTaken) as caught:
                sent(url_of(server), deadline_seconds=0.4)
        finally:
            for _ in waiting:
                apprise._FEW.release()
    assert "was not tried" in caught.value.detail and not caught.value.receiver_failed and server.accepted == 0
