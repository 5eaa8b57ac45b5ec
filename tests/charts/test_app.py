from __future__ import annotations

from datetime import timedelta

import numpy as np
import plotly.graph_objects as go

from dashboard.applications import OTHER
from dashboard.charts import allocated_used, app_offers, app_use
from dashboard.queries import window
from dashboard.queries.app_history import REASONS, Declined, History
from dashboard.queries.happenings import Happening
from tests.builders import GIB, NOON

WINDOW = window.of("1h", NOON)
NOTHING = np.full(WINDOW.steps, np.nan)


def full(value: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.full(WINDOW.steps, value)


def history(**used: float) -> History:
    changed = Happening(id=1, taken_at=NOON - timedelta(minutes=9), mark="note", text="scaled", link=())
    failed = Happening(id=2, taken_at=NOON - timedelta(minutes=3), mark="warn", text="failed", link=())
    counts = {"instances": 3.0, "staged": 0.0, "running": 2.0, "healthy": 2.0, "unhealthy": 0.0}
    return History(
        window=WINDOW,
        allocated={"cpu": full(2), "mem": full(4 * GIB)},
        used={"cpu": full(used["cpu"]) if "cpu" in used else NOTHING, "mem": NOTHING},
        counts={name: full(value) for name, value in counts.items()},
        happenings=(failed, changed),
    )


def test_allocated_and_used_stand_together_with_deploys_and_failures_marked() -> None:
    figure = app_use.drawn(history(cpu=0.5), "cpu")
    go.Figure(figure)
    assert [line["name"] for line in figure["data"]] == ["Allocated", "Used"]
    assert [one["kind"] for one in figure["layout"]["meta"]["events"]] == ["failure", "deploy"]
    assert (
        allocated_used.title(history(cpu=0.5), "cpu").replace("\u00a0", " ") == "CPU: 2 cores allocated, 0.5 cores used"
    )


def test_use_that_nobody_measured_is_no_line_of_zeros() -> None:
    figure = app_use.drawn(history(), "mem")
    assert [line["name"] for line in figure["data"]] == ["Allocated"]
    assert allocated_used.title(history(), "mem").endswith("use not measured")


def test_instances_that_run_stand_under_those_wanted() -> None:
    figure = app_use.instances(history())
    go.Figure(figure)
    assert [line["name"] for line in figure["data"]] == ["Wanted", "Running"]
    assert app_use.instances_title(history()) == "Instances: 2 of 3 run"


def declined(**reasons: float) -> Declined:
    lines = {word: full(reasons.get(word, 0.0)) if reasons else NOTHING for word in REASONS}
    return Declined(window=WINDOW, reasons=lines, is_known=np.full(WINDOW.steps, True))


def test_only_reasons_that_declined_an_offer_have_an_area() -> None:
    told = declined(InsufficientMemory=4.0, UnfulfilledRole=1.0)
    figure = app_offers.drawn(told)
    go.Figure(figure)
    assert [line["name"] for line in figure["data"]] == ["No resources for its role", "Too little memory"]
    assert app_offers.title(told).replace("\u00a0", " ") == "4 offers declined: too little memory"


def test_the_areas_lie_on_each_other_and_each_tells_its_own_number() -> None:
    told = declined(InsufficientMemory=4.0, UnfulfilledConstraint=30.0, InsufficientCpus=6.0)
    figure = app_offers.drawn(told)
    assert {line["meta"]["role"] for line in figure["data"]} == {"stacked", "stacked_other"}
    assert {line["name"]: line["y"][0] for line in figure["data"]} == {
        "A constraint is not met": 30.0,
        "Too little CPU": 6.0,
        "Too little memory": 4.0,
    }
    assert figure["layout"]["yaxis"]["range"] == [0, 40 * app_offers.HEADROOM]


def test_no_two_reasons_look_the_same() -> None:
    looks = [*app_offers.LOOKS.values(), app_offers.OTHER]
    assert len(set(looks)) == len(looks)
    assert set(app_offers.LOOKS) == {*REASONS} - {OTHER}


def test_only_where_its_marathon_told_nothing_the_picture_is_hatched() -> None:
    values, is_known = np.where(np.arange(WINDOW.steps) < 20, 4.0, np.nan), np.arange(WINDOW.steps) < 40
    told = Declined(
        window=WINDOW, reasons=dict.fromkeys(REASONS, NOTHING) | {"InsufficientCpus": values}, is_known=is_known
    )
    (gap,) = app_offers.drawn(told)["layout"]["meta"]["gaps"]
    begins = (WINDOW.moment(39).timestamp() * 1000, "its Marathon told nothing")
    assert (gap["from"], gap["why"]) == begins


def test_an_app_that_did_not_wait_has_no_picture_of_it() -> None:
    assert not app_offers.measured(declined())
    assert not app_offers.measured(declined(InsufficientCpus=0.0))
