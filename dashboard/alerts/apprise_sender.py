"""The process that sends one message by apprise: an order on standard input, an answer on standard output.

`python -m dashboard.alerts.apprise_sender`; no Django here, no database, no settings, so that it starts in a moment.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from typing import Any

import msgspec

from collectors.addresses import forbidden_address
from collectors.posting import is_ours

LONGEST_ORDER = 256 * 1024
CALL = re.compile(r"<(?=[!@#&])|@(?=(?:everyone|channel|here|all)\b)", re.IGNORECASE)


class Order(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    title: str
    body: str
    kind: str
    """Of the notice: a recovery is shown as good news."""
    allow_here: bool


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    taken: bool
    said: str


class Refused(ConnectionError):
    """A connection that is not made; to the service's code one that failed."""


def main() -> None:
    order = msgspec.json.decode(sys.stdin.buffer.read(LONGEST_ORDER), type=Order)
    logging.disable(logging.CRITICAL)  # apprise's log may quote the URL
    sys.stdout.buffer.write(msgspec.json.encode(answered(order)))


def answered(order: Order) -> Answer:
    """Send. Why apprise failed it does not say; that a place was refused here is said."""
    refused: list[str] = []
    guard(refused, allow_here=order.allow_here)
    import apprise

    try:
        service = apprise.Apprise.instantiate(order.url, asset=apprise.AppriseAsset(app_id="Day Two"))
        if service is None:
            return Answer(taken=False, said="It is no URL that apprise understands: see its list of services")
        notify_type = apprise.NotifyType.SUCCESS if order.kind == "recovery" else apprise.NotifyType.WARNING
        if service.overflow_mode == apprise.OverflowMode.UPSTREAM:
            service.overflow_mode = apprise.OverflowMode.TRUNCATE  # a service refuses what is longer than it takes
        taken = bool(
            service.notify(
                title=calling_nobody(order.title),
                body=calling_nobody(order.body),
                notify_type=notify_type,
                body_format=apprise.NotifyFormat.TEXT,
            )
        )
    except Exception as error:
        # Of a service's code anything may come; its text may hold the URL.
        return Answer(taken=False, said=f"The service's code failed ({type(error).__name__})")
    name = str(service.service_name)[:100]
    if taken:
        return Answer(taken=True, said=f"{name} took it")
    return Answer(taken=False, said=refused[-1] if refused else f"{name} did not take it")


def calling_nobody(text: str) -> str:
    """The text without what chat programs take for a call to somebody or to all: a cluster's words ring at nobody's."""
    return CALL.sub(lambda found: f"{found[0]} ", text)


def guard(refused: list[str], *, allow_here: bool) -> None:
    """From now on no socket of this process is connected to a place that notices never go to."""

    looking = threading.local()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "socket.connect" or getattr(looking, "up", False):
            return
        looking.up = True  # the routing table is asked by a socket too
        try:
            reason = _refusal(arguments[1], allow_here=allow_here)
        finally:
            looking.up = False
        if reason:
            refused.append(reason)
            raise Refused(reason)

    sys.addaudithook(hook)


def _refusal(address: Any, *, allow_here: bool) -> str:
    """Why this socket address is not connected to; empty where it is. What is no tuple is a Unix socket's path."""
    if not isinstance(address, tuple):
        return "" if allow_here else "The service would be on this machine itself"
    host = str(address[0])
    if reason := forbidden_address(host):
        return reason
    if not allow_here and is_ours(host):
        return f"{host} is this machine itself, which DAYTWO_ALLOW_LOOPBACK would have to allow"
    return ""


if __name__ == "__main__":
    main()
