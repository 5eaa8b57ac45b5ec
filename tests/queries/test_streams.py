"""Streams in words: what is read, why one is not, and that nobody listens."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from collectors.errors import Outcome
from dashboard.models import Cluster, Stream
from dashboard.queries import streams
from dashboard.store import streams as store
from tests import builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db


def word(**columns: Any) -> tuple[str, str]:
    cluster = Cluster.objects.filter(name="prod").first() or builders.cluster()
    row = Stream(cluster=cluster, kind=Stream.Kind.MESOS, **columns)
    found = streams.standing(row, cluster, NOON)
    return found.state.word, found.reason


def test_a_stream_is_read_only_while_its_lease_holds() -> None:
    assert word(outcome=Outcome.OK, lease_until=later(5)) == ("Read", "")
    assert word(outcome=Outcome.OK, lease_until=later(-1))[0] == "No listener"
    assert word()[0] == "No listener"


def test_a_stream_that_broke_says_why_until_nobody_tries_again() -> None:
    state, reason = word(outcome=Outcome.REFUSED, detail="10.0.0.1 refused", next_try_at=later(10))
    assert state == "Not read" and reason == "connection refused — 10.0.0.1 refused"
    assert word(outcome=Outcome.REFUSED, next_try_at=later(-60))[0] == "No listener"


def test_a_stream_that_is_being_opened_or_is_not_offered_or_paused_says_so() -> None:
    assert word(lease_until=later(5))[0] == "Opening"
    assert word(outcome=Outcome.NOT_FOUND, detail="404", next_try_at=later(60))[0] == "Not offered"
    Cluster.objects.update(enabled=False)
    assert word(outcome=Outcome.OK, lease_until=later(5))[0] == "Paused"


def since(**columns: Any) -> Any:
    row = Stream(cluster=Cluster.objects.first() or builders.cluster(), kind=Stream.Kind.MESOS, **columns)
    return streams.standing(row, row.cluster, NOON).since


def test_twelve_seconds_after_a_killed_listeners_last_word_its_streams_are_nobodys() -> None:
    stream = Stream.objects.create(cluster=builders.cluster(), kind=Stream.Kind.MESOS)
    store.claim(stream, NOON)
    store.note(stream, opened=1, events=0, dropped=0, heard_at=NOON, now=NOON)
    at = {seconds: streams.everywhere(later(seconds))[0] for seconds in (11, 13)}
    assert at[11].is_read and at[11].since == NOON
    assert (at[13].state.word, at[13].since) == ("No listener", later(12)) and not at[13].is_read


def test_a_lease_of_a_clock_that_was_set_back_is_nobodys() -> None:
    assert word(outcome=Outcome.OK, lease_until=later(7200))[0] == "No listener"


def test_what_was_not_offered_may_be_by_now_where_nobody_tries() -> None:
    assert word(outcome=Outcome.NOT_FOUND, detail="404", next_try_at=later(-60))[0] == "No listener"


def test_since_when_is_that_of_the_state_and_not_of_what_was_before() -> None:
    assert since(outcome=Outcome.OK, since=later(-900), lease_until=later(5)) == later(-900)
    assert since(outcome=Outcome.OK, since=later(-900), lease_until=later(-30), heard_at=later(-33)) == later(-30)
    assert since(outcome=Outcome.OK, since=later(-900), heard_at=later(-40)) == later(-40), "given back"
    assert since(outcome=Outcome.REFUSED, since=later(-900), next_try_at=later(-60)) == later(-60)
    assert since(outcome=Outcome.REFUSED, since=later(-900), next_try_at=later(5)) == later(-900)
    assert since(lease_until=later(5)) is None and since() is None


def test_mesos_own_stream_comes_first() -> None:
    cluster = builders.cluster()
    Stream.objects.create(cluster=cluster, kind=Stream.Kind.MARATHON, key="marathon")
    Stream.objects.create(cluster=cluster, kind=Stream.Kind.MESOS)
    assert [one.title for one in streams.of(cluster, NOON)] == ["Mesos", "Marathon marathon"]


def test_the_metrics_tell_which_are_read(client: Client) -> None:
    Stream.objects.create(cluster=builders.cluster(), kind=Stream.Kind.MESOS, events=7)
    text = client.get("/metrics").content.decode()
    assert 'daytwo_stream_up{cluster="prod",key="",kind="mesos"} 0.0' in text
    assert 'daytwo_stream_events_total{cluster="prod",key="",kind="mesos"} 7.0' in text
