from __future__ import annotations

import pytest

from dashboard.models import Alert
from dashboard.pages.alert_where import where
from dashboard.pages.links import way


@pytest.mark.parametrize(
    ("host", "subject", "name"),
    [("10.0.0.7", "10.0.0.7/c1", "10.0.0.7"), ("", "m1:5050", ""), ("", "", "")],
)
def test_an_alert_is_on_its_node_or_nowhere(host: str, subject: str, name: str) -> None:
    found, href = where("prod", Alert(host=host, subject=subject))
    assert (found, bool(href)) == (name, bool(name))


def test_an_alert_of_an_app_leads_to_the_app() -> None:
    found, href = where("prod", Alert(host="", subject="team/marathon:/shop/web"))
    assert href == way("prod", ("app", "team/marathon", "shop/web")).href
    assert found == ("/shop/web" if href else "")
