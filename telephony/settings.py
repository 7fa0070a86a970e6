"""What telephony must be told about the exchange it sits beside."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TelephonySettings:
    """One Asterisk: where its AMI is, how to log in, and which of its endpoints are phones.

    `phones` is a regular expression matched against the whole endpoint name (`101` of `PJSIP/101`);
    what does not match is a trunk. `cel` and `cdr` say where Asterisk writes its own logs of
    channel events and of calls (`sqlite:///path`, `csv:///path`, `postgresql://…`; "" where we
    cannot read them); `log_time_zone` is the zone of their times, "" this machine's. Times are
    seconds.
    """

    host: str = "127.0.0.1"
    port: int = 5038
    username: str = "perezvon"
    secret: str = field(default="", repr=False)
    tls: bool = False
    tls_verify: bool = True
    phones: str = r"\d{2,5}"
    country: str = "RU"
    technology: str = "PJSIP"
    dial_context: str = "from-internal"
    connect_timeout_seconds: float = 10.0
    action_timeout_seconds: float = 10.0
    keepalive_seconds: float = 15.0
    silence_seconds: float = 45.0
    cel: str = field(default="", repr=False)
    cdr: str = field(default="", repr=False)
    log_time_zone: str = ""
