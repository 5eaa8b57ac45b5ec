"""Only some fields of an answer: those that are documented, and no others."""

from __future__ import annotations

import pytest
from django.test import Client

from dashboard.api import choosing
from dashboard.models import Cluster
from tests.api.conftest import PROD, Ask

AGENTS = f"{PROD}agents/"


def test_of_a_list_each_row_has_only_what_was_asked_for_and_the_age_comes_along(asked: Ask, prod: Cluster) -> None:
    whole, some = asked(AGENTS), asked(AGENTS, fields="host,state")
    assert some["results"] == [{"host": one["host"], "state": one["state"]} for one in whole["results"]]
    assert some.keys() == whole.keys() and some["taken_at"] == whole["taken_at"]


def test_of_one_thing_it_has_only_what_was_asked_for(asked: Ask, prod: Cluster) -> None:
    assert asked(PROD, fields="name") == {"name": "prod"}


def test_the_next_page_has_the_same_fields(asked: Ask, prod: Cluster) -> None:
    page = asked(AGENTS, fields="host", limit=1)
    assert "fields=host" in page["next"]
    assert [row.keys() for row in asked(page["next"])["results"]] == [{"host"}]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ("host,password", "There is no field password here; known are "),
        ("count", "There is no field count here; known are "),
        ("__class__", "There is no field __class__ here; known are "),
        ("", "A name is missing; known are "),
        ("host,", "A name is missing; known are "),
    ],
)
def test_a_field_that_is_not_known_is_refused_with_those_that_are(
    asked: Ask, prod: Cluster, fields: str, says: str
) -> None:
    told = asked(AGENTS, status=400, fields=fields)
    assert told["detail"].startswith(says) and "host, " in told["detail"]
    assert told["parameter"] == "fields" and "host" in told["allowed"]


def test_names_given_one_by_one_are_refused_and_a_csv_is_whole(asked: Ask, prod: Cluster, key: str) -> None:
    assert "commas" in asked(AGENTS, status=400, fields=["host", "state"])["detail"]
    refused = asked(f"{PROD}events/", status=400, fields="id", format="csv")
    assert refused["detail"] == "A CSV holds every row and column: leave out fields."
    signed = {"Authorization": f"Token {key}"}
    assert Client().get(f"{PROD}readings/top/", {"fields": "key"}, headers=signed).status_code == 400


def part(schema: dict[str, str]) -> str:
    """The name a reference ends with."""
    return schema["$ref"].rpartition("/")[2]


def test_every_resource_that_offers_it_gives_exactly_that_and_as_documented(asked: Ask, prod: Cluster) -> None:
    document = asked("/api/schema/")
    schemas, seen = document["components"]["schemas"], 0
    for path, operations in document["paths"].items():
        parameters = operations.get("get", {}).get("parameters", ())
        offered = [one for one in parameters if one["name"] == choosing.NAME]
        needed = [one for one in parameters if one.get("required") and one["name"] != "cluster_name"]
        if not offered or needed:
            continue
        names = offered[0]["schema"]["items"]["enum"]
        wanted = {names[0], names[-1]}
        found = asked(path.replace("{cluster_name}", "prod"), fields=",".join(sorted(wanted)))
        rows = found.get("results", [found])
        assert all(row.keys() == wanted for row in rows), path
        told = schemas[part(operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"][1])]
        row = schemas[part(told["properties"]["results"]["items"])] if "results" in found else told
        assert wanted <= row["properties"].keys() and "required" not in row, path
        seen += bool(rows)
    assert seen > 10


def test_a_refusal_is_told_whole(asked: Ask, prod: Cluster) -> None:
    told = asked("/api/v1/clusters/nope/", status=404, fields="name")
    assert told["status"] == 404 and told["detail"]
