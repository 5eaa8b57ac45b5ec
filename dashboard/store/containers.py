"""Containers: what each agent says of those it runs; rows for what they are, listings for the present, readings for the past.

An answer is the list of what runs: a container that its agent no longer lists has ended. One with the sample that is known
already, or without any, is listed and leaves no reading: it is absent, not repeated. The containers of an agent that does
not answer stay as they were last known, until it answers or is forgotten. Rows are looked at where an agent says something
else in words than it did last (container_rows.py); else its listing alone is brought up (container_listings.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from collectors.errors import Outcome
from collectors.records import AgentContainers, Harvest
from dashboard.models import Framework
from dashboard.store import container_listings, container_rows
from dashboard.store.container_listings import BroughtUp
from dashboard.store.container_words import Saying
from dashboard.store.writing import Writing, Written


def write(writing: Writing, answers: Iterable[AgentContainers], *, partial: Collection[str] = ()) -> Written:
    """Write what agents say of their containers. A fixed number of queries, however many.

    `partial` are the hosts whose answers may have left out containers that run: nothing ends by being left out there.
    """
    answers = list(answers)
    written = Written(refused={one.host: why for one in answers if (why := _refusal(writing, one))})
    names = _framework_names(writing)
    told = [container_listings.told(one, names) for one in answers if one.host not in written.refused]
    found = container_listings.of_hosts(writing, {one.answer.host for one in told})
    split = container_listings.split(writing, told, found)
    changed = container_rows.write(Saying(writing, split.changed, found, names), partial, written)
    brought = BroughtUp(writing, [*split.same, *changed])
    brought.write()
    written.kept = brought.write_readings()
    return written


def partial_hosts(brought: Harvest) -> frozenset[str]:
    """Hosts whose answers may have left out containers. What was dropped does not say whose it was, so then it is all."""
    left_out = any(reason.startswith("container:") or reason == "other reasons" for reason in brought.dropped)
    return frozenset(node.host for node in brought.nodes if left_out or node.outcome is not Outcome.OK)


def _refusal(writing: Writing, answer: AgentContainers) -> str:
    times = [answer.taken_at, *(said.taken_at for said in answer.containers)]
    return writing.refusal(min(times)) or writing.refusal(max(times))


def _framework_names(writing: Writing) -> dict[str, str]:
    """By id: agents tell only the ids of the frameworks whose containers they run. One query."""
    return dict(Framework.objects.filter(cluster=writing.cluster).values_list("framework_id", "name"))
