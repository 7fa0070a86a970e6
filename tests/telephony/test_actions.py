"""What is asked of Asterisk, header by header."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import actions
from telephony.actions import MAX_VALUE_BYTES, Action
from telephony.errors import UnsafeValue


def originate(channel_id: str = "perezvon-1", variables: dict[str, str] | None = None) -> Action:
    return actions.originate_to_extension(
        "PJSIP/101",
        context="from-internal",
        exten="79161234567",
        channel_id=channel_id,
        timeout_seconds=30,
        variables=variables,
    )


def test_an_originate_is_async_and_carries_our_own_ids_for_both_halves() -> None:
    assert dict(originate().headers) == {
        "Channel": "PJSIP/101",
        "Timeout": "30000",
        "Async": "true",
        "ChannelId": "perezvon-1",
        "OtherChannelId": "perezvon-1;2",
        "Context": "from-internal",
        "Exten": "79161234567",
        "Priority": "1",
    }


def test_an_originate_to_an_application_needs_no_dialplan() -> None:
    action = actions.originate_to_application(
        "PJSIP/101",
        application="ParkedCall",
        data="default,701",
        channel_id="x",
        timeout_seconds=1.5,
    )
    headers = dict(action.headers)
    assert (headers["Application"], headers["Data"]) == ("ParkedCall", "default,701")
    assert headers["Timeout"] == "1500"
    assert "Context" not in headers


def test_each_variable_is_a_header_of_its_own() -> None:
    action = originate(variables={"A": "1", "CONNECTEDLINE(name,i)": "Анна Щ."})
    assert [value for key, value in action.headers if key == "Variable"] == [
        "A=1",
        "CONNECTEDLINE(name,i)=Анна Щ.",
    ]


@pytest.mark.parametrize("value", ["x,CALLERID(num)=112", 'a"b', "a\\,b", "f(x)"])
def test_a_variable_cannot_smuggle_in_another(value: str) -> None:
    with pytest.raises(UnsafeValue):
        originate(variables={"A": value})


@pytest.mark.parametrize("channel_id", ["", "x" * 148, "a;2", "a b", "имя", "a/b"])
def test_a_channel_id_asterisk_would_refuse_is_refused_here(channel_id: str) -> None:
    with pytest.raises(UnsafeValue, match="ChannelId"):
        originate(channel_id)


def test_the_longest_channel_id_leaves_room_for_the_other_half() -> None:
    assert dict(originate("x" * 147).headers)["OtherChannelId"] == "x" * 147 + ";2"


BUILDERS: list[Callable[[str], Action]] = [
    lambda value: actions.login(value, "x"),
    lambda value: actions.login("x", value),
    lambda value: actions.status((value,)),
    lambda value: actions.bridge_info(value),
    lambda value: actions.queue_status(value),
    lambda value: actions.queue_add(value, "PJSIP/1", member_name="x"),
    lambda value: actions.queue_add("q", value, member_name="x"),
    lambda value: actions.queue_add("q", "PJSIP/1", member_name=value),
    lambda value: actions.queue_remove(value, "PJSIP/1"),
    lambda value: actions.queue_pause("PJSIP/1", paused=True, reason=value),
    lambda value: actions.queue_pause("PJSIP/1", paused=True, queue=value),
    lambda value: originate(value),
    lambda value: originate(variables={"A": value}),
    lambda value: originate(variables={value: "A"}),
    lambda value: actions.hang_up(value),
    lambda value: actions.redirect(value, context="c", exten="1"),
    lambda value: actions.redirect("PJSIP/1-1", context=value, exten="1"),
    lambda value: actions.blind_transfer("PJSIP/1-1", context="c", exten=value),
    lambda value: actions.attended_transfer("PJSIP/1-1", context="c", exten=value),
    lambda value: actions.cancel_attended_transfer(value),
    lambda value: actions.park(value, parked_for="PJSIP/1", timeout_seconds=1),
    lambda value: actions.park("PJSIP/1-1", parked_for=value, timeout_seconds=1),
    lambda value: Action(value),
    lambda value: Action("Ping", ((value, "x"),)),
]


@given(st.sampled_from(BUILDERS), st.text(), st.sampled_from("\r\n\0"), st.text())
def test_no_builder_lets_a_line_break_or_a_nul_through(
    build: Callable[[str], Action], before: str, cut: str, after: str
) -> None:
    with pytest.raises(UnsafeValue):
        build(before + cut + after)


@pytest.mark.parametrize("value", ["x" * (MAX_VALUE_BYTES + 1), "Ы" * MAX_VALUE_BYTES, "\ud800"])
def test_a_value_asterisk_would_cut_or_nobody_can_write_is_refused(value: str) -> None:
    with pytest.raises(UnsafeValue):
        actions.hang_up(value)


def test_the_secret_does_not_show_in_a_log() -> None:
    assert "qwerty" not in repr(actions.login("perezvon", "qwerty"))


def test_a_pause_is_true_or_false_and_a_list_names_its_end() -> None:
    paused = dict(actions.queue_pause("PJSIP/1", paused=True, reason="обед").headers)
    assert paused == {"Interface": "PJSIP/1", "Paused": "true", "Reason": "обед"}
    opened = dict(actions.queue_pause("PJSIP/1", paused=False, queue="sales").headers)
    assert opened == {"Interface": "PJSIP/1", "Paused": "false", "Queue": "sales"}
    lists = [
        actions.core_show_channels(),
        actions.status(),
        actions.bridge_list(),
        actions.bridge_info("b"),
        actions.queue_status(),
        actions.parked_calls(),
    ]
    assert all(action.expects.list_end == f"{action.name}Complete" for action in lists)
    assert not actions.ping().expects.list_end
