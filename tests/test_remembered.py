from __future__ import annotations

import pytest

from dashboard.remembered import Remembered


@pytest.fixture
def words() -> Remembered[str]:
    return Remembered(100)


def test_what_was_asked_for_longest_ago_goes_first_when_there_is_no_room(words: Remembered[str]) -> None:
    for name in "abcd":
        words.put(name, name.upper(), 25)
    assert words.get("a") == "A"
    words.put("e", "E", 25)
    assert [words.get(name) for name in "abcde"] == ["A", None, "C", "D", "E"]
    assert words.held_bytes == 100


def test_what_takes_a_place_twice_takes_it_once(words: Remembered[str]) -> None:
    words.put("a", "old", 20)
    words.put("a", "new", 10)
    assert (words.get("a"), words.held_bytes) == ("new", 10)


def test_what_would_drive_out_all_else_is_not_remembered(words: Remembered[str]) -> None:
    words.put("a", "A", 25)
    words.put("large", "L", 26)
    assert (words.get("a"), words.get("large"), words.held_bytes) == ("A", None, 25)


def test_nothing_is_left_of_what_is_forgotten(words: Remembered[str]) -> None:
    words.put("a", "A", 25)
    words.forget()
    assert (words.get("a"), words.held_bytes) == (None, 0)
