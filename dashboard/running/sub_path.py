"""The path under which a proxy shows Day Two, such as `/service/daytwo` behind DC/OS' Admin Router, which strips it.

Read by the settings, so it imports nothing of Django but an exception.
"""

from __future__ import annotations

import re

from django.core.exceptions import ImproperlyConfigured

SUB_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


def checked(text: str) -> str:
    """`text` without its last slash, empty for none. It stands in cookies, headers and links: only plain words."""
    path = text.rstrip("/")
    if path and not SUB_PATH.fullmatch(path):
        raise ImproperlyConfigured(
            f"DAYTWO_SUB_PATH is {text!r}: it begins with / and holds letters, digits and - _ . ~, as /service/daytwo."
        )
    return path


def cookie_name(name: str, sub_path: str, *, secure: bool) -> str:
    """With a prefix that makes browsers take the name over TLS only and, where the whole host is ours, from this host only."""
    if not secure:
        return name
    return f"__Secure-{name}" if sub_path else f"__Host-{name}"


def exempt(sub_path: str) -> list[str]:
    """Patterns of the addresses that machines ask for over plain http, as Django's redirect to https sees them."""
    inside = re.escape(sub_path.lstrip("/") + "/") if sub_path else ""
    return [f"{inside}-/.*", f"{inside}metrics"]
