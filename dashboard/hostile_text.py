"""Text that others wrote, made safe to look at: what a reader could not see becomes visible. Pure Python.

Escaping for HTML is the template's; this is about what is left when no tag works any more: terminal codes, characters that
reverse the order of reading (CVE-2021-42574), and characters without width. The words themselves are never changed.
"""

from __future__ import annotations

import re
import unicodedata

LAYOUT = frozenset("\n\t")
"""Characters of a log that are what they look like."""
SHAPELESS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories of characters without a shape of their own."""
UNUSUAL = re.compile(r"[^ -~]")


def visible(text: str, *, one_line: bool = False) -> str:
    """The text with its invisible characters written out: a terminal's escape as <U+001B>, a right-to-left override as <U+202E>.

    Line breaks and tabs stay, unless a name is shown, which is `one_line`. Windows' line ends become plain ones.
    """
    kept = frozenset[str]() if one_line else LAYOUT
    return UNUSUAL.sub(lambda found: found[0] if found[0] in kept else _shown(found[0]), text.replace("\r\n", "\n"))


def _shown(character: str) -> str:
    return f"<U+{ord(character):04X}>" if unicodedata.category(character) in SHAPELESS else character


NO_TEXT = "It holds a character that is no text: leave it out."


def is_storable(text: str) -> bool:
    """Whether every database keeps it: PostgreSQL takes no NUL, and half of a surrogate pair is no text in UTF-8."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
