from __future__ import annotations

from dashboard.pages.sorting import Column, order, query

Row = tuple[str, int]
COLUMNS: tuple[Column[Row], ...] = (
    Column(title="Name", key="name", by=lambda row: row[0]),
    Column(title="Bad", key="bad", by=lambda row: row[1], css="num", falls=True),
    Column(title="Note"),
)
ROWS = [("b", 1), ("a", 2), ("c", 1)]


def test_the_usual_order_is_worst_first_and_keeps_the_order_of_equals() -> None:
    assert order(COLUMNS, "", usual="bad").sorted(ROWS) == [("a", 2), ("b", 1), ("c", 1)]


def test_what_is_asked_for_rises_or_falls() -> None:
    assert [row[0] for row in order(COLUMNS, "name", usual="bad").sorted(ROWS)] == ["a", "b", "c"]
    assert [row[0] for row in order(COLUMNS, "-name", usual="bad").sorted(ROWS)] == ["c", "b", "a"]


def test_only_listed_columns_sort() -> None:
    for asked in ("password", "--name", "-", "name__x", "Note"):
        assert order(COLUMNS, asked, usual="bad").column.key == "bad"


def test_a_head_sorts_its_way_and_a_second_press_turns_it_round() -> None:
    name, bad, note = order(COLUMNS, "", usual="bad").heads({"q": "x y", "sort": "", "health": ""})
    assert (name.href, name.aria) == ("?q=x+y&sort=name", "")
    assert (bad.href, bad.aria, bad.css) == ("?q=x+y&sort=bad", "descending", "num")
    assert (note.href, note.aria) == ("", "")
    assert order(COLUMNS, "name", usual="bad").heads({})[0].href == "?sort=-name"
    assert order(COLUMNS, "name", usual="bad").heads({})[1].href == "?sort=-bad"


def test_a_link_holds_only_what_says_something() -> None:
    assert query({"q": "", "sort": ""}) == "?"
    assert query({"q": "a&b=c", "sort": "-name"}) == "?q=a%26b%3Dc&sort=-name"


def test_cells_with_two_values_are_sorted_by_either_under_one_head() -> None:
    columns: tuple[Column[Row], ...] = (
        Column(title="CPU"),
        Column(title="allocated", key="cpu", by=lambda row: row[1], under="CPU", falls=True),
        Column(title="used", key="cpu_used", by=lambda row: row[1], under="CPU", falls=True),
    )
    (head,) = order(columns, "-cpu_used", usual="cpu").heads({})
    assert (head.title, head.href, head.sorted_aria) == ("CPU", "", "descending")
    assert [(below.title, below.href, below.aria) for below in head.below] == [
        ("allocated", "?sort=-cpu", ""),
        ("used", "?sort=cpu_used", "descending"),
    ]
