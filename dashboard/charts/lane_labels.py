"""Words beside the bars and marks of a lane: each where there is room for it, the latest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CHARACTER_PERCENT = 0.72
"""How wide a character is at most where words are shown at all."""
LONGEST = 34


@dataclass(frozen=True)
class Thing:
    """A bar or a mark: from `left` to `right` in percents, `top` and `height` in pixels. `text` empty: it wants no words."""

    text: str
    left: float
    right: float
    top: int
    height: int
    inside: bool = False


@dataclass(frozen=True)
class Label:
    """Words: `dx` pixels from `x`, `anchor` as in SVG; `css` is lbl beside a bar, on within one."""

    text: str
    x: str
    dx: int
    y: int
    anchor: str
    css: str


def placed(things: Sequence[Thing]) -> Iterator[Label]:
    """Of things in the order of time. Words that would lie over something drawn are left out."""
    taken = list(things)
    for thing in reversed(things):
        if not thing.text:
            continue
        text = thing.text if len(thing.text) <= LONGEST else f"{thing.text[: LONGEST - 1]}…"
        wide = len(text) * CHARACTER_PERCENT + 1
        y = thing.top + thing.height // 2 + 4
        if thing.inside and thing.right - thing.left > wide:
            yield Label(text, f"{thing.left:.2f}%", _clear_of_marks(thing, things), y, "start", "on")
            continue
        before, after = (thing.left - wide, thing.left), (thing.right, thing.right + wide)
        for room in (before, after) if thing.left > 50 else (after, before):
            if _is_free(room, thing, taken):
                taken.append(Thing("", *room, thing.top, thing.height))
                yield _beside(text, thing, y, is_before=room is before)
                break


def _clear_of_marks(thing: Thing, things: Sequence[Thing]) -> int:
    """Pixels from a bar's beginning to its words: past a mark that sits on it."""
    return 14 if any(other.left < thing.left < other.right for other in things) else 6


def _beside(text: str, thing: Thing, y: int, *, is_before: bool) -> Label:
    if is_before:
        return Label(text, f"{thing.left:.2f}%", -6, y, "end", "lbl")
    return Label(text, f"{thing.right:.2f}%", 8, y, "start", "lbl")


def _is_free(room: tuple[float, float], beside: Thing, taken: Sequence[Thing]) -> bool:
    left, right = room
    return (
        left >= 0
        and right <= 100
        and not any(
            left < other.right - 0.01
            and other.left < right - 0.01
            and other.top < beside.top + beside.height
            and beside.top < other.top + other.height
            for other in taken
            if other is not beside
        )
    )
