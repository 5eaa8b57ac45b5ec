"""The least and the most beside the means of long charts, as a browser draws them in both themes."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.models import Subject
from dashboard.store import compaction, readings, roll_up
from tests import builders
from tests.browser.conftest import Open, grave_findings, until
from tests.builders import agent, host_metrics, summary, write, write_machines

pytestmark = pytest.mark.browser
HOST = "10.0.0.1"
DAY = 86_400
FILLED = """[...document.querySelectorAll('#{chart} .scatterlayer .js-fill:not(.pattern_filled)')]
  .map(path => path.getBoundingClientRect()).filter(box => box.width > 20 && box.height > 5).length"""


@pytest.fixture
def visit(open_signed_in: Open) -> Open:
    """Five days of a host and its cluster, rolled up: quiet but for some minutes of each hour."""
    cluster, now = builders.cluster(), timezone.now()
    write(cluster, summary(now, agent(HOST)))
    write_machines(cluster, host_metrics(HOST, now), now=now)
    host = Subject.objects.get(cluster=cluster, kind=Subject.Kind.HOST)
    whole = Subject.objects.get(cluster=cluster, kind=Subject.Kind.CLUSTER)
    today = int(now.timestamp()) // DAY * DAY
    ticks = range(today - 5 * DAY, today, 600)
    busy = [30 + 20 * math.sin(tick / 40_000) + (40 if tick % 3600 == 600 else 0) for tick in ticks]
    readings.write_many(("cpu.total",), [(tick, host.pk, [cpu]) for tick, cpu in zip(ticks, busy, strict=True)])
    allocated = [(tick, whole.pk, [4.0, cpu / 25]) for tick, cpu in zip(ticks, busy, strict=True)]
    readings.write_many(("cpus_total", "cpus_allocated"), allocated)
    for _ in range(5):
        compaction.run(cluster.pk, lambda: now + timedelta(hours=4))
        roll_up.run(cluster.pk, lambda: now + timedelta(hours=4))
    return open_signed_in


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("address", "chart", "said"),
    [
        (f"/c/prod/nodes/{HOST}/?range=30d", "cpu", "Least–most in each 2\u00a0h"),
        ("/c/prod/capacity/?range=30d", "cpu-allocation", "Least–most in each hour"),
    ],
    ids=["node", "capacity"],
)
def test_the_least_and_the_most_are_a_pale_band_with_a_key(
    visit: Open, complaints: list[str], dark: bool, address: str, chart: str, said: str
) -> None:
    page = visit(address, dark=dark)
    page.locator(f"#{chart}").scroll_into_view_if_needed()
    until(page, f"document.querySelectorAll('#{chart} .scatterlayer .js-line').length > 0")
    assert said in page.inner_text(f"#{chart} .keys")
    assert page.evaluate(FILLED.replace("{chart}", chart)) >= 1
    cells = page.locator(f"#{chart}-table tbody td").all_text_contents()
    assert any("–" in cell for cell in cells), "the table says both"
    assert grave_findings(page) == [] and complaints == []
