from __future__ import annotations

from datetime import timedelta

from dashboard.queries.flapping import Board, State, row
from dashboard.queries.flapping_in_words import called, said
from dashboard.queries.restarts import Restart, Subject, What
from tests.builders import NOON, later

NET = Subject(What.COMPONENT, "dcos-net.service", "10.0.0.1", "DC/OS Net")
MASTER = Subject(What.MASTER, "10.0.0.101", "10.0.0.101", "10.0.0.101")


def board(*told: tuple[Subject, list[Restart]]) -> Board:
    rows = tuple(row(subject, restarts, NOON) for subject, restarts in told)
    return Board(rows=rows, counts={state: sum(one.state is state for one in rows) for state in State})


def times(*seconds: float) -> list[Restart]:
    return [Restart(later(-at), timedelta(seconds=24)) for at in seconds]


def test_a_component_is_called_with_its_node_and_others_by_their_name() -> None:
    assert [called(NET), called(MASTER)] == ["DC/OS Net on 10.0.0.1", "10.0.0.101"]


def test_what_goes_on_comes_first_with_the_median_life_of_the_worst() -> None:
    told = said(board((NET, times(300, 200, 100)), (MASTER, times(4000))))
    assert told.first == "1 flapping"
    assert told.rest == (
        "; 1 steady with a restart in 24\u00a0h, everything else has none."
        " The median life of DC/OS Net on 10.0.0.1 is 24\u00a0s."
    )


def test_single_restarts_are_no_flapping() -> None:
    told = said(board((MASTER, times(4000))))
    assert (told.first, told.rest) == (
        "Nothing is flapping",
        "; 1 steady with a restart in 24\u00a0h, everything else has none.",
    )


def test_an_empty_board_says_so() -> None:
    told = said(board())
    assert told.first + told.rest == "Nothing restarted in the past 24\u00a0h."
