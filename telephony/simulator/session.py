"""One manager's connection: its bytes become requests, login comes first."""

import hashlib
import hmac
from dataclasses import dataclass, field

from telephony.simulator.requests import one
from telephony.simulator.wire_format import BANNER, block

MAX_BLOCK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    secret: str = field(repr=False)

    def fit(self, request: dict[str, list[str]], challenge: str) -> bool:
        """Whether a Login request is right: plain, or MD5 of the challenge and the secret."""
        name = one(request, "username")
        if one(request, "authtype").upper() == "MD5" and challenge:
            digest = hashlib.md5((challenge + self.secret).encode(), usedforsecurity=False)
            return name == self.username and _same(one(request, "key"), digest.hexdigest())
        return name == self.username and _same(one(request, "secret"), self.secret)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


class Session:
    """Protocol state of one connection, without the socket."""

    def __init__(self, credentials: Credentials, challenge: str) -> None:
        self.greeting = BANNER
        self.logged_in = False
        self.wants_events = False
        self.over = False
        self._credentials = credentials
        self._challenge = challenge
        self._challenged = False
        self._buffer = b""

    def feed(self, data: bytes) -> list[dict[str, list[str]]]:
        """The requests completed by `data`. A block without end ends the session."""
        self._buffer = (self._buffer + data).replace(b"\r\n", b"\n")
        *blocks, self._buffer = self._buffer.split(b"\n\n")
        if len(self._buffer) > MAX_BLOCK_BYTES:
            self.over = True
            return []
        return [headers for raw in blocks if (headers := _headers(raw))]

    def own(self, request: dict[str, list[str]], booted_seconds: int) -> bytes | None:
        """The answer to what concerns the session itself; None: it is for the exchange."""
        name = one(request, "action").lower()
        action_id = [("ActionID", one(request, "actionid"))] if "actionid" in request else []
        if name == "login":
            return self._login(request, action_id, booted_seconds)
        if name == "challenge":
            self._challenged = True
            return block([("Response", "Success"), *action_id, ("Challenge", self._challenge)])
        if not self.logged_in:
            return block([("Response", "Error"), *action_id, ("Message", "Permission denied")])
        if name == "logoff":
            self.over = True
            thanks = ("Message", "Thanks for all the fish.")
            return block([("Response", "Goodbye"), *action_id, thanks])
        if name == "events":
            self.wants_events = one(request, "eventmask").lower() not in ("off", "none", "0", "")
            state = "On" if self.wants_events else "Off"
            return block([("Response", "Success"), *action_id, ("Events", state)])
        if name == "filter":
            return block([("Response", "Success"), *action_id, ("Message", "Success")])
        return None

    def _login(
        self,
        request: dict[str, list[str]],
        action_id: list[tuple[str, str]],
        booted_seconds: int,
    ) -> bytes:
        challenge = self._challenge if self._challenged else ""
        if not self._credentials.fit(request, challenge):
            self.over = True
            failed = ("Message", "Authentication failed")
            return block([("Response", "Error"), *action_id, failed])
        self.logged_in = True
        self.wants_events = one(request, "events").lower() != "off"
        accepted = ("Message", "Authentication accepted")
        answer = block([("Response", "Success"), *action_id, accepted])
        if not self.wants_events:
            return answer
        uptime = str(booted_seconds)
        return answer + block(
            [
                ("Event", "FullyBooted"),
                ("Privilege", "system,all"),
                ("Uptime", uptime),
                ("LastReload", uptime),
                ("Status", "Fully Booted"),
            ]
        )


def _headers(raw: bytes) -> dict[str, list[str]]:
    """Headers by lower-case name, with all values of equal names; other lines are passed over."""
    headers: dict[str, list[str]] = {}
    for line in raw.decode("utf-8", "replace").split("\n"):
        key, colon, value = line.replace("\0", "").partition(":")
        if colon:
            headers.setdefault(key.strip().lower(), []).append(value.strip())
    return headers
