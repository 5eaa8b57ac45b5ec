from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dashboard.alerts.channels import apprise
from dashboard.alerts.channels.sending import NotTaken
from tests.alerts.channels.messages import call, message
from tests.faults.server import Connection, FaultServer, answer, hang


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
    assert caught.value.outcome == "timeout_body" and time.monotonic() - began < 3


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
