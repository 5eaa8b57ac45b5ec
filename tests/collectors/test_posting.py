from __future__ import annotations

import ipaddress
import socket

import pytest

from collectors.errors import Outcome, PollError
from collectors.posting import Poster, is_ours
from tests.faults.server import FaultServer, answer

HERE = [
    "127.0.0.1",
    "localhost",
    "127.1",
    "0x7f000001",
    "2130706433",
    "0177.0.0.1",
    "127.0.0.1.",
    "127.255.255.254",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "0.0.0.0",
    "0",
    "[::]",
]


def told(url: str, *, allow_here: bool = False) -> int:
    with Poster(deadline_seconds=1, headers={}, allow_here=allow_here) as poster:
        return poster.tell(url, b"{}")


@pytest.fixture
def own_address() -> str:
    """What another machine calls this one; where it has no network there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no network")
        address: str = probe.getsockname()[0]
        return address


@pytest.mark.parametrize("host", HERE)
def test_no_spelling_of_this_machine_is_connected_to(host: str) -> None:
    with FaultServer({"/": answer()}) as server:
        with pytest.raises(PollError):
            told(f"http://{host}:{server.port}/")
        assert server.accepted == 0


def test_a_name_that_leads_here_is_refused_where_it_is_resolved() -> None:
    with FaultServer({"/": answer()}) as server, pytest.raises(PollError) as caught:
        told(f"http://localhost:{server.port}/")
    assert server.accepted == 0
    assert caught.value.outcome is Outcome.UNREACHABLE and "this machine itself" in caught.value.detail


def test_an_address_of_our_own_interfaces_is_this_machine(own_address: str) -> None:
    assert is_ours(own_address) and is_ours("127.0.0.1") and not is_ours("192.0.2.1")
    packed = int(ipaddress.IPv4Address(own_address))
    assert all(is_ours(str(ipaddress.IPv6Address(prefix + packed))) for prefix in (0xFFFF << 32, 0x64FF9B << 96))
    with FaultServer({"/": answer()}, host="0.0.0.0") as server, pytest.raises(PollError):
        told(f"http://{own_address}:{server.port}/")
    assert server.accepted == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://224.0.0.1/",
        "http://user:pass@example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "http://example.org\\@127.0.0.1/",
        "http://exa\tmple.org/",
        "http://ex\u00e4mple.org/",
    ],
)
def test_what_is_never_asked_is_never_told_either(url: str) -> None:
    with pytest.raises(PollError) as caught:
        told(url, allow_here=True)
    assert caught.value.outcome is Outcome.REDIRECT_REFUSED


def test_where_it_is_allowed_this_machine_is_told() -> None:
    with FaultServer({"/": answer()}) as server:
        assert told(f"{server.url}/", allow_here=True) == 200
    assert server.seen[0].headers["content-type"] == "application/json"


def test_an_answer_is_quoted_by_its_status_and_place_only() -> None:
    with (
        FaultServer({"/secret": answer(b"hush", status="404 Not Found")}) as server,
        pytest.raises(PollError) as caught,
    ):
        told(f"{server.url}/secret", allow_here=True)
    assert caught.value.detail == f"127.0.0.1:{server.port} answered 404 Not Found"


def test_a_url_that_is_never_asked_is_not_repeated_for_it_may_be_the_secret() -> None:
    with pytest.raises(PollError) as caught:
        told("http://169.254.169.254/hush")
    assert "hush" not in caught.value.detail and "never asked" not in caught.value.detail
