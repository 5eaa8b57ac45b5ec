"""What has not changed is not sent again, and what has is."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from dashboard.api import tags
from dashboard.models import Cluster, Collection
from dashboard.store.tokens import make
from tests.api.conftest import PROD

Get = Callable[..., Any]
AGENTS = f"{PROD}agents/"


@pytest.fixture
def get(prod: Cluster, olga: User, now: datetime) -> Get:
    """With the tag of an answer that is at hand."""
    signed = {"Authorization": f"Token {make(olga, 'tests', now=now)}"}

    def asked(path: str, tag: str = "", **query: str) -> Any:
        return Client().get(path, query, headers=signed | ({"If-None-Match": tag} if tag else {}))

    return asked


def tag_of(data: dict[str, Any]) -> str:
    """Of an answer with this in it."""
    response = Response(data)
    vars(response).update(accepted_renderer=JSONRenderer(), accepted_media_type="application/json", renderer_context={})
    return tags.answered(RequestFactory().get("/"), response).headers["ETag"]


def test_an_answer_of_which_only_the_ages_grew_is_not_sent_again(get: Get) -> None:
    first = second = get(AGENTS)
    while second.json()["age_seconds"] == first.json()["age_seconds"]:
        second = get(AGENTS)
    assert first.headers["ETag"].startswith('W/"') and second.headers["ETag"] == first.headers["ETag"]
    third = get(AGENTS, first.headers["ETag"])
    assert (third.status_code, third.content, third.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert third.headers["Cache-Control"] == "no-store"


def test_figures_that_grew_too_old_to_be_the_present_are_another_answer_though_none_of_them_changed() -> None:
    aged = [{"taken_at": "t", "age_seconds": age, "freshness": word} for age, word in ((3.5, "fresh"), (29.0, "fresh"))]
    old, unknown = aged[0] | {"freshness": "no_data"}, aged[0] | {"age_seconds": None}
    assert tag_of(aged[0]) == tag_of(aged[1])
    assert len({tag_of(one) for one in (aged[0], old, unknown)}) == 3


def test_a_text_that_looks_like_an_age_is_no_age() -> None:
    assert tag_of({"name": '"age_seconds":1'}) != tag_of({"name": '"age_seconds":2'})


def test_whatever_else_changed_is_sent(get: Get, prod: Cluster, now: datetime) -> None:
    tag = get(AGENTS).headers["ETag"]
    Collection.objects.filter(cluster=prod, source="summary").update(sample_at=now - timedelta(seconds=1))
    assert get(AGENTS, tag).status_code == 200


def test_another_question_has_another_tag(get: Get) -> None:
    assert len({get(AGENTS).headers["ETag"], get(AGENTS, limit="1").headers["ETag"]}) == 2


def test_who_may_not_read_is_told_so_whatever_tag_he_has(get: Get, prod: Cluster) -> None:
    tag = get(AGENTS).headers["ETag"]
    answer = Client().get(AGENTS, headers={"If-None-Match": tag})
    assert answer.status_code == 401 and "ETag" not in answer.headers
    assert get(AGENTS, "*", no="such").status_code == 400


def test_what_is_documented_as_tagged_is(get: Get, prod: Cluster) -> None:
    paths = json.loads(get("/api/schema/").content)["paths"]
    documented = {path for path, told in paths.items() if "304" in told.get("get", {}).get("responses", {})}
    plain = {path: path.replace("{cluster_name}", "prod") for path in documented}
    askable = {path: address for path, address in plain.items() if "{" not in address}
    answers = {path: get(address) for path, address in askable.items()}
    answered = {path: answer.headers.get("ETag") for path, answer in answers.items() if answer.status_code == 200}
    assert len(answered) > 15 and None not in answered.values()
