"""What can be wrong with a secure connection; the token is never sent before it stands."""

from __future__ import annotations

import datetime
import ssl
from dataclasses import replace

import pytest
import trustme

from collectors.addresses import origin_of
from collectors.client import Client
from collectors.errors import Outcome, PollError
from collectors.tokens import FixedToken
from tests.faults import server as fault
from tests.faults.asking import PATIENT, failure
from tests.faults.server import FaultServer


def context_for(ca: trustme.CA, host: str, **details: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(host, **details).configure_cert(context)  # type: ignore[arg-type]
    return context


def pem(ca: trustme.CA) -> str:
    return ca.cert_pem.bytes().decode()


def test_an_expired_certificate_is_named_as_expired() -> None:
    ca = trustme.CA()
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    with FaultServer({}, tls=context_for(ca, "127.0.0.1", not_after=past)) as server:
        error = failure(server.url, ca_pem=pem(ca))
    assert error.outcome is Outcome.TLS_EXPIRED


def test_an_unknown_authority_never_hears_the_token() -> None:
    ca, other = trustme.CA(), trustme.CA()
    with FaultServer({}, tls=context_for(ca, "127.0.0.1")) as server:
        origins = [origin_of(server.url)]
        for trusted in (pem(other), None):
            with (
                Client(deadline_seconds=5, token=FixedToken("t"), token_origins=origins, ca_pem=trusted) as client,
                pytest.raises(PollError) as caught,
            ):
                client.get(server.url)
            assert caught.value.outcome is Outcome.TLS_UNTRUSTED
    assert server.seen == []


def test_a_certificate_for_another_host_is_named_as_such() -> None:
    ca = trustme.CA()
    with FaultServer({}, tls=context_for(ca, "master.example.com")) as server:
        assert failure(server.url, ca_pem=pem(ca)).outcome is Outcome.TLS_HOSTNAME


def test_plain_http_on_an_https_port_is_a_tls_problem() -> None:
    with FaultServer({}) as server:
        error = failure(server.url.replace("http:", "https:"), limits=replace(PATIENT, connect_seconds=1.0))
    assert error.outcome in (Outcome.TLS_PROTOCOL, Outcome.TIMEOUT_CONNECT)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_an_old_tls_version_is_not_spoken() -> None:
    ca = trustme.CA()
    context = context_for(ca, "127.0.0.1")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with FaultServer({}, tls=context) as server:
        assert failure(server.url, ca_pem=pem(ca)).outcome is Outcome.TLS_PROTOCOL


def test_a_good_certificate_of_the_given_authority_is_accepted() -> None:
    ca = trustme.CA()
    with (
        FaultServer({"/x": fault.document({"a": 1})}, tls=context_for(ca, "127.0.0.1")) as server,
        Client(deadline_seconds=5, ca_pem=pem(ca)) as client,
    ):
        assert client.get_json(f"{server.url}/x", dict) == {"a": 1}
