"""What applications tell of themselves: statsd lines and scraped metrics that DC/OS' metrics service keeps of a container.

Endpoint: GET /system/v1/agent/<id>/metrics/v0/containers/<container id>/app
Document: https://github.com/dcos/dcos-metrics (1.9–1.11), https://docs.d2iq.com/mesosphere/dcos/latest/metrics/ (from 1.12)
Yields:   AppMetricsReading for each container that answered, without sets where its application tells nothing (204, 404);
          NodeOutcome for each agent of which a container was asked

Which containers are asked the caller says, in its order. One of each agent is asked first: an agent that stays silent then
is not asked for its others, so that it costs one time-out and not one for each container.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from collectors.addresses import safe_id
from collectors.client import MIB, Answer, Client
from collectors.costs import NOTHING, Cost, cost_of
from collectors.crowd import TOO_LATE, TOO_LATE_TO_READ, Terms, ask_all
from collectors.decoding import Dropped, count
from collectors.each_agent import Ended, Reply, gathered, is_unknown_to_router, metrics_url_of, outcome_of
from collectors.errors import Outcome, PollError
from collectors.records import AgentPlace, AppContainer, AppMetricsReading, Harvest, Turn
from collectors.sources.app_datapoints import nothing_of, of_message
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.target import Kind, Target, blame

MOST_ASKED = 2000
"""Questions of one poll."""
MOST_SERIES = 200_000
"""Read in one poll: what is past them is not kept in memory, and its container is asked again first."""
TERMS = Terms(seconds=5.0, limit_bytes=2 * MIB)
SILENT = frozenset(
    {Outcome.REFUSED, Outcome.UNREACHABLE, Outcome.TIMEOUT_CONNECT, Outcome.TIMEOUT_HEADERS, Outcome.AUTH}
)
NO_ANSWER_BEHIND = (502, 503, 504)


@dataclass
class OfAgent:
    """How the questions about one agent's containers ended."""

    answered: int = 0
    errors: list[PollError] = field(default_factory=list)
    cost: Cost = NOTHING
    left_out: int = 0
    """Containers that were not asked because it stayed silent."""

    @property
    def is_silent(self) -> bool:
        return not self.answered and any(map(says_nothing, self.errors))


@dataclass
class Asking:
    """One poll's questions and what they brought."""

    client: Client
    target: Target
    dropped: Dropped = field(default_factory=Counter)
    agents: dict[tuple[str, str], OfAgent] = field(default_factory=dict)
    """By host and agent id."""
    records: list[AppMetricsReading] = field(default_factory=list)
    series: int = 0
    late: int = 0
    """Containers whose turn did not come in time."""

    def run(self, wanted: Iterable[AppContainer]) -> None:
        asked = self._questions(wanted)
        firsts = {self._key(one): (url, one) for url, one in reversed(asked.items())}
        self._ask(dict(firsts.values()))
        first_urls = {url for url, _ in firsts.values()}
        rest = {url: one for url, one in asked.items() if url not in first_urls}
        for one in rest.values():
            self._of(one).left_out += int(self._of(one).is_silent)
        self._ask({url: one for url, one in rest.items() if not self._of(one).is_silent})

    def _questions(self, wanted: Iterable[AppContainer]) -> dict[str, AppContainer]:
        """URL → container, in the caller's order."""
        asked: dict[str, AppContainer] = {}
        for one in wanted:
            url = self._url(one)
            if url is None:
                count(self.dropped, "container: an id that may not stand in a URL")
            elif len(asked) < MOST_ASKED:
                asked[url] = one
            else:
                self.late += 1
        return asked

    def _url(self, one: AppContainer) -> str | None:
        if not safe_id(one.container_id):
            return None
        place = AgentPlace(agent_id=one.agent_id, host=one.host)
        return metrics_url_of(self.target, place, f"/containers/{one.container_id}/app")

    def _ask(self, asked: Mapping[str, AppContainer]) -> None:
        for url, end in ask_all(self.client, asked, TERMS):
            self._take(asked[url], end)

    def _take(self, one: AppContainer, end: Answer | PollError) -> None:
        of = self._of(one)
        of.cost += cost_of(end)
        try:
            record = self._read(one, end)
        except PollError as error:
            of.errors.append(error.without_trace())
            self.late += int(error.detail in (TOO_LATE, TOO_LATE_TO_READ))
            return
        of.answered += 1
        told = sum(len(each.values) for each in record.sets)
        if self.series + told > MOST_SERIES:
            count(self.dropped, f"app metric: more than {MOST_SERIES} in one poll", told)
            return
        self.series += told
        self.records.append(record)

    def _read(self, one: AppContainer, end: Answer | PollError) -> AppMetricsReading:
        try:
            if isinstance(end, PollError):
                raise end
            return of_message(end.body, one, self.dropped, answered_at=end.taken_at, url=end.url)
        except PollError as error:
            if not tells_nothing(error):
                raise
            return nothing_of(one, end.taken_at if isinstance(end, Answer) else datetime.now(UTC))

    def _of(self, one: AppContainer) -> OfAgent:
        return self.agents.setdefault(self._key(one), OfAgent())

    def _key(self, one: AppContainer) -> tuple[str, str]:
        return one.host, one.agent_id

    def ended(self, places: Iterable[AgentPlace]) -> Iterator[Ended[None]]:
        """How it stands with each agent of which anything was asked."""
        ports = {(place.host, place.agent_id): place for place in places}
        for (host, agent_id), of in self.agents.items():
            place = ports.get((host, agent_id)) or AgentPlace(agent_id=agent_id, host=host)
            yield ended_of(place, of)


def ended_of(place: AgentPlace, of: OfAgent) -> Ended[None]:
    """An agent none of whose containers answered failed as they did; where some did, the others are told in words."""
    error = blame(of.errors) if of.errors else None
    if error is not None and of.answered:
        asked = of.answered + len(of.errors)
        detail = f"{len(of.errors)} of {asked} containers did not answer: {error.detail}"
        error = PollError(Outcome.PARTIAL, detail)
        return Ended(outcome=outcome_of(Reply(place=place, direct=False, error=error, cost=of.cost)))
    return Ended(outcome=outcome_of(Reply(place=place, direct=False, error=error, cost=of.cost)), error=error)


def says_nothing(error: PollError) -> bool:
    """Whether asking the same agent again now would end the same way, whatever the container."""
    silent = error.outcome in SILENT or error.http_status in NO_ANSWER_BEHIND or is_unknown_to_router(error)
    return silent and error.detail not in (TOO_LATE, TOO_LATE_TO_READ)


def tells_nothing(error: PollError) -> bool:
    """Whether the answer says that there are no metrics of this application, or no such container any more."""
    if error.outcome is Outcome.EMPTY:
        return error.http_status in (204, None)
    return error.http_status == 404 and not is_unknown_to_router(error)


def poll(target: Target, turn: Turn) -> Harvest:
    """The containers of this turn, all at once within bounds."""
    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS) as client:
        asking = Asking(client, target)
        asking.run(turn.app_containers)
        ended = list(asking.ended(turn.agents))
        harvest = gathered(client, ended, asking.dropped, notes=tuple(notes_on(asking)))
    return replace(harvest, records=tuple(asking.records))


def notes_on(asking: Asking) -> Iterator[str]:
    """What the operator should know of who was not asked."""
    if asking.late:
        yield f"{asking.late} containers had no turn this time; they are asked first the next."
    left_out = sum(of.left_out for of in asking.agents.values())
    if left_out:
        yield f"{left_out} containers were not asked because their agents did not answer for another."


SOURCE = Source(
    name="app_metrics",
    title="Application metrics",
    endpoint="/system/v1/agent/<id>/metrics/v0/containers/<id>/app",
    document="https://github.com/dcos/dcos-metrics",
    records="AppMetricsReading",
    period_seconds=60,
    lag_seconds=100,
    kinds=frozenset({Kind.DCOS}),
    agents_per_shard=200,
    poll=poll,
)
