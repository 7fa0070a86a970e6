"""The simulated exchange: an AMI server that plays a busy office, for when there is no PBX.

It speaks the manager protocol of Asterisk 22 over TCP and tells each call with the events, in the
order and with the headers that a real one was seen to use. What it cannot do is said in `CANNOT`.
"""

from telephony.simulator.exchange import Exchange
from telephony.simulator.moods import COLLEAGUES, WATCHED, Mood, Reply
from telephony.simulator.plan import (
    MENU_NUMBER,
    SALES_NUMBER,
    SUPPORT_NUMBER,
    PhonePlan,
    Plan,
    QueuePlan,
    Route,
    direct_number,
    office,
)
from telephony.simulator.server import Rung, SimulatedExchange
from telephony.simulator.session import Credentials
from telephony.simulator.stories import Handover, Hold, Incoming, Outgoing, Talk, Town
from telephony.simulator.town import Pace

CANNOT: tuple[str, ...] = (
    "audio",
    "sip",
    "dialplan",
    "local_optimisation",
    "pickup",
    "forwarding",
    "conference",
    "spying",
    "recording",
    "answering_machines",
    "agi",
    "eventfilter",
    "cel_and_cdr",
)
"""What a real Asterisk does and this does not, as codes; the web floor has a sentence for each.

No audio and no SIP: phones answer by themselves. No dialplan: routes are those of the plan. Local
channels stay. Nobody picks up another's call, forwards, confers, spies or records; no machine
answers; no AGI, no event filter (accepted, without effect), no call records on disk.
"""

__all__ = [
    "CANNOT",
    "COLLEAGUES",
    "MENU_NUMBER",
    "SALES_NUMBER",
    "SUPPORT_NUMBER",
    "WATCHED",
    "Credentials",
    "Exchange",
    "Handover",
    "Hold",
    "Incoming",
    "Mood",
    "Outgoing",
    "Pace",
    "PhonePlan",
    "Plan",
    "QueuePlan",
    "Reply",
    "Route",
    "Rung",
    "SimulatedExchange",
    "Talk",
    "Town",
    "direct_number",
    "office",
]
