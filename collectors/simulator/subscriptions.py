"""Who may subscribe to what: the leading master's events and Marathon's, each with one feed for all its readers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from collectors.simulator import marathon, marathon_events, mesos_events
from collectors.simulator.answers import JSON, Answer, Request, page
from collectors.simulator.event_stream import Feed, Subscription
from collectors.simulator.state import World


class Subscriptions:
    """Of one world; `clock` gives the present, in seconds since 1970."""

    def __init__(self, world: World, clock: Callable[[], float]) -> None:
        self._world, self._clock = world, clock
        self._master = Feed(world, mesos_events.MesosWatch(world), clock)
        self._marathon = Feed(world, marathon_events.MarathonWatch(world), clock)

    def of_master(self) -> Answer:
        """Only asked of the leader."""
        return Answer(200, (JSON,), stream=self._subscribe)

    def _subscribe(self) -> Subscription:
        return self._master.join(
            mesos_events.recordio,
            partial(mesos_events.subscribed, self._world),
            alive=mesos_events.HEARTBEAT,
            alive_seconds=mesos_events.HEARTBEAT_SECONDS,
        )

    def of_marathon(self, request: Request) -> Answer:
        """406 for who asks for no events, as Marathon from 1.5 on; a proxy's page where no Marathon is left to answer."""
        if marathon.leading(self._world, self._clock()) is None:
            return page(502)
        if request.method != "GET" or "text/event-stream" not in request.headers.get("accept", ""):
            return page(406)
        headers = (("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache"))
        return Answer(200, headers, stream=partial(self._listen, request.target.partition("?")[2]))

    def _listen(self, query: str) -> Subscription:
        return self._marathon.join(
            marathon_events.framed(query),
            marathon_events.attached,
            alive=marathon_events.ALIVE,
            alive_seconds=marathon_events.ALIVE_SECONDS,
        )
