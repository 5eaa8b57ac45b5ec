"""Where a cluster may send us, and where it may not; the token goes to registered places only."""

from __future__ import annotations

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import Turn
from collectors.sources import SOURCES_BY_NAME
from collectors.target import Kind, Target
from tests.faults import server as fault
from tests.faults.asking import failure, failure_of
from tests.faults.server import FaultServer


def test_a_redirect_is_not_followed_by_itself() -> None:
    with FaultServer({"/x": fault.document({})}) as elsewhere:
        error = failure_of(fault.redirect(f"{elsewhere.url}/x"))
        assert error.outcome is Outcome.REDIRECT_REFUSED
        assert elsewhere.accepted == 0


@pytest.mark.parametrize(
    "location",
    [
        "//169.254.169.254/latest",
        "http://user@127.0.0.1:5050/",
        "https://127.0.0.1:5050/",
        "file:///etc/passwd",
        "//127.0.0.1:22",
        "/mesos/",
        "",
        "//[fe80::1]:5050",
        "//127.0.0.1:5050\\@example.com",
    ],
)
def test_a_leader_that_is_no_master_of_ours_is_refused(location: str) -> None:
    with FaultServer({"/master/state-summary": fault.redirect(location)}) as server:
        target = Target(Kind.MESOS, server.url, token="secret")
        with pytest.raises(PollError) as caught:
            SOURCES_BY_NAME["summary"].poll(target, Turn(tick=0, period_seconds=10))
    assert caught.value.outcome is Outcome.REDIRECT_REFUSED
    assert "secret" not in str(caught.value)


def test_a_leader_that_is_not_registered_is_asked_without_the_token() -> None:
    summary = {"hostname": "127.0.0.2", "slaves": [], "frameworks": []}
    path = "/master/state-summary"
    with FaultServer({path: fault.document(summary)}, host="127.0.0.2") as leader, FaultServer() as first:
        first.scripts[path] = fault.redirect(f"//127.0.0.2:{leader.port}/elsewhere")
        target = Target(Kind.MESOS, first.url, (f"http://127.0.0.3:{leader.port}",), "secret")
        SOURCES_BY_NAME["summary"].poll(target, Turn(tick=0, period_seconds=10))
    assert first.seen[0].headers["authorization"] == "token=secret"
    assert "authorization" not in leader.seen[0].headers
    assert leader.paths == ["/master/state-summary"]


def test_masters_that_send_us_round_in_circles_have_no_leader() -> None:
    with FaultServer() as server:
        server.scripts["/master/state-summary"] = fault.redirect(f"//127.0.0.1:{server.port}/master/state-summary")
        with pytest.raises(PollError) as caught:
            SOURCES_BY_NAME["summary"].poll(Target(Kind.MESOS, server.url), Turn(tick=0, period_seconds=10))
    assert caught.value.outcome is Outcome.NOT_LEADER
    assert len(server.seen) == 4


@pytest.mark.parametrize("host", ["169.254.169.254", "0xa9fea9fe", "2852039166", "0.0.0.0", "224.0.0.1"])
def test_a_forbidden_address_is_not_asked_under_any_spelling(host: str) -> None:
    error = failure(f"http://{host}/")
    assert error.outcome in (Outcome.UNREACHABLE, Outcome.REDIRECT_REFUSED)
    assert "never asked" in error.detail
