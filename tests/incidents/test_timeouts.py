from __future__ import annotations

import pytest

from dashboard.incidents import timeouts


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("15secs", 15), ("5mins", 300), ("10weeks", 6_048_000), ("1.5hrs", 5400), ("250ms", 0.25), ("2days", 172_800)],
)
def test_durations_are_read_as_mesos_writes_them(said: str, seconds: float) -> None:
    assert timeouts.duration_seconds(said) == seconds


@pytest.mark.parametrize("said", ["", "15", "secs", "15 secs later", "1e9secs", "-5secs", "٣secs", "9" * 40 + "secs"])
def test_what_is_no_duration_is_not_known(said: str) -> None:
    assert timeouts.duration_seconds(said) is None


def test_an_agent_is_lost_after_as_many_pings_as_may_be_missed() -> None:
    found = timeouts.of({"agent_ping_timeout": "15secs", "max_agent_ping_timeouts": "20"})
    assert found.agent_lost is not None and found.agent_lost.seconds == 300
    words = found.agent_lost.reason.replace("\u00a0", " ")
    assert words == "20 pings of 15 s each: agent_ping_timeout=15secs, max_agent_ping_timeouts=20"
    assert found.agent_back is None and found.leader_lost is None


def test_a_flag_that_cannot_be_read_leaves_the_others() -> None:
    flags = {"agent_ping_timeout": "soon", "max_agent_ping_timeouts": "5", "zk_session_timeout": "10secs"}
    found = timeouts.of(flags)
    assert found.agent_lost is None
    assert found.leader_lost is not None and found.leader_lost.seconds == 10
