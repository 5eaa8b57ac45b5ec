from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.hostile_text import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, <b>tags</b> & all", "plain text, <b>tags</b> & all"),
        ("\x1b[31mred\x1b[0m", "<U+001B>[31mred<U+001B>[0m"),
        ("gnp\u202eexe.png", "gnp<U+202E>exe.png"),
        ("a\u2066b\u2069", "a<U+2066>b<U+2069>"),
        ("zero\u200bwidth\ufeff", "zero<U+200B>width<U+FEFF>"),
        ("bell\x07 del\x7f nul\x00 c1\x9b", "bell<U+0007> del<U+007F> nul<U+0000> c1<U+009B>"),
        ("one\u2028two", "one<U+2028>two"),
        ("Prüfung – 組件 ✓", "Prüfung – 組件 ✓"),
        ("ends\r\nof lines, 10 %\r20 %", "ends\nof lines, 10 %<U+000D>20 %"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("", ""),
    ],
)
def test_what_could_not_be_seen_is_written_out_and_words_stay(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_name_has_one_line() -> None:
    assert visible("dcos-net\n.service\t", one_line=True) == "dcos-net<U+000A>.service<U+0009>"


@given(st.text())
def test_nothing_is_left_that_a_terminal_or_a_reader_could_be_fooled_by(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert all(character.isprintable() or character in "\n\t" or character.isspace() for character in shown)
