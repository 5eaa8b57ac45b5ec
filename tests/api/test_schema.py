"""The OpenAPI document is whole, and every answer is as it says."""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from dashboard.api.urls import urlpatterns
from dashboard.models import Cluster
from tests.api.conftest import Ask


def test_the_document_is_valid_and_made_without_a_warning(tmp_path: Any) -> None:
    file = tmp_path / "schema.json"
    call_command("spectacular", "--fail-on-warn", "--validate", "--format", "openapi-json", "--file", str(file))
    resources = [one for one in urlpatterns if str(one.pattern).startswith("v1/")]
    assert len(json.loads(file.read_text())["paths"]) == len(resources)


def test_everything_an_answer_may_hold_says_what_it_is_of(asked: Ask) -> None:
    schemas = asked("/api/schema/")["components"]["schemas"]
    for name in ("Totals", "Agent"):
        for field, described in schemas[name]["properties"].items():
            if field.startswith(("cpus_", "mem_", "disk_", "gpus_")):
                assert described["nullable"] is True
                assert described["description"].startswith(("Cores.", "Bytes.", "GPUs."))
                assert "As Mesos allocates it" in described["description"]


def test_answers_are_what_the_document_says_whatever_is_asked(prod: Cluster, key: str) -> None:
    signed = {"Authorization": f"Token {key}"}
    schema = schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application(), headers=signed)
    for operation in schema.get_all_operations():
        assert isinstance(operation, Ok)
        ask(operation.ok(), signed)


def ask(operation: Any, signed: dict[str, str]) -> None:
    """Some requests of each kind, good and bad, each answer held against the document.

    That good ones are accepted is left out: the document can say that `after` is a text, not that we must have made it.
    """
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))

    @given(case=cases)
    @settings(max_examples=12, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    def asked(case: Any) -> None:
        case.call_and_validate(headers=signed, excluded_checks=[positive_data_acceptance])

    asked()
