"""Wishes for a poll: collected while it is too soon for one, never lost, and each granted once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from dashboard.models import Cluster, Poll
from dashboard.store import looks

Send = Callable[[str, int, float], bool]
"""A task's name, its id and after how many seconds it is worth nothing; False where no broker took it."""
POLL_WITHIN_SECONDS = 30.0


class Wishes:
    """Of one listener, for all clusters."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: set[tuple[int, str]] = set()
        self._not_before: dict[tuple[int, str], datetime] = {}

    def add(self, cluster: Cluster, sources: Iterable[str]) -> None:
        self._waiting.update((cluster.pk, source) for source in sources if looks.is_offered(cluster, source))

    def grant(self, now: datetime) -> list[Poll]:
        """Open the polls whose time has come and tell a worker; returns them. What is paused or gone wishes for nothing."""
        due = [wish for wish in self._waiting if self._not_before.get(wish, now) <= now]
        clusters = Cluster.objects.filter(enabled=True).in_bulk({cluster for cluster, _ in due}) if due else {}
        opened = []
        for wish in sorted(due):
            cluster = clusters.get(wish[0])
            if cluster is not None:
                opened += self._grant(cluster, wish[1], now)
            else:
                self._waiting.discard(wish)
        return opened

    def _grant(self, cluster: Cluster, source: str, now: datetime) -> list[Poll]:
        wish = (cluster.pk, source)
        if looks.is_waiting(cluster, source, now):
            self._waiting.discard(wish)
            return []
        poll = looks.ask(cluster, source, now)
        if poll is None:
            return []
        self._waiting.discard(wish)
        self._not_before[wish] = now + timedelta(seconds=looks.rest_seconds(cluster, source))
        if not self._send("dashboard.tasks.poll", poll.pk, POLL_WITHIN_SECONDS):
            looks.unsend(poll)
        return [poll]
