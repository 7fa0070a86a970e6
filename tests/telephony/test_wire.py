"""AMI messages read into typed values, honest and hostile ones."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from telephony import said
from telephony.headers import clock, integer, one_line
from telephony.ids import Linkedid, Uniqueid
from telephony.stream import AmiMessage
from telephony.wire import WANTED, WANTED_VARIABLES, parse

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CHANNEL = {
    "channel": "PJSIP/101-0000001f",
    "uniqueid": "1795305600.31",
    "linkedid": "1795305600.30",
    "channelstate": "6",
    "calleridnum": "101",
    "calleridname": "Анна",
    "context": "from-internal",
    "exten": "79161234567",
}


def read(name: str, **headers: str) -> said.Wire | None:
    return parse(AmiMessage(name, headers, AT, AT))


def test_a_channel_is_read_with_all_that_identifies_it() -> None:
    wire = read("Newchannel", **CHANNEL)
    assert isinstance(wire, said.ChannelBorn)
    assert wire.at == AT
    assert wire.chan == said.Seen(
        Uniqueid("1795305600.31"),
        "PJSIP/101-0000001f",
        Linkedid("1795305600.30"),
        6,
        "101",
        "Анна",
        "from-internal",
        "79161234567",
    )


def test_unknown_events_and_responses_are_none() -> None:
    assert read("RTCPSent") is None
    assert read("") is None
    assert read("Newexten", **CHANNEL) is None
    assert read("UserEvent", **CHANNEL) is None


def test_an_event_without_its_channel_is_none() -> None:
    for name in WANTED - {"FullyBooted"}:
        wire = read(name)
        assert wire is None or isinstance(wire, said.ListEnded), name


def test_a_withheld_number_is_empty() -> None:
    wire = read("Newchannel", **CHANNEL | {"calleridnum": "<unknown>", "calleridname": "<unknown>"})
    assert isinstance(wire, said.ChannelBorn)
    assert (wire.chan.number, wire.chan.name) == ("", "")


def test_only_wanted_variables_are_read() -> None:
    assert read("VarSet", **CHANNEL, variable="RTPAUDIOQOS", value="x") is None
    for variable in WANTED_VARIABLES:
        wire = read("VarSet", **CHANNEL, variable=variable, value="v")
        assert isinstance(wire, said.VariableSet)


def test_a_dial_by_nobody_has_no_source() -> None:
    wire = read("DialBegin", **{f"dest{key}": value for key, value in CHANNEL.items()})
    assert isinstance(wire, said.DialBegan)
    assert wire.source is None


def test_a_parking_lot_is_a_holding_bridge() -> None:
    held = read("BridgeEnter", **CHANNEL, bridgeuniqueid="b", bridgetechnology="holding_bridge")
    talk = read("BridgeEnter", **CHANNEL, bridgeuniqueid="b", bridgetechnology="softmix")
    assert isinstance(held, said.BridgeEntered)
    assert isinstance(talk, said.BridgeEntered)
    assert (held.holding, talk.holding) == (True, False)


def test_a_member_is_known_by_its_phone_and_not_by_what_the_queue_dials() -> None:
    headers = {"queue": "sales", "interface": "Local/101@reach", "membername": "Анна"}
    for state, phone in (
        ("PJSIP/101", "PJSIP/101"),
        ("hint:101@office", "Local/101@reach"),
        ("", "Local/101@reach"),
    ):
        wire = read("QueueMemberAdded", **headers, stateinterface=state)
        assert isinstance(wire, said.MemberState)
        assert wire.interface == phone


def test_names_are_unescaped_into_one_line() -> None:
    assert one_line(r"Bob \"the\\ bob\"") == r'Bob "the\ bob"'
    assert one_line(r"evil\r\nEvent: Hangup") == "evil  Event: Hangup"
    assert one_line("a\r\nb\0c\x0bd") == "a  b c d"
    assert one_line("trailing\\") == "trailing"
    assert len(one_line("x" * 5000)) == 200


def test_numbers_in_headers_may_be_anything() -> None:
    assert [integer(text) for text in ("7", "", "x", "٣", "9" * 400)] == [7, -1, -1, -1, -1]
    assert [clock(text) for text in ("01:02:03", "", "1:2", "a:b:c", "-1:0:0")] == [
        3723.0,
        0.0,
        0.0,
        0.0,
        0.0,
    ]


HEADERS = [
    *(prefix + key for prefix in ("", "dest", "transferer", "parkee") for key in CHANNEL),
    *("queue", "interface", "variable", "value", "cause", "uptime", "duration", "wait", "device"),
    *("bridgeuniqueid", "position", "newname", "state", "reason", "variable(cdr(answer,u))"),
]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    name=st.sampled_from(sorted(WANTED)),
    headers=st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=30)),
)
def test_no_headers_can_make_reading_fail(name: str, headers: dict[str, str]) -> None:
    parse(AmiMessage(name, headers, AT, AT))
