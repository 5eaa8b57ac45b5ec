"""Failures, an incident and the flapping board in a real browser: both themes, wide and narrow, under the product's policy."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from dashboard.models import Incident
from dashboard.roles import Role, grant
from tests.browser.conftest import LOOKS, Open, address_of, ill_looks
from tests.pages.failing import SILENT, Kind, failed, story

pytestmark = pytest.mark.browser

EVIL = '"><script>alert(1)</script>'
LONG = "a-name-without-any-place-to-break-" * 6


@pytest.fixture
def pages(open_signed_in: Open) -> dict[str, str]:
    """Addresses of what `story` made, with a hostile and a long name beside it."""
    found = story()
    evil = failed(found["agent"].cluster, Kind.SCHEDULER, EVIL, 300, name=EVIL + LONG, effect=LONG, kind_reason=LONG)
    return {
        "failures": "/c/prod/failures/?range=6h",
        "a month of failures": "/c/prod/failures/?range=30d&kind=host",
        "open": f"/c/prod/failures/{found['agent'].pk}/",
        "recovered": f"/c/prod/failures/{found['earlier 0'].pk}/",
        "planned": f"/c/prod/failures/{found['planned'].pk}/",
        "hostile": f"/c/prod/failures/{evil.pk}/",
        "flapping": "/c/prod/failures/flapping/",
    }


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_no_page_complains_scrolls_sideways_or_shuts_anybody_out(
    pages: dict[str, str], open_signed_in: Open, complaints: list[str], dark: bool, width: int
) -> None:
    page = open_signed_in(pages["failures"], dark=dark, width=width)
    grant(User.objects.get(username="ana"), Role.OPERATOR)
    for name, address in pages.items():
        page.goto(address_of(page, address))
        page.wait_for_selector("main h1")
        assert ill_looks(page) == [], name
    assert complaints == []


def test_from_the_list_to_the_incident_and_it_is_taken(
    pages: dict[str, str], open_signed_in: Open, complaints: list[str]
) -> None:
    page = open_signed_in(pages["failures"])
    grant(User.objects.get(username="ana"), Role.OPERATOR)
    page.click(f"#all tr:has-text('{SILENT}') th a")
    page.wait_for_selector("button[value=take]")
    page.click("button[value=take]")
    page.wait_for_selector("button[value=give_back]")
    assert Incident.objects.get(subject=SILENT).taken_by == User.objects.get(username="ana")
    page.fill("#note", "called the data centre")
    page.press("#note", "Enter")
    page.wait_for_selector("#noted :text('called the data centre')")
    assert complaints == []


def test_a_refresh_keeps_what_is_being_written(
    pages: dict[str, str], open_signed_in: Open, complaints: list[str]
) -> None:
    page = open_signed_in(pages["open"])
    grant(User.objects.get(username="ana"), Role.OPERATOR)
    page.reload()
    page.fill("#note", "half a sen")
    assert page.locator("[data-refresh] #note").count() == 0
    assert complaints == []


def test_all_that_is_drawn_has_words_and_the_words_of_lanes_do_not_touch(
    pages: dict[str, str], open_signed_in: Open
) -> None:
    page = open_signed_in(pages["failures"])
    assert page.locator("#timeline .lane svg[role=img]").count() == 7
    labels = page.evaluate("[...document.querySelectorAll('#timeline svg[role=img]')].map(one => one.ariaLabel)")
    assert all(": " in label for label in labels)
    touching = page.evaluate(
        """[...document.querySelectorAll('#timeline .lane')].some(lane => {
          const boxes = [...lane.querySelectorAll('text')].map(one => one.getBoundingClientRect());
          return boxes.some((a, i) => boxes.some((b, j) => i < j && a.left < b.right && b.left < a.right
            && a.top < b.bottom - 2 && b.top < a.bottom - 2));
        })"""
    )
    assert touching is False
