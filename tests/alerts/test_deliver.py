from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Max
from pytest_django import Settings

from dashboard.alerts import deliver
from dashboard.models import Attempt, Channel, Notice, NoticeLine
from dashboard.store import outbox
from tests import notices_owed
from tests.builders import NOON, later
from tests.faults.server import HUNG_SECONDS, Connection, FaultServer, answer, free_port

pytestmark = pytest.mark.django_db
BROKEN = answer(status="503 Service Unavailable")
DAY = 86_400


class Clock:
    """Time that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receiver(settings: Settings) -> Iterator[FaultServer]:
    settings.ALLOW_LOOPBACK = True
    with FaultServer({"/ok": answer(), "/broken": BROKEN}) as server:
        yield server


def channel(receiver: FaultServer, path: str = "/ok", name: str = "ops", **columns: Any) -> Channel:
    return notices_owed.channel(name, target=receiver.url + path, **columns)


def keys(receiver: FaultServer) -> list[str]:
    return [seen.headers["idempotency-key"] for seen in receiver.seen]


def sends_until(clock: Clock, seconds: float, *, every_seconds: float = 2) -> None:
    ends_at = clock.now + timedelta(seconds=seconds)
    while clock.now < ends_at:
        deliver.send_due(clock)
        clock.pass_seconds(every_seconds)


def test_what_is_owed_is_sent_once_and_marked(receiver: FaultServer, clock: Clock) -> None:
    channel(receiver)
    [notice] = notices_owed.owe(notices_owed.group())
    assert [deliver.send_due(clock), deliver.send_due(clock)] == [1, 0]
    notice.refresh_from_db()
    assert notice.sent_at == NOON and notice.attempts == 1 and keys(receiver) == [notice.key]
    assert Attempt.objects.get().outcome == "ok" and Channel.objects.get().last_sent_at == NOON


def test_a_receiver_of_json_gets_plain_blanks_in_figures(receiver: FaultServer, clock: Clock) -> None:
    channel(receiver)
    group = notices_owed.group()
    notices_owed.owe(group, Notice.Kind.PROBLEM, NOON, notices_owed.alert(group, sentence="93\u00a0% of /var"))
    deliver.send_due(clock)
    told = json.loads(receiver.seen[0].body)
    assert told["lines"][0]["sentence"] == "93 % of /var" and "93 % of /var" in told["text"]


def test_a_problem_and_its_recovery_arrive_in_that_order(receiver: FaultServer, clock: Clock) -> None:
    channel(receiver)
    group = notices_owed.group()
    owed = [notices_owed.owe(group, kind)[0] for kind in (Notice.Kind.PROBLEM, Notice.Kind.RECOVERY)]
    deliver.send_due(clock)
    assert keys(receiver) == [notice.key for notice in owed]


def test_a_recovery_waits_until_its_problem_was_taken(receiver: FaultServer, clock: Clock) -> None:
    ops = channel(receiver, "/broken")
    group = notices_owed.group()
    problem, *_ = notices_owed.owe(group)
    sends_until(clock, 60)
    recovery, *_ = notices_owed.owe(group, Notice.Kind.RECOVERY, clock.now)
    sends_until(clock, 60)
    assert set(keys(receiver)) == {problem.key}
    Channel.objects.filter(pk=ops.pk).update(target=receiver.url + "/ok")
    sends_until(clock, 600)
    assert keys(receiver)[-2:] == [problem.key, recovery.key]


def test_tries_are_spaced_wider_and_wider_and_never_more_than_ten_minutes(receiver: FaultServer, clock: Clock) -> None:
    channel(receiver, "/broken")
    notices_owed.owe(notices_owed.group())
    sends_until(clock, 3600, every_seconds=10)
    tried = list(Attempt.objects.order_by("at").values_list("at", flat=True))
    gaps = [(after - before).total_seconds() for before, after in pairwise(tried)]
    assert gaps[:6] == [10, 30, 60, 120, 300, 540] and max(gaps) < 600
    assert set(Attempt.objects.values_list("outcome", flat=True)) == {"server_error"}


def test_after_a_day_it_is_given_up_and_can_be_taken_up_again(receiver: FaultServer, clock: Clock) -> None:
    ops = channel(receiver, "/broken")
    [notice] = notices_owed.owe(notices_owed.group())
    sends_until(clock, DAY - 120, every_seconds=120)
    assert Notice.objects.get().dead_at is None
    sends_until(clock, 240, every_seconds=60)
    assert Notice.objects.get().dead_at is not None and deliver.send_due(clock) == 0
    Channel.objects.filter(pk=ops.pk).update(target=receiver.url + "/ok")
    assert outbox.retry_now(notice, User(username="ada"), clock.now)
    assert deliver.send_due(clock) == 1 and Notice.objects.get().sent_at == clock.now
    assert set(keys(receiver)) == {notice.key}
    assert Attempt.objects.filter(outcome=Attempt.RETRY_ASKED, detail="by ada").count() == 1
    assert not outbox.retry_now(notice, User(username="ada"), clock.now)


def test_what_nobody_tried_for_a_day_because_day_two_was_down_is_tried_once_more(
    receiver: FaultServer, clock: Clock
) -> None:
    channel(receiver)
    notices_owed.owe(notices_owed.group())
    clock.pass_seconds(3 * DAY)
    assert deliver.send_due(clock) == 1


def test_when_a_receiver_is_back_everything_that_waits_for_it_is_sent_at_once(
    receiver: FaultServer, clock: Clock
) -> None:
    ops = channel(receiver, "/broken")
    for number in range(30):
        notices_owed.owe(notices_owed.group(reason=f"reason {number}"))
    sends_until(clock, 3600, every_seconds=10)
    assert len(receiver.seen) < 50
    Channel.objects.filter(pk=ops.pk).update(target=receiver.url + "/ok")
    back_at = clock.now
    sends_until(clock, 600, every_seconds=10)
    assert Notice.objects.filter(sent_at=None).count() == 0
    last = Notice.objects.aggregate(Max("sent_at"))["sent_at__max"]
    assert last - back_at <= timedelta(minutes=2, seconds=10)


def test_a_notice_that_is_refused_for_itself_holds_up_no_other(receiver: FaultServer, clock: Clock) -> None:
    answers = iter([answer(status="422 Unprocessable Content")] + [answer()] * 9)
    receiver.scripts["/picky"] = lambda to: next(answers)(to)
    channel(receiver, "/picky")
    first, *_ = notices_owed.owe(notices_owed.group(reason="refused"))
    second, *_ = notices_owed.owe(notices_owed.group(reason="fine"))
    assert deliver.send_due(clock) == 1
    assert keys(receiver) == [first.key, second.key]
    assert Attempt.objects.get(notice=first).outcome == "refused_by_receiver"
    assert Channel.objects.get().failures_in_row == 0
    clock.pass_seconds(10)
    assert deliver.send_due(clock) == 1, "it is tried again all the same"


def test_a_channel_that_hangs_delays_no_other(receiver: FaultServer, clock: Clock) -> None:
    arrived, all_there = Counter[str](), Event()

    def slow(to: Connection) -> None:
        all_there.wait(HUNG_SECONDS)
        answer()(to)

    def well(to: Connection) -> None:
        arrived["well"] += 1
        if arrived["well"] == 20:
            all_there.set()
        answer()(to)

    receiver.scripts |= {"/slow": slow, "/ok": well}
    channel(receiver, "/slow", name="slow")
    channel(receiver, "/ok", name="well")
    for number in range(20):
        notices_owed.owe(notices_owed.group(reason=f"reason {number}"))
    assert deliver.send_due(clock, limit=21) == 21, "the slow one is answered only after all of the other"


def test_only_so_many_notices_a_minute_are_sent_and_the_rest_wait(receiver: FaultServer, clock: Clock) -> None:
    channel(receiver, per_minute=6)
    for number in range(20):
        notices_owed.owe(notices_owed.group(reason=f"reason {number}"))
    assert deliver.send_due(clock) == 6
    assert deliver.send_due(clock) == 0
    clock.pass_seconds(20)
    assert deliver.send_due(clock) == 2
    clock.pass_seconds(3600)
    assert deliver.send_due(clock) == 6, "a bucket holds one minute"


def test_after_five_minutes_a_second_channel_is_told_once(receiver: FaultServer, clock: Clock) -> None:
    second = channel(receiver, "/ok", name="second", least_severity="critical")
    first = channel(receiver, "/broken", name="first", backup=second)
    group = notices_owed.group(severity="warning")
    group.rule.channels.add(first)
    [notice] = notices_owed.owe(group)
    sends_until(clock, 298)
    assert Notice.objects.count() == 1
    sends_until(clock, 120)
    stand_in = Notice.objects.get(stands_in_for=notice)
    assert stand_in.channel == second and stand_in.sent_at is not None and stand_in.key != notice.key
    assert "the channel first has not taken it for 5 min" in stand_in.text
    assert NoticeLine.objects.filter(notice=stand_in).count() == 1
    [*recoveries] = notices_owed.owe(group, Notice.Kind.RECOVERY, clock.now)
    assert {recovery.channel.name for recovery in recoveries} == {"first", "second"}
    sends_until(clock, 900)
    assert Notice.objects.count() == 4, "nobody stands in where the second was told anyway"


def test_of_two_senders_at_once_one_sends(receiver: FaultServer, clock: Clock) -> None:
    ops = channel(receiver)
    notices_owed.owe(notices_owed.group())
    assert outbox.claim(ops.pk, clock.now) is not None
    assert outbox.claim(ops.pk, clock.now) is None


def test_a_sender_that_lost_its_lease_marks_nothing(receiver: FaultServer, clock: Clock) -> None:
    ops = channel(receiver)
    notices_owed.owe(notices_owed.group())
    stale = outbox.claim(ops.pk, NOON)
    fresh = outbox.claim(ops.pk, later(31))
    assert stale is not None and fresh is not None and stale.key == fresh.key
    failed = outbox.Tried(started_at=NOON, seconds=0.1, outcome="timeout_body")
    assert not outbox.settle(stale, failed, later(32))
    taken = outbox.Tried(started_at=later(31), seconds=0.1, outcome="ok", taken=True)
    assert outbox.settle(fresh, taken, later(32))
    assert Notice.objects.get().sent_at == later(32)


def test_a_channel_that_is_switched_off_is_not_written_to(receiver: FaultServer, clock: Clock) -> None:
    ops = channel(receiver)
    notices_owed.owe(notices_owed.group())
    Channel.objects.filter(pk=ops.pk).update(enabled=False)
    assert deliver.send_due(clock) == 0 and receiver.seen == []
    clock.pass_seconds(DAY)
    deliver.send_due(clock)
    assert Notice.objects.get().dead_at == clock.now


def test_a_secret_that_does_not_open_is_an_outcome_in_words(receiver: FaultServer, clock: Clock) -> None:
    ops = channel(receiver, secret="key")
    other = channel(receiver, name="other")
    Channel.objects.filter(pk=other.pk).update(sealed=Channel.objects.get(pk=ops.pk).sealed)
    group = notices_owed.group()
    group.rule.channels.add(other)
    notices_owed.owe(group)
    assert deliver.send_due(clock) == 0
    assert "sealed for another channel" in Attempt.objects.get().detail


def test_a_test_is_sent_at_once_and_its_end_told_in_words(receiver: FaultServer, clock: Clock) -> None:
    ops, dead = channel(receiver), channel(receiver, name="dead", enabled=False)
    Channel.objects.filter(pk=dead.pk).update(target=f"http://127.0.0.1:{free_port()}/x")
    dead.refresh_from_db()
    assert deliver.test(ops, clock).detail == "answered 200"
    assert json.loads(receiver.seen[0].body)["kind"] == "test"
    ended = deliver.test(dead, clock)
    assert (ended.outcome, ended.taken) == ("refused", False) and "nothing listens there" in ended.detail
    assert Notice.objects.filter(kind="test").count() == 2 and deliver.send_due(clock) == 0


def test_a_pass_costs_the_same_queries_for_each_notice(
    receiver: FaultServer, clock: Clock, django_assert_max_num_queries: Any
) -> None:
    channel(receiver)
    for number in range(10):
        notices_owed.owe(notices_owed.group(reason=f"reason {number}"))
    with django_assert_max_num_queries(6 + 10 * 18):
        assert deliver.send_due(clock) == 10
