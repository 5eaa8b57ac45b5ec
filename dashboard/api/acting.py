"""What operators do through the API: who may, what is read of what they send, and how a refusal is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any

from django.contrib.auth.models import User
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.utils import json

from dashboard.api.authentication import MayAct, MayViewOrAct
from dashboard.api.problems import BadBody, Refused, TooLarge
from dashboard.api.resource import CLUSTER, PROBLEMS, Resource, refusals

MOST_BYTES = 64 << 10
LONGEST_NAME = 100
REFUSED = {
    **PROBLEMS,
    400: "A body or a query parameter that is not understood: no JSON object, an unknown field, a wrong type.",
    403: "The user is no operator; in a browser's session also: no CSRF token in the header X-CSRFToken.",
    413: f"A body of more than {MOST_BYTES >> 10} KiB.",
    422: "It was understood and is not done: `detail` says why, `errors` by field.",
}


class ShortJson(BaseParser):
    """JSON in UTF-8 (RFC 8259), whatever charset is claimed: Python knows some that unpack a megabyte out of a line."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        sent = stream.read(MOST_BYTES + 1)
        if len(sent) > MOST_BYTES:
            raise TooLarge(f"At most {MOST_BYTES >> 10} KiB can be sent at a time.")
        try:
            return json.loads(sent.decode(), parse_constant=json.strict_constant)
        except (ValueError, RecursionError) as error:
            raise ParseError("This is no JSON.") from error


class Number(serializers.FloatField):
    """A finite number; one that no float holds is none."""

    def to_internal_value(self, data: Any) -> float:
        try:
            found = super().to_internal_value(data)
        except OverflowError:
            self.fail("invalid")
        if found - found != 0:
            self.fail("invalid")
        return found


class Body(serializers.Serializer[Any]):
    """The fields of what is sent: there are no others, and each is of the JSON type that the document says."""

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The fields by name, checked; those that may be left out only where they were given or have a default.

        Raises BadBody.
        """
        if not isinstance(request.data, Mapping):
            raise BadBody("Send a JSON object.")
        asked = cls(data=dict(request.data))
        for name, value in request.data.items():
            if name not in asked.fields:
                raise BadBody(f"There is no field {name[:LONGEST_NAME]}.", allowed=asked.fields)
            if not _is_of_type(asked.fields[name], value):
                raise _bad({name: ["This is of another JSON type."]})
        if not asked.is_valid():
            raise _bad({name: list(_sentences(told)) for name, told in asked.errors.items()})
        return dict(asked.validated_data)


def _is_of_type(field: serializers.Field[Any, Any, Any, Any], value: Any) -> bool:
    """DRF's fields would take true for "yes" and 5 for "5"."""
    if value is None:
        return True  # the field knows whether it may be
    match field:
        case serializers.BooleanField():
            return isinstance(value, bool)
        case serializers.IntegerField() | serializers.FloatField():
            return isinstance(value, int | float) and not isinstance(value, bool)
        case serializers.ListField():
            return isinstance(value, list) and all(_is_of_type(field.child, one) for one in value)
        case _:
            return isinstance(value, str)


def _sentences(told: Any) -> Iterator[str]:
    """Errors of a field, or of each element of a list."""
    for one in told.values() if isinstance(told, Mapping) else told:
        if isinstance(one, list | Mapping):
            yield from _sentences(one)
        else:
            yield str(one)


def _bad(errors: Mapping[str, Sequence[str]]) -> BadBody:
    return BadBody(" ".join(f"{name}: {' '.join(told)}" for name, told in errors.items()), errors=errors)


@contextmanager
def refusing() -> Iterator[None]:
    """What the store refuses within is a problem with the store's own words."""
    try:
        yield
    except ValidationError as error:
        by_field = error.message_dict if hasattr(error, "error_dict") else {}
        raise Refused(
            " ".join(error.messages), errors={name: told for name, told in by_field.items() if name != NON_FIELD_ERRORS}
        ) from error


class Changeable(Resource):
    """Read by viewers, changed by operators."""

    http_method_names = ["get", "head", "post"]  # noqa: RUF012  Django's own attribute
    permission_classes = [MayViewOrAct]  # noqa: RUF012  DRF's own attribute
    parser_classes = [ShortJson]  # noqa: RUF012  as above


class Deed(Resource):
    """Something that operators do, with POST; there is nothing to be read at its address."""

    http_method_names = ["post"]  # noqa: RUF012  Django's own attribute
    permission_classes = [MayAct]  # noqa: RUF012  DRF's own attribute
    parser_classes = [ShortJson]  # noqa: RUF012  as above


def who(request: Request) -> User:
    assert isinstance(request.user, User)  # no other has a role
    return request.user


def numbered(name: str, meaning: str) -> OpenApiParameter:
    """A number in an address."""
    schema = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
    return OpenApiParameter(name, schema, OpenApiParameter.PATH, description=meaning)


def done(
    operation: str,
    summary: str,
    *,
    answer: type[serializers.Serializer[Any]] | None,
    body: type[Body] | None = None,
    status: int = 200,
    path: Sequence[OpenApiParameter] = (CLUSTER,),
) -> Callable[[Any], Any]:
    """A deed's entry in the OpenAPI document: what is sent, what is answered, and the refusals all deeds have.

    `answer` None: nothing is (204).
    """
    told: Any = (
        {(status, "application/json"): answer} if answer else {204: OpenApiResponse(None, description="It is done.")}
    )
    decorate: Callable[[Any], Any] = extend_schema(
        operation_id=operation,
        summary=summary,
        description="For operators.",
        tags=["clusters"],
        parameters=[*path],
        request=body,
        responses={**told, **refusals(REFUSED, path)},
    )
    return decorate
