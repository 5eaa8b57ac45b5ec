"""URLs and network addresses: what may be asked at all, and what counts as the same place."""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import NamedTuple
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
HOST = re.compile(r"^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?\.?|\[[0-9A-Fa-f:.]{2,45}\])\Z")
SAFE_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}\Z")

# Nobody's cluster lives here, and each of them hands out credentials or reaches more than one machine.
FORBIDDEN_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata service of most clouds
        "100.100.100.200/32",  # Alibaba Cloud's metadata service
        "168.63.129.16/32",  # Azure's host
        "192.0.0.192/32",  # Oracle Cloud's metadata service
        "224.0.0.0/4",
        "255.255.255.255/32",
        "::/128",
        "fe80::/10",
        "ff00::/8",
        "fd00:ec2::254/128",  # Amazon's metadata service
    )
)
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Origin(NamedTuple):
    """A place that may or may not be trusted with a token: scheme, host and port, nothing left out."""

    scheme: str
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"{self.scheme}://{bracketed(self.host)}:{self.port}"


def origin_of(url: str) -> Origin:
    """The origin of a URL this package made or checked; hosts in lower case, IPv6 without brackets."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return Origin(scheme, (parts.hostname or "").lower(), parts.port or DEFAULT_PORTS.get(scheme, 0))


def bracketed(host: str) -> str:
    """The host as a URL writes it."""
    return f"[{host}]" if ":" in host else host


def registered_url(url: str) -> str:
    """A URL that a person entered, without trailing slashes; ValueError says what is wrong and what to do."""
    check_url(url)
    if "?" in url or "#" in url:
        raise ValueError(f"{url[:200]}: leave out everything from the first ? or #")
    return url.rstrip("/")


def check_url(url: str) -> None:
    """ValueError for a URL that is not to be asked.

    Only what libcurl and `urlsplit` read alike passes: http or https, printable ASCII, no backslash, no userinfo.
    """
    shown = url[:200].encode("ascii", "backslashreplace").decode()
    if not url.isascii() or not url.isprintable() or any(mark in url for mark in '\\ "<>^`{|}'):
        raise ValueError(f"{shown}: a URL holds no spaces, backslashes or special characters; remove them")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"{shown}: this is no valid URL; write it like https://dcos.example.com") from None
    if parts.scheme.lower() not in DEFAULT_PORTS:
        raise ValueError(f"{shown}: the URL must begin with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("A URL must not hold a user name or password; give the token as a file instead")
    host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc.removesuffix(":")
    if port == 0 or not HOST.match(host):
        raise ValueError(f"{shown}: the URL names no valid host; write it like https://dcos.example.com")
    reason = forbidden_address(parts.hostname or "")  # a name's addresses are checked when it is resolved
    if reason:
        raise ValueError(f"{shown}: {reason}; give the address of the cluster")


def may_ask(url: str) -> bool:
    """The same as an answer, for a URL made of what a cluster supplied."""
    try:
        check_url(url)
    except ValueError:
        return False
    return True


def forbidden_address(address: str) -> str:
    """Why no connection is made to this address, else ''. Loopback and private networks are where clusters live."""
    try:
        ip = unwrapped(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return ""
    if any(ip in network for network in FORBIDDEN_NETWORKS if network.version == ip.version):
        return f"{ip} is a link-local, multicast, unspecified or cloud metadata address and is never asked"
    return ""


def is_address(host: str) -> bool:
    """Whether it is an address, with a zone or without, and no name that somebody else looks up."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def is_here(address: str) -> bool:
    """Whether packets to this address stay on this machine."""
    try:
        return unwrapped(ipaddress.ip_address(address.partition("%")[0])).is_loopback
    except ValueError:
        return False


def leads_here(host: str) -> bool:
    """Whether the name or address of a host leads to this machine. Asks the resolver, which may take seconds."""
    try:
        return any(is_here(str(where[0])) for *_, where in socket.getaddrinfo(host, None))
    except OSError:
        return False


def unwrapped(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address inside an IPv6 one, where there is one: a packet ends up there."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def safe_id(value: str) -> bool:
    """Whether an id the cluster supplied may stand in a URL."""
    return bool(SAFE_ID.match(value)) and value.strip(".") != ""
