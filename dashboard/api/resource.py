"""What all resources share: JSON in answer to GET, only the query parameters that are documented, one moment called now.

What changes something is built on acting.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from inspect import cleandoc
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dashboard import statements
from dashboard.api import choosing, tags
from dashboard.api.problems import MEDIA_TYPE, BadParameter, ProblemSerializer
from dashboard.models import Cluster

CLUSTER = OpenApiParameter(
    "cluster_name", str, OpenApiParameter.PATH, description="The cluster's name in Day Two.", pattern="^[-a-zA-Z0-9_]+$"
)
PROBLEMS = {
    400: "A query parameter that is unknown, given twice, or not understood.",
    401: "No token, no session, or one that is not known.",
    403: "The user has no role.",
    404: "No such cluster or thing in it.",
}


SAFE = ("GET", "HEAD")
AS_CSV = {(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="The rows of `results`, with format=csv.")}


class AlwaysJson(BaseContentNegotiation):
    """The API speaks JSON whatever the Accept header asks for (RFC 9110, 12.4.1, allows it)."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


class Query(serializers.Serializer[Any]):
    """The query parameters of a resource: each field is one, and there are no others; `from_` is the parameter from."""

    repeated: frozenset[str] = frozenset()
    """Those that may be given more than once; their fields are lists."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {name.rstrip("_"): field for name, field in super().get_fields().items()}

    @classmethod
    def read(cls, request: Request, *, besides: str = "") -> dict[str, Any]:
        """The parameters by name, checked, without one that is read elsewhere. Raises BadParameter."""
        known = _made(cls)
        given: dict[str, Any] = {}
        for name, values in request.query_params.lists():
            if name == besides:
                continue
            if name not in known.fields:
                raise BadParameter(f"There is no parameter {name}.", parameter=name, allowed=known.fields)
            if len(values) > 1 and name not in cls.repeated:
                raise BadParameter(f"{name} is given more than once.", parameter=name)
            # In a plain dict: of a QueryDict DRF takes an empty value, being a form's, for none at all.
            given[name] = values if name in cls.repeated else values[0]
        try:
            return dict(known.run_validation(given))
        except serializers.ValidationError as error:
            raise _refused(known, error) from None


@cache
def _made(query: type[Query]) -> Query:
    """One of each for all requests, for checking leaves nothing in it: to make its fields anew costs as much as a query."""
    return query()


def _refused(known: Query, error: serializers.ValidationError) -> BadParameter:
    detail: Any = error.detail
    name, errors = next(iter(detail.items()))
    # Of a list the errors of one of its entries, by its place.
    first = next(iter(errors.values())) if isinstance(errors, dict) else errors
    return BadParameter(f"{name}: {first[0]}", parameter=name, allowed=_choices(known.fields[name]))


def _choices(field: serializers.Field[Any, Any, Any, Any]) -> list[str]:
    return list(field.choices) if isinstance(field, serializers.ChoiceField) else []


class Resource(APIView):
    """Something to read. `asked` holds the checked query parameters, `now` the moment of the answer."""

    http_method_names = ["get", "head"]  # noqa: RUF012  Django's own attribute
    content_negotiation_class = AlwaysJson
    query: type[Query] = Query
    asked: dict[str, Any]
    now: datetime
    fields: tuple[str, ...] = ()
    """Of the answer only these; empty where everything is asked for."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # Nothing that is stored holds one, and PostgreSQL refuses to compare it.
        if any("\0" in str(part) for part in kwargs.values()):
            raise NotFound("There is nothing at this address: it holds a NUL.")
        names = self._names(request)
        self.asked = self.query.read(request, besides=choosing.NAME if names else "")
        self.fields = choosing.read(request, names)
        self.now = timezone.now()

    def _names(self, request: Request) -> tuple[str, ...]:
        """What `fields` may name here; nothing where the question has no such parameter."""
        handler = getattr(self, "get", None) if request.method in SAFE else None
        names: tuple[str, ...] = getattr(handler, "names", ())
        return names

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = super().dispatch(request, *args, **kwargs)
        if request.method not in SAFE:
            return answer
        if self.fields and isinstance(answer, Response):
            answer.data = choosing.chosen(answer.data, self.fields)
        return tags.answered(request, answer)


class Unknown(Resource):
    """Any other address below the API: a problem in JSON, not a page."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Resource, self).initial(request, *args, **kwargs)
        raise NotFound("There is nothing at this address; /api/docs/ lists what there is.")


def cluster_named(name: str) -> Cluster:
    """One query. Raises NotFound."""
    for found in statements.found(Cluster, name=name):
        return found
    raise NotFound(f"There is no cluster named {name}.")


def described(
    operation: str,
    summary: str,
    *,
    answer: type[serializers.Serializer[Any]],
    query: type[Query] = Query,
    path: Sequence[OpenApiParameter] = (CLUSTER,),
    csv: bool = False,
    by_the_thousand: bool = False,
) -> Callable[[Any], Any]:
    """A resource's entry in the OpenAPI document: its parameters, its answer, and the refusals all have.

    `csv` where the list is also told as one. Figures `by_the_thousand`, which are new each minute and are asked for by their
    names, have no ETag and no `fields`.
    """
    names = () if by_the_thousand else choosing.names_of(answer)
    further = [] if by_the_thousand else [choosing.parameter(names), tags.GIVEN]
    decorate: Callable[[Any], Any] = extend_schema(
        operation_id=operation,
        summary=summary,
        description=cleandoc(answer.__doc__ or ""),
        tags=["clusters"],
        parameters=[*path, *([query] if query is not Query else []), *further],
        responses={
            (200, "application/json"): answer,
            **(AS_CSV if csv else {}),
            **({} if by_the_thousand else tags.NOT_MODIFIED),
            **refusals(PROBLEMS, path),
        },
    )

    def resource(handler: Any) -> Any:
        handler.names = names
        return decorate(handler)

    return resource


def refusals(statuses: Mapping[int, str], path: Sequence[OpenApiParameter]) -> dict[tuple[int, str], OpenApiResponse]:
    """Problems for the document; an address without a variable part is always found."""
    return {
        (status, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, description=text)
        for status, text in statuses.items()
        if status != 404 or path
    }
