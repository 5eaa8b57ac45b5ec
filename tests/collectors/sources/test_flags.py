from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest

from collectors.decoding import Dropped
from collectors.errors import Outcome, PollError
from collectors.flags_said import FLAGS
from collectors.records import AgentPlace, Flags, Harvest, NodeOutcome, Turn
from collectors.sources.flags import LONGEST_FLAG, SOURCE, decode_flags
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage
from tests.faults import server as fault
from tests.faults.server import FaultServer, Script

MASTER = {"quorum": "2", "zk": "zk://dcos:s3cret@10.0.0.1:2181/mesos", "agent_ping_timeout": "15secs"}
AGENT = {"isolation": "posix/cpu", "credential": "/etc/agent.secret", "resources": "cpus:4;mem:2048"}


def told(**flags: Any) -> Script:
    return fault.document({"flags": flags})


def turn(*hosts: str, shard: int = 0, known_masters: tuple[str, ...] = (), port: int = 5051) -> Turn:
    places = tuple(AgentPlace(agent_id=f"id-of-{host}", host=host, port=port) for host in hosts)
    return Turn(tick=0, period_seconds=3600, agents=places, shard=shard, known_masters=known_masters)


def router(stage: Stage, leader: str = "127.0.0.40", **scripts: Script) -> FaultServer:
    agents = {f"/agent/id-of-{name}/flags": script for name, script in scripts.items()}
    return stage.server(
        {
            "/mesos/redirect": fault.redirect(f"//{leader}:5050"),
            "/mesos/flags": told(**MASTER),
            "/system/health/v1/nodes": fault.document({"nodes": []}),
            **agents,
        }
    )


def polled(front: FaultServer, which: Turn, **more: Any) -> Harvest:
    return SOURCE.poll(Target(Kind.DCOS, front.url, **more), which)


def flags_of(harvest: Harvest) -> dict[tuple[str, str], dict[str, str]]:
    records = [record for record in harvest.records if isinstance(record, Flags)]
    return {(record.host, record.agent_id): dict(record.flags) for record in records}


def fates(harvest: Harvest) -> dict[str, NodeOutcome]:
    return {node.place: node for node in harvest.nodes}


def decoded(flags: object) -> tuple[dict[str, str], Dropped]:
    dropped: Dropped = Counter()
    return decode_flags(msgspec.json.encode({"flags": flags}), dropped), dropped


def test_masters_and_agents_tell_the_flags_that_matter_and_no_others(stage: Stage) -> None:
    harvest = polled(router(stage, a=told(**AGENT)), turn("a"))
    assert flags_of(harvest) == {
        ("127.0.0.40", ""): {"agent_ping_timeout": "15secs", "quorum": "2"},
        ("a", "id-of-a"): {"isolation": "posix/cpu", "resources": "cpus:4;mem:2048"},
    }
    assert (harvest.outcome, dict(harvest.dropped)) == (Outcome.OK, {})
    assert "secret" not in repr(harvest) and "s3cret" not in repr(harvest)


def test_no_flag_that_may_hold_a_secret_is_on_the_list() -> None:
    words = ("zk", "credential", "secret", "authent", "jwt", "hook", "modules", "docker_config", "acls", "env")
    assert [flag for flag in FLAGS if any(word in flag for word in words)] == ["zk_session_timeout"]


def test_the_old_spelling_is_read_as_todays_and_todays_wins() -> None:
    old = {"slave_ping_timeout": "10secs", "max_slave_ping_timeouts": "20", "slave_removal_rate_limit": "1/20mins"}
    assert decoded(old)[0] == {
        "agent_ping_timeout": "10secs",
        "max_agent_ping_timeouts": "20",
        "agent_removal_rate_limit": "1/20mins",
    }
    for both in (
        {"slave_ping_timeout": "10secs", "agent_ping_timeout": "15secs"},
        {"agent_ping_timeout": "15secs", "slave_ping_timeout": "10secs"},
    ):
        assert decoded(both)[0] == {"agent_ping_timeout": "15secs"}


def test_a_value_that_is_no_text_is_dropped_alone_and_never_repeated() -> None:
    flags, dropped = decoded({"quorum": {"secret": "s3cret"}, "isolation": "posix/cpu", "zk": 3})
    assert flags == {"isolation": "posix/cpu"}
    assert list(dropped) == ["flag: Expected `str`, got `object`"]


def test_a_value_is_stored_whole_up_to_a_limit_and_without_nul() -> None:
    flags, dropped = decoded({"resources": "x" * (LONGEST_FLAG + 1), "attributes": "rack:\x00r1"})
    assert len(flags["resources"]) == LONGEST_FLAG and dropped == {"flag: cut after 16384 characters": 1}
    assert flags["attributes"] == "rack:\ufffdr1"


@pytest.mark.parametrize("flags", [{}, {"zk": "x"}, {"quorum": 1}, [], None, "text"])
def test_an_answer_without_any_of_these_flags_is_refused(flags: object) -> None:
    with pytest.raises(PollError) as caught:
        decoded(flags)
    assert caught.value.outcome is Outcome.WRONG_SHAPE


def test_the_operator_apis_form_is_refused() -> None:
    body = msgspec.json.encode({"type": "GET_FLAGS", "get_flags": {"flags": [{"name": "quorum", "value": "1"}]}})
    with pytest.raises(PollError, match="missing required field `flags`"):
        decode_flags(body, Counter())


def test_later_shards_ask_no_master(stage: Stage) -> None:
    front = router(stage, a=told(**AGENT))
    assert list(flags_of(polled(front, turn("a", shard=1)))) == [("a", "id-of-a")]
    assert front.paths == ["/agent/id-of-a/flags"]


def test_the_other_masters_are_asked_at_their_own_ports_without_the_token(stage: Stage) -> None:
    standby = stage.server({"/flags": told(quorum="2")}, "127.0.0.51", port=5050)
    front = router(stage)
    harvest = polled(front, turn(known_masters=("127.0.0.51",)), token="t0k")
    assert list(flags_of(harvest)) == [("127.0.0.40", ""), ("127.0.0.51", "")]
    assert "authorization" not in standby.seen[0].headers
    assert {place: node.direct for place, node in fates(harvest).items()} == {"127.0.0.40": False, "127.0.0.51": True}


def test_a_standby_out_of_reach_is_told_as_such(stage: Stage) -> None:
    harvest = polled(router(stage), turn(known_masters=("127.0.0.52",)))
    fate = fates(harvest)["127.0.0.52"]
    assert (fate.outcome, fate.detail.partition(":")[0]) == (Outcome.REFUSED, "Not reachable from here")
    assert harvest.outcome is Outcome.PARTIAL


def test_on_mesos_masters_are_the_registered_and_agents_answer_themselves(stage: Stage) -> None:
    master, agent = stage.server({"/flags": told(**MASTER)}), stage.server({"/flags": told(**AGENT)})
    harvest = SOURCE.poll(Target(Kind.MESOS, master.url), turn("127.0.0.1", port=agent.port))
    assert list(flags_of(harvest)) == [("127.0.0.1", ""), ("127.0.0.1", "id-of-127.0.0.1")]
    assert list(fates(harvest)) == [f"127.0.0.1:{master.port}", f"127.0.0.1:{agent.port}"]
    assert (master.paths, agent.paths) == (["/flags"], ["/flags"])


def test_on_mesos_a_leader_known_to_answer_is_asked_though_it_is_not_registered(stage: Stage) -> None:
    leader = stage.server({"/flags": told(quorum="3")}, "127.0.0.53", port=5050)
    scripts = {"/flags": told(quorum="2"), "/redirect": fault.redirect("//127.0.0.53:5050")}
    registered = stage.server(scripts)
    target = Target(Kind.MESOS, registered.url)
    asked = SOURCE.poll(target, turn(known_masters=("127.0.0.1", "127.0.0.53")))
    assert [flags["quorum"] for flags in flags_of(asked).values()] == ["2", "3"]
    SOURCE.poll(target, turn(known_masters=("127.0.0.1",)))
    assert len(leader.paths) == 1


def test_a_leader_that_cannot_be_found_costs_the_registered_masters_nothing(stage: Stage) -> None:
    registered = stage.server({"/flags": told(quorum="2")})
    harvest = SOURCE.poll(Target(Kind.MESOS, registered.url), turn(known_masters=("127.0.0.53",)))
    assert [flags["quorum"] for flags in flags_of(harvest).values()] == ["2"]


def test_a_master_and_an_agent_on_one_host_are_two_processes(stage: Stage) -> None:
    front = router(stage, leader="a", a=told(**AGENT))
    harvest = polled(front, turn("a"))
    assert [node.place for node in harvest.nodes] == ["a", "a:5051"]
    later = polled(front, turn("a", shard=1, known_masters=("a",)))
    assert [node.place for node in later.nodes] == ["a:5051"]


@pytest.mark.parametrize(
    ("status", "outcome", "words"),
    [
        ("403 Forbidden", Outcome.FORBIDDEN, "dcos:mesos:agent:flags"),
        ("403 Forbidden", Outcome.FORBIDDEN, "view_flags"),
        ("401 Unauthorized", Outcome.AUTH, "wants a valid token"),
    ],
)
def test_no_right_to_read_flags_is_an_outcome_in_words(status: str, outcome: Outcome, words: str, stage: Stage) -> None:
    refusal = fault.page(status, status=status)
    harvest = polled(router(stage, a=refusal, b=told(**AGENT)), turn("a", "b"))
    assert (fates(harvest)["a"].outcome, harvest.outcome) == (outcome, Outcome.PARTIAL)
    assert words in fates(harvest)["a"].detail
    front = router(stage, a=refusal)
    front.scripts["/mesos/flags"] = refusal
    with pytest.raises(PollError) as caught:
        polled(front, turn("a"))
    assert caught.value.outcome is outcome and words in caught.value.nodes[0].detail


@pytest.mark.parametrize("host", ["169.254.169.254", "fe80::1", "a:b", "1:2:3:4:5:6:7:8:9", "0.0.0.0", "a..", "../x"])
def test_a_master_that_may_not_be_asked_costs_the_others_nothing(host: str, stage: Stage) -> None:
    front = router(stage, a=told(**AGENT))
    front.scripts["/system/health/v1/nodes"] = fault.document({"nodes": [{"host_ip": host, "role": "master"}]})
    harvest = polled(front, turn("a", known_masters=(host,)))
    assert list(flags_of(harvest)) == [("127.0.0.40", ""), ("a", "id-of-a")]
    assert harvest.dropped == {"master: unsafe host name": 1}


def test_silent_masters_leave_the_agents(stage: Stage) -> None:
    front = router(stage, a=told(**AGENT))
    front.scripts["/mesos/redirect"] = fault.page("502", status="502 Bad Gateway")
    harvest = polled(front, turn("a"))
    assert list(flags_of(harvest)) == [("a", "id-of-a")]
    assert harvest.outcome is Outcome.PARTIAL
    assert "did not lead to the leading master" in harvest.notes[0]


def test_nobody_found_is_a_failed_poll() -> None:
    target = Target(Kind.DCOS, f"http://127.0.0.1:{fault.free_port()}")
    with pytest.raises(PollError) as caught:
        SOURCE.poll(target, turn())
    assert caught.value.outcome is Outcome.REFUSED


def test_an_empty_later_shard_is_nothing_to_ask(stage: Stage) -> None:
    harvest = polled(router(stage), turn(shard=1))
    assert (harvest.records, harvest.requests, harvest.outcome) == ((), 0, Outcome.OK)
