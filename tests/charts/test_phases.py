from __future__ import annotations

from dashboard.charts.phases import Phases, Step, drawn
from tests.builders import NOON, later


def known(*steps: tuple[str, float, str]) -> list[Step]:
    return [Step(word=word, at=later(at), look=look) for word, at, look in steps]


def shown(found: Phases | None) -> Phases:
    assert found is not None
    return found


def test_while_it_lasts_what_comes_is_expected_and_right_of_now() -> None:
    steps = [*known(("silent", 0, "past")), Step(word="declared lost", at=later(300), expected=True)]
    found = shown(drawn(steps, later(150), lasts=True))
    assert [(part.look, part.x, part.width) for part in found.parts] == [
        ("past", "0.00%", "50.00%"),
        ("todo", "50.00%", "50.00%"),
    ]
    assert [(tick.above, tick.is_now) for tick in found.ticks] == [
        ("12:00:00", False),
        ("now", True),
        ("≈ 12:05:00", False),
    ]
    assert "expected: declared lost at about 12:05:00" in found.says


def test_what_follows_the_first_thing_expected_is_hatched() -> None:
    coming = [Step(word=word, at=later(at), expected=True) for word, at in (("lost", 300), ("healthy", 400))]
    found = shown(drawn([*known(("silent", 0, "past")), *coming], later(100), lasts=True))
    assert [part.look for part in found.parts] == ["past", "todo", "plan"]


def test_what_should_have_happened_by_now_is_expected_no_more() -> None:
    steps = [*known(("silent", 0, "past")), Step(word="declared lost", at=later(300), expected=True)]
    found = shown(drawn(steps, later(600), lasts=True))
    assert [part.look for part in found.parts] == ["past"]
    assert "expected" not in found.says


def test_a_recovered_one_shows_each_phase_as_it_was_measured() -> None:
    steps = known(("silent", 0, "past"), ("declared lost", 302, "moved"), ("rescheduled", 319, "back"))
    found = shown(drawn([*steps, *known(("healthy", 364, "back"))], later(9999), lasts=False))
    assert [part.look for part in found.parts] == ["past", "moved", "back"]
    assert found.parts[0].width == "82.97%"
    assert found.says == (
        "Silent from 12:00:00; declared lost after 5\u00a0min\u00a002\u00a0s; rescheduled after 5\u00a0min\u00a019\u00a0s;"
        " healthy after 6\u00a0min\u00a004\u00a0s"
    )


def test_words_that_would_touch_are_left_out_and_the_ends_and_now_stay() -> None:
    steps = known(("silent", 0, "past"), ("lost", 95, "moved"), ("rescheduled", 98, "back"), ("healthy", 100, "back"))
    words = [tick.below for tick in shown(drawn(steps, later(500), lasts=False)).ticks]
    assert words == ["silent", "", "", "healthy"]


def test_what_comes_next_is_named_before_what_comes_last() -> None:
    coming = [Step(word=word, at=later(at), expected=True) for word, at in (("lost", 300), ("healthy", 310))]
    found = shown(drawn([*known(("silent", 0, "past")), *coming], later(100), lasts=True))
    assert [tick.below for tick in found.ticks] == ["silent", "1\u00a0min\u00a040\u00a0s", "lost", ""]


def test_nothing_is_drawn_of_what_took_no_time() -> None:
    assert drawn(known(("silent", 0, "past")), NOON, lasts=True) is None
