from __future__ import annotations

import pytest

from dashboard.pages.paging import MOST_ROWS, cut

ROWS = list(range(2 * MOST_ROWS + 50))


def test_a_short_table_is_whole_and_has_no_other_page() -> None:
    found = cut(ROWS[:MOST_ROWS], "", {})
    assert found.is_whole
    assert (found.first, found.last, found.before, found.after) == (1, MOST_ROWS, "", "")


def test_pages_follow_each_other_and_keep_what_else_was_asked() -> None:
    found = cut(ROWS, "2", {"q": "10.0", "health": ""})
    assert list(found.rows) == ROWS[MOST_ROWS : 2 * MOST_ROWS]
    assert (found.before, found.after) == ("?q=10.0&page=1", "?q=10.0&page=3")
    assert cut(ROWS, "3", {}).after == ""


@pytest.mark.parametrize(("asked", "first"), [("x", 1), ("-1", 1), ("0", 1), ("9" * 50, 1), ("999", 401), ("1.5", 1)])
def test_any_other_text_is_a_page_that_exists(asked: str, first: int) -> None:
    assert cut(ROWS, asked, {}).first == first


def test_no_rows_are_one_whole_page() -> None:
    assert cut([], "7", {}).is_whole
