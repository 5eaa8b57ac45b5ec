"""What the end of an exchange means: libcurl's codes and HTTP's statuses as outcomes, with one line for the operator.

Documents: https://curl.se/libcurl/c/libcurl-errors.html, https://www.openssl.org/docs/man3.0/man1/verify.html
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import pycurl

from collectors.decoding import first_words, page_title
from collectors.errors import Outcome, PollError

TOO_LARGE = 100  # CURLE_TOO_LARGE; pycurl has no name for it

# What Enterprise DC/OS wants for each path. Document: https://docs.mesosphere.com/ → Security → Permissions Reference
PERMISSIONS = (
    ("/system/health/", "dcos:adminrouter:ops:system-health"),
    ("/system/v1/metrics/", "dcos:adminrouter:ops:system-metrics"),
    ("/system/v1/agent/", "dcos:adminrouter:ops:system-metrics"),
    ("/agent/", "dcos:adminrouter:ops:slave"),
    ("/mesos/", "dcos:adminrouter:ops:mesos"),
    ("/metadata", "dcos:adminrouter:ops:metadata"),
    ("/dcos-metadata/", "dcos:adminrouter:ops:metadata"),
    ("/service/marathon/", "dcos:adminrouter:service:marathon"),
    ("/metrics/snapshot", "dcos:mesos:master:endpoint:path:/metrics/snapshot (read)"),
)

TLS_VERDICTS = {
    9: (Outcome.TLS_EXPIRED, "The certificate is not valid yet: compare the clocks"),
    10: (Outcome.TLS_EXPIRED, "The certificate has expired: renew it on the cluster"),
    62: (Outcome.TLS_HOSTNAME, "The certificate is for another host name"),
}


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What libcurl knew when an exchange failed; times in seconds, 0 where that stage was never reached."""

    url: str
    code: int
    message: str
    """libcurl's own words, or why an address was not connected to."""
    os_errno: int = 0
    verify_result: int = 0
    resolved_after: float = 0.0
    connected_after: float = 0.0
    secured_after: float = 0.0
    request_sent: bool = False
    """True on a connection used before too, which was neither resolved nor connected nor secured again."""
    headers_complete: bool = False
    bytes_read: int = 0
    elapsed_seconds: float = 0.0

    @property
    def place(self) -> str:
        return urlsplit(self.url).netloc


def of_ending(end: Ending) -> PollError:
    """The error for an exchange that libcurl could not finish."""
    outcome, detail = _of_code(end)
    return PollError(outcome, detail, url=end.url)


def _of_code(end: Ending) -> tuple[Outcome, str]:
    if end.code == pycurl.E_OPERATION_TIMEDOUT:
        return _of_timeout(end)
    if end.code == pycurl.E_COULDNT_CONNECT:
        return _of_connect(end)
    if end.code in (pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CACERT_BADFILE):
        return _of_certificate(end)
    fixed = _FIXED.get(end.code)
    if fixed is None:
        return Outcome.INTERNAL_ERROR, f"The exchange with {end.place} failed: {end.message} (libcurl {end.code})"
    outcome, words = fixed
    return outcome, words.format(place=end.place, bytes=end.bytes_read, message=end.message)


_CUT = (Outcome.TRUNCATED, "{place} cut the answer at {bytes} bytes")
_NOT_HTTP = (Outcome.NOT_JSON, "{place} is not an HTTP server, or the URL's http:// or https:// is wrong")
_NO_TLS = (Outcome.TLS_PROTOCOL, "No secure connection to {place} could be agreed on: {message}")
_FIXED: dict[int, tuple[Outcome, str]] = {
    pycurl.E_COULDNT_RESOLVE_HOST: (Outcome.DNS, "The name in {place} does not resolve: {message}"),
    pycurl.E_SSL_CONNECT_ERROR: _NO_TLS,
    pycurl.E_SSL_CIPHER: _NO_TLS,
    pycurl.E_PARTIAL_FILE: _CUT,
    pycurl.E_RECV_ERROR: _CUT,
    pycurl.E_SEND_ERROR: _CUT,
    pycurl.E_GOT_NOTHING: (Outcome.TRUNCATED, "{place} closed the connection without an answer"),
    pycurl.E_UNSUPPORTED_PROTOCOL: _NOT_HTTP,
    pycurl.E_FTP_WEIRD_SERVER_REPLY: _NOT_HTTP,
    pycurl.E_BAD_CONTENT_ENCODING: (Outcome.WRONG_SHAPE, "The answer is not packed the way it says: {message}"),
    pycurl.E_FILESIZE_EXCEEDED: (Outcome.TOO_LARGE, "The answer is larger than allowed"),
    TOO_LARGE: (Outcome.TOO_LARGE, "The answer's headers are larger than allowed"),
}


def _of_timeout(end: Ending) -> tuple[Outcome, str]:
    waited = f"within {end.elapsed_seconds:.1f} s"
    if not end.request_sent:
        return _of_slow_connect(end, waited)
    if not end.headers_complete:
        return Outcome.TIMEOUT_HEADERS, f"{end.place} accepted the connection but gave no answer {waited}"
    return Outcome.TIMEOUT_BODY, f"The answer was not complete {waited}: {end.bytes_read} bytes had come"


def _of_slow_connect(end: Ending, waited: str) -> tuple[Outcome, str]:
    if not end.resolved_after:
        return Outcome.DNS, f"The name in {end.place} did not resolve {waited}"
    if not end.connected_after:
        return Outcome.TIMEOUT_CONNECT, f"No connection to {end.place} {waited}"
    if end.url.lower().startswith("https:") and not end.secured_after:
        return Outcome.TIMEOUT_CONNECT, f"{end.place} accepted the connection but finished no TLS handshake {waited}"
    return Outcome.TIMEOUT_HEADERS, f"{end.place} accepted the connection but took no request {waited}"


def _of_connect(end: Ending) -> tuple[Outcome, str]:
    if end.os_errno == errno.ECONNREFUSED:
        return Outcome.REFUSED, f"{end.place} refused the connection: nothing listens there"
    if end.os_errno == errno.ETIMEDOUT:
        return Outcome.TIMEOUT_CONNECT, f"No connection to {end.place}"
    return Outcome.UNREACHABLE, f"{end.place} cannot be reached: {end.message}"


def _of_certificate(end: Ending) -> tuple[Outcome, str]:
    outcome, words = TLS_VERDICTS.get(
        end.verify_result,
        (Outcome.TLS_UNTRUSTED, "The certificate is signed by nobody trusted here: check the CA file"),
    )
    # libcurl compares the names itself, so OpenSSL has nothing to complain about then.
    if "subject name" in end.message or "target host" in end.message:
        outcome, words = TLS_VERDICTS[62]
    return outcome, f"{words} ({end.place}: {end.message})"


def of_status(url: str, status: int, headers: dict[str, str], body: bytes) -> PollError:
    """The error for an answer whose status was not asked for."""
    outcome, detail = _of_status(urlsplit(url).path, status, headers, body)
    return PollError(outcome, detail, url=url, http_status=status)


def _of_status(path: str, status: int, headers: dict[str, str], body: bytes) -> tuple[Outcome, str]:
    said = spoken(status, body)
    if 300 <= status < 400:
        where = first_words(headers.get("location", "").encode(), 120) or "nowhere"
        return Outcome.REDIRECT_REFUSED, f"{path} sends us on to {where}, which was not followed ({status})"
    if status == HTTPStatus.UNAUTHORIZED:
        return Outcome.AUTH, f"{path} wants a valid token: it is missing, wrong or expired ({said})"
    if status == HTTPStatus.FORBIDDEN:
        return Outcome.FORBIDDEN, f"The account may not read {path}{missing_permission(path)} ({said})"
    if status == HTTPStatus.NOT_FOUND:
        return Outcome.NOT_FOUND, f"{path} does not exist there ({said})"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Outcome.RATE_LIMITED, f"The server asks us to slow down{pause(headers)} ({said})"
    if status == HTTPStatus.SERVICE_UNAVAILABLE and is_leaderless(body):
        return Outcome.NOT_LEADER, f"The Mesos masters have no leader ready at the moment ({said})"
    return Outcome.SERVER_ERROR, f"{path} answered {said}"


def spoken(status: int, body: bytes) -> str:
    """Status, its phrase and the first words of the answer: its title where it is a web page."""
    try:
        phrase = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    words = page_title(body) if body.lstrip()[:1] == b"<" else first_words(body, 200)
    return phrase if not words or words == phrase else f"{phrase}: {words}"


def missing_permission(path: str) -> str:
    """Names the DC/OS permission that a path needs, where it is known."""
    for prefix, permission in PERMISSIONS:
        if path.startswith(prefix):
            return f": on DC/OS Enterprise it needs {permission}"
    return ""


def pause(headers: dict[str, str]) -> str:
    seconds = headers.get("retry-after", "")
    return (
        f" for {min(max(int(seconds), 1), 300)} s"
        if seconds.isascii() and seconds.isdigit() and len(seconds) < 12
        else ""
    )


def is_leaderless(body: bytes) -> bool:
    """Mesos' own words for "nobody leads" and "the leader is still recovering"."""
    return b"No leader elected" in body[:200] or b"not finished recovery" in body[:200]
