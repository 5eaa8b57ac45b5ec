"""Slack, PagerDuty, Telegram, Teams and the hundred others that apprise knows by URL: sent by a process of its own.

So the deadline is true whatever a service's code does, its memory leaves with it, and the URL, which is the secret, goes through
a pipe instead of the list of processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

import msgspec
from django.conf import settings

from dashboard.alerts.apprise_sender import Answer, Order
from dashboard.alerts.channels.sending import REFUSED_BY_RECEIVER, Call, Message, NotTaken

SENDER = "dashboard.alerts.apprise_sender"
MOST_AT_ONCE = 4
"""Processes of a worker: each takes 60 MB and a second of a processor."""
PASSED_ON = frozenset(
    {
        *("PATH", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    }
)
"""Of the environment, which also holds Day Two's own secrets."""


def send(call: Call, message: Message) -> str:
    if not call.secret:
        raise NotTaken("wrong_shape", "No URL was given for it")
    order = Order(
        url=call.secret,
        title=message.subject,
        body=message.text,
        kind=message.kind,
        allow_here=call.allow_here,
        deadline_seconds=call.deadline_seconds,
    )
    with _one_of_few(call.deadline_seconds) as left_seconds:
        answer = _asked(order, left_seconds)
    if not answer.taken:
        raise NotTaken(REFUSED_BY_RECEIVER, answer.said)
    return answer.said


_FEW = BoundedSemaphore(MOST_AT_ONCE)


@contextmanager
def _one_of_few(deadline_seconds: float) -> Iterator[float]:
    """The seconds that are left once it is this message's turn."""
    began = time.monotonic()
    if not _FEW.acquire(timeout=deadline_seconds / 2):
        said = f"{MOST_AT_ONCE} others were being sent and took long; it was not tried"
        raise NotTaken("internal_error", said, receiver_failed=False)
    try:
        yield deadline_seconds - (time.monotonic() - began)
    finally:
        _FEW.release()


def environment() -> dict[str, str]:
    """What the process is told: how Python runs here and how the world is reached, no credential of this machine's account."""
    return {**{name: value for name, value in os.environ.items() if name in PASSED_ON}, "NETRC": os.devnull}


def _asked(order: Order, deadline_seconds: float) -> Answer:
    try:
        done = subprocess.run(  # noqa: S603  our own module, nothing of the message is among the arguments
            [sys.executable, "-m", SENDER],
            input=msgspec.json.encode(order),
            capture_output=True,
            timeout=deadline_seconds,
            check=False,
            cwd=settings.BASE_DIR,
            env=environment(),
        )
    except subprocess.TimeoutExpired:
        raise NotTaken("timeout_body", f"The service gave no whole answer within {deadline_seconds:.0f} s") from None
    except OSError as error:
        raise NotTaken("internal_error", f"No process could be started: {error.strerror}") from None
    try:
        return msgspec.json.decode(done.stdout, type=Answer)
    except msgspec.DecodeError:
        raise NotTaken("internal_error", f"The sending process ended with {done.returncode}") from None
