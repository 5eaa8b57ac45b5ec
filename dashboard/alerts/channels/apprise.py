"""Slack, PagerDuty, Telegram, Teams and the hundred others that apprise knows by URL: sent by a process of its own.

So the deadline is true whatever a service's code does, its memory leaves with it, and the URL, which is the secret, goes through
a pipe instead of the list of processes.
"""

from __future__ import annotations

import subprocess
import sys

import msgspec
from django.conf import settings

from dashboard.alerts.apprise_sender import Answer, Order
from dashboard.alerts.channels.sending import REFUSED_BY_RECEIVER, Call, Message, NotTaken

SENDER = "dashboard.alerts.apprise_sender"


def send(call: Call, message: Message) -> str:
    if not call.secret:
        raise NotTaken("wrong_shape", "No URL was given for it")
    order = Order(
        url=call.secret, title=message.subject, body=message.text, kind=message.kind, allow_here=call.allow_here
    )
    answer = _asked(order, call.deadline_seconds)
    if not answer.taken:
        raise NotTaken(REFUSED_BY_RECEIVER, answer.said)
    return answer.said


def _asked(order: Order, deadline_seconds: float) -> Answer:
    try:
        done = subprocess.run(  # noqa: S603  our own module, nothing of the message is among the arguments
            [sys.executable, "-m", SENDER],
            input=msgspec.json.encode(order),
            capture_output=True,
            timeout=deadline_seconds,
            check=False,
            cwd=settings.BASE_DIR,
        )
    except subprocess.TimeoutExpired:
        raise NotTaken("timeout_body", f"The service gave no whole answer within {deadline_seconds:g} s") from None
    except OSError as error:
        raise NotTaken("internal_error", f"No process could be started: {error.strerror}") from None
    try:
        return msgspec.json.decode(done.stdout, type=Answer)
    except msgspec.DecodeError:
        raise NotTaken("internal_error", f"The sending process ended with {done.returncode}") from None
