from __future__ import annotations

from dashboard.queries.fit import Fit, fit
from dashboard.queries.room import Amount, Room

GIB = 1024**3


def room(host: str, cpus: float, gib: float, *, reserved: bool = True) -> Room:
    known = (cpus, gib * GIB) if reserved else (None, None)
    return Room(host, "", False, cpus, gib * GIB, 0, 0, *known)


def asked(*rooms: Room, cpus: float = 1, gib: float = 2, wanted: int = 1) -> Fit:
    return fit(rooms, Amount(cpus, gib * GIB), wanted)


def test_each_agent_takes_as_many_as_its_scarcer_resource_allows() -> None:
    answer = asked(room("a", 4, 4), room("b", 1, 64), room("c", 8, 1))
    assert [(place.room.host, place.fits, place.stopped_by) for place in answer.places] == [
        ("a", 2, "memory"),
        ("b", 1, "CPU"),
        ("c", 0, "memory"),
    ]
    assert (answer.fits, answer.agents, answer.stopped_by) == (3, 2, "memory")


def test_free_totals_do_not_lie_together() -> None:
    answer = asked(room("a", 0.5, 100), room("b", 0.5, 100))
    assert answer.fits == 0
    assert answer.stranded == Amount(1.0, 200 * GIB)


def test_fractions_that_add_up_fit() -> None:
    assert asked(room("a", 0.3, 10), cpus=0.1, gib=0.1).fits == 3
    assert asked(room("a", 0.1 + 0.2, 10), cpus=0.3, gib=0).fits == 1


def test_what_needs_no_memory_is_stopped_by_cpu_alone() -> None:
    answer = asked(room("a", 4, 0), gib=0)
    assert (answer.fits, answer.stopped_by) == (4, "CPU")


def test_enough_is_what_was_wanted() -> None:
    assert asked(room("a", 4, 8), wanted=4).enough
    assert not asked(room("a", 4, 8), wanted=5).enough


def test_what_is_not_told_of_reservations_is_said() -> None:
    assert asked(room("a", 4, 8)).reservations_known
    assert not asked(room("a", 4, 8), room("b", 1, 1, reserved=False)).reservations_known


def test_no_agents_have_no_room() -> None:
    answer = asked()
    assert (answer.fits, answer.agents, answer.stopped_by, answer.enough) == (0, 0, "", False)
