"""Refusals as problem details: what is wrong, in a sentence, and what is allowed instead.

Document: RFC 9457, application/problem+json.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import Http404, JsonResponse
from rest_framework import exceptions, serializers

from dashboard import trouble

MEDIA_TYPE = "application/problem+json"
log = structlog.get_logger("daytwo.api")


class BadParameter(exceptions.APIException):
    """A query parameter that cannot be understood; names it, and what may stand there."""

    status_code = HTTPStatus.BAD_REQUEST

    def __init__(self, detail: str, *, parameter: str, allowed: Iterable[str] = ()) -> None:
        super().__init__(detail)
        self.parameter = parameter
        self.allowed = list(allowed)


class Refused(exceptions.APIException):
    """A change that is not made, and why: `errors` has sentences by field, as far as they are of one."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(
        self, detail: str, *, errors: Mapping[str, Sequence[str]] | None = None, allowed: Iterable[str] = ()
    ) -> None:
        super().__init__(detail)
        self.errors = {name: list(told) for name, told in (errors or {}).items()}
        self.allowed = list(allowed)


class BadBody(Refused):
    """What was sent cannot be understood."""

    status_code = HTTPStatus.BAD_REQUEST


class TooLarge(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class StoreInTrouble(exceptions.APIException):
    """The store is full or damaged."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE


class ProblemSerializer(serializers.Serializer[Any]):
    """What every refusal looks like."""

    type = serializers.CharField(help_text="Always about:blank: the status says what kind of problem it is.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField(help_text="The HTTP status.")
    detail = serializers.CharField(help_text="What is wrong here, for a person.")
    parameter = serializers.CharField(required=False, help_text="The query parameter that is wrong.")
    allowed = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="What may stand in its place."
    )
    errors = serializers.DictField(  # type: ignore[assignment]  # a field named like DRF's own attribute
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="What is wrong with each field of what was sent, in sentences.",
    )


def problem(error: Exception, context: dict[str, Any]) -> JsonResponse:
    """DRF's exception handler. What nobody foresaw is logged with its trace and answered without one."""
    known = _known(error)
    if known is None:
        log.error("request failed", path=context["request"].path, exc_info=error)
        return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "Day Two failed here; its log says why.", {}, {})
    return _answer(HTTPStatus(known.status_code), str(known.detail), _extra(known), _headers(known))


def _known(error: Exception) -> exceptions.APIException | None:
    match error:
        case exceptions.APIException():
            return error
        case Http404():
            return exceptions.NotFound(str(error) or "There is nothing at this address.")
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case DatabaseError() if found := trouble.of(error):
            return StoreInTrouble(f"{found.value}: nothing was changed.")
    return None


def _extra(error: exceptions.APIException) -> dict[str, Any]:
    match error:
        case BadParameter():
            named: dict[str, Any] = {"parameter": error.parameter}
        case Refused():
            named = {"errors": error.errors} if error.errors else {}
        case _:
            return {}
    return {**named, **({"allowed": error.allowed} if error.allowed else {})}


def _headers(error: exceptions.APIException) -> dict[str, str]:
    challenge = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": challenge} if challenge else {}


def _answer(status: HTTPStatus, detail: str, extra: dict[str, Any], headers: dict[str, str]) -> JsonResponse:
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, **extra}
    # Not DRF's Response: that would be rendered as whatever the view renders, the schema's own media type included.
    return JsonResponse(body, status=status, headers=headers, content_type=MEDIA_TYPE)
