from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import AgentPlace
from collectors.sources.containers import MEMORY
from collectors.sources.containers_in_turn import Gathered, InTurn
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage
from tests.collectors.sources.container_polls import (
    FORBIDDEN,
    NOT_FOUND,
    agents_of,
    api,
    fates,
    ids,
    measured,
    old,
    polled,
    service,
    status,
    told,
)
from tests.faults import server as fault
from tests.faults.server import Script


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """Ports come again, and what was learnt of an agent there must not."""
    MEMORY.agents.clear()
    yield
    MEMORY.agents.clear()


def test_where_both_are_refused_on_dcos_the_metrics_service_is_asked_container_by_container(stage: Stage) -> None:
    scripts: dict[str, Script] = {api("a"): FORBIDDEN, old("a"): FORBIDDEN, api("b"): told("c9")}
    scripts[service("a")] = fault.document(["c2", "c1", "gone", "ended"])
    scripts |= {service("a", "c1"): measured("c1"), service("a", "c2"): measured("c2")}
    scripts |= {service("a", "gone"): fault.answer(status="204 No Content"), service("a", "ended"): NOT_FOUND}
    front = stage.server(scripts)
    harvest = polled(front, "a", "b")
    record = agents_of(harvest)["a"]
    assert (ids(record), record.route) == (["c1", "c2"], "dcos-metrics")
    assert "what was sent over the network" in record.partial and "inside pods" in record.partial
    assert (harvest.outcome, harvest.dropped, harvest.requests) == (Outcome.OK, {}, 1 + 1 + 1 + 1 + 4)
    (note,) = harvest.notes
    assert note.startswith("1 of 2 agents refuse operator API and /containers") and "one by one" in note
    assert polled(front, "a", "b").requests == 1 + 1 + 4


def test_telegraf_is_told_apart_by_its_spelling(stage: Stage) -> None:
    scripts: dict[str, Script] = {api("a"): FORBIDDEN, old("a"): NOT_FOUND, service("a"): fault.document(["c1"])}
    front = stage.server({**scripts, service("a", "c1"): measured("c1", "mem.rss_bytes")})
    record = agents_of(polled(front, "a"))["a"]
    assert record.containers[0].metrics == {"mem_rss_bytes": 5}
    assert "parent" in record.partial and "sent" not in record.partial


def test_some_containers_that_do_not_answer_are_counted_and_named(stage: Stage) -> None:
    scripts: dict[str, Script] = {api("a"): FORBIDDEN, old("a"): FORBIDDEN, service("a"): fault.document(["c1", "c2"])}
    front = stage.server({**scripts, service("a", "c1"): measured("c1"), service("a", "c2"): fault.page("Sign in")})
    harvest = polled(front, "a")
    assert ids(agents_of(harvest)["a"]) == ["c1"]
    assert harvest.dropped == {"container: no answer of its own": 1}
    assert fates(harvest)["a"].outcome is Outcome.PARTIAL
    assert fates(harvest)["a"].detail.startswith("1 of 2 containers did not answer: Got a web page titled “Sign in”")
    front.scripts[service("a", "c1")] = status("502 Bad Gateway")
    front.scripts[service("a", "c2")] = status("502 Bad Gateway")
    with pytest.raises(PollError) as caught:
        polled(front, "a")
    assert caught.value.outcome is Outcome.SERVER_ERROR


def test_an_agent_whose_containers_have_all_ended_is_an_answer(stage: Stage) -> None:
    scripts: dict[str, Script] = {api("a"): FORBIDDEN, old("a"): FORBIDDEN, api("b"): FORBIDDEN, old("b"): FORBIDDEN}
    front = stage.server({**scripts, service("a"): fault.document(["c1"]), service("b"): fault.document(None)})
    harvest = polled(front, "a", "b")
    assert [ids(record) for record in agents_of(harvest).values()] == [[], []]
    assert harvest.outcome is Outcome.OK


def test_of_many_containers_forty_an_agent_are_asked_the_same_each_time(stage: Stage) -> None:
    names = [f"c{number:02d}" for number in range(45)]
    scripts = {service("a", each): measured(each) for each in names}
    scripts |= {api("a"): FORBIDDEN, old("a"): FORBIDDEN, service("a"): fault.document(names[::-1])}
    front = stage.server(scripts)
    harvest = polled(front, "a")
    assert ids(agents_of(harvest)["a"]) == names[:40]
    assert harvest.dropped == {"container: more than 40 on one agent": 5}
    front.scripts[service("a")] = fault.document(["b-new", *names[1:]])
    front.scripts[service("a", "b-new")] = measured("b-new")
    assert ids(agents_of(polled(front, "a"))["a"]) == ["b-new", *names[1:40]]  # in the place of the one that ended


def test_no_agent_is_always_the_last_to_be_asked() -> None:
    target = Target(Kind.DCOS, "http://127.0.0.1:1")
    gathered = {
        AgentPlace(agent_id=name, host=name): Gathered(answered_at=datetime.now(UTC), ids=frozenset({"c1"}))
        for name in "abc"
    }
    with target.open(deadline_seconds=1) as client:
        asking = InTurn(client, target, Counter(), lambda place, ids, most: frozenset(ids), {})
        last = {list(asking._questions(gathered))[-1][1][0].host for _ in range(100)}
    assert last == {"a", "b", "c"}


UNSAFE = [
    "../../leader",
    "a/b",
    "a b",
    "a\r\nX: y",
    "c1\n",
    "%2e%2e",
    "a?b",
    "a#b",
    "",
    "..",
    "x" * 4096,
    "gr\u00f6\u00dfe",
    5,
    None,
]


def test_an_id_that_may_not_stand_in_a_url_is_not_asked_and_counted(stage: Stage) -> None:
    scripts: dict[str, Script] = {api("a"): FORBIDDEN, old("a"): FORBIDDEN, service("a", "c1"): measured("c1")}
    front = stage.server({**scripts, service("a"): fault.document([*UNSAFE, "c1"])})
    harvest = polled(front, "a")
    assert front.paths == [api("a"), old("a"), service("a"), service("a", "c1")]
    assert sum(harvest.dropped.values()) == len(UNSAFE)


def test_when_no_way_is_open_the_operator_hears_all_that_was_said(stage: Stage) -> None:
    front = stage.server({api("a"): FORBIDDEN, old("a"): FORBIDDEN, service("a"): status("401 Unauthorized")})
    with pytest.raises(PollError) as caught:
        polled(front, "a")
    assert caught.value.outcome is Outcome.FORBIDDEN
    (fate,) = caught.value.nodes
    assert api("a") in fate.detail and old("a") in fate.detail and service("a") in fate.detail
    assert not fate.direct
