"""`fields=`: of an answer only some of its fields, of a list only those of its rows.

What may be named is what the answer's serializer has, so nothing that is not documented can be asked for. The question is
answered as ever; only what is sent grows smaller. What stands around a list's rows always comes along, its age first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from dashboard.api.problems import BadParameter

NAME: Final = "fields"
ROWS: Final = "results"
CHOSEN: Final = "Chosen"
"""How the document calls an answer, or a row, of which only some fields were asked for."""


def names_of(answer: type[serializers.Serializer[Any]]) -> tuple[str, ...]:
    """What may be named of such an answer."""
    rows = answer().fields.get(ROWS)
    whole: Any = rows.child if isinstance(rows, serializers.ListSerializer) else answer()
    return tuple(whole.fields)


def parameter(names: Sequence[str]) -> OpenApiParameter:
    schema = {"type": "array", "items": {"type": "string", "enum": list(names)}, "minItems": 1}
    return OpenApiParameter(
        NAME,
        schema,
        explode=False,
        style="form",
        description="Only these, by their names with commas between them; of a list only these of each of its rows.",
    )


def read(request: Request, names: Sequence[str]) -> tuple[str, ...]:
    """What is asked for; empty where everything is. Raises BadParameter."""
    given = request.query_params.getlist(NAME)
    if not given or not names:
        return ()
    if len(given) > 1:
        raise BadParameter(f"{NAME} is given more than once: put commas between the names.", parameter=NAME)
    asked = tuple(dict.fromkeys(given[0].split(",")))
    unknown = [name for name in asked if name not in names]
    if unknown:
        what = f"There is no field {unknown[0]} here" if unknown[0] else "A name is missing"
        raise BadParameter(f"{what}; known are {', '.join(names)}.", parameter=NAME, allowed=names)
    return asked


def chosen(data: Mapping[str, Any], asked: Sequence[str]) -> dict[str, Any]:
    """An answer with these only."""
    if isinstance(data.get(ROWS), list):
        return {**data, ROWS: [_only(row, asked) for row in data[ROWS]]}
    return _only(data, asked)


def _only(row: Mapping[str, Any], asked: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in asked if name in row}


def in_document(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """For drf-spectacular: an answer is whole, or has those fields only that were asked for."""
    schemas = result["components"]["schemas"]
    for operations in result["paths"].values():
        operation = operations.get("get", {})
        if any(one["name"] == NAME and one["in"] == "query" for one in operation.get("parameters", ())):
            told = operation["responses"]["200"]["content"]["application/json"]
            told["schema"] = {"anyOf": [told["schema"], _partly(schemas, told["schema"])]}
    return result


def _partly(schemas: dict[str, Any], schema: Mapping[str, str]) -> dict[str, str]:
    """Such an answer's schema, added to the others."""
    whole = _named(schema)
    rows = schemas[whole]["properties"].get(ROWS, {}).get("items")
    part = schemas.setdefault(f"{CHOSEN}{whole}", deepcopy(schemas[whole]))
    if rows is None:
        part.pop("required", None)
    else:
        row = _named(rows)
        schemas.setdefault(f"{CHOSEN}{row}", deepcopy(schemas[row])).pop("required", None)
        part["properties"][ROWS]["items"] = {"$ref": f"#/components/schemas/{CHOSEN}{row}"}
    return {"$ref": f"#/components/schemas/{CHOSEN}{whole}"}


def _named(schema: Mapping[str, str]) -> str:
    return schema["$ref"].rpartition("/")[2]
