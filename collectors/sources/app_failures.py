"""The last failure of an app's task, which Marathon keeps and goes on telling after the app is well again.

Endpoint: GET /service/marathon/v2/apps/<id>?embed=app.lastTaskFailure
Document: https://mesosphere.github.io/marathon/api-console/index.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import quote

import msgspec

from collectors.client import MIB, Client
from collectors.decoding import Dropped, count, from_rfc3339, message, name
from collectors.errors import PollError
from collectors.records import TaskFailure
from collectors.target import MarathonPlace

MOST_ASKED = 20
APP_BYTES = MIB
APP_ID = re.compile(r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._-]{1,255}){1,50}\Z")


class Failure(msgspec.Struct, frozen=True, rename="camel"):
    task_id: str
    state: str
    host: str | None = None
    message: str | None = None
    timestamp: str | None = None
    version: str | None = None


class Failed(msgspec.Struct, frozen=True, rename="camel"):
    last_task_failure: Failure | None = None


class OneApp(msgspec.Struct, frozen=True):
    app: Failed


def failure_of(wire: Failure) -> TaskFailure:
    return TaskFailure(
        task_id=name(wire.task_id),
        host=name(wire.host or ""),
        state=name(wire.state),
        message=message(wire.message or ""),
        failed_at=from_rfc3339(wire.timestamp or ""),
        version=name(wire.version or ""),
    )


def ask_failures(
    client: Client, place: MarathonPlace, app_ids: Iterable[str], dropped: Dropped
) -> tuple[dict[str, TaskFailure | None], set[str]]:
    """The last failure of each that was asked, None where it has none, and who was asked in vain; after an answer that failed
    nobody else is asked."""
    found: dict[str, TaskFailure | None] = {}
    refused: set[str] = set()
    for app_id in list(app_ids)[:MOST_ASKED]:
        if not APP_ID.match(app_id):
            count(dropped, "last task failure: an id that may not stand in a URL")
            refused.add(app_id)
            continue
        try:
            said = client.get_json(
                f"{place.url}/v2/apps{quote(app_id)}?embed=app.lastTaskFailure", OneApp, limit_bytes=APP_BYTES
            )
        except PollError as error:
            refused.add(app_id)
            if error.http_status == HTTPStatus.NOT_FOUND:
                continue  # it went while we asked
            count(dropped, f"last task failure: {error.detail}")
            break
        found[app_id] = failure_of(said.app.last_task_failure) if said.app.last_task_failure else None
    return found, refused
