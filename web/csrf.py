"""Requests from other sites are refused: a token in every unsafe form, and the Origin header."""

import hashlib
import hmac
from urllib.parse import urlsplit

from aiohttp import web

from crm_core.errors import Forbidden
from web.bodies import posted

FIELD = "csrf"
HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def token_for(secret: str) -> str:
    """The token of a session (or of a guest), made from its cookie: nothing more to store."""
    return hmac.new(secret.encode(), b"perezvon csrf", hashlib.sha256).hexdigest()


async def require_token(request: web.Request, secret: str) -> None:
    """Raise Forbidden unless an unsafe request carries the token, in its header or its form."""
    given = request.headers.get(HEADER, "")
    if not given and request.content_type in (
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ):
        field = (await posted(request)).get(FIELD, "")
        given = field if isinstance(field, str) else ""
    if not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), token_for(secret).encode()):
        raise Forbidden("csrf_failed")


def require_same_origin(request: web.Request, public_url: str, *, present: bool = False) -> None:
    """Raise Forbidden when Origin names another site; `present`: also when it is missing (sockets).

    Browsers send Origin with every socket and every unsafe request.
    """
    origin = request.headers.get("Origin")
    if origin is None:
        if present:
            raise Forbidden("wrong_origin")
        return
    if origin not in (f"{request.scheme}://{request.host}", _origin_of(public_url)):
        raise Forbidden("wrong_origin")


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
