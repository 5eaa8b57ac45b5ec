"""ETag and If-None-Match: an answer that says nothing new is 304, without a body.

Ages grow with every second, and are left out of the tag: it stands for what is known, of when, and whether that may be called
the present. So it is a weak one: whoever gets 304 has the figures of the same `taken_at` still, and counts their age from that.
Every other change, that of `freshness` too, is another tag. To find that out the question is answered as ever, for whoever may
ask it; only the body is saved. Answers stay `no-store`: no browser and no proxy keeps them, a script may.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.response import Response

AGES: Final = re.compile(rb'"age_seconds":[0-9.e-]+')
"""As JSON writes them. An age that is not known is null, and stays in the tag."""
DIGEST_BYTES: Final = 16
GIVEN: Final = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of an answer that is at hand: 304 where there is nothing new but ages.",
)
NOT_MODIFIED: Final = {
    304: OpenApiResponse(
        None,
        description="Nothing but ages changed since the answer with that ETag; count them from `taken_at`.",
    )
}


def answered(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The answer with its tag, or 304 in its place. What is written while it is read, or refused, has none."""
    if not isinstance(response, Response) or response.status_code != HTTPStatus.OK:
        return response
    response.render()
    etag = f'W/"{blake2b(AGES.sub(b"", response.content), digest_size=DIGEST_BYTES).hexdigest()}"'
    response.headers["ETag"] = etag
    found = get_conditional_response(request, etag=etag, response=response)
    return found if found is not None else response
