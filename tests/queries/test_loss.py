from __future__ import annotations

import pytest

from dashboard.queries.loss import losses
from dashboard.queries.room import Amount, Room


def room(host: str, cpus: float, allocated: float, zone: str = "", *, public: bool = False, mem: float = 10) -> Room:
    return Room(host, zone, public, cpus, mem, allocated, 1)


def test_the_largest_agent_is_the_one_whose_loss_leaves_least() -> None:
    answer = losses([room("a", 4, 1), room("b", 16, 1), room("c", 4, 1)])
    largest = answer.agents["private"]
    assert (largest.name, largest.moved, largest.agents) == ("b", Amount(1, 1), 1)
    assert largest.left == {"private": Amount(24 - 3 - 16, 30 - 3 - 10)}
    assert largest.short == {}


def test_memory_can_be_what_makes_an_agent_the_largest() -> None:
    answer = losses([room("a", 8, 1), room("b", 4, 1, mem=100)])
    assert answer.agents["private"].name == "b"


def test_what_does_not_fit_says_what_is_short() -> None:
    largest = losses([room("a", 4, 3), room("b", 4, 3)]).agents["private"]
    assert largest.short == {"private": Amount(2, 0)}


def test_public_agents_take_over_nothing_of_private_ones() -> None:
    answer = losses([room("a", 4, 3), room("b", 4, 3), room("edge", 100, 0, public=True)])
    assert answer.agents["private"].short == {"private": Amount(2, 0)}
    assert list(answer.agents) == ["private", "public"]


def test_a_zone_takes_both_kinds_of_its_agents_along() -> None:
    rooms = [
        room("a", 4, 2, "x"),
        room("b", 8, 1, "y"),
        room("c", 4, 4, "x", public=True),
        room("d", 4, 1, "y", public=True),
    ]
    (x, y) = losses(rooms).zones
    assert (x.name, x.agents, x.moved) == ("x", 2, Amount(6, 2))
    assert x.left == {"private": Amount(12 - 3 - 4, 20 - 2 - 10), "public": Amount(8 - 5 - 4, 20 - 2 - 10)}
    assert x.short == {"public": Amount(1, 0)}
    assert y.short == {"public": Amount(1, 0)}


@pytest.mark.parametrize(("zones", "known"), [((), 0), (("x",), 1)])
def test_one_zone_or_none_is_no_loss_that_others_could_take_over(zones: tuple[str, ...], known: int) -> None:
    answer = losses([room(f"a{number}", 4, 1, zones[0] if zones else "") for number in range(3)])
    assert (answer.zones, answer.zones_known) == ((), known)


def test_agents_in_no_zone_are_counted() -> None:
    answer = losses([room("a", 4, 1, "x"), room("b", 4, 1, "y"), room("c", 4, 1)])
    assert (len(answer.zones), answer.without_zone) == (2, 1)


def test_without_agents_there_is_no_loss() -> None:
    answer = losses([])
    assert (dict(answer.agents), answer.zones) == ({}, ())
