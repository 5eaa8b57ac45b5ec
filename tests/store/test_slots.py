from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from collectors.sources import SOURCES, SOURCES_BY_NAME
from dashboard.models import Cluster, Node, Poll
from dashboard.store import members, slots
from tests import builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def slot(cluster: Cluster, due: datetime = NOON, source: str = "summary") -> Poll:
    return Poll.objects.create(cluster=cluster, source=source, due_at=due)


def finish(poll: Poll, at: datetime, outcome: str = "ok") -> None:
    Poll.objects.filter(pk=poll.pk).update(ended_at=at, outcome=outcome)


def test_two_dispatchers_open_each_slot_once(cluster: Cluster) -> None:
    slots.open_due(later(3))
    slots.open_due(later(4))
    whole = sorted(source.name for source in SOURCES if not source.agents_per_shard)
    assert sorted(Poll.objects.values_list("source", flat=True)) == whole
    assert set(Poll.objects.values_list("due_at", flat=True)) == {NOON}


def test_plain_mesos_has_no_component_health_to_poll() -> None:
    builders.cluster(kind="mesos")
    slots.open_due(NOON)
    assert not Poll.objects.filter(source="component_health").exists()


def test_a_disabled_cluster_is_left_in_peace(cluster: Cluster) -> None:
    Cluster.objects.update(enabled=False)
    slots.open_due(NOON)
    assert not Poll.objects.exists()


def test_a_repeated_message_finds_the_slot_taken(cluster: Cluster) -> None:
    poll = slot(cluster)
    assert slots.claim(poll.pk, later(1)) is not None
    assert slots.claim(poll.pk, later(2)) is None


def test_a_lost_message_is_sent_again_after_fifteen_seconds(cluster: Cluster) -> None:
    poll = slot(cluster)
    assert [due.pk for due in slots.to_send(NOON)] == [poll.pk]
    slots.mark_sent(poll.pk, NOON)
    assert slots.to_send(later(14)) == []
    assert [due.pk for due in slots.to_send(later(16))] == [poll.pk]


def test_the_slot_of_a_killed_worker_is_free_again_when_its_lease_ends(cluster: Cluster) -> None:
    poll = slot(cluster)
    slots.claim(poll.pk, NOON)
    again = slots.claim(poll.pk, later(13))
    assert again is not None and again.fence == 2


def test_the_next_slot_waits_for_a_running_one_but_not_for_a_dead_one(cluster: Cluster) -> None:
    first, second = slot(cluster), slot(cluster, later(10))
    slots.claim(first.pk, later(1))
    assert slots.claim(second.pk, later(11)) is None
    assert slots.claim(second.pk, later(14)) is not None


def test_a_slot_that_had_to_wait_for_an_older_one_is_sent_again_as_soon_as_it_may(cluster: Cluster) -> None:
    first, second = slot(cluster), slot(cluster, later(10))
    slots.claim(first.pk, later(1))
    slots.mark_sent(second.pk, later(10))
    assert slots.claim(second.pk, later(10)) is None
    assert [due.pk for due in slots.to_send(later(12))] == [second.pk]
    second.refresh_from_db()
    assert second.sends == 0, "a message that could bring nothing counts for nothing"
    assert slots.claim(second.pk, later(14)) is not None, "the worker of the first is dead, its lease over"


def test_a_renewed_lease_keeps_a_slow_poll(cluster: Cluster) -> None:
    poll = slot(cluster)
    mine = slots.claim(poll.pk, NOON)
    assert mine is not None
    slots.renew(mine, later(10))
    assert slots.claim(poll.pk, later(15)) is None


def test_a_writer_with_an_old_fence_is_refused(cluster: Cluster) -> None:
    poll = slot(cluster)
    slow = slots.claim(poll.pk, NOON)
    fast = slots.claim(poll.pk, later(13))
    assert slow is not None and fast is not None
    with pytest.raises(slots.Overtaken, match="lease"):
        slots.check_fence(slow, later(14))
    slots.check_fence(fast, later(14))


def test_a_late_writer_is_refused_once_a_newer_poll_has_answered(cluster: Cluster) -> None:
    late, newer = slot(cluster), slot(cluster, later(10))
    mine = slots.claim(late.pk, NOON)
    assert mine is not None
    finish(newer, later(12))
    with pytest.raises(slots.Overtaken, match="newer"):
        slots.check_fence(mine, later(13))


def test_a_slot_that_killed_two_workers_is_not_tried_a_third_time(cluster: Cluster) -> None:
    poll = slot(cluster)
    slots.claim(poll.pk, NOON)
    slots.claim(poll.pk, later(13))
    assert slots.claim(poll.pk, later(26)) is None
    slots.close_stale(later(26))
    poll.refresh_from_db()
    assert poll.outcome == "internal_error"


def test_a_slot_nobody_took_is_closed_as_missed_not_left_open(cluster: Cluster) -> None:
    poll = slot(cluster)
    slots.close_stale(later(40))
    poll.refresh_from_db()
    assert poll.outcome == ""
    slots.close_stale(later(51))
    poll.refresh_from_db()
    assert poll.outcome == "missed"


def test_a_slot_overtaken_before_it_was_claimed_is_closed(cluster: Cluster) -> None:
    old, newer = slot(cluster), slot(cluster, later(10))
    finish(newer, later(12))
    assert slots.claim(old.pk, later(13)) is None
    slots.close_stale(later(13))
    old.refresh_from_db()
    assert old.outcome == "skipped_overlap"


def test_a_clock_that_was_set_back_does_not_stop_polling(cluster: Cluster) -> None:
    finish(slot(cluster, later(3600)), later(3600))
    Poll.objects.create(cluster=cluster, source="masters", due_at=later(3590), lease_until=later(3602), fence=1)
    summary, masters = slot(cluster), slot(cluster, source="masters")
    assert {due.pk for due in slots.to_send(later(1))} == {summary.pk, masters.pk}
    mine = slots.claim(summary.pk, later(1))
    assert mine is not None and slots.claim(masters.pk, later(1)) is not None
    slots.check_fence(mine, later(2))


def test_only_the_latest_slot_of_a_source_is_sent(cluster: Cluster) -> None:
    slot(cluster)
    latest = slot(cluster, later(10))
    assert [due.pk for due in slots.to_send(later(11))] == [latest.pk]


def test_a_slot_of_a_source_that_is_no_more_harms_no_other(cluster: Cluster) -> None:
    strange, known = slot(cluster, source="retired"), slot(cluster)
    assert [due.pk for due in slots.to_send(NOON)] == [known.pk]
    slots.close_stale(NOON)
    strange.refresh_from_db()
    assert strange.outcome == "missed"


def test_a_paused_cluster_is_sent_no_slot_that_is_still_open(cluster: Cluster) -> None:
    slot(cluster)
    Cluster.objects.update(enabled=False)
    assert slots.to_send(NOON) == []


NODES = SOURCES_BY_NAME["nodes"]


def with_agents(cluster: Cluster, count: int) -> None:
    """A summary that lists so many agents, on hosts of their own."""
    agents = [builders.agent(f"10.0.{place // 250}.{place % 250}") for place in range(count)]
    builders.write(cluster, builders.summary(NOON, *agents))


def sharded(now: datetime = NOON) -> list[Poll]:
    slots.open_due(now)
    return list(Poll.objects.filter(source="nodes").order_by("due_at", "shard"))


def test_a_source_that_asks_each_agent_waits_until_the_agents_are_known(cluster: Cluster) -> None:
    assert sharded() == []
    with_agents(cluster, 1)
    assert [(poll.shard, poll.shards) for poll in sharded()] == [(0, 1)]


def test_a_slot_is_divided_by_how_many_agents_there_are(cluster: Cluster) -> None:
    with_agents(cluster, 2 * NODES.agents_per_shard + 1)
    assert [(poll.shard, poll.shards, poll.due_at) for poll in sharded()] == [(0, 3, NOON), (1, 3, NOON), (2, 3, NOON)]


def test_a_slot_stays_divided_as_it_was_opened_whatever_agents_come(cluster: Cluster) -> None:
    with_agents(cluster, 1)
    sharded()
    with_agents(cluster, NODES.agents_per_shard + 1)
    assert [poll.shards for poll in sharded(later(30))] == [1]
    assert [poll.shards for poll in sharded(later(60))] == [1, 2, 2]


def test_every_asked_agent_is_in_exactly_one_shard(cluster: Cluster) -> None:
    with_agents(cluster, NODES.agents_per_shard + 50)
    Node.objects.filter(host="10.0.0.1").update(state=Node.State.UNREGISTERED)
    Node.objects.filter(host="10.0.0.2").update(state=Node.State.DRAINING)
    Node.objects.filter(host="10.0.0.3").update(state=Node.State.INACTIVE)
    parts = [[agent.host for agent in members.of(poll).asked] for poll in sharded()]
    asked = sorted(host for part in parts for host in part)
    assert len(parts) == 2 and min(len(part) for part in parts) > 80
    assert asked == sorted(set(Node.objects.values_list("host", flat=True)) - {"10.0.0.1"})


def test_an_operator_may_spread_agents_over_more_workers_by_smaller_shards(
    cluster: Cluster, settings: Settings
) -> None:
    with_agents(cluster, 200)
    settings.AGENTS_PER_SHARD = 50
    assert [poll.shards for poll in sharded()] == [4, 4, 4, 4]


def test_agents_that_lost_their_master_are_asked_in_as_many_shards_as_before(cluster: Cluster) -> None:
    with_agents(cluster, NODES.agents_per_shard + 1)
    Node.objects.update(state=Node.State.INACTIVE)
    assert [poll.shards for poll in sharded()] == [2, 2]


def test_shards_are_sent_over_the_first_half_of_the_period(cluster: Cluster) -> None:
    with_agents(cluster, 2 * NODES.agents_per_shard + 1)
    ours = {poll.pk: poll.shard for poll in sharded()}
    sent = {
        seconds: [ours[due.pk] for due in slots.to_send(later(seconds)) if due.pk in ours] for seconds in (0, 10, 20)
    }
    assert sent == {0: [0], 10: [0, 1], 20: [0, 1, 2]}


def test_a_shard_neither_waits_for_another_nor_is_overtaken_by_it(cluster: Cluster) -> None:
    with_agents(cluster, NODES.agents_per_shard + 1)
    first, second = sharded()
    newer = Poll.objects.create(cluster=cluster, source="nodes", shard=0, shards=2, due_at=later(60))
    assert slots.claim(first.pk, NOON) is not None
    finish(newer, later(61))
    mine = slots.claim(second.pk, later(61))
    assert mine is not None
    slots.check_fence(mine, later(61))


def test_the_shards_of_a_cluster_that_shrank_are_closed_as_missed(cluster: Cluster) -> None:
    with_agents(cluster, NODES.agents_per_shard + 1)
    _, old = sharded()
    with_agents(cluster, NODES.agents_per_shard)
    finish(sharded(NOON + timedelta(seconds=60))[-1], later(61))
    slots.close_stale(later(200))
    old.refresh_from_db()
    assert old.outcome == "missed"
