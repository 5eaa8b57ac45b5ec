"""What the machines of masters and agents measure of themselves: CPU, load, memory, filesystems, interfaces.

Endpoint: GET /system/v1/agent/<id>/metrics/v0/node, …/leader/mesos/metrics/v0/node, …/metrics/v0/node (the answering master)
Document: https://github.com/dcos/dcos-metrics
Yields:   HostMetrics for each machine that answered, NodeOutcome for each that was asked

Every answer comes through Admin Router, whose own list of agents is up to 25 s old: a new agent is unknown to it for a
moment, one that has gone is a 502 or 504. The machine asked tells its name only as `hostname`, and an agent's is known.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from collectors.addresses import origin_of
from collectors.client import MIB, Answer, Client
from collectors.costs import cost_of
from collectors.crowd import Terms, ask_all
from collectors.decoding import Dropped
from collectors.each_agent import Ended, Reply, ask_each, gathered, in_words, metrics_url_of, outcome_of
from collectors.errors import Outcome, PollError
from collectors.records import AgentPlace, Harvest, HostMetrics, NodeOutcome, Turn
from collectors.sources.node_datapoints import host_metrics, read
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.target import Kind, Target

TERMS = Terms(seconds=5.0, limit_bytes=2 * MIB)
LEADER, ANSWERING = "/system/v1/leader/mesos/metrics/v0/node", "/system/v1/metrics/v0/node"
LEADER_NAME = "leader.mesos"
"""What DC/OS calls the leading master: its name here until it has told its own."""
AGENT, MASTER = "agent", "master"


Machine = Ended[HostMetrics]


def poll(target: Target, turn: Turn) -> Harvest:
    """The machines of this shard, all at once within bounds; a silent one costs its own time only."""
    dropped: Dropped = Counter()

    def read_agent(place: AgentPlace, answer: Answer) -> HostMetrics:
        said = read(answer.body, dropped, url=answer.url)
        return host_metrics(said, host=place.host, role=AGENT, agent_id=place.agent_id, answered_at=answer.taken_at)

    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS) as client:
        masters = ask_masters(client, target, dropped) if turn.shard == 0 else []
        replies = ask_each(client, target, turn.agents, "/node", TERMS, read_agent, at=metrics_url_of)
    return gathered(client, one_a_machine([*map(agent_of, replies), *masters]), dropped)


def agent_of(reply: Reply[HostMetrics]) -> Machine:
    outcome = outcome_of(reply)
    if reply.error is not None:
        outcome = replace(outcome, detail=why(reply.error))
    return Machine(outcome=outcome, record=reply.record, error=reply.error)


def why(error: PollError) -> str:
    """What an answer without content means here, else the error's own words."""
    if error.http_status == 204:
        return "Nothing has been measured there yet: its metrics service has just started"
    return in_words(error)


def ask_masters(client: Client, target: Target, dropped: Dropped) -> list[Machine]:
    """The leading and the answering master, which tell their hosts themselves."""
    places = {target.url + LEADER: LEADER_NAME, target.url + ANSWERING: origin_of(target.url).host}
    ends = dict(ask_all(client, places, TERMS))
    return [master_of(host, ends[url], dropped) for url, host in places.items()]


def master_of(asked_as: str, end: Answer | PollError, dropped: Dropped) -> Machine:
    """A master known by the host it tells; by what it was asked as where it told nothing."""
    cost = cost_of(end)
    try:
        if isinstance(end, PollError):
            raise end
        said = read(end.body, dropped, url=end.url)
        if not said.hostname:
            raise PollError(Outcome.WRONG_SHAPE, "The master's answer does not say which machine it is", url=end.url)
    except PollError as error:
        outcome = NodeOutcome(host=asked_as, outcome=error.outcome, detail=why(error), direct=False)
        return Machine(outcome=cost.of(outcome), error=error)
    return Machine(
        outcome=cost.of(NodeOutcome(host=said.hostname, outcome=Outcome.OK, direct=False)),
        record=host_metrics(said, host=said.hostname, role=MASTER, agent_id="", answered_at=end.taken_at),
    )


def one_a_machine(machines: list[Machine]) -> list[Machine]:
    """Every machine once, the first answer: the answering master often leads, and may run an agent too."""
    kept: list[Machine] = []
    hosts: set[str] = set()
    for machine in machines:
        if machine.record is not None:
            if machine.record.host in hosts:
                continue
            hosts.add(machine.record.host)
        kept.append(machine)
    return kept


SOURCE = Source(
    name="nodes",
    title="Machines",
    endpoint="/system/v1/agent/<id>/metrics/v0/node",
    document="https://github.com/dcos/dcos-metrics",
    records="HostMetrics",
    period_seconds=60,
    lag_seconds=100,
    kinds=frozenset({Kind.DCOS}),
    agents_per_shard=200,
    poll=poll,
)
