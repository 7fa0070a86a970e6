"""The cookie that carries a session, and the guest's cookie before there is one."""

import re
import secrets

from aiohttp import web

SESSION = "perezvon"
GUEST = "perezvon-guest"
_LONGEST_SECONDS = 14 * 24 * 3600  # as long as the row in the database may live
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,100}")


def cookie_name(name: str, *, secure: bool) -> str:
    """With https the `__Host-` prefix: no other host and no plain http can plant the cookie."""
    return f"__Host-{name}" if secure else name


def session_token(request: web.Request, *, secure: bool) -> str:
    """The session's token as the browser sent it; "" when it sent none."""
    return _well_formed(request.cookies.get(cookie_name(SESSION, secure=secure), ""))


def guest_token(request: web.Request, *, secure: bool) -> str:
    """The guest's token, for the login form's CSRF token; "" when there is none yet."""
    return _well_formed(request.cookies.get(cookie_name(GUEST, secure=secure), ""))


def new_guest_token() -> str:
    return secrets.token_urlsafe(32)


def set_cookie(
    response: web.StreamResponse, name: str, token: str, *, secure: bool, lasting: bool
) -> None:
    """Give `token` to the browser; scripts cannot read it, other sites' forms do not send it."""
    response.set_cookie(
        cookie_name(name, secure=secure),
        token,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=secure,
        max_age=_LONGEST_SECONDS if lasting else None,
    )


def drop_cookie(response: web.StreamResponse, name: str, *, secure: bool) -> None:
    response.del_cookie(
        cookie_name(name, secure=secure), path="/", secure=secure, httponly=True, samesite="Lax"
    )


def _well_formed(token: str) -> str:
    return token if _TOKEN.fullmatch(token) else ""
