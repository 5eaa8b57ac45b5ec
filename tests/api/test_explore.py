from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from dashboard.models import Cluster
from tests import builders
from tests.api.conftest import PROD, Ask
from tests.builders import host_metrics

EXPLORE, METRICS = f"{PROD}explore/", f"{PROD}metrics/"
CPU = "cpu.total{kind=host}"


@pytest.fixture
def hosts(prod: Cluster, now: datetime) -> Cluster:
    """The two machines of `prod`, a minute before too."""
    before = now - timedelta(minutes=1)
    builders.write_machines(prod, host_metrics("10.0.0.9", before), host_metrics("10.0.0.10", before), now=before)
    return prod


def test_a_formula_gives_lines_with_unit_basis_and_how_many_series_they_are_of(hosts: Cluster, asked: Ask) -> None:
    (found,) = asked(EXPLORE, q="sum(cpu.total{kind=host})")["results"]
    assert (found["formula"], found["kind"], found["unit"]) == ("sum (cpu.total{kind=host})", "host", "percent")
    assert found["basis"] == "use, as the machine measures it itself"
    (line,) = found["lines"]
    known = [place for place, value in enumerate(line["values"]) if value is not None]
    assert [line["values"][place] for place in known] == [50, 50]
    assert [line["told"][place] for place in known] == [2, 2]
    assert (line["series"], line["labels"]) == (2, {})
    assert line["age_seconds"] < 60


def test_it_tells_what_the_page_draws(hosts: Cluster, asked: Ask, now: datetime) -> None:
    (found,) = asked(EXPLORE, q=CPU, range="6h")["results"]
    assert [line["name"] for line in found["lines"]] == ["10.0.0.10", "10.0.0.9"]
    assert found["lines"][0]["labels"]["zone"] == "eu-a"
    assert len(found["lines"][0]["values"]) <= 750


@pytest.mark.parametrize(
    ("text", "why", "allowed"),
    [
        ("sumx(cpu.total)", "sumx is no function. Do you mean sum? (character 1, before “sumx(cpu.total)”)", "sum"),
        ("sum(cpu.total", "A bracket is not closed. (character 14, at the end)", ")"),
        ("cpu.totl{kind=host}", "No host tells cpu.totl. (character 1, before “cpu.totl{kind=host}”)", "cpu.total"),
    ],
)
def test_a_bad_formula_is_a_problem_that_says_where(
    hosts: Cluster, asked: Ask, text: str, why: str, allowed: str
) -> None:
    problem = asked(EXPLORE, status=400, q=text)
    assert (problem["detail"], problem["parameter"]) == (why, "q")
    assert allowed in problem["allowed"]


def test_of_several_formulas_the_bad_one_is_named(hosts: Cluster, asked: Ask) -> None:
    assert "(formula 2, character 1" in asked(f"{EXPLORE}?q=cpu.total&q=(", status=400)["detail"]
    assert len(asked(f"{EXPLORE}?q=cpu.total&q=cores")["results"]) == 2
    asked(f"{EXPLORE}?q=a&q=b&q=c&q=d&q=e", status=400)


def test_a_formula_is_needed_and_other_parameters_are_refused(hosts: Cluster, asked: Ask) -> None:
    assert asked(EXPLORE, status=400)["parameter"] == "q"
    assert asked(EXPLORE, status=400, q=CPU, range="3y")["parameter"] == "range"
    assert asked(EXPLORE, status=400, q=CPU, step="1")["parameter"] == "step"


def test_what_fits_no_subject_is_an_empty_answer(hosts: Cluster, asked: Ask) -> None:
    (found,) = asked(EXPLORE, q="count{kind=queue}")["results"]
    assert (found["lines"], found["series"], found["taken_at"]) == ([], 0, None)


def test_the_catalogue_says_what_is_measured_in_pages(hosts: Cluster, asked: Ask) -> None:
    first = asked(METRICS, source="hosts", limit=2)
    assert len(first["results"]) == 2 and first["count"] > 2
    second = asked(first["next"])
    assert not {row["name"] for row in first["results"]} & {row["name"] for row in second["results"]}
    (cpu,) = [row for row in asked(METRICS, search="cpu.total")["results"] if row["kind"] == "host"]
    assert cpu["subjects"] == 2
    assert cpu["unit"] == "percent" and cpu["counts"] is False and cpu["source"] == "hosts"
    assert cpu["where"] in ("10.0.0.9", "10.0.0.10")


def test_nobody_without_a_key_is_told_anything(hosts: Cluster) -> None:
    assert {Client().get(path).status_code for path in (EXPLORE, METRICS)} == {401}
