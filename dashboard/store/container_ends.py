"""Which containers have ended: those that the answers of their agents leave out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

import numpy as np

from collectors.sources.container_routes import Route
from dashboard import listings
from dashboard.listings import FIGURES, LISTED_AT, MEASURED_AT, SHOWN
from dashboard.models import Container, ContainerListing, Node
from dashboard.store import container_figures as figures
from dashboard.store.container_words import Known, Rows, Saying
from dashboard.store.upserts import update_values

UNLISTED_FOR = timedelta(minutes=10)
"""A container that answers left out for so long has ended, even if each of them may have left out some that run."""
LAST = ["listed_at", "measured_at", *FIGURES, "ended_at"]


def end(saying: Saying, unlisted: Sequence[Known], rows: Rows, partial: Collection[str]) -> dict[str, listings.Matrix]:
    """Note which of the containers that were not listed have ended, with their last figures; returns what is known of the
    others, by agent. Two queries where there are any."""
    answers = {one.answer.agent_id: one.answer for one in saying.told}
    agents = _agents(saying) if unlisted or len(saying.listings) > len(saying.told) else frozenset[str]()
    now, ended = saying.writing.now, list[tuple[int, listings.Matrix]]()
    left: dict[str, list[listings.Matrix]] = {}
    for row in unlisted:
        known = rows[row.pk]
        if _has_ended(saying, row, known, agents, partial):
            ended.append((row.pk, known))
        else:
            left.setdefault(row.said("agent_id"), []).append(known)
    shown = figures.in_rows(np.array([known[SHOWN] for _, known in ended]).reshape(-1, len(FIGURES)))
    last = [
        [listings.instant(known[LISTED_AT]), listings.instant(known[MEASURED_AT]), *values, now, pk]
        for (pk, known), values in zip(ended, shown, strict=True)
    ]
    update_values(Container, LAST, last)
    _forget(saying, answers.keys() | left.keys(), agents)
    return {agent_id: np.array(known) for agent_id, known in left.items()}


def _agents(saying: Saying) -> frozenset[str]:
    """Those of these hosts that are known. One query."""
    there = Node.objects.filter(cluster=saying.writing.cluster, host__in=saying.hosts)
    return frozenset(there.values_list("agent_id", flat=True))


def _forget(saying: Saying, staying: Collection[str], agents: Collection[str]) -> None:
    """Delete the listings of agents that were replaced: nothing of theirs runs."""
    gone = [one.pk for one in saying.listings if one.agent_id not in staying and one.agent_id not in agents]
    if gone:
        ContainerListing.objects.filter(pk__in=gone).delete()


def _has_ended(
    saying: Saying, row: Known, known: listings.Matrix, agents: Collection[str], partial: Collection[str]
) -> bool:
    answer = next((one.answer for one in saying.told if one.answer.agent_id == row.said("agent_id")), None)
    if answer is None:
        # Another agent of the host answered. Its own will answer yet, or has been replaced and will not.
        return row.said("agent_id") not in agents
    is_known_root = bool(row.said("framework_id") and not row.said("parent_id"))
    # The metrics service leaves out what it has no figures of just then, whether that runs or not.
    told = answer.route == Route.OPERATOR_API or (answer.route == Route.CONTAINERS and is_known_root)
    if told and answer.host not in partial:
        return True
    return saying.writing.now - listings.instant(known[LISTED_AT]) > UNLISTED_FOR
