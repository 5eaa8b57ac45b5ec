"""A fifth of the agents is dead: 10 % refuse, 5 % hang, 5 % drip. The others notice nothing, and the dead soon cost little."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from collectors.sources.agents import TERMS
from dashboard import pace, polling
from dashboard.models import Cluster, Collection, Node, Poll
from dashboard.store import clusters
from tests import builders
from tests.faults.fleet import Fate, Fleet, fate

AGENTS = 200
"""One shard. `python -m tests.faults.fleet 1000` does the same with five."""


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with Fleet(AGENTS) as running:
        yield running


def test_the_dead_hold_up_none_of_the_healthy(fleet: Fleet) -> None:
    beside = fleet.cycle(fleet.places())
    assert beside.outcomes == {"ok": 160, "refused": 20, "timeout_headers": 10, "timeout_body": 10}
    # How much slower they are is measured in tests/bench; here: none of them waited for the time-out of a dead one.
    assert beside.p95_seconds < TERMS.seconds
    assert beside.seconds < 2 * TERMS.seconds + 2  # the time-outs side by side, and once more who was refused


def test_while_the_dead_rest_a_cycle_waits_for_no_time_out(fleet: Fleet) -> None:
    rested = fleet.cycle(fleet.places(Fate.HEALTHY, Fate.REFUSES))
    assert rested.outcomes == {"ok": 160, "refused": 20}
    assert rested.seconds < TERMS.seconds


SMALL = 40
"""Of which two hang and two drip."""


@pytest.fixture
def cluster(fleet: Fleet) -> Cluster:
    wanted = Cluster(name="prod", kind="mesos", url="http://127.0.0.1:9")
    made = clusters.save(wanted, master_urls=(), token=None, now=timezone.now())
    places = fleet.places()[:SMALL]
    agents = [builders.agent(place.host, port=place.port, agent_id=place.agent_id) for place in places]
    builders.write(made, builders.summary(timezone.now(), *agents))
    Node.objects.update(registered_at=timezone.now() - timedelta(days=1))
    return made


def run(cluster: Cluster, due_at: datetime) -> Poll:
    """The agents' slot of that moment, polled then."""
    poll = Poll.objects.create(cluster=cluster, source="agents", due_at=due_at, period_seconds=60)
    polling.run(poll.pk, clock=lambda: due_at)
    poll.refresh_from_db()
    return poll


@pytest.mark.django_db(transaction=True)
def test_the_dead_rest_until_their_turn_and_stay_missing_meanwhile(cluster: Cluster) -> None:
    first = datetime.fromtimestamp(timezone.now().timestamp() // 60 * 60, timezone.now().tzinfo)
    said = run(cluster, first)
    assert (said.outcome, said.detail.partition(":")[0]) == ("partial", "8 of 40 did not answer")
    silent = Collection.objects.filter(source="agents", outcome__in=pace.COSTLY)
    assert silent.count() == 4
    silent.update(failures_in_row=pace.FAILURES_BEFORE_REST)
    again = run(cluster, first + timedelta(seconds=60))
    # They are not asked, and yet nobody takes them for answered: neither the source nor their own rows.
    told = "8 of 40 did not answer, 4 of them silent for long and not asked now"
    assert (again.outcome, again.detail.partition(":")[0]) == ("partial", told)
    assert again.requests == SMALL - 4 + 4  # the four that refuse are tried twice
    assert set(silent.values_list("asked_at", "failures_in_row")) == {(first, pace.FAILURES_BEFORE_REST)}


def test_every_fate_is_among_them() -> None:
    assert [sum(fate(number) is kind for number in range(SMALL)) for kind in Fate] == [32, 4, 2, 2]
