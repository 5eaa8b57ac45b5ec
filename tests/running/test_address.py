"""HOST:PORT, and whether anything can listen there."""

from __future__ import annotations

import socket

import pytest

from dashboard.running import address


@pytest.mark.parametrize("text", ["8000", "127.0.0.1", ":8000", "host:http", "host:0", "host:65536"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not HOST:PORT"):
        address.parse(text)


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000/"),
        ("0.0.0.0:80", "http://localhost:80/"),
        ("[::]:8000", "http://localhost:8000/"),
        ("[::1]:8000", "http://[::1]:8000/"),
        ("daytwo.example.org:8000", "http://daytwo.example.org:8000/"),
    ],
)
def test_the_url_is_one_a_browser_here_can_open(bind: str, url: str) -> None:
    assert address.url(bind) == url


@pytest.mark.parametrize("bind", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_a_loopback_address_is_for_this_machine_only(bind: str) -> None:
    assert address.is_loopback(bind)


@pytest.mark.parametrize("bind", ["0.0.0.0:8000", "daytwo.example.org:8000", "[::]:8000"])
def test_any_other_address_is_for_others_too(bind: str) -> None:
    assert not address.is_loopback(bind)


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(address.AddressError, match=f"Something already listens on {taken}"):
            address.require_free(taken)
    address.require_free(taken)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(address.AddressError, match=r"Cannot listen on 192\.0\.2\.1:8000"):
        address.require_free("192.0.2.1:8000")
