"""Mail, in plain text, over SMTP (RFC 5321), with STARTTLS or TLS from the start. Mails of one group are one thread."""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

from collectors.addresses import forbidden_address
from collectors.errors import Outcome
from dashboard.alerts.channels.sending import REFUSED_BY_RECEIVER, Call, Message, NotTaken

UNFOLDED = SMTP_POLICY.clone(max_line_length=998)
PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
MESSAGE_REFUSED = frozenset({550, 551, 552, 553, 554})
"""What a server says of this mail, not of itself."""


def send(call: Call, message: Message) -> str:
    """To all addresses in one mail. A server that takes it for some of them has taken it: the others are named."""
    try:
        mail = composed(call, message)
    except ValueError as error:
        raise NotTaken(REFUSED_BY_RECEIVER, f"It cannot be written as a mail: {error}", receiver_failed=False) from None
    addresses = [address.strip() for address in call.target.split(",")]
    try:
        with _session(call) as session:
            refused = session.send_message(mail, from_addr=call.sender, to_addrs=addresses)
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise _not_taken(error, _place(call)) from None
    if refused:
        return (
            f"taken for {len(addresses) - len(refused)} of {len(addresses)}, refused for {', '.join(sorted(refused))}"
        )
    return f"taken by {_place(call)}"


def composed(call: Call, message: Message) -> EmailMessage:
    """The mail; the same Message-ID at each try. ValueError where a header would hold a line break."""
    domain = call.sender.rpartition("@")[2]
    # Folded, a subject of some lengths would begin with a line break; coded words may not be longer than a line.
    mail = EmailMessage(policy=UNFOLDED if message.subject.isascii() else SMTP_POLICY)
    mail["From"] = call.sender
    mail["To"] = call.target
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(call.now)
    mail["Message-ID"] = f"<{message.key}@{domain}>"
    mail["In-Reply-To"] = mail["References"] = f"<{message.thread}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-DayTwo-Key"] = message.key
    mail.set_content(message.text)
    return mail


class GuardedSMTP(smtplib.SMTP):
    """Connects to an address that was looked at first, and to no other. This machine is allowed: mail servers live there."""

    ends_at: float

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return _connected(host, port, self.ends_at)


class GuardedSMTPS(smtplib.SMTP_SSL):
    ends_at: float

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        opened = _connected(host, port, self.ends_at)
        try:
            return self.context.wrap_socket(opened, server_hostname=host)
        except BaseException:
            opened.close()
            raise


def _connected(host: str, port: int, ends_at: float) -> socket.socket:
    failed: OSError = ConnectionError("no address")
    for family, kind, protocol, _, where in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if reason := forbidden_address(str(where[0])):
            failed = ConnectionError(reason)
            continue
        opened = socket.socket(family, kind, protocol)
        try:
            opened.settimeout(_left(ends_at))  # the resolver, which knows no deadline, may have used it up
            opened.connect(where)
            _left(ends_at)
        except OSError as error:
            opened.close()
            failed = error
        else:
            return opened
    raise failed


def _left(ends_at: float) -> float:
    """Seconds; TimeoutError where there are none: another sender may have the notice by now."""
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


@contextmanager
def _session(call: Call) -> Iterator[smtplib.SMTP]:
    """A session ready for mail. A watchdog ends it at the deadline, for smtplib's own timeout starts again at each line."""
    parts = urlsplit(call.server)
    scheme, host = parts.scheme, parts.hostname or ""
    context = ssl.create_default_context()
    left = call.deadline_seconds
    session: Any = GuardedSMTPS(timeout=left, context=context) if scheme == "smtps" else GuardedSMTP(timeout=left)
    session.ends_at = time.monotonic() + left
    session._host = host  # the name a certificate must have; smtplib sets it only where it connects by itself
    over = Event()
    Thread(target=_cut, args=[session, over, left], daemon=True).start()
    try:
        session.connect(host, parts.port or PORTS[scheme])
        if scheme == "smtp+tls":
            session.starttls(context=context)
        if call.login and call.secret:
            session.login(call.login, call.secret)
        yield session
        with suppress(smtplib.SMTPException, OSError):
            session.quit()  # the mail was taken before: a server that forgets to say goodbye changes nothing
    finally:
        over.set()
        session.close()


def _cut(session: smtplib.SMTP, over: Event, seconds: float) -> None:
    """The watchdog: what reads or writes there after so long fails at once. It bites again, for a socket may be new."""
    wait_seconds = seconds
    while not over.wait(wait_seconds):
        opened, wait_seconds = getattr(session, "sock", None), 0.1
        if opened is not None:
            with suppress(OSError):
                socket.socket.shutdown(opened, socket.SHUT_RDWR)


def _place(call: Call) -> str:
    return urlsplit(call.server).netloc


def _not_taken(error: Exception, place: str) -> NotTaken:
    """What a server said is shown as its code only: texts may quote a password or a mail."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = {code for code, _ in error.recipients.values()}
        own = codes <= MESSAGE_REFUSED
        said = f"{place} refused all addresses ({', '.join(map(str, sorted(codes)))})"
        return NotTaken(REFUSED_BY_RECEIVER if own else str(Outcome.SERVER_ERROR), said, receiver_failed=not own)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return NotTaken(str(Outcome.AUTH), f"{place} refused login or password ({error.smtp_code})")
    if isinstance(error, smtplib.SMTPResponseException):
        own = error.smtp_code in MESSAGE_REFUSED
        said = f"{place} answered {error.smtp_code}"
        return NotTaken(REFUSED_BY_RECEIVER if own else str(Outcome.SERVER_ERROR), said, receiver_failed=not own)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return NotTaken(str(Outcome.TLS_PROTOCOL), f"{place} offers no STARTTLS or no login: {error}")
    return NotTaken(*_of_transport(error, place))


def _of_transport(error: Exception, place: str) -> tuple[str, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(Outcome.TLS_UNTRUSTED), f"The certificate of {place} is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return str(Outcome.TLS_PROTOCOL), f"No secure connection to {place} could be agreed on: {error.reason}"
    if isinstance(error, socket.gaierror | UnicodeError):
        return str(Outcome.DNS), f"The name in {place} does not resolve"
    if isinstance(error, ConnectionRefusedError):
        return str(Outcome.REFUSED), f"{place} refused the connection: nothing listens there"
    if isinstance(error, TimeoutError | smtplib.SMTPServerDisconnected):
        return str(Outcome.TIMEOUT_BODY), f"{place} gave no whole answer in time or hung up"
    return str(Outcome.UNREACHABLE), f"{place} cannot be reached: {error}"
