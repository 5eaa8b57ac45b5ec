"""A short visit in a real browser, on whichever database the tests run: it is signed in to, read, drawn and refreshed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django import Settings

from dashboard.store import sizes
from tests import builders
from tests.browser.conftest import Open, address_of
from tests.builders import agent, filesystem, host_metrics, node_health, report, summary, unit, write, write_machines

pytestmark = [pytest.mark.browser, pytest.mark.engine]
HOST = "10.0.0.1"


@pytest.fixture
def visit(open_signed_in: Open, settings: Settings, tmp_path: Path) -> Open:
    """Half an hour of a cluster of one agent, its machine, its health report, and the sizes of its store."""
    settings.DATA_DIR, settings.REFRESH_SECONDS = tmp_path, 2
    cluster, now = builders.cluster(), timezone.now()
    for minutes in range(30, 0, -1):
        at = now - timedelta(minutes=minutes)
        write(cluster, summary(at, agent(HOST)))
        write_machines(cluster, host_metrics(HOST, at, filesystems=(filesystem("/"),)), now=at)
    write(cluster, report(now, node_health(HOST, unit("dcos-net.service"))))
    sizes.run(lambda: now)
    return open_signed_in


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/c/prod/", "1 of 1 agent"),
        ("/c/prod/nodes/", HOST),
        ("/c/prod/nodes/?view=heat&range=1h", HOST),
        ("/c/prod/storage/", "measured"),
        ("/c/prod/collection/", "summary"),
    ],
)
def test_a_page_is_read_and_refreshes_itself(visit: Open, complaints: list[str], address: str, said: str) -> None:
    page = visit(address)
    assert page.url == address_of(page, address)
    expect(page.locator("main")).to_contain_text(said)
    with page.expect_response(lambda answer: answer.url == page.url and answer.request.resource_type == "xhr") as got:
        pass
    assert got.value.status == 200 and complaints == []


def test_the_charts_of_a_node_are_drawn(visit: Open, complaints: list[str]) -> None:
    page = visit(f"/c/prod/nodes/{HOST}/?range=1h")
    expect(page.locator("figure[data-chart] .main-svg").first).to_be_visible()
    assert complaints == []
