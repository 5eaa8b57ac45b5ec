"""The process that sends one message by apprise: an order on standard input, an answer on standard output.

`python -m dashboard.alerts.apprise_sender`; no Django here, no database, no settings, so that it starts in a moment. What a
service's code may do is bounded by the interpreter's own audit events: where it connects, what it reads, that it starts nothing.
"""

from __future__ import annotations

import logging
import math
import os
import re
import resource
import signal
import sys
import sysconfig
import threading
from typing import Any

import msgspec

from collectors.addresses import forbidden_address, is_address
from collectors.posting import is_ours

LONGEST_ORDER = 256 * 1024
MOST_MEMORY_BYTES = 512 * 1024 * 1024
"""An answer is read whole by a service's code, however long it is."""
CALL = re.compile(r"<(?=[!@#&/A-Za-z])|@(?=(?:everyone|channel|here|all)\b)|\](?=[(\[])", re.IGNORECASE)
SENDS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
STARTS = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"})
SYSTEMS_OWN = ("/dev/", "/etc/ssl/", "/etc/pki/", "/etc/mime.types", "/etc/os-release", "/usr/")
PYTHONS_OWN = (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values())
READABLE = (*SYSTEMS_OWN, *(f"{os.path.realpath(root)}/" for root in PYTHONS_OWN))
"""Where the system and Python keep what any program reads. What an account, a volume or Day Two itself holds is not there."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    title: str
    body: str
    kind: str
    """Of the notice: a recovery is shown as good news."""
    allow_here: bool
    deadline_seconds: float


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    taken: bool
    said: str


class Refused(ConnectionError):
    """What is not done here; to the service's code something that failed."""


def main() -> None:
    order = msgspec.json.decode(sys.stdin.buffer.read(LONGEST_ORDER), type=Order)
    bound(order.deadline_seconds)
    logging.disable(logging.CRITICAL)  # apprise's log may quote the URL
    sys.stdout.buffer.write(msgspec.json.encode(answered(order)))


def bound(seconds: float) -> None:
    """This process ends by itself, also when whoever started it was killed, and takes no more memory than it may."""
    signal.alarm(math.ceil(seconds) + 1)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


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
        failed = f"The service's code failed ({type(error).__name__})"
        return Answer(taken=False, said=str(error) if isinstance(error, Refused) else failed)
    name = str(service.service_name)[:100]
    if taken:
        return Answer(taken=True, said=f"{name} took it")
    return Answer(taken=False, said=refused[-1] if refused else f"{name} did not take it")


def calling_nobody(text: str) -> str:
    """The text without what chat programs take for a call to somebody, or for a link that hides where it leads.

    A cluster's words ring at nobody's, and look like nothing else than what they are.
    """
    return CALL.sub(lambda found: f"{found[0]} ", text)


def guard(refused: list[str], *, allow_here: bool) -> None:
    """From now on this process sends nothing to a place that notices never go to, reads no file but Python's and the system's,
    and starts no other."""
    looking = threading.local()

    def why_not(event: str, arguments: tuple[Any, ...]) -> str:
        if event in SENDS:
            return _sending(arguments[1], allow_here=allow_here)
        if event == "open":
            return _opening(arguments[0])
        return "The service would start a program on this machine" if event in STARTS else ""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if (event not in SENDS and event not in STARTS and event != "open") or getattr(looking, "up", False):
            return
        looking.up = True  # the routing table is asked by a socket too
        try:
            reason = why_not(event, arguments)
        finally:
            looking.up = False
        if reason:
            refused.append(reason)
            raise Refused(reason)

    sys.addaudithook(hook)


def _sending(address: Any, *, allow_here: bool) -> str:
    """Why nothing goes to this socket address; empty where it may. What is no tuple is a Unix socket's path."""
    if address is None:
        return ""  # of a socket that was connected before
    if not isinstance(address, tuple):
        return "" if allow_here else "The service would be on this machine itself"
    host = str(address[0])
    if not is_address(host):
        return "The service's code has names looked up unseen: give it an address"
    if reason := forbidden_address(host):
        return reason
    if not allow_here and is_ours(host):
        return f"{host} is this machine itself, which DAYTWO_ALLOW_LOOPBACK would have to allow"
    return ""


def _opening(path: Any) -> str:
    """Why this file is not opened; empty where it may. A number is one that is open already."""
    if isinstance(path, int):
        return ""
    real = os.path.realpath(os.fsdecode(path))
    return "" if real.startswith(READABLE) else "The URL names a file of the machine Day Two runs on"


if __name__ == "__main__":
    main()
