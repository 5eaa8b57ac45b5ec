from __future__ import annotations

import pytest

from collectors.addresses import check_url, forbidden_address, origin_of, registered_url, safe_id


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("dcos.example.com", "http://"),
        ("ftp://dcos.example.com", "http://"),
        ("https://user:secret@dcos.example.com", "token"),
        ("https://@dcos.example.com", "token"),
        ("https://", "host"),
        ("https://:443", "host"),
        ("https://dcos.example.com:0", "host"),
        ("https://dcos.example.com:99999", "valid URL"),
        ("https://dcos .example.com", "spaces"),
        ("https://dcos.example.com\\@evil.example.com", "backslashes"),
        ("https://dcos.example.com\r\nX: y", "special characters"),
        ("https://dcös.example.com", "special characters"),
        ("http://169.254.169.254/latest", "never asked"),
        ("http://[::ffff:169.254.169.254]", "never asked"),
        ("http://[64:ff9b::a9fe:a9fe]", "never asked"),
        ("http://[::1", "valid URL"),
        ("http://-bad-", "host"),
    ],
)
def test_a_url_that_cannot_be_asked_says_why(url: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint) as caught:
        check_url(url)
    assert "secret" not in str(caught.value)


def test_a_registered_url_has_no_query_and_no_trailing_slash() -> None:
    assert registered_url("https://dcos.example.com/sub//") == "https://dcos.example.com/sub"
    with pytest.raises(ValueError, match="leave out"):
        registered_url("https://dcos.example.com/?a=b")


def test_an_origin_tells_scheme_host_and_port_apart() -> None:
    assert origin_of("https://DCOS.example.com/x") == ("https", "dcos.example.com", 443)
    assert origin_of("http://dcos.example.com") != origin_of("https://dcos.example.com")
    assert origin_of("http://[::1]:5050").url == "http://[::1]:5050"


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.9", "::1", "fd12::1", "8.8.8.8"])
def test_clusters_live_at_loopback_private_and_public_addresses(address: str) -> None:
    assert forbidden_address(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        "169.254.1.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "fe80::1%eth0",
        "ff02::1",
        "fd00:ec2::254",
        "2002:a9fe:a9fe::1",
        "100.100.100.200",
        "168.63.129.16",
    ],
)
def test_nobodys_cluster_lives_there(address: str) -> None:
    assert "never asked" in forbidden_address(address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "a/b",
        "../x",
        "%2e%2e",
        "a?b",
        "a#b",
        "a b",
        "a\r\nb",
        "a\n",
        "a" * 129,
        "ä",
        "-a",
        ".a",
        "a\\b",
        "a\x00",
    ],
)
def test_a_hostile_id_never_stands_in_a_url(text: str) -> None:
    assert not safe_id(text)


@pytest.mark.parametrize("text", ["10.0.0.7", "a" * 128, "node-1.example.com", "dcos-mesos-master.service", "fd12::7"])
def test_an_ordinary_id_may(text: str) -> None:
    assert safe_id(text)
