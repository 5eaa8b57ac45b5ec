"""What each Marathon deploys at the moment; a deployment that ended is in no answer.

Endpoint: GET /service/marathon/v2/deployments
Document: https://mesosphere.github.io/marathon/api-console/index.html
Yields:   MarathonDeployments for each Marathon that answered, NodeOutcome for each that was asked

Up to Marathon 1.3 a step is a list of actions, later an object with one; an action's name was called `type` before it was
called `action`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from collectors.client import Client
from collectors.decoding import Count, Dropped, decode, each, from_rfc3339, name
from collectors.each_marathon import LIMIT_BYTES, LIST_SECONDS, ask_marathons
from collectors.records import Deployment, Harvest, MarathonDeployments, Turn
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.target import Kind, MarathonPlace, Target


class Action(msgspec.Struct, frozen=True):
    action: str | None = None
    type: str | None = None
    app: str | None = None
    pod: str | None = None

    @property
    def words(self) -> str:
        """As `RestartApplication /group/app`."""
        return name(f"{self.action or self.type or ''} {self.app or self.pod or ''}".strip())


class Step(msgspec.Struct, frozen=True):
    actions: list[Action] | None = None


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    id: Annotated[str, msgspec.Meta(min_length=1)]
    current_step: Count
    version: str = ""
    affected_apps: list[str] | None = None
    affected_pods: list[str] | None = None
    steps: list[Step | list[Action]] | None = None
    current_actions: list[Action] | None = None
    total_steps: Count | None = None


def decode_deployments(
    body: bytes, key: str, taken_at: datetime, dropped: Dropped, *, url: str = ""
) -> MarathonDeployments:
    """The deployments in the answer's order; one that cannot be read is dropped with the reason."""
    entries = decode(body, list[msgspec.Raw], url=url)
    before = dropped.total()
    found = tuple(_deployment(wire) for _, wire in each(entries, Entry, dropped, what="deployment"))
    return MarathonDeployments(key=key, taken_at=taken_at, deployments=found, whole=dropped.total() == before)


def _deployment(wire: Entry) -> Deployment:
    step, steps = int(wire.current_step), wire.steps or []
    actions: Sequence[Action] | None = wire.current_actions
    if actions is None and 0 < step <= len(steps):
        actions = _actions(steps[step - 1])
    return Deployment(
        deployment_id=name(wire.id),
        version=name(wire.version),
        started_at=from_rfc3339(wire.version),
        app_ids=tuple(dict.fromkeys(map(name, [*(wire.affected_apps or ()), *(wire.affected_pods or ())]))),
        step=step,
        steps=len(steps) if wire.total_steps is None else int(wire.total_steps),
        actions=tuple(words for words in (action.words for action in actions or ()) if words),
    )


def _actions(step: Step | list[Action]) -> Sequence[Action]:
    return step if isinstance(step, list) else step.actions or ()


def read(client: Client, place: MarathonPlace, dropped: Dropped) -> MarathonDeployments:
    answer = client.get(f"{place.url}/v2/deployments", limit_bytes=LIMIT_BYTES, total_seconds=LIST_SECONDS)
    return decode_deployments(answer.body, place.key, answer.taken_at, dropped, url=answer.url)


def poll(target: Target, turn: Turn) -> Harvest:
    """One answer of each Marathon."""
    return ask_marathons(target, read, deadline_seconds=POLL_DEADLINE_SECONDS)


SOURCE = Source(
    name="deployments",
    title="Deployments",
    endpoint="/service/marathon/v2/deployments",
    document="https://mesosphere.github.io/marathon/api-console/index.html",
    records="MarathonDeployments",
    period_seconds=30,
    lag_seconds=0,
    kinds=frozenset(Kind),
    asks_marathon=True,
    poll=poll,
)
