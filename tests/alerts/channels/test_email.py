from __future__ import annotations

import email
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from dashboard.alerts.channels import email as channel
from dashboard.alerts.channels.sending import Call, NotTaken
from tests.alerts.channels.messages import call, message
from tests.faults.server import HUNG_SECONDS, free_port


@dataclass
class Mailbox:
    """What the server took, and what it says instead of taking it."""

    taken: list[tuple[list[str], bytes]] = field(default_factory=list)
    refuse_mail: str = ""
    refuse_data: str = ""
    refused_recipients: tuple[str, ...] = ()
    logins: list[bytes] = field(default_factory=list)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.refuse_mail:
            return self.refuse_mail
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address in self.refused_recipients:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuse_data:
            return self.refuse_data
        self.taken.append((envelope.rcpt_tos, envelope.content))
        return "250 taken"

    def mails(self) -> list[EmailMessage]:
        return [email.message_from_bytes(content, policy=default) for _, content in self.taken]

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.logins.append(data.password)
        return AuthResult(success=data.password == b"right", handled=False)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def certificate(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


Serve = Callable[..., int]


@pytest.fixture
def serve(mailbox: Mailbox) -> Iterator[Serve]:
    """Starts a real SMTP server on loopback and returns its port."""
    running: list[Controller] = []

    def start(**options: Any) -> int:
        controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        running.append(controller)
        return int(controller.port)

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture
def trusting(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This system trusts the authority, as it would one that the operator installed."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


def mail_call(server: str, **said: Any) -> Call:
    said = {"sender": "daytwo@example.org", **said}
    return call("ops@example.org, oncall@example.org", server=server, **said)


def test_a_mail_is_plain_text_to_all_addresses_and_says_what_the_notice_says(mailbox: Mailbox, serve: Serve) -> None:
    said = channel.send(mail_call(f"smtp://127.0.0.1:{serve()}"), message())
    [(recipients, _)], [mail] = mailbox.taken, mailbox.mails()
    assert recipients == ["ops@example.org", "oncall@example.org"] and said.startswith("taken by 127.0.0.1")
    assert mail["Subject"] == "CRITICAL prod: memory of 10.0.0.1 is 91 % allocated"
    assert mail.get_content_type() == "text/plain" and mail.get_content().strip() == "CRITICAL on prod"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_mails_of_one_group_are_one_thread_and_a_repeated_one_has_the_same_id(mailbox: Mailbox, serve: Serve) -> None:
    where = mail_call(f"smtp://127.0.0.1:{serve()}")
    for key in ("key-1", "key-1", "key-2"):
        channel.send(where, message(key=key))
    first, repeated, recovery = mailbox.mails()
    assert first["Message-ID"] == repeated["Message-ID"] == "<key-1@example.org>" != recovery["Message-ID"]
    assert first["References"] == recovery["References"] == "<group-1-0-channel-1@example.org>"


def test_a_line_break_cannot_add_a_header(mailbox: Mailbox, serve: Serve) -> None:
    where = mail_call(f"smtp://127.0.0.1:{serve()}")
    for evil in (message(subject="x\r\nBcc: all@example.org"), message(subject="x\nBcc: all@example.org")):
        with pytest.raises(NotTaken) as caught:
            channel.send(where, evil)
        assert not caught.value.receiver_failed
    for sender in ("ops@example.org\r\nBcc: all@example.org", "daytwo@example.org\nX-A: b"):
        with pytest.raises(NotTaken):
            channel.send(mail_call(where.server, sender=sender), message())
    assert mailbox.taken == []


def test_a_line_of_one_dot_does_not_end_a_mail(mailbox: Mailbox, serve: Serve) -> None:
    channel.send(mail_call(f"smtp://127.0.0.1:{serve()}"), message(text="one\n.\ntwo\n"))
    assert mailbox.mails()[0].get_content().split() == ["one", ".", "two"]


def test_greylisting_is_the_servers_and_a_refused_mail_is_the_mails(mailbox: Mailbox, serve: Serve) -> None:
    where = mail_call(f"smtp://127.0.0.1:{serve()}")
    mailbox.refuse_mail = "451 come back later"
    with pytest.raises(NotTaken) as later:
        channel.send(where, message())
    mailbox.refuse_mail, mailbox.refuse_data = "", "554 looks like spam"
    with pytest.raises(NotTaken) as never:
        channel.send(where, message())
    assert (later.value.receiver_failed, later.value.outcome) == (True, "server_error")
    assert (never.value.receiver_failed, never.value.outcome) == (False, "refused_by_receiver")
    assert "451" in later.value.detail and "spam" not in never.value.detail


def test_a_server_that_refuses_one_of_two_addresses_has_taken_the_mail(mailbox: Mailbox, serve: Serve) -> None:
    mailbox.refused_recipients = ("oncall@example.org",)
    said = channel.send(mail_call(f"smtp://127.0.0.1:{serve()}"), message())
    assert said == "taken for 1 of 2, refused for oncall@example.org" and len(mailbox.taken) == 1
    mailbox.refused_recipients = ("oncall@example.org", "ops@example.org")
    with pytest.raises(NotTaken) as caught:
        channel.send(mail_call(f"smtp://127.0.0.1:{serve()}"), message())
    assert "refused all addresses (550)" in caught.value.detail


def test_a_server_without_starttls_gets_neither_password_nor_mail(mailbox: Mailbox, serve: Serve) -> None:
    port = serve(auth_require_tls=False, authenticator=mailbox.authenticate)
    with pytest.raises(NotTaken) as caught:
        channel.send(mail_call(f"smtp+tls://127.0.0.1:{port}", login="ops", secret="right"), message())
    assert caught.value.outcome == "tls_protocol" and mailbox.taken == [] and mailbox.logins == []


@pytest.mark.usefixtures("trusting")
def test_with_starttls_it_signs_in_and_sends(mailbox: Mailbox, serve: Serve, certificate: ssl.SSLContext) -> None:
    port = serve(tls_context=certificate, require_starttls=True, authenticator=mailbox.authenticate)
    where = {"server": f"smtp+tls://localhost:{port}", "login": "ops"}
    channel.send(mail_call(**where, secret="right"), message())
    assert len(mailbox.taken) == 1
    with pytest.raises(NotTaken) as caught:
        channel.send(mail_call(**where, secret="wrong"), message())
    assert caught.value.outcome == "auth" and "wrong" not in caught.value.detail


@pytest.mark.usefixtures("trusting")
def test_tls_from_the_start(mailbox: Mailbox, serve: Serve, certificate: ssl.SSLContext) -> None:
    channel.send(mail_call(f"smtps://localhost:{serve(ssl_context=certificate)}"), message())
    assert len(mailbox.taken) == 1


def test_a_certificate_of_nobody_we_trust_ends_it(mailbox: Mailbox, serve: Serve, certificate: ssl.SSLContext) -> None:
    for scheme, options in (("smtps", {"ssl_context": certificate}), ("smtp+tls", {"tls_context": certificate})):
        with pytest.raises(NotTaken) as caught:
            channel.send(mail_call(f"{scheme}://localhost:{serve(**options)}"), message())
        assert caught.value.outcome == "tls_untrusted"
    assert mailbox.taken == []


def test_a_server_that_drips_its_greeting_is_cut_at_the_deadline() -> None:
    stopping = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            caller, _ = listener.accept()
            with caller:
                while not stopping.wait(0.05):
                    try:
                        caller.sendall(b"2")
                    except OSError:
                        return

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(NotTaken) as caught:
            where = f"smtp://127.0.0.1:{listener.getsockname()[1]}"
            channel.send(mail_call(where, deadline_seconds=0.5), message())
        stopping.set()
    assert time.monotonic() - began < HUNG_SECONDS / 2 and caught.value.receiver_failed


def test_nobody_listening_and_addresses_nobody_has_are_said_in_words() -> None:
    for server, words in (
        (f"smtp://127.0.0.1:{free_port()}", "nothing listens there"),
        ("smtp://169.254.169.254:25", "is never asked"),
        ("smtp://mail.invalid:25", "does not resolve"),
    ):
        with pytest.raises(NotTaken) as caught:
            channel.send(mail_call(server), message())
        assert words in caught.value.detail


def test_no_line_of_a_mail_is_longer_than_smtp_allows() -> None:
    mail: Message = channel.composed(mail_call("smtp://x"), message(text="ü" * 2000))
    assert max(len(row) for row in mail.as_bytes().splitlines()) <= 998


def test_a_resolver_that_takes_longer_than_a_try_may_sends_nothing_late(
    mailbox: Mailbox, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By then another sender has the notice."""
    resolve = socket.getaddrinfo

    def slow(*asked: Any, **how: Any) -> Any:
        time.sleep(0.6)
        return resolve(*asked, **how)

    port = serve()
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with pytest.raises(NotTaken) as caught:
        channel.send(mail_call(f"smtp://127.0.0.1:{port}", deadline_seconds=0.5), message())
    assert caught.value.outcome == "timeout_body" and mailbox.taken == []


def test_twenty_lines_of_wide_characters_arrive_whole(mailbox: Mailbox, serve: Serve) -> None:
    text = "\n".join("漢" * 500 for _ in range(20))
    channel.send(
        mail_call(f"smtp://127.0.0.1:{serve()}", deadline_seconds=HUNG_SECONDS), message(subject="漢" * 255, text=text)
    )
    [(_, content)], [mail] = mailbox.taken, mailbox.mails()
    assert mail.get_content().split() == text.split() and mail["Subject"] == "漢" * 255
    assert max(map(len, content.splitlines())) <= 998


def test_a_subject_of_any_length_begins_where_it_begins() -> None:
    for length in range(1, 256):
        subject = ("CRITICAL prod: " + "two words " * 30)[:length].strip()
        raw = channel.composed(mail_call("smtp://mail.example.org"), message(subject=subject)).as_bytes()
        assert email.message_from_bytes(raw, policy=default)["Subject"] == subject


def test_a_name_that_no_resolver_would_take_does_not_resolve() -> None:
    with pytest.raises(NotTaken) as caught:
        channel.send(mail_call("smtp+tls://mail..example.org"), message())
    assert caught.value.outcome == "dns"
