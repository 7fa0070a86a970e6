"""SIP and SDP as text: just enough of RFC 3261 and 4566 for phones on one loopback."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field

_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^",\s]+))')


@dataclass(slots=True)
class SipMessage:
    """A request or a response; header order and repetition are kept."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""

    def get(self, name: str) -> str:
        """The first header of that name (any case), or an empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

    @property
    def status(self) -> int:
        """The status of a response; 0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        """The method of a request, or of the request that a response answers."""
        return self.get("CSeq").split()[1]

    @property
    def sequence(self) -> int:
        return int(self.get("CSeq").split()[0])

    @property
    def branch(self) -> str:
        """What joins a response with its request."""
        return parameter(self.get("Via"), "branch")

    def encode(self) -> bytes:
        body = self.body.encode()
        lines = [self.start, *(f"{key}: {value}" for key, value in self.headers)]
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def parse(data: bytes) -> SipMessage:
    """One datagram as a message; undecodable bytes are replaced."""
    head, _, body = data.decode(errors="replace").partition("\r\n\r\n")
    start, *lines = head.split("\r\n")
    headers = [(key.strip(), value.strip()) for key, _, value in (x.partition(":") for x in lines)]
    return SipMessage(start, [h for h in headers if h[0].lower() != "content-length"], body)


def parameter(header: str, name: str) -> str:
    """`;name=value` of a header after its address, or an empty string."""
    found = re.search(rf";\s*{name}=([^;>\s]+)", header.rpartition(">")[2] or header)
    return found.group(1) if found else ""


def address(header: str) -> str:
    """The URI inside a From, To or Contact header."""
    found = re.search(r"<([^>]*)>", header)
    return found.group(1) if found else header.partition(";")[0].strip()


def user_of(uri: str) -> str:
    """`101` of `sip:101@127.0.0.1:5060`."""
    return uri.partition(":")[2].partition("@")[0].partition(";")[0]


def authorization(challenge: str, method: str, uri: str, user: str, password: str) -> str:
    """The Digest answer (MD5) to a WWW-Authenticate or Proxy-Authenticate header."""
    asked = {key: quoted or bare for key, quoted, bare in _PARAMETER.findall(challenge)}
    realm, nonce = asked["realm"], asked["nonce"]
    first = _md5(f"{user}:{realm}:{password}")
    second = _md5(f"{method}:{uri}")
    parts = f'username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", algorithm=MD5'
    if "opaque" in asked:
        parts += f', opaque="{asked["opaque"]}"'
    if "qop" not in asked:
        return f'Digest {parts}, response="{_md5(f"{first}:{nonce}:{second}")}"'
    response = _md5(f"{first}:{nonce}:00000001:lab:auth:{second}")
    return f'Digest {parts}, qop=auth, nc=00000001, cnonce="lab", response="{response}"'


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def token() -> str:
    """A word that nobody else has: for tags, branches and Call-IDs."""
    return secrets.token_hex(8)


def sdp(port: int, *, direction: str = "sendrecv", version: int = 1) -> str:
    """An offer or answer of G.711 mu-law and telephone events on 127.0.0.1."""
    lines = (
        "v=0",
        f"o=lab 1 {version} IN IP4 127.0.0.1",
        "s=lab",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        f"m=audio {port} RTP/AVP 0 101",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-16",
        f"a={direction}",
    )
    return "\r\n".join(lines) + "\r\n"


def media_port(body: str) -> int:
    """The audio port of an SDP; 0 when there is none."""
    found = re.search(r"^m=audio (\d+)", body, re.MULTILINE)
    return int(found.group(1)) if found else 0
