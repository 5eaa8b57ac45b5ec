"""Keys of subjects: a text of any length as what its column holds. Pure; who writes readings and who reads them ask the same."""

from __future__ import annotations

import hashlib

LONGEST_KEY = 255


def key_of(text: str) -> str:
    """The text as a subject's key; one that is too long ends in its digest, so that it stays one of its own."""
    if len(text) <= LONGEST_KEY:
        return text
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return f"{text[: LONGEST_KEY - len(digest) - 1]}#{digest}"
