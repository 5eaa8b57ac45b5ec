from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from dashboard.alerts import deliver
from dashboard.alerts.beat import beat
from dashboard.alerts.channels.sending import DEADLINE_SECONDS
from dashboard.models import Channel, Cluster, Poll, Watch
from tests import builders, notices_owed
from tests.builders import NOON, later
from tests.faults.server import HUNG_SECONDS, Connection, FaultServer, answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def switch(settings: Settings) -> Iterator[FaultServer]:
    settings.ALLOW_LOOPBACK = True
    with FaultServer({"/hush": answer(b"OK")}) as server:
        notices_owed.channel("beat", kind=Channel.Kind.DEAD_MAN, target="http://…", secret=f"{server.url}/hush")
        yield server


def well(at: datetime) -> Cluster:
    """A cluster that was judged and polled just now."""
    cluster = Cluster.objects.first() or builders.cluster()
    Watch.objects.update_or_create(cluster=cluster, defaults={"evaluated_at": at})
    Poll.objects.create(cluster=cluster, source="masters", due_at=at, sent_at=at, ended_at=at)
    return cluster


def at(moment: datetime) -> int:
    return beat(lambda: moment)


def test_while_day_two_is_well_it_beats_once_a_period(switch: FaultServer) -> None:
    well(NOON)
    assert [at(NOON), at(later(2)), at(later(58))] == [1, 0, 0]
    well(later(60))
    assert at(later(60)) == 1
    assert [(seen.method, seen.path) for seen in switch.seen] == [("GET", "/hush")] * 2


def test_rules_that_were_not_judged_for_a_minute_are_silence_with_a_reason(switch: FaultServer) -> None:
    well(NOON)
    assert at(later(61)) == 0 and switch.seen == []
    channel = Channel.objects.get()
    assert channel.last_outcome == "held_back"
    assert channel.last_detail == "The rules of prod were last judged 1\u00a0min\u00a0ago"
    well(later(62))
    assert at(later(62)) == 1


def test_a_cluster_that_was_never_judged_is_silence(switch: FaultServer) -> None:
    builders.cluster()
    assert at(NOON) == 0 and "not been judged yet" in Channel.objects.get().last_detail


def test_a_dispatcher_that_stands_still_is_silence(switch: FaultServer) -> None:
    cluster = well(NOON)
    Watch.objects.filter(cluster=cluster).update(evaluated_at=NOON + timedelta(minutes=6))
    assert at(NOON + timedelta(minutes=6)) == 0
    assert "handed to a worker" in Channel.objects.get().last_detail


def test_a_paused_cluster_keeps_nobody_silent(switch: FaultServer) -> None:
    builders.cluster(enabled=False)
    assert at(NOON) == 1


def test_a_switch_that_is_off_is_told_nothing(switch: FaultServer) -> None:
    well(NOON)
    Channel.objects.update(enabled=False)
    assert at(NOON) == 0


def test_a_switch_that_fails_is_noted_without_its_url(switch: FaultServer) -> None:
    well(NOON)
    switch.scripts["/hush"] = answer(status="500 Oops")
    assert at(NOON) == 0
    channel = Channel.objects.get()
    assert channel.last_outcome == "server_error" and "hush" not in channel.last_detail


def test_a_test_of_a_switch_is_a_beat(switch: FaultServer) -> None:
    assert deliver.test(Channel.objects.get(), lambda: NOON).taken and len(switch.seen) == 1


def test_a_clock_that_was_set_back_an_hour_is_beaten_by_as_soon_as_day_two_was_seen_well_by_it(
    switch: FaultServer,
) -> None:
    well(NOON)
    assert at(NOON) == 1
    hour_before = NOON - timedelta(hours=1)
    assert at(hour_before) == 0, "that it was well by the old clock says nothing"
    well(hour_before + timedelta(seconds=15))
    assert at(hour_before + timedelta(seconds=20)) == 1


def test_a_switch_that_hangs_delays_no_other(switch: FaultServer) -> None:
    arrived, all_there = list[float](), threading.Event()

    def slow(to: Connection) -> None:
        arrived.append(time.monotonic())
        if len(arrived) == 3:
            all_there.set()
        all_there.wait(HUNG_SECONDS)

    switch.scripts["/slow"] = slow
    for number in range(3):
        secret = f"{switch.url}/slow"
        notices_owed.channel(f"slow {number}", kind=Channel.Kind.DEAD_MAN, target="http://…", secret=secret)
    well(NOON)
    assert at(NOON) == 1
    assert max(arrived) - min(arrived) < DEADLINE_SECONDS, "none waited for the end of another"
    assert Channel.objects.filter(failures_in_row=1).count() == 3


def test_a_database_that_takes_no_write_is_silence(switch: FaultServer) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("how a database is made read-only is SQLite's here")
    well(NOON)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
        try:
            with pytest.raises(DatabaseError), transaction.atomic():
                at(NOON)
        finally:
            cursor.execute("PRAGMA query_only = OFF")
    assert switch.seen == []


def test_notices_that_nobody_tries_to_send_are_silence(switch: FaultServer) -> None:
    ops = notices_owed.channel("ops")
    well(NOON)
    [notice] = notices_owed.owe(notices_owed.group())
    assert at(NOON + timedelta(seconds=59)) == 1
    later_on = NOON + timedelta(minutes=15)
    well(later_on)
    assert at(later_on) == 0 and "nobody tries to send" in Channel.objects.get(name="beat").last_detail
    Channel.objects.filter(pk=ops.pk).update(last_tried_at=later_on)
    assert at(later_on) == 1, f"the channel is told something, only not {notice.key} yet"
