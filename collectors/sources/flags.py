"""The flags that Mesos masters and agents were started with, those that change how their figures are to be read.

Endpoint: GET /flags of each master; /agent/<id>/flags through Admin Router, /flags at the agent's own port on Mesos
Document: https://mesos.apache.org/documentation/latest/endpoints/master/flags/, …/endpoints/slave/flags/
Yields:   Flags for each master and agent that answered, NodeOutcome for each that was asked

Flags may hold secrets, so only those of `flags_said.FLAGS` are ever decoded. Where the account has no right to read them
everybody answers 401 or 403: that is an outcome, and nothing else suffers from it. They change only with a restart.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import msgspec

from collectors.client import MIB, Answer, Client
from collectors.costs import cost_of
from collectors.crowd import Terms, ask_all
from collectors.decoding import UNSTORABLE, Dropped, count, decode, one
from collectors.each_agent import Ended, Reply, ask_each, gathered, outcome_of
from collectors.errors import Outcome, PollError
from collectors.flags_said import FLAGS, NAMES
from collectors.records import AgentPlace, Flags, Harvest, Turn
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.target import Kind, Target, find_leader
from collectors.whereabouts import Findings, Place, direct_place, fate_of, find_registered, find_through_router

TERMS = Terms(seconds=5.0, limit_bytes=2 * MIB)
LONGEST_FLAG = 16 * 1024
NO_RIGHT = "; Mesos itself asks for dcos:mesos:master:flags and dcos:mesos:agent:flags (read), or its ACL view_flags"


class Wire(msgspec.Struct, frozen=True):
    flags: dict[str, msgspec.Raw]


Process = Ended[Flags]


def decode_flags(body: bytes, dropped: Dropped, *, url: str = "") -> dict[str, str]:
    """The flags of `FLAGS` that were said, by today's names and in its order, each cut after 16 Ki characters and counted.

    PollError `wrong_shape` where none of them was: every master and every agent has some.
    """
    said: dict[str, str] = {}
    for spelling, entry in decode(body, Wire, url=url).flags.items():
        name = NAMES.get(spelling)
        if name is None or (name in said and name != spelling):
            continue
        value = one(entry, str, dropped, what="flag")
        if value is not None:
            count(dropped, f"flag: cut after {LONGEST_FLAG} characters", int(len(value) > LONGEST_FLAG))
            said[name] = UNSTORABLE.sub("\ufffd", value[:LONGEST_FLAG])
    if not said:
        raise PollError(Outcome.WRONG_SHAPE, "The answer holds no flag of a Mesos master or agent", url=url)
    return {name: said[name] for name in FLAGS if name in said}


def poll(target: Target, turn: Turn) -> Harvest:
    """The agents of this shard, and with the first the masters; a silent one costs its own time only."""
    found, dropped = Findings(), Counter[str]()

    def read(place: AgentPlace, answer: Answer) -> Flags:
        return record(place.host, place.agent_id, answer, dropped)

    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS) as client:
        masters = []
        if turn.shard == 0:
            found = find_masters(client, target, turn)
            masters = ask_masters(client, target, found, dropped)
        replies = ask_each(client, target, turn.agents, "/flags", TERMS, read)
    shared = {process.outcome.host for process in masters}.union(turn.known_masters)
    processes = [*masters, *(agent_of(reply, shared) for reply in replies)]
    return gathered(client, processes, found.dropped + dropped, before=found.errors, notes=found.notes)


def find_masters(client: Client, target: Target, turn: Turn) -> Findings:
    """Those registered or found through Admin Router; on Mesos also a leader that is not registered but known to answer."""
    if target.kind is Kind.DCOS:
        return find_through_router(client, target, turn)
    found = find_registered(target)
    registered = {place.host for place in found.places}
    if not registered.issuperset(turn.known_masters):
        try:
            leader = direct_place(target.leader_url(find_leader(client, target)))
        except PollError:
            return found  # who leads is the masters' source to tell; here one process less is asked
        if leader.host in turn.known_masters:
            found.add(leader)
    return found


def ask_masters(client: Client, target: Target, found: Findings, dropped: Dropped) -> list[Process]:
    places = {f"{place.url}/flags": place for place in found.places}
    ends = dict(ask_all(client, places, TERMS))
    return [master_of(place, ends[url], target.kind, dropped) for url, place in places.items()]


def master_of(place: Place, end: Answer | PollError, kind: Kind, dropped: Dropped) -> Process:
    cost = cost_of(end)
    try:
        if isinstance(end, PollError):
            raise end
        return Process(outcome=cost.of(fate_of(place, None, kind)), record=record(place.host, "", end, dropped))
    except PollError as refusal:
        error = with_right_named(refusal)
        return Process(outcome=cost.of(fate_of(place, error, kind)), error=error)


def agent_of(reply: Reply[Flags], masters: set[str]) -> Process:
    """An agent; on a host that is a master too it is told apart by its port."""
    if reply.error is not None:
        reply = replace(reply, error=with_right_named(reply.error))
    outcome = outcome_of(reply)
    if outcome.host in masters:
        outcome = replace(outcome, port=reply.place.port)
    return Process(outcome=outcome, record=reply.record, error=reply.error)


def with_right_named(error: PollError) -> PollError:
    """The error itself, unless an authority refused: Admin Router's permission does not do, Mesos has one for flags."""
    if error.outcome is not Outcome.FORBIDDEN:
        return error
    return PollError(error.outcome, error.detail + NO_RIGHT, url=error.url, http_status=error.http_status)


def record(host: str, agent_id: str, answer: Answer, dropped: Dropped) -> Flags:
    flags = decode_flags(answer.body, dropped, url=answer.url)
    return Flags(host=host, agent_id=agent_id, taken_at=answer.taken_at, flags=flags)


SOURCE = Source(
    name="flags",
    title="Mesos flags",
    endpoint="/flags",
    document="https://mesos.apache.org/documentation/latest/configuration/",
    records="Flags",
    period_seconds=3600,
    lag_seconds=0,
    kinds=frozenset(Kind),
    agents_per_shard=200,
    poll=poll,
)
