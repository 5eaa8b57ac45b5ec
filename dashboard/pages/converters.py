"""Names the cluster chose, as parts of an address."""

from __future__ import annotations

from django.urls import register_converter

from collectors.sources.container_lists import is_id


class ClusterText:
    """Any text at all, as the cluster wrote it: a link to a strangely named unit must not break the page it stands on."""

    regex = r"(?s:.*)"

    def to_python(self, value: str) -> str:
        """ValueError, and so a 404, for a NUL: no cluster's text holds one here, and PostgreSQL refuses to compare it."""
        if "\0" in value:
            raise ValueError(value)
        return value

    def to_url(self, value: str) -> str:
        return value


class ContainerId:
    """An id as Mesos allows it: 1–255 characters, not `.` or `..`, without slashes and control characters."""

    regex = r"[^/\\]{1,255}"

    def to_python(self, value: str) -> str:
        """ValueError, and so a 404, for what no container can be called."""
        if not is_id(value):
            raise ValueError(value)
        return value

    def to_url(self, value: str) -> str:
        return value


class AppId:
    """An app's id without its first slash: the characters that Marathon and Day Two's other readers of ids allow."""

    regex = r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


NAMED = "named"
CONTAINER = "container"
APP = "app"
"""What such parts are called in an address's pattern."""

register_converter(ClusterText, NAMED)
register_converter(ContainerId, CONTAINER)
register_converter(AppId, APP)
