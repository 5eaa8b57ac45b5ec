"""libcurl, as every exchange here uses it: the options that always stand, whom it trusts, and how it is waited for.

Document: https://curl.se/libcurl/c/
"""

from __future__ import annotations

import ssl
import time
from typing import Any

import pycurl

MOMENT_SECONDS = 0.01

STANDING: dict[int, object] = {
    pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
    pycurl.FOLLOWLOCATION: 0,
    pycurl.PATH_AS_IS: 1,
    pycurl.NOSIGNAL: 1,
    pycurl.PROXY: "",
    pycurl.NOPROXY: "*",
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
    pycurl.HTTP09_ALLOWED: 0,
    pycurl.ENCODING: "gzip, deflate",
    pycurl.USERAGENT: "day-two",
    pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
    pycurl.SSL_VERIFYPEER: 1,
    pycurl.SSL_VERIFYHOST: 2,
}


def system_authorities() -> dict[int, str]:
    """Where this system keeps the authorities it trusts: libcurl's own wheel looks in another system's place."""
    paths = ssl.get_default_verify_paths()
    found = {pycurl.CAINFO: paths.cafile, pycurl.CAPATH: paths.capath}
    return {option: path for option, path in found.items() if path}


def await_news(multi: Any, seconds: float) -> None:
    """Until one of the transfers goes on, at most so long.

    libcurl waits for nothing while a name is being resolved or where descriptors are numbered past 1,023: then a moment.
    """
    asked_at = time.monotonic()
    if multi.select(seconds) <= 0 and time.monotonic() - asked_at < MOMENT_SECONDS:
        time.sleep(min(seconds, MOMENT_SECONDS))
