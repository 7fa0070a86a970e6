"""What a form posted, or a refusal: a body that cannot be read is its sender's fault, not ours."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web


async def posted(request: web.Request) -> Mapping[str, Any]:
    """The fields of the body; `items` has a repeated one several times. Raises 400 for a body that
    is broken, 413 for one that is too large."""
    try:
        return await request.post()
    except web.HTTPException:
        raise
    except Exception as error:  # of the parser: LookupError, UnicodeError, zlib.error and others
        raise web.HTTPBadRequest from error
