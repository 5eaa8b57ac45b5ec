from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.template import Context, Template

from dashboard.charts import lines
from dashboard.queries.marks import Mark

HOSTILE = '"><script>alert(1)</script>'


def rendered(source: str, **context: Any) -> str:
    return Template("{% load figures parts %}" + source).render(Context(context))


def test_a_state_is_a_shape_a_colour_and_a_word() -> None:
    html = rendered('{% health "bad" "Unhealthy" %}')
    assert html == (
        '<span class="health bad"><svg class="mark" aria-hidden="true"><use href="#m-bad"/></svg>Unhealthy</span>'
    )


def test_a_state_that_does_not_exist_is_refused_rather_than_drawn_as_nothing() -> None:
    with pytest.raises(ValueError, match="healthy"):
        rendered('{% health "healthy" "Healthy" %}')


@pytest.mark.parametrize(
    "source",
    [
        '{% health "bad" text %}',
        '{% note "bad" text %}<p>{{ text }}</p>{% endnote %}',
        '{% pair "mem" 0.5 0.4 text %}',
        "{% bullet 0.5 text %}",
        '{% include "parts/empty.html" with fact=text text=text %}',
        '{% include "parts/code.html" with title=text text=text %}',
        '{% include "parts/verdict.html" with state="bad" word=text say=text why=text %}',
        '{% chart figure id="x" title=text basis=text %}',
    ],
)
def test_what_a_cluster_says_stays_text(source: str) -> None:
    line = lines.line(
        HOSTILE, [1.0], role="used", resource="mem", begins_at=datetime(2026, 11, 24, tzinfo=UTC), step_seconds=60
    )
    assert "<script>alert" not in rendered(source, text=HOSTILE, figure=lines.figure([line], unit=HOSTILE))


def test_a_double_bar_speaks_both_numbers() -> None:
    assert 'aria-label="Memory: 83\u00a0% allocated, — used"' in rendered('{% pair "mem" 0.83 None "Memory" %}')


def test_of_a_double_bar_only_the_figure_that_passed_the_limit_is_bold() -> None:
    html = rendered('{% pair "disk" 0.077 0.91 "Disk" %}')
    assert '<b data-basis="allocated">7.7\u00a0%</b><br><b class="past" data-basis="used">91\u00a0%</b>' in html
    assert 'class="lim"' in html


def test_a_figure_beside_a_bar_is_escaped_and_has_its_basis() -> None:
    assert '<span data-basis="used">&lt;0.1\u00a0%</span>' in rendered('{% pair "mem" 0.83 0.0001 "Memory" %}')


def test_a_bullet_of_what_is_not_known_has_no_bar() -> None:
    html = rendered('{% bullet None "/var" %}')
    assert 'aria-label="/var: — used"' in html
    assert 'class="m' not in html


def test_a_chart_brings_its_numbers_as_a_table() -> None:
    line = lines.line(
        "Used", [44, None], role="used", resource="mem", begins_at=datetime(2026, 11, 24, tzinfo=UTC), step_seconds=60
    )
    html = rendered('{% chart figure id="m" title="T" basis="B" %}', figure=lines.figure([line], unit="%"))
    assert '<td class="num">44</td>' in html
    assert '<td class="num">—</td>' in html
    assert 'data-i="0" aria-live="off">44\u00a0%</output>' in html


def test_a_chart_without_a_measurement_says_so_and_is_not_drawn() -> None:
    html = rendered('{% chart figure id="m" title="T" basis="B" %}', figure=lines.figure([], unit="%"))
    assert "Nothing was measured" in html
    assert "data-chart" not in html


def test_only_the_expected_state_is_quiet() -> None:
    assert 'class="health good quiet"' in rendered("{% state of %}", of=Mark("good", "Healthy"))
    assert 'class="health unk"' in rendered("{% state of %}", of=Mark("unk", "No data"))


def test_a_charts_figure_is_whole_json_whatever_the_cluster_calls_its_things() -> None:
    evil, at = "</script><script>alert(1)</script>&\u2028", datetime(2026, 11, 24, tzinfo=UTC)
    line = lines.line(evil, [1.0, None, 2.5], role="line", resource="cpu", begins_at=at, step_seconds=60)
    figure = lines.figure([line], unit="cores", events=[lines.event(at, "note", evil)])
    html = rendered('{% chart figure id="cpu" title="CPU" basis="cores" %}', figure=figure)
    (written,) = re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    assert json.loads(written) == figure
    assert html.count("<script") == 1
