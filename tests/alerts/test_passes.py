"""What passes of the outbox may cost the worker that also polls, and what ends one early."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import DatabaseError
from pytest_django import Settings

from dashboard.alerts import deliver
from dashboard.models import Notice
from dashboard.store import outbox
from tests import notices_owed, patience
from tests.builders import NOON
from tests.faults.server import FaultServer, answer
from tests.patience import HANG_SECONDS

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Settings) -> Iterator[FaultServer]:
    settings.ALLOW_LOOPBACK = True
    with FaultServer({"/ok": answer()}) as server:
        yield server


def test_however_many_passes_are_asked_for_only_a_few_wait_for_receivers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass that hangs costs the worker a thread, and passes are due every three seconds."""
    hanging = Event()
    monkeypatch.setattr(outbox, "give_up", lambda now: hanging.wait(2 * HANG_SECONDS))
    monkeypatch.setattr(outbox, "ready", lambda now, most: [])
    with ThreadPoolExecutor(24) as worker:
        passes = [worker.submit(deliver.send_due, lambda: NOON) for _ in range(24)]
        try:
            most = 24 - deliver.MOST_PASSES
            patience.until(lambda: sum(one.done() for one in passes) >= most, what="passes that are left to others")
            assert sum(not one.done() for one in passes) == deliver.MOST_PASSES
        finally:
            hanging.set()
    assert [one.result() for one in passes] == [0] * 24


def test_a_database_that_is_busy_for_one_channel_leaves_what_others_were_sent_marked(
    receiver: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    well = notices_owed.channel("a", target=f"{receiver.url}/ok")
    busy = notices_owed.channel("b", target=f"{receiver.url}/ok")
    notices_owed.owe(notices_owed.group())
    claim = outbox.claim

    def claimed(channel_id: int, now: object) -> Notice | None:
        if channel_id == busy.pk:
            raise DatabaseError("database is locked")
        return claim(channel_id, NOON)

    monkeypatch.setattr(outbox, "claim", claimed)
    assert deliver.send_due(lambda: NOON) == 1
    assert Notice.objects.get(channel=well).sent_at == NOON and Notice.objects.get(channel=busy).sent_at is None


def test_tests_that_hang_leave_threads_for_pages(receiver: FaultServer) -> None:
    ops = notices_owed.channel("ops", target=f"{receiver.url}/ok")
    held = [deliver._TESTS.acquire(blocking=False) for _ in range(2)]
    ended = deliver.test(ops, lambda: NOON)
    for _ in held:
        deliver._TESTS.release()
    assert not ended.taken and "are under way" in ended.detail and receiver.seen == []
    assert deliver.test(ops, lambda: NOON).taken
