"""The OpenAPI document is whole, and every answer is as it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import schemathesis
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from dashboard.alerts import catalogue
from dashboard.alerts.rules import RULES
from dashboard.api import choosing
from dashboard.api.urls import urlpatterns
from dashboard.auditing import daily
from dashboard.models import Alert, AuditEntry, Cluster, Incident, Notice, Silence
from dashboard.store.rules import ensure
from dashboard.store.tokens import make
from tests.api.conftest import Ask
from tests.applications import make_app, make_deployment, make_failed_task, make_marathon, make_wait
from tests.pages import alerting
from tests.pages.failing import failed


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


@contextmanager
def in_the_tests_transaction() -> Iterator[None]:
    """Around each request Django closes old connections, which would end the test's transaction with a database server."""
    around = (request_started, request_finished)
    for signal in around:
        signal.disconnect(close_old_connections)
    yield
    for signal in around:
        signal.connect(close_old_connections)


def test_answers_are_what_the_document_says_whatever_is_asked(prod: Cluster, olga: User, now: datetime) -> None:
    """Of an operator, who may do all that the API can: what each of them changes, those after it find."""
    something_to_change(prod)
    signed = {"Authorization": f"Token {make(olga, 'tests', now=now)}"}
    document = Client().get("/api/schema/", headers=signed).json()
    name_what_there_is(document)
    ask_for_all_fields(document)
    schema = schemathesis.openapi.from_dict(document)
    schema.app = get_wsgi_application()
    with in_the_tests_transaction():
        for operation in schema.get_all_operations():
            assert isinstance(operation, Ok)
            ask(operation.ok(), signed)


def something_to_change(cluster: Cluster) -> None:
    """Rules, an alert, a silence, an incident and notices, that the small numbers of the walk may find."""
    ensure(cluster, map(catalogue.row, RULES), timezone.now())
    fires = alerting.alert(cluster)
    alerting.notice(fires, alerting.channel())
    alerting.silence(cluster, "node:10.0.0.1")
    failed(cluster, Incident.Kind.HOST, "10.0.0.9", 60)
    daily.make(cluster, timezone.now())
    app = make_app(make_marathon(cluster, timezone.now()), "/web", timezone.now())
    make_wait(app, timezone.now())
    make_deployment(app.marathon, timezone.now(), app.app_id)
    make_failed_task(cluster, 1, timezone.now(), app=app)


def name_what_there_is(document: dict[str, Any]) -> None:
    """Addresses of things that are there: made up ones would all be of clusters that nobody knows."""
    there = {"cluster_name": "prod", "host": "10.0.0.9", "unit": "dcos-net.service", "key": "R38", "container_id": "c1"}
    there["place"] = "marathon/web"
    there["day"] = AuditEntry.objects.get().day.isoformat()
    numbers = {"incidents": Incident, "alerts": Alert, "silences": Silence, "notices": Notice}
    for path, operations in document["paths"].items():
        for parameter in (one for each in operations.values() for one in each.get("parameters", [])):
            if parameter["name"] == "number":
                kind = numbers[path.split("/")[5]]
                parameter["schema"] = {"type": "integer", "enum": [kind._default_manager.get().pk]}
            elif parameter["in"] == "path":
                parameter["schema"] = {"type": "string", "enum": [there[parameter["name"]]]}


def ask_for_all_fields(document: dict[str, Any]) -> None:
    """So that none may be missing: what answers with chosen ones hold, test_choosing.py asks of each resource."""
    for operations in document["paths"].values():
        get = operations.get("get", {})
        told = get.get("responses", {}).get("200", {}).get("content", {}).get("application/json", {})
        if "anyOf" in told.get("schema", {}):
            told["schema"] = told["schema"]["anyOf"][0]
            get["parameters"] = [one for one in get["parameters"] if one["name"] != choosing.NAME]


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
