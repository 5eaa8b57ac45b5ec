from __future__ import annotations

import json
import re

from django.template import Context, Template

from dashboard.charts import lines
from tests.builders import NOON

EVIL = '</script><script>alert(1)</script>&"\u2028'


def test_a_charts_figure_is_whole_json_whatever_the_cluster_calls_its_things() -> None:
    drawn = lines.line(EVIL, [1.0, None, 2.5], role="line", resource="cpu", begins_at=NOON, step_seconds=60)
    figure = lines.figure([drawn], unit="cores", events=[lines.event(NOON, "note", EVIL)])
    page = Template('{% load parts %}{% chart figure id="cpu" title="CPU" basis="cores" %}')
    html = page.render(Context({"figure": figure}))
    (written,) = re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    assert json.loads(written) == figure
    assert html.count("<script") == 1
