from __future__ import annotations

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import MarathonDeployments, Turn
from collectors.sources.deployments import SOURCE
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage
from tests.collectors.sources.marathon_documents import deployment
from tests.faults import server as fault

PATH = "/v2/deployments"
TURN = Turn(tick=60, period_seconds=30)
ONE = fault.document([deployment()])


def test_one_marathon_that_fails_stops_no_other(stage: Stage) -> None:
    front = stage.server({f"/service/marathon{PATH}": ONE})
    target = Target(Kind.DCOS, front.url, marathon_urls=(f"{front.url}/service/team/own",))
    harvest = SOURCE.poll(target, TURN)
    (record,) = harvest.records
    assert isinstance(record, MarathonDeployments)
    assert (record.key, harvest.outcome, harvest.requests) == ("marathon", Outcome.PARTIAL, 2)
    good, bad = harvest.nodes
    assert (good.host, good.outcome, good.direct, good.requests) == ("marathon", Outcome.OK, False, 1)
    assert (bad.host, bad.outcome, bad.seconds) == ("team/own", Outcome.NOT_FOUND, None)
    assert bad.detail.startswith("There is no Marathon at this address")


def test_where_all_fail_the_error_bears_the_fate_of_each(stage: Stage) -> None:
    front = stage.server()
    with pytest.raises(PollError) as caught:
        SOURCE.poll(Target(Kind.DCOS, front.url, marathon_urls=(f"{front.url}/service/own",)), TURN)
    assert caught.value.outcome is Outcome.NOT_FOUND
    assert [node.host for node in caught.value.nodes] == ["marathon", "own"]


def test_a_cluster_without_any_marathon_is_told_so() -> None:
    with pytest.raises(PollError, match="give its URL"):
        SOURCE.poll(Target(Kind.MESOS, "http://127.0.0.1:5050"), TURN)


@pytest.mark.parametrize(
    ("status", "said", "outcome", "words"),
    [
        ("502 Bad Gateway", "Could not determine the current leader", Outcome.NOT_LEADER, "choosing one"),
        ("502 Bad Gateway", "nginx", Outcome.SERVER_ERROR, "Nothing answers where this Marathon should be"),
        ("503 Service Unavailable", "busy", Outcome.SERVER_ERROR, "takes no more requests"),
        ("504 Gateway Timeout", "proxy", Outcome.SERVER_ERROR, "did not answer in time"),
        ("401 Unauthorized", "who?", Outcome.AUTH, "wants a valid token"),
        ("403 Forbidden", "no", Outcome.FORBIDDEN, "dcos:adminrouter:service:marathon"),
        ("302 Found", "", Outcome.REDIRECT_REFUSED, "was not followed"),
    ],
)
def test_an_end_is_told_in_plain_words(stage: Stage, status: str, said: str, outcome: Outcome, words: str) -> None:
    headers = {"Location": "http://10.9.9.9:8080/v2/deployments"}
    front = stage.server({f"/service/marathon{PATH}": fault.answer(said.encode(), status=status, headers=headers)})
    with pytest.raises(PollError) as caught:
        SOURCE.poll(Target(Kind.DCOS, front.url), TURN)
    assert (caught.value.outcome, words in caught.value.detail) == (outcome, True)


def test_the_token_goes_to_marathons_behind_admin_router_and_to_no_other(stage: Stage) -> None:
    front, elsewhere = stage.server({f"/service/marathon{PATH}": ONE}), stage.server({PATH: ONE})
    SOURCE.poll(Target(Kind.DCOS, front.url, token="t", marathon_urls=(elsewhere.url,)), TURN)
    assert front.seen[0].headers["authorization"] == "token=t"
    assert "authorization" not in elsewhere.seen[0].headers


def test_on_plain_mesos_a_marathon_is_told_no_token(stage: Stage) -> None:
    marathon = stage.server({PATH: ONE})
    SOURCE.poll(Target(Kind.MESOS, "http://127.0.0.1:5050", token="t", marathon_urls=(marathon.url,)), TURN)
    assert "authorization" not in marathon.seen[0].headers
