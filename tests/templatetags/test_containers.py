from __future__ import annotations

from typing import Any

import pytest

from dashboard.models import Container
from dashboard.queries.containers import RUNNING, ContainerRow
from dashboard.queries.freshness import Freshness
from dashboard.templatetags.containers import breakable, cpu_of_limit, mem_of_limit
from tests.builders import GIB, MIB


def row(measured: Freshness = Freshness.FRESH, **figures: Any) -> ContainerRow:
    return ContainerRow(container=Container(**figures), state=RUNNING, measured=measured)


def test_use_stands_below_the_request_as_shares_of_the_limit() -> None:
    html = cpu_of_limit(row(cpus_used=0.5, cpus_requested=1.0, cpus_limit=2.0))
    assert 'class="al" x=".5" y="1.5" width="50.0%"' in html and 'class="us" y="9" width="25.0%"' in html
    assert (
        'aria-label="CPU: 0.5 used, limit 2"' in html
        and '<b data-basis="limit">2</b><br><span data-basis="used">0.5</span>' in html
    )
    assert "over" not in html and "lim" not in html.replace("limit", "")


def test_use_near_the_limit_is_loud_and_a_request_at_the_limit_is_not() -> None:
    html = cpu_of_limit(row(cpus_used=1.9, cpus_requested=2.0, cpus_limit=2.0))
    assert 'class="pair r-cpu over"' in html and '<b class="past" data-basis="used">1.9</b>' in html
    assert "over" not in cpu_of_limit(row(cpus_used=0.1, cpus_requested=2.0, cpus_limit=2.0))


def test_without_a_limit_nothing_is_over_it() -> None:
    html = cpu_of_limit(row(cpus_used=3.0, cpus_requested=1.0))
    assert '<b data-basis="">no limit</b><br><span data-basis="used">3</span>' in html and "over" not in html


@pytest.mark.parametrize("figures", [{}, {"measured": Freshness.NO_DATA, "mem_used_bytes": 1.0 * GIB}])
def test_what_is_not_known_now_is_a_dash_and_no_bar(figures: dict[str, Any]) -> None:
    html = mem_of_limit(row(**figures))
    assert (
        '<b data-basis="limit">—</b><br><span data-basis="used">—</span>' in html
        and 'class="us"' not in html
        and 'class="al"' not in html
    )


def test_memory_is_in_bytes() -> None:
    html = mem_of_limit(row(mem_used_bytes=512.0 * MIB, mem_limit_bytes=1.0 * GIB))
    assert '<b data-basis="limit">1\u00a0GiB</b><br><span data-basis="used">512\u00a0MiB</span>' in html


def test_a_dotted_name_may_break_after_its_dots_and_is_escaped() -> None:
    assert breakable("a.<b>.c") == "a.<wbr>&lt;b&gt;.<wbr>c"
