from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Attempt, Channel, Notice
from dashboard.queries import notices
from dashboard.store import outbox
from dashboard.store.outbox import Tried
from tests import notices_owed
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db
NB = "\u00a0"


def owe(number: int, *, at_seconds: float = 0) -> Notice:
    return notices_owed.owe(notices_owed.group(reason=f"reason {number}"), Notice.Kind.PROBLEM, later(at_seconds))[0]


def tried(channel: Channel, outcome: str, at_seconds: float, *, detail: str = "") -> Notice:
    notice = outbox.claim(channel.pk, later(at_seconds))
    assert notice is not None
    ended = Tried(started_at=later(at_seconds), seconds=0.2, outcome=outcome, detail=detail, taken=outcome == "ok")
    outbox.settle(notice, ended, later(at_seconds))
    return notice


def test_how_many_wait_and_for_how_long_in_words() -> None:
    notices_owed.channel()
    assert notices.total().in_words(NOON) == "nothing waits"
    for number in range(42):
        owe(number, at_seconds=number)
    assert notices.total().in_words(later(11_400)) == f"42 waiting, oldest 3{NB}h{NB}10{NB}min"
    Notice.objects.filter(created_at=NOON).update(dead_at=later(90_000))
    assert notices.total().in_words(later(90_000)).endswith(", 1 given up")


def test_the_log_is_paged_from_the_newest_on_without_gap_or_repeat() -> None:
    notices_owed.channel()
    owed = [owe(number) for number in range(7)]
    seen: list[int] = []
    before: int | None = None
    while True:
        page = notices.log(before=before, rows=3)
        seen += [entry.notice.pk for entry in page.entries]
        if (before := page.older) is None:
            break
    assert seen == [notice.pk for notice in reversed(owed)]


def test_each_notice_in_the_log_has_its_tries_the_newest_first() -> None:
    channel = notices_owed.channel()
    owe(1)
    tried(channel, "server_error", 0, detail="hooks.example.org answered 503 Service Unavailable")
    tried(channel, "ok", 10)
    [entry] = notices.log().entries
    assert [attempt.outcome for attempt in entry.tries] == ["ok", "server_error"] and entry.state == "sent"


def test_the_log_is_narrowed_by_state_channel_cluster_and_group() -> None:
    one, two = notices_owed.channel("one"), notices_owed.channel("two")
    first = notices_owed.owe(notices_owed.group())
    tried(one, "ok", 0)
    Notice.objects.filter(channel=two).update(dead_at=NOON)
    assert [len(notices.log(state=state).entries) for state in ("sent", "dead", "owed", "")] == [1, 1, 0, 2]
    assert [entry.notice for entry in notices.log(channel=two).entries] == [first[1]]
    assert len(notices.log(cluster=first[0].cluster, group=first[0].group).entries) == 2
    with pytest.raises(KeyError):
        notices.log(state="lost")


def test_a_test_that_failed_is_in_the_log_and_no_dead_letter() -> None:
    channel = notices_owed.channel()
    outbox.end_test(outbox.owe_test(channel, NOON), NOON)
    assert notices.total().dead == 0 and notices.log(state="dead").entries == []
    assert len(notices.log().entries) == 1


def test_each_channel_says_how_it_fares() -> None:
    one = notices_owed.channel("one")
    notices_owed.channel("two", enabled=False)
    owe(1)
    tried(one, "server_error", 0, detail="hooks.example.org answered 503 Service Unavailable")
    first, second = notices.channels()
    assert (first.total.owed, first.total.oldest_at) == (1, NOON)
    assert first.last == "the server failed — hooks.example.org answered 503 Service Unavailable"
    assert (second.total.owed, second.last) == (0, "not tried yet")


@pytest.mark.parametrize("outcome", ["ok", Attempt.REFUSED_BY_RECEIVER, Attempt.RETRY_ASKED, "timeout_body", "auth"])
def test_every_outcome_has_words(outcome: str) -> None:
    assert "_" not in notices.outcome_in_words(outcome)


def test_log_and_channels_cost_two_queries_each_whatever_is_in_them(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    channel = notices_owed.channel()
    notices_owed.channel("two", backup=channel)
    for number in range(5):
        owe(number)
    tried(channel, "ok", 0)
    with django_assert_num_queries(2):
        log = notices.log()
        assert [entry.notice.group.rule.key for entry in log.entries if entry.notice.group] == ["R20"] * 10
    with django_assert_num_queries(2):
        assert len(notices.channels()) == 2
    with django_assert_num_queries(1):
        notices.total()
