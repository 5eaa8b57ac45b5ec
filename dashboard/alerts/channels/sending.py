"""What every receiver is handed, and the two ways in which it can answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from collectors.errors import PollError
from collectors.posting import Poster
from dashboard.models import Attempt

DEADLINE_SECONDS = 15.0
"""For all of one try, name and connection included: well within the lease of a notice."""
REFUSED_BY_RECEIVER = Attempt.REFUSED_BY_RECEIVER
BROKEN_RECEIVER = frozenset({401, 403, 404, 405, 408, 410, 425, 429})
"""Statuses below 500 that any other notice would be answered with too."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One alert of a message. Times are UTC."""

    subject: str
    """What the rule tells its alerts apart by; empty for the cluster as a whole."""
    name: str
    host: str
    state: str
    severity: str
    sentence: str
    value: float | None
    limit: float | None
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Message:
    """A notice as it was written when it was owed: the same at each try."""

    key: str
    thread: str
    kind: str
    severity: str
    cluster: str
    """Its name; empty for a test."""
    rule: str
    rule_name: str
    subject: str
    text: str
    alerts: int
    lines: Sequence[Line]
    created_at: datetime
    url: str
    """Where to look; empty where nobody said how Day Two is reached."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One try: to whom, with which secret, by when."""

    target: str
    server: str = ""
    login: str = ""
    sender: str = ""
    secret: str | None = field(default=None, repr=False)
    now: datetime
    deadline_seconds: float = DEADLINE_SECONDS
    allow_here: bool = False
    """Whether the receiver may be this machine."""


class NotTaken(Exception):
    """The receiver did not take it, for a reason in words that holds no secret.

    `receiver_failed` says whether another message would have fared no better.
    """

    def __init__(self, outcome: str, detail: str, *, receiver_failed: bool = True) -> None:
        super().__init__(f"{outcome}: {detail}")
        self.outcome = outcome
        self.detail = detail
        self.receiver_failed = receiver_failed


class Receiver(Protocol):
    """A kind of channel. It touches no database, keeps the deadline, and may be called from any thread."""

    def __call__(self, call: Call, message: Message) -> str:
        """Send; what the receiver said, in a few words. Raises NotTaken."""
        ...


def tell(call: Call, url: str, body: bytes | None, headers: Mapping[str, str]) -> str:
    """One HTTP exchange through the guarded client. Raises NotTaken."""
    try:
        with Poster(deadline_seconds=call.deadline_seconds, headers=headers, allow_here=call.allow_here) as poster:
            return f"answered {poster.tell(url, body)}"
    except PollError as error:
        status = error.http_status
        own_fault = status is not None and 400 <= status < 500 and status not in BROKEN_RECEIVER
        outcome = str(error.outcome) if not own_fault else REFUSED_BY_RECEIVER
        raise NotTaken(outcome, error.detail, receiver_failed=not own_fault) from None
