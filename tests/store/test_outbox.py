from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Attempt, Channel, Notice
from dashboard.store import outbox, stand_ins
from dashboard.store.outbox import Tried
from tests import notices_owed
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db


def owe(number: int = 0) -> Notice:
    return notices_owed.owe(notices_owed.group(reason=f"reason {number}"))[0]


def failed(at: datetime, *, receiver: bool = True) -> Tried:
    return Tried(started_at=at, seconds=0.1, outcome="server_error", receiver_failed=receiver)


def test_a_lease_is_free_again_when_its_time_is_up_and_the_key_stays() -> None:
    channel = notices_owed.channel()
    owe()
    first = outbox.claim(channel.pk, NOON)
    assert first is not None and outbox.claim(channel.pk, later(29)) is None
    second = outbox.claim(channel.pk, later(30))
    assert second is not None and (second.key, second.fence, second.attempts) == (first.key, 2, 2)


def test_the_oldest_of_a_channel_is_claimed_first_and_of_a_thread_only_the_oldest() -> None:
    channel = notices_owed.channel()
    group = notices_owed.group()
    problem, recovery = (notices_owed.owe(group, kind)[0] for kind in (Notice.Kind.PROBLEM, Notice.Kind.RECOVERY))
    other = owe(1)
    claimed = [outbox.claim(channel.pk, NOON) for _ in range(3)]
    assert claimed == [problem, other, None]
    outbox.settle(problem, failed(NOON, receiver=False), later(1))
    assert outbox.claim(channel.pk, later(2)) is None, f"{recovery} waits for its problem"


def test_a_channel_without_a_token_leases_nothing() -> None:
    channel = notices_owed.channel(per_minute=1)
    owe(1), owe(2)
    assert outbox.claim(channel.pk, NOON) is not None and outbox.claim(channel.pk, NOON) is None
    assert Notice.objects.filter(lease_until=None, attempts=0).count() == 1
    assert outbox.claim(channel.pk, later(60)) is not None


def test_a_clock_that_jumps_back_neither_fills_nor_blocks_the_bucket() -> None:
    channel = notices_owed.channel(per_minute=60)
    for number in range(4):
        owe(number)
    Channel.objects.update(tokens=1, tokens_at=later(3600))
    Notice.objects.update(next_at=NOON)
    assert outbox.claim(channel.pk, NOON) is not None and outbox.claim(channel.pk, NOON) is None
    assert outbox.claim(channel.pk, later(2)) is not None


def test_senders_that_fail_at_the_same_time_are_one_failure() -> None:
    channel = notices_owed.channel()
    owe(1), owe(2)
    claimed = [outbox.claim(channel.pk, NOON) for _ in range(2)]
    for notice in claimed:
        assert notice is not None
        outbox.settle(notice, failed(NOON), later(1))
    channel.refresh_from_db()
    assert (channel.failures_in_row, channel.waits_until) == (1, later(11))
    assert outbox.ready(later(10), 10) == [] and outbox.ready(later(11), 10) == [channel.pk]


def test_a_channel_that_failed_is_asked_by_one_sender_at_a_time_until_it_is_well() -> None:
    channel = notices_owed.channel()
    for number in range(4):
        owe(number)
    first = outbox.claim(channel.pk, NOON)
    assert first is not None
    outbox.settle(first, failed(NOON), NOON)
    probe = outbox.claim(channel.pk, later(10))
    assert probe is not None and outbox.claim(channel.pk, later(10)) is None
    taken = Tried(started_at=later(10), seconds=0.1, outcome="ok", taken=True)
    outbox.settle(probe, taken, later(11))
    assert outbox.claim(channel.pk, later(11)) is not None and outbox.claim(channel.pk, later(11)) is not None


def test_one_that_refuses_a_notice_for_itself_is_well_again_and_the_notice_waits() -> None:
    channel = notices_owed.channel()
    first, second = owe(1), owe(2)
    for at, receiver in ((NOON, True), (later(10), False)):
        notice = outbox.claim(channel.pk, at)
        assert notice is not None and notice == first
        outbox.settle(notice, failed(at, receiver=receiver), at)
    channel.refresh_from_db()
    assert (channel.failures_in_row, channel.waits_until) == (0, None)
    assert outbox.claim(channel.pk, later(10)) == second and outbox.claim(channel.pk, later(10)) is None


def test_a_failing_channel_waits_longer_and_longer_up_to_two_minutes() -> None:
    channel = notices_owed.channel()
    now, waits = NOON, []
    for number in range(6):
        owe(number)
        notice = outbox.claim(channel.pk, now)
        assert notice is not None
        outbox.settle(notice, failed(now), now)
        until = Channel.objects.get().waits_until
        assert until is not None
        waits.append((until - now).total_seconds())
        now = until
    assert waits == [10, 30, 60, 120, 120, 120]


def test_what_has_no_second_channel_or_one_that_is_off_has_no_stand_in() -> None:
    off = notices_owed.channel("off", enabled=False)
    notices_owed.channel("first", backup=off)
    notices_owed.channel("alone")
    notices_owed.owe(notices_owed.group())
    assert stand_ins.stand_in(later(600)) == 0


def test_a_stand_in_is_of_the_second_channels_own_thread_and_made_once() -> None:
    second = notices_owed.channel("second", least_severity="critical")
    notices_owed.channel("first", backup=second)
    group = notices_owed.group(severity="warning")
    [notice] = notices_owed.owe(group)
    assert [stand_ins.stand_in(later(seconds)) for seconds in (299, 300, 302)] == [0, 1, 0]
    group.severity = "critical"
    worse = notices_owed.owe(group, Notice.Kind.WORSE, later(400))
    threads = {each.channel_id: each.thread for each in worse}
    assert threads[second.pk] == Notice.objects.get(stands_in_for=notice).thread != notice.thread


def test_a_change_that_is_rolled_back_owes_nothing() -> None:
    channel = notices_owed.channel()
    with transaction.atomic():
        owe()
        transaction.set_rollback(True)
    assert outbox.claim(channel.pk, NOON + timedelta(hours=1)) is None


def test_a_channel_fails_since_the_first_of_its_failures_in_a_row() -> None:
    channel = notices_owed.channel()
    for seconds in (0, 60, 120):
        outbox.note_channel(channel, failed(later(seconds)), later(seconds))
        channel.refresh_from_db()
        assert channel.failing_since == NOON
    outbox.note_channel(channel, Tried(started_at=later(180), seconds=0.1, outcome="ok", taken=True), later(180))
    channel.refresh_from_db()
    assert channel.failing_since is None


def test_dead_letters_are_taken_up_together_and_what_was_sent_or_is_a_test_is_not(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    channel = notices_owed.channel(waits_until=later(3600))
    dead = [owe(number).pk for number in range(30)]
    Notice.objects.update(dead_at=NOON)
    sent = owe(99)
    Notice.objects.filter(pk=sent.pk).update(sent_at=NOON)
    tested = outbox.owe_test(channel, NOON)
    outbox.end_test(tested, NOON)
    with django_assert_max_num_queries(6):  # two of them are the transaction's
        count = outbox.retry_all([*dead, sent.pk, tested.pk, 77_777], User(username="ada"), later(9))
    assert count == 30 and outbox.owed().count() == 30
    assert {attempt.detail for attempt in Attempt.objects.all()} == {"by ada"} and Attempt.objects.count() == 30
    assert outbox.claim(channel.pk, later(9)) is not None


def test_a_clock_that_was_set_back_an_hour_makes_nothing_wait_for_it() -> None:
    """Not the notice that was due by the old clock, nor the lease, nor the pause of the channel that it was written by."""
    channel = notices_owed.channel()
    notice, back = owe(), NOON - timedelta(hours=1)
    assert outbox.claim(channel.pk, NOON) is not None
    outbox.note_channel(channel, failed(NOON), NOON)
    assert outbox.ready(back, 9) == [channel.pk]
    claimed = outbox.claim(channel.pk, back)
    assert claimed == notice and claimed.lease_until == back + outbox.LEASE
    assert outbox.claim(channel.pk, back + timedelta(seconds=29)) is None


def test_a_second_channel_does_not_wait_for_a_clock_that_was_set_back() -> None:
    notices_owed.channel("first", backup=notices_owed.channel("second", enabled=True, least_severity="critical"))
    group = notices_owed.group(severity="warning")
    notices_owed.owe(group)
    assert stand_ins.stand_in(NOON) == 0
    assert stand_ins.stand_in(NOON - timedelta(hours=1)) == 1
