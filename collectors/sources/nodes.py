"""What the machines of masters and agents measure of themselves: CPU, load, memory, filesystems, interfaces.

Endpoint: GET /system/v1/agent/<id>/metrics/v0/node, …/leader/mesos/metrics/v0/node, …/metrics/v0/node (the answering master)
Document: https://github.com/dcos/dcos-metrics
Yields:   HostMetrics for each machine that answered, NodeOutcome for each that was asked

Every answer comes through Admin Router, whose own list of agents is up to 25 s old: a new agent is unknown to it for a
moment, one that has gone is a 502 or 504. The machine asked tells its name only as `hostname`, and an agent's is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from collectors.addresses import origin_of, safe_id
from collectors.client import MIB, Answer
from collectors.crowd import Terms, ask_all
from collectors.decoding import Dropped
from collectors.errors import Outcome, PollError
from collectors.records import Harvest, HostMetrics, NodeOutcome, Turn
from collectors.sources.node_datapoints import host_metrics, read
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.target import Kind, Target, blame

TERMS = Terms(seconds=5.0, limit_bytes=2 * MIB)
LEADER, ANSWERING = "/system/v1/leader/mesos/metrics/v0/node", "/system/v1/metrics/v0/node"
LEADER_NAME = "leader.mesos"
"""What DC/OS calls the leading master: its name here until it has told its own."""
AGENT, MASTER = "agent", "master"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One machine to be asked; a master's host is known when it has answered."""

    url: str
    host: str
    role: str = MASTER
    agent_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Reply:
    question: Question
    record: HostMetrics | None = None
    error: PollError | None = None


def poll(target: Target, turn: Turn) -> Harvest:
    """The machines of this shard, all at once within bounds; a silent one costs its own time only."""
    questions = list(whom_to_ask(target, turn))
    dropped: Dropped = Counter()
    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS) as client:
        # Read as they come, so that no more than a few bodies are in memory.
        asked = {question.url: question for question in questions if is_safe(question)}
        found = {url: reply_of(asked[url], end, dropped) for url, end in ask_all(client, asked, TERMS)}
    replies = one_a_machine([found.get(question.url) or never_asked(question) for question in questions])
    nodes = tuple(outcome_of(reply) for reply in replies)
    errors = [reply.error for reply in replies if reply.error is not None]
    if errors and len(errors) == len(replies):
        raise blame(errors, nodes)
    return Harvest(
        records=tuple(reply.record for reply in replies if reply.record is not None),
        nodes=nodes,
        dropped=dropped,
        requests=client.requests,
        bytes_read=client.bytes_read,
    )


def whom_to_ask(target: Target, turn: Turn) -> Iterator[Question]:
    """The agents in their order, then in the first shard the leading and the answering master."""
    for place in turn.agents:
        url = f"{target.url}/system/v1/agent/{place.agent_id}/metrics/v0/node"
        yield Question(url=url, host=place.host, role=AGENT, agent_id=place.agent_id)
    if turn.shard == 0:
        yield Question(url=target.url + LEADER, host=LEADER_NAME)
        yield Question(url=target.url + ANSWERING, host=origin_of(target.url).host)


def is_safe(question: Question) -> bool:
    return question.role == MASTER or safe_id(question.agent_id)


def never_asked(question: Question) -> Reply:
    detail = "The agent's id may not stand in a URL, so it was not asked"
    return Reply(question=question, error=PollError(Outcome.REDIRECT_REFUSED, detail))


def reply_of(question: Question, end: Answer | PollError, dropped: Dropped) -> Reply:
    """What one machine's answer or failure comes to."""
    if isinstance(end, PollError):
        return Reply(question=question, error=end)
    try:
        said = read(end.body, dropped, url=end.url)
        host = question.host if question.role == AGENT else said.hostname
        if not host:
            raise PollError(Outcome.WRONG_SHAPE, "The master's answer does not say which machine it is", url=end.url)
    except PollError as error:
        return Reply(question=question, error=error)
    record = host_metrics(said, host=host, role=question.role, agent_id=question.agent_id, answered_at=end.taken_at)
    return Reply(question=question, record=record)


def one_a_machine(replies: list[Reply]) -> list[Reply]:
    """Every machine once, the first answer: the answering master often leads, and may run an agent too."""
    kept: list[Reply] = []
    hosts: set[str] = set()
    for reply in replies:
        if reply.record is not None:
            if reply.record.host in hosts:
                continue
            hosts.add(reply.record.host)
        kept.append(reply)
    return kept


def outcome_of(reply: Reply) -> NodeOutcome:
    """A machine's line for the operator, in the words of this endpoint where its status means something of its own."""
    error = reply.error
    if error is None:
        host = reply.record.host if reply.record is not None else reply.question.host
        return NodeOutcome(host=host, outcome=Outcome.OK, direct=False)
    detail = error.detail
    if error.http_status == 204:
        detail = "Nothing has been measured there yet: its metrics service has just started"
    elif error.outcome is Outcome.NOT_FOUND and "unknown" in detail:
        detail = "Admin Router does not know this agent: it is new, or it has gone (its list is up to 25 s old)"
    return NodeOutcome(host=reply.question.host, outcome=error.outcome, detail=detail, direct=False)


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
