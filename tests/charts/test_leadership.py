from __future__ import annotations

from dashboard.charts.leadership import drawn
from dashboard.queries.masters import Leadership
from tests.builders import NOON, later

A, B = "10.0.0.101", "10.0.0.102"
START = later(-3600)


def test_each_master_has_a_lane_and_the_last_one_says_whether_anybody_led() -> None:
    spans = [
        Leadership(A, START, later(-1800)),
        Leadership("", later(-1800), later(-900)),
        Leadership(B, later(-900), NOON),
    ]
    found = drawn(spans, [B, A], START, NOON)
    assert [lane.name for lane in found.lanes] == [B, A, "Elected"]
    assert [bar.look for bar in found.lanes[0].bars] == ["lead2"]
    assert [bar.look for bar in found.lanes[1].bars] == ["lead"]
    assert [(bar.look, bar.x) for bar in found.lanes[2].bars] == [
        ("good", "0.00%"),
        ("bad", "50.00%"),
        ("good", "75.00%"),
    ]
    assert (found.changes, found.without_leader_seconds) == (1, 900)


def test_what_is_not_known_is_hatched_and_not_called_led() -> None:
    led, standby, elected = drawn([Leadership(A, later(-1800), later(-900))], [A, B], START, NOON).lanes
    assert [bar.look for bar in led.bars] == ["lead"]  # it led last, which is not that it leads now
    assert standby.label == f"{B} did not lead in the time that is known"
    assert [bar.look for bar in elected.bars] == ["unk", "good", "unk"]


def test_without_anything_known_only_the_unknown_is_drawn() -> None:
    found = drawn([], [A], START, NOON)
    assert found.lanes[0].bars == () and found.lanes[0].label == "not known"
    assert [bar.look for bar in found.lanes[1].bars] == ["unk"]


def test_a_master_that_is_gone_keeps_the_lane_it_led_in() -> None:
    found = drawn([Leadership("10.0.0.9", START, later(-60)), Leadership(A, later(-60), NOON)], [A], START, NOON)
    assert [lane.name for lane in found.lanes] == [A, "10.0.0.9", "Elected"]
    assert found.lanes[1].label == "10.0.0.9 led from 11:00:00 to 11:59:00"
