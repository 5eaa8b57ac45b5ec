"""Names the cluster chose, as parts of an address."""

from __future__ import annotations

from django.urls import register_converter


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


NAMED = "named"
"""What such a part is called in an address's pattern."""

register_converter(ClusterText, NAMED)
