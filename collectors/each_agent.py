"""Every agent of a turn asked the same question: where an agent is, who answered what, and what a silence means.

DC/OS: through Admin Router, `/agent/<id>…` for what Mesos' agent says and `/system/v1/agent/<id>/metrics/v0…` for what is
measured on its machine. Plain Mesos: at the address the leading master gives for the agent, in the scheme in use, without
the token. Such an address is asked for a path of ours only, and addresses where no cluster lives are never asked.
Document: https://docs.d2iq.com/mesosphere/dcos/latest/api/agent-routes/
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from collectors.addresses import bracketed, may_ask, origin_of, safe_id
from collectors.client import Answer, Client
from collectors.costs import NOTHING, Cost, cost_of
from collectors.crowd import Terms, ask_all
from collectors.decoding import Dropped
from collectors.errors import Outcome, PollError
from collectors.records import AGENT_PORT, AgentPlace, Harvest, NodeOutcome
from collectors.target import Kind, Target, blame

R = TypeVar("R")
UrlOf = Callable[[Target, AgentPlace, str], str | None]


@dataclass(frozen=True, kw_only=True)
class Reply(Generic[R]):
    """What asking one agent came to: a record or an error, never both and never neither."""

    place: AgentPlace
    direct: bool
    """Whether the agent's own port was asked, and not Admin Router."""
    record: R | None = None
    error: PollError | None = None
    cost: Cost = NOTHING


def url_of(target: Target, place: AgentPlace, path: str) -> str | None:
    """Where the Mesos agent itself answers `path` (`/flags`); None where its id or address may not stand in a URL."""
    if target.kind is Kind.DCOS:
        return f"{target.url}/agent/{place.agent_id}{path}" if safe_id(place.agent_id) else None
    if not safe_id(place.host):
        return None
    url = f"{origin_of(target.url).scheme}://{bracketed(place.host)}:{place.port}{path}"
    return url if may_ask(url) else None


def metrics_url_of(target: Target, place: AgentPlace, path: str) -> str | None:
    """Where DC/OS answers `path` (`/node`) of the agent's metrics API; None as above, and on plain Mesos, which has none."""
    if target.kind is Kind.DCOS and safe_id(place.agent_id):
        return f"{target.url}/system/v1/agent/{place.agent_id}/metrics/v0{path}"
    return None


def ask_each(
    client: Client,
    target: Target,
    places: Sequence[AgentPlace],
    path: str,
    terms: Terms,
    read: Callable[[AgentPlace, Answer], R],
    *,
    at: UrlOf = url_of,
) -> list[Reply[R]]:
    """All agents at once within the crowd's bounds, each once; the replies in the order of `places`.

    `read` makes the record out of each answer as it comes, so that few bodies are in memory; a PollError it raises is
    that agent's reply. `at` is whose URL it is: the Mesos agent's own, or its metrics API's.
    """
    direct = target.kind is Kind.MESOS
    found: dict[AgentPlace, Reply[R]] = {}
    asked: dict[str, list[AgentPlace]] = {}
    for place in places:
        url = at(target, place, path)
        if url is None:
            found[place] = never_asked(place, direct=direct)
        else:
            asked.setdefault(url, []).append(place)
    for url, end in ask_all(client, asked, terms):
        for place in asked[url]:
            found[place] = reply_of(place, end, read, direct=direct)
    return [found[place] for place in places]


def never_asked(place: AgentPlace, *, direct: bool) -> Reply[Any]:
    what = "address" if direct else "id"
    detail = f"The agent's {what} may not stand in a URL, so it was not asked"
    return Reply(place=place, direct=direct, error=PollError(Outcome.REDIRECT_REFUSED, detail))


def reply_of(
    place: AgentPlace, end: Answer | PollError, read: Callable[[AgentPlace, Answer], R], *, direct: bool
) -> Reply[R]:
    """What one agent's answer or failure comes to."""
    cost = cost_of(end)
    if isinstance(end, PollError):
        return Reply(place=place, direct=direct, error=end, cost=cost)
    try:
        return Reply(place=place, direct=direct, record=read(place, end), cost=cost)
    except PollError as error:
        return Reply(place=place, direct=direct, error=error.without_trace(), cost=cost)


@dataclass(frozen=True, kw_only=True)
class Ended(Generic[R]):
    """What asking one machine or process came to, with its line for the operator."""

    outcome: NodeOutcome
    record: R | None = None
    error: PollError | None = None


def outcome_of(reply: Reply[Any]) -> NodeOutcome:
    """An agent's line for the operator; its port is told where it is not the agents' usual one."""
    host, error = reply.place.host, reply.error
    port = None if reply.place.port == AGENT_PORT else reply.place.port
    if error is None:
        return reply.cost.of(NodeOutcome(host=host, port=port, outcome=Outcome.OK, direct=reply.direct))
    detail = error.detail if reply.direct else in_words(error)
    failed = NodeOutcome(host=host, port=port, outcome=error.outcome, detail=detail, direct=reply.direct)
    return reply.cost.of(failed)


def harvest_of(client: Client, replies: Sequence[Reply[Any]], dropped: Dropped) -> Harvest:
    """The replies of a whole turn, as `gathered` tells it."""
    ended = [Ended(outcome=outcome_of(reply), record=reply.record, error=reply.error) for reply in replies]
    return gathered(client, ended, dropped)


def gathered(
    client: Client,
    ended: Sequence[Ended[Any]],
    dropped: Dropped,
    *,
    before: Sequence[PollError] = (),
    notes: Sequence[str] = (),
) -> Harvest:
    """All of a turn; PollError with the fate of each where nobody brought anything and that was somebody's failure.

    `before` are the errors met while finding out whom to ask.
    """
    nodes = tuple(one.outcome for one in ended)
    errors = [one.error for one in ended if one.error is not None]
    if len(errors) == len(ended) and (errors or before):
        raise blame([*before, *errors], nodes)
    return Harvest(
        records=tuple(one.record for one in ended if one.record is not None),
        nodes=nodes,
        dropped=dropped,
        notes=tuple(notes),
        requests=client.requests,
        bytes_read=client.bytes_read,
    )


def in_words(error: PollError) -> str:
    """Why an agent brought nothing, where Admin Router's own answer means more than its status."""
    if is_unknown_to_router(error):
        return "Admin Router does not know this agent: it is new, or it has gone (its list is up to 25 s old)"
    return error.detail


def is_unknown_to_router(error: PollError) -> bool:
    """Whether Admin Router knows no such agent, whatever it is asked for."""
    return error.outcome is Outcome.NOT_FOUND and "unknown" in error.detail
