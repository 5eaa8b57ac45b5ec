"""Who has a stream, and how it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Protocol

from collectors.addresses import check_url, may_ask, origin_of
from collectors.client import Answer, Client
from collectors.decoding import Dropped
from collectors.each_marathon import in_words
from collectors.errors import Outcome, PollError
from collectors.records import StreamRecord
from collectors.streams import marathon, mesos
from collectors.streams.transfer import Transfer
from collectors.target import ANSWERED_OR_SENT_ON, MarathonPlace, Target, through_leader

MARATHON_PORTS = frozenset({8080, 8443})
SENT_ON = frozenset({302, 307})
HAS_NONE = frozenset({HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_ACCEPTABLE})
EVENT_STREAM = "text/event-stream"
MOST_HOPS = 3


class Events(Protocol):
    """A stream's decoder."""

    silent_seconds: float
    """Who sends nothing at all for so long is not there any more."""

    def feed(self, chunk: bytes, taken_at: datetime) -> Iterator[StreamRecord]:
        """The records that these bytes complete, in order. PollError where they make no sense any more."""


def open_mesos(
    transfer: Transfer, client: Client, target: Target, known_masters: tuple[str, ...], dropped: Dropped
) -> mesos.MesosEvents:
    """The leading master's stream, found as every question to it is. PollError."""
    ask = partial(transfer.begin, client, accept="application/json", body=mesos.CALL, sent_on=ANSWERED_OR_SENT_ON)
    answer = through_leader(target, "/api/v1", ask, known_masters=known_masters)
    return mesos.MesosEvents(answer.url, dropped)


def open_marathon(
    transfer: Transfer, client: Client, target: Target, known_masters: tuple[str, ...], dropped: Dropped, *, key: str
) -> marathon.MarathonEvents:
    """The stream of the Marathon of this key. PollError."""
    place = next((place for place in target.marathons if place.key == key), None)
    if place is None:
        raise PollError(Outcome.NOT_FOUND, f"No Marathon of this cluster is called {key}", url=target.url)
    url = place.url
    for _ in range(MOST_HOPS):
        answer = ask_marathon(transfer, client, url)
        if answer.status not in SENT_ON:
            return marathon.MarathonEvents(answer.url, dropped)
        url = leading_marathon(target, place, answer, known_masters)
    raise PollError(Outcome.NOT_LEADER, "The Marathons send us round in circles: none of them leads", url=place.url)


def ask_marathon(transfer: Transfer, client: Client, url: str) -> Answer:
    """Its stream, or where it sends its readers. PollError, in words about Marathons."""
    try:
        answer = transfer.begin(client, url + marathon.PATH, accept=EVENT_STREAM, body=None, sent_on=SENT_ON)
    except PollError as error:
        if error.http_status in HAS_NONE:
            detail = f"This Marathon has no stream of events, it is polled only ({error.detail})"
            raise PollError(Outcome.NOT_FOUND, detail, url=error.url, http_status=error.http_status) from None
        raise in_words(error) from None
    said = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if answer.status == HTTPStatus.OK and said != EVENT_STREAM:
        detail = f"Got {said[:100] or 'something'!r} instead of events: is the URL right, and is the login still good?"
        raise PollError(Outcome.NOT_JSON, detail, url=answer.url)
    return answer


def leading_marathon(target: Target, place: MarathonPlace, answer: Answer, known_masters: tuple[str, ...]) -> str:
    """Where a Marathon from 1.7 on sends its readers: the instance that leads, by an address of the inside.

    It may be asked where it is registered, or is Marathon's port on a master; the path stays ours. PollError.
    """
    location = answer.headers.get("location", "")
    try:
        check_url(location)
    except ValueError:
        detail = "Marathon's answer names no leader that can be asked"
        raise PollError(Outcome.REDIRECT_REFUSED, detail, url=answer.url, http_status=answer.status) from None
    named = origin_of(location)
    for url in (place.url, *target.marathon_urls):
        if origin_of(url) == named:
            return url
    if named.host in known_masters and named.port in MARATHON_PORTS and may_ask(named.url):
        return named.url
    detail = (
        f"Marathon sends its readers on to {named.host}:{named.port}, which is not registered: it is polled only. "
        "Register that address as a Marathon of this cluster to hear its events at once"
    )
    raise PollError(Outcome.REDIRECT_REFUSED, detail, url=answer.url, http_status=answer.status)
