"""`make lab`: the product beside a real Asterisk, with accounts for softphones and callers.

Two accounts are left for softphones; two SIPp phones are colleagues who pick up when nobody
else has. The made-up office has a database of its own, kept between runs.
"""

import asyncio
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from crm_core.clock import SystemClock
from telephony.numbers import normalise, split_written
from tests.lab.ami_link import AmiLink
from tests.lab.asterisk import LabAsterisk, asterisk
from tests.lab.needs import Missing
from tests.lab.phones import answering_phone, callers
from web.demo import DemoLogin, furnish
from web.demo.cast import CLIENTS
from web.demo.exchange import COUNTRY
from web.i18n import Reader
from web.words import word

DATABASE = "sqlite:///data/lab.db"
SOFTPHONES = ("101", "102")
COLLEAGUES = ("105", "106")
QUEUE = "sales"
_INSIDE = "201"
"""The office's number that leads to the queue."""
_COLLEAGUE_RINGS_MS = 9000
"""Long enough to pick up the softphone first."""
_TALK_MS = 25000
_CALLS_A_SECOND = 0.1
"""SIPp is told calls in ten seconds: one."""
_STRANGERS = (("79031112233", "Сергей"), ("4989123456", "Jonas Müller"), ("79998887766", ""))


def main() -> int:
    """Run until interrupted; 2 with a sentence when the laboratory lacks a part."""
    try:
        with ExitStack() as open_parts:
            _say(1, "a real Asterisk")
            exchange = open_parts.enter_context(asterisk(sip_port=5060))
            _say(2, "the office, its people and clients")
            Path("data").mkdir(exist_ok=True)
            logins = asyncio.run(furnish(DATABASE, SystemClock()))
            _say(3, f"colleagues at {' and '.join(COLLEAGUES)}, and people phoning in")
            for number in COLLEAGUES:
                phone = answering_phone(exchange, number, ring_ms=_COLLEAGUE_RINGS_MS)
                open_parts.enter_context(phone)
            asyncio.run(_seat_colleagues(exchange))
            open_parts.enter_context(
                callers(exchange, _INSIDE, _people(), talk_ms=_TALK_MS, a_second=_CALLS_A_SECOND)
            )
            _say(4, "Perezvon")
            _tell(exchange, logins)
            return _serve(exchange)
    except Missing as missing:
        print(f"make lab needs a part that is not here: {missing}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


async def _seat_colleagues(exchange: LabAsterisk) -> None:
    async with AmiLink(exchange.ami_port, exchange.ami_secret) as ami:
        for number in COLLEAGUES:
            await ami.do(
                "QueueAdd", Queue=QUEUE, Interface=f"PJSIP/{number}", MemberName=f"SIPp {number}"
            )


def _people() -> list[tuple[str, str]]:
    """Clients of the office and strangers, by turns."""
    people: list[tuple[str, str]] = []
    for place, client in enumerate(CLIENTS):
        written = client.numbers or next((numbers for *_, numbers in client.contacts), "")
        numbers = split_written(written)[:1]
        people.extend((normalise(one, COUNTRY).digits, client.name) for one in numbers)
        if place % 3 == 2:
            people.append(_STRANGERS[place // 3 % len(_STRANGERS)])
    return people


def _tell(exchange: LabAsterisk, logins: tuple[DemoLogin, ...]) -> None:
    print("\nSIP accounts for your softphones (UDP, G.711):")
    for number in SOFTPHONES:
        print(f"  {number}@127.0.0.1:{exchange.sip_port}   password {exchange.phone_secret}")
    print(f"\nAMI: 127.0.0.1:{exchange.ami_port}, perezvon, secret {exchange.ami_secret}")
    print("\nLogins:")
    for each in logins:
        print(f"  {each.login:<9} {each.password:<16} {word(Reader(), each.role, 'role')}")
    print(
        f"\nLog in as anna, take extension {SOFTPHONES[0]}, be ready: the queue rings your phone."
        "\nWithout a softphone a colleague answers after some seconds; the call is logged.\n",
        flush=True,
    )


def _serve(exchange: LabAsterisk) -> int:
    told = {
        "PEREZVON_EXCHANGE_HOST": "127.0.0.1",
        "PEREZVON_EXCHANGE_PORT": str(exchange.ami_port),
        "PEREZVON_EXCHANGE_USERNAME": "perezvon",
        "PEREZVON_EXCHANGE_SECRET": exchange.ami_secret,
        "PEREZVON_EXCHANGE_CEL": f"csv://{exchange.home / 'log/cel-custom/Master.csv'}",
        "PEREZVON_DATABASE_URL": DATABASE,
    }
    program = Path(sys.executable).with_name("perezvon")
    return subprocess.run([program, "run"], env={**os.environ, **told}, check=False).returncode


def _say(step: int, text: str) -> None:
    print(f"[{step}/4] {text}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
