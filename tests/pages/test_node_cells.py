"""Rows of the list as HTML: what is faster than a template still says the same."""

from __future__ import annotations

import pytest
from django.urls import reverse

from dashboard.pages import node_columns
from dashboard.pages.node_cells import CELLS, LABELS
from dashboard.pages.node_href import host_href

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "node-7.example", "fe80::1", "a b", "ä", "a/b", "100%", "'\"<&>", "a?b#c", "~@:"]
)
def test_a_hosts_address_is_the_one_that_the_pages_have(host: str) -> None:
    assert host_href(reverse("nodes", args=["prod"]), host) == reverse("node", args=["prod", host])


def test_every_column_has_a_cell_and_a_label_for_narrow_screens() -> None:
    keys = {column.key for column in node_columns.COLUMNS} - {node_columns.HOST}
    assert set(CELLS) == set(LABELS) == keys
