from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils.http import urlencode
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Subject
from dashboard.pages import explore_metrics
from dashboard.pages.explore_asked import MOST_PANELS
from dashboard.queries import catalogue
from dashboard.queries.formula_reader import LONGEST, parse
from dashboard.running import gunicorn_conf
from tests import builders
from tests.builders import NOON, host_metrics, later
from tests.pages.conftest import said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
EXPLORE = "/c/prod/explore/"
CPU = "cpu.total{kind=host}"


@pytest.fixture
def prod(db: None) -> Cluster:
    return machines(3)


def machines(count: int) -> Cluster:
    """Over ten minutes; the first is busiest."""
    cluster = builders.cluster()
    for minute in range(10, -1, -1):
        told = [
            host_metrics(f"10.0.0.{place}", later(-60 * minute), metrics={"cpu.total": 90.0 - place})
            for place in range(count)
        ]
        builders.write_machines(cluster, *told, now=later(-60 * minute))
    return cluster


def at(*formulas: str, page: str = "", **others: str | list[str]) -> str:
    return f"{EXPLORE}{page}?" + urlencode({"q": list(formulas), **others}, doseq=True)


def rows(client: Client, address: str) -> list[list[str]]:
    answer = client.get(address)
    assert isinstance(answer, StreamingHttpResponse)
    return list(csv.reader(io.StringIO(b"".join(answer).decode())))


def links(client: Client, address: str, word: str) -> list[str]:
    html = client.get(address).content.decode()
    return [
        unescape(href) for href in re.findall(rf'<a (?:class="nw" )?href="([^"]*)"[^>]*>{re.escape(word)}</a>', html)
    ]


def test_without_a_formula_it_offers_examples_and_the_metrics(viewer: Client, prod: Cluster) -> None:
    text = said(viewer.get(EXPLORE))
    assert "No formula yet" in text
    assert "sum by (framework)" in text
    assert re.search(r"Hosts \d+ names", text)


def test_a_cluster_of_which_nothing_is_known_says_so(viewer: Client) -> None:
    builders.cluster()
    assert "Nothing has been measured of this cluster yet." in said(viewer.get(EXPLORE))
    assert "Nothing has been measured yet" in said(viewer.get(f"{EXPLORE}metrics/"))


def test_a_formula_is_drawn_and_its_numbers_stand_in_tables(viewer: Client, prod: Cluster) -> None:
    text = said(viewer.get(at(CPU)))
    assert "10.0.0.0 is highest of 3, 90 %" in text
    assert "use, as the machine measures it itself; a point is the mean of 1 min" in text
    assert "3 lines" in text
    assert "✓ drawn 10.0.0.2 88 % 88 % 88 % 88 % 1" in text
    assert "figures of 12:00:00" in text


def test_a_wrong_formula_is_shown_where_it_is_wrong_beside_a_right_one(viewer: Client, prod: Cluster) -> None:
    answer = viewer.get(at("cpu.totl{kind=host}", CPU))
    text = said(answer)
    assert "No host tells cpu.totl. Write" in text
    assert "<mark>cpu.totl{kind=host}</mark>" in answer.content.decode()
    assert "is highest of 3" in text


def test_up_to_four_panels_stay_while_the_range_changes(viewer: Client, prod: Cluster) -> None:
    five = [CPU, "max(load.1min{kind=host})", CPU, "count(cores{kind=host})", "cores{kind=host}"]
    answer = viewer.get(at(*five, range="6h"))
    assert answer.content.decode().count("data-chart") == 4
    (other,) = links(viewer, at(*five), "6\u00a0h")
    assert other.count("q=") == 4 and "range=6h" in other


def test_lines_are_chosen_in_the_table_without_a_script(viewer: Client) -> None:
    machines(8)
    address = at(CPU)
    assert len(links(viewer, address, "✓ drawn")) == 6
    first, *_ = links(viewer, address, "draw")
    html = viewer.get(EXPLORE + first.partition("#")[0]).content.decode()
    assert html.count("✓ drawn") == 7
    left_out = links(viewer, EXPLORE + first.partition("#")[0], "✓ drawn")[0]
    assert viewer.get(EXPLORE + left_out.partition("#")[0]).content.decode().count("✓ drawn") == 6


def test_no_more_than_twenty_lines_are_drawn(viewer: Client) -> None:
    machines(22)
    names = [f"10.0.0.{place}" for place in range(22)]
    html = viewer.get(at(CPU, draw1=names)).content.decode()
    assert (html.count("✓ drawn"), html.count("20 are</span>")) == (20, 2)


def test_a_formula_turns_into_another_by_links(viewer: Client, prod: Cluster) -> None:
    (mean,) = links(viewer, at(CPU), "mean")
    assert "q=mean+%28cpu.total" in mean
    (by_host,) = links(viewer, EXPLORE + mean, "by host")
    assert "is highest of 3" in said(viewer.get(EXPLORE + by_host))
    assert links(viewer, at("in_bytes{kind=interface}"), "rate")


def test_the_table_as_csv_has_every_step_with_unit_basis_and_how_many_it_is_of(viewer: Client, prod: Cluster) -> None:
    header, *lines = rows(viewer, at("sum(cpu.total{kind=host})", page="explore.csv"))
    known = [dict(zip(header, line, strict=True)) for line in lines]
    assert known[-1] == {
        "formula": "sum (cpu.total{kind=host})",
        "kind": "host",
        "line": "sum of all",
        "series": "3",
        "unit": "percent",
        "basis": "use, as the machine measures it itself",
        "begins_at": "2026-11-22T12:00:00Z",
        "value": "267",
        "series_told": "3",
        "series_expected": "3",
    }
    assert known[0]["value"] == ""


def test_a_csv_that_would_lack_something_is_refused_with_the_reason(viewer: Client, prod: Cluster) -> None:
    for address, why in (
        (at(CPU, "cpu.totl", page="explore.csv"), "cpu.totl: Nothing tells cpu.totl."),
        (at(*[CPU] * 6, page="explore.csv"), "2 formulas are left out"),
        (at(CPU, page="explore.csv", range="90d"), "There is no range 90d"),
        (at(page="explore.csv"), "Give a formula"),
    ):
        answer = viewer.get(address)
        assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
        assert answer.content.decode().replace("\u00a0", " ").startswith(why)


def test_a_wrong_formula_does_not_cost_the_figures_of_a_right_one(viewer: Client, prod: Cluster) -> None:
    address = at(CPU, "cpu.totl")
    own = links(viewer, address, "CSV")
    assert own == ["explore.csv?" + urlencode({"q": CPU, "range": "1h"})]
    assert links(viewer, address, "JSON") == []
    assert len(rows(viewer, EXPLORE + own[0])) > 3


def test_four_of_the_longest_formulas_fit_into_an_address() -> None:
    assert len(at(*["{" * LONGEST] * MOST_PANELS, range="30d")) < gunicorn_conf.limit_request_line


def test_what_of_an_address_is_not_shown_is_said(viewer: Client, prod: Cluster) -> None:
    text = said(viewer.get(at(*[CPU] * 5, range="90d")))
    assert "1 formula is left out: at most 4 stand beside each other. Remove one to draw another." in text
    assert "There is no range 90d: 1h is shown. There are 1h, 3h, 6h, 12h, 24h, 7d, 30d." in text
    assert "left out:" not in said(viewer.get(at(CPU, "", "", "", "", range="1h")))


def test_where_nothing_fits_the_page_says_what_there_is(viewer: Client, prod: Cluster) -> None:
    text = said(viewer.get(at("cpu.total{host=10.0.0.9}")))
    assert "No host has host=10.0.0.9" in text
    assert "There is, for example, host=10.0.0.0, host=10.0.0.1, host=10.0.0.2." in text


def test_percent_has_as_many_digits_as_are_read(viewer: Client) -> None:
    cluster = builders.cluster()
    told = [
        host_metrics(f"10.0.0.{place}", NOON, metrics={"cpu.total": busy}) for place, busy in enumerate((36.6533, 0.04))
    ]
    builders.write_machines(cluster, *told, now=NOON)
    text = said(viewer.get(at(CPU)))
    assert "10.0.0.0 36.7 %" in text
    assert "10.0.0.1 0.04 %" in text


def test_names_and_formulas_are_text_whatever_they_hold(viewer: Client) -> None:
    machines(1)
    Subject.objects.filter(kind="host").update(name="<script>alert(1)</script>")
    answer = viewer.get(at(CPU, "<b onclick=x>", find="<i onclick=y>"))
    assert answer.status_code == 200
    assert not [part for part in (b"<script>alert", b"<b onclick", b"<i onclick") if part in answer.content]


def test_what_happened_meanwhile_is_marked_in_the_chart(viewer: Client, prod: Cluster) -> None:
    builders.write(prod, builders.summary(later(-300), builders.agent("10.0.0.1")), now=later(-300))
    builders.write(prod, builders.summary(later(-240), builders.agent("10.0.0.1", active=False)), now=later(-240))
    assert "10.0.0.1 lost its connection to Mesos" in viewer.get(at(CPU)).content.decode()


def test_the_catalogue_finds_by_words_and_opens_what_it_finds(viewer: Client, prod: Cluster) -> None:
    text = said(viewer.get(f"{EXPLORE}metrics/?q=CPU+busy&source=hosts"))
    assert re.search(r"Showing \d+ of \d+ metrics", text)
    assert "No metric matches" in said(viewer.get(f"{EXPLORE}metrics/?q=nosuch"))
    (href,) = links_of_metric(viewer, "cpu.total")
    assert "is highest of 3" in said(viewer.get(href))


def links_of_metric(client: Client, name: str) -> list[str]:
    html = client.get(f"{EXPLORE}metrics/?q={name}").content.decode()
    return [unescape(href) for href in re.findall(rf'<a href="([^"]*)">{re.escape(name)}</a>', html)]


def test_every_metric_of_the_catalogue_can_be_drawn(prod: Cluster) -> None:
    for entry in catalogue.entries(prod, NOON):
        text = explore_metrics.drawn_by(entry)
        assert parse(text).text == text


def test_beside_a_chart_metrics_are_looked_for_without_losing_it(viewer: Client, prod: Cluster) -> None:
    answer = viewer.get(at(CPU, find="swap"))
    text = said(answer)
    assert "is highest of 3" in text and "swap.used" in text and "Component health" not in text
    assert 'name="q" value="cpu.total{kind=host}"' in answer.content.decode()


def test_more_machines_need_no_more_queries(viewer: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    machines(5)
    with django_assert_num_queries(16):
        viewer.get(at(CPU))
    with django_assert_num_queries(10):
        viewer.get(f"{EXPLORE}metrics/")
