"""What the laboratory's streams do not hold: odd orders, odd losses, odd exchanges."""

import pytest

from telephony import events
from telephony.events import Direction, EndedBy, OfferResult, Outcome, TransferKind
from telephony.phones import phones_matching
from tests.telephony.story import NOON, Line, Story


def talk(story: Story, phone: str = "PJSIP/101") -> tuple[Line, Line]:
    """A client calls, the phone answers after a second."""
    client = story.rings_in()
    agent = story.dials(client, phone)
    story.wait(1)
    story.answers(client, agent)
    story.up(client)
    story.bridged(agent, client)
    return client, agent


def test_a_call_is_told_while_the_phone_rings() -> None:
    story = Story()
    client = story.rings_in()
    story.dials(client, "PJSIP/101")
    assert [type(fact) for fact in story.facts] == [events.CallStarted, events.CallOffered]
    (started,) = story.told(events.CallStarted)
    assert (started.direction, started.caller, started.dialled, started.interface) == (
        Direction.INBOUND,
        "79161234567",
        "74951000101",
        "PJSIP/provider",
    )


def test_a_live_call_has_no_end_and_no_outcome() -> None:
    story = Story()
    talk(story)
    (record,) = story.tracker.live()
    assert record.ended_at is None
    assert record.outcome is None
    assert record.answered_by == ("PJSIP/101",)


def test_a_phone_alone_with_the_exchange_is_no_call() -> None:
    story = Story()
    phone = story.dials_out(exten="600")
    story.up(phone)
    story.wait(5).gone(phone)
    assert story.facts == []


def test_a_number_that_could_not_be_reached_at_all_is_a_failed_call() -> None:
    story = Story()
    phone = story.dials_out()
    story.say("VarSet", phone.headers(), variable="DIALSTATUS", value="CHANUNAVAIL")
    story.gone(phone, cause=3)
    record = story.record()
    assert (record.direction, record.outcome) == (Direction.OUTBOUND, Outcome.FAILED)
    assert record.ended_by is EndedBy.SYSTEM


def test_a_supervisor_who_listens_is_no_party_even_if_he_was_rung() -> None:
    story = Story()
    client, agent = talk(story)
    spy = story.dials(None, "PJSIP/106")
    story.up(spy)
    story.say("ChanSpyStart", spy.headers("spyer"), agent.headers("spyee"))
    story.gone(spy)
    story.quits(client)
    story.gone(client, agent)
    assert len(story.records()) == 1
    assert [leg.interface for leg in story.record().legs] == ["PJSIP/provider", "PJSIP/101"]


def test_click_to_call_is_told_at_once_when_we_asked_for_it() -> None:
    story = Story()
    phone = story.born("PJSIP/101")
    story.say("VarSet", phone.headers(), variable="PEREZVON_DIALLED", value="79161234567")
    story.say("DialBegin", phone.headers("dest"), dialstring="101")
    (offered,) = story.told(events.CallOffered)
    assert offered.own_request
    (started,) = story.told(events.CallStarted)
    assert (started.direction, started.caller, started.dialled) == (
        Direction.OUTBOUND,
        "101",
        "79161234567",
    )


def test_a_click_to_call_nobody_picked_up_waits_for_the_number_it_was_meant_for() -> None:
    story = Story()
    phone = story.dials(None, "PJSIP/101")
    story.wait(3).gone(phone, cause=19)
    assert story.facts == []
    story.say("OriginateResponse", uniqueid=phone.uniqueid, exten="79161234567", response="Failure")
    record = story.record()
    assert (record.dialled, record.outcome) == ("79161234567", Outcome.NO_ANSWER)
    assert record.offered == ()
    assert record.ended_at == NOON.replace(second=3)


def test_a_spy_session_that_was_not_picked_up_is_no_call() -> None:
    story = Story()
    phone = story.dials(None, "PJSIP/106")
    story.gone(phone, cause=19)
    story.say("OriginateResponse", uniqueid=phone.uniqueid, application="ChanSpy", reason="3")
    story.wait(10)
    story.rings_in()
    assert story.records() == []


def test_a_holding_bridge_is_no_answer() -> None:
    story = Story()
    client = story.rings_in()
    agent = story.born("PJSIP/104", exten="180", state=4)
    story.bridged(client, agent, technology="holding_bridge")
    story.quits(client)
    story.gone(client)
    assert story.record().outcome is Outcome.ABANDONED


def test_one_alone_in_a_bridge_does_not_talk() -> None:
    story = Story()
    client = story.rings_in()
    story.up(client)
    story.bridged(client)
    story.wait(5).quits(client)
    story.gone(client)
    assert (story.record().talk_seconds, story.record().outcome) == (0.0, Outcome.ABANDONED)


@pytest.mark.parametrize("pause_seconds", [0.2, 30])
def test_an_agent_who_stays_in_the_room_serves_two_clients_in_two_calls(
    pause_seconds: float,
) -> None:
    story = Story()
    agent = story.born("PJSIP/104", exten="800", state=4)
    story.bridged(agent, bridge="room")
    for number in ("79160000001", "79160000002"):
        client = story.rings_in(number)
        story.up(client)
        story.wait(1).bridged(client, bridge="room")
        story.wait(10).quits(client)
        story.unbridged(client, bridge="room")
        story.gone(client)
        story.wait(pause_seconds)
    story.gone(agent)
    first, second = story.records()
    assert (first.caller, second.caller) == ("79160000001", "79160000002")
    assert (first.talk_seconds, second.talk_seconds) == (10.0, 10.0)
    assert first.answered_by == second.answered_by == ("PJSIP/104",)
    assert first.ended_by is EndedBy.CLIENT
    assert first.call_id != second.call_id


def test_what_agents_say_among_themselves_before_a_transfer_is_no_answer_of_the_client() -> None:
    story = Story()
    client, agent = talk(story)
    story.say("Hold", agent.headers())
    second = story.dials_out(exten="102")
    colleague = story.dials(second, "PJSIP/102")
    story.answers(second, colleague)
    story.bridged(second, colleague, bridge="b2")
    story.wait(10)
    story.unbridged(agent, second)
    story.bridged(client, colleague, bridge="b1")
    story.say(
        "AttendedTransfer",
        agent.headers("origtransferer"),
        second.headers("secondtransferer"),
        client.headers("transferee"),
        colleague.headers("transfertarget"),
        result="Success",
    )
    story.gone(agent, second)
    story.wait(5).quits(client)
    story.gone(client, colleague)
    record = story.record()
    assert record.answered_by == ("PJSIP/101", "PJSIP/102")
    assert (record.talk_seconds, record.hold_seconds) == (5.0, 10.0)
    assert [(t.kind, t.from_interface, t.to) for t in record.transfers] == [
        (TransferKind.ATTENDED, "PJSIP/101", "PJSIP/102")
    ]
    (joined,) = story.told(events.CallsJoined)
    assert (joined.call_id, joined.absorbed_id) == (client.uniqueid, second.uniqueid)


def test_a_consulted_colleague_who_leaves_before_meeting_the_client_has_left() -> None:
    story = Story()
    client = story.rings_in()
    agent = story.dials(client, "PJSIP/101")
    story.answers(client, agent)
    story.bridged(client, agent)
    second = story.born("PJSIP/101", exten="102", state=4)
    colleague = story.dials(second, "PJSIP/102")
    story.answers(second, colleague)
    story.bridged(second, colleague, bridge="b2")
    story.say(
        "AttendedTransfer",
        agent.headers("origtransferer"),
        second.headers("secondtransferer"),
        client.headers("transferee"),
        colleague.headers("transfertarget"),
        result="Success",
    )
    story.quits(colleague)
    story.unbridged(colleague, bridge="b2")
    story.gone(colleague)
    (left,) = story.told(events.CallLeft)
    assert (left.call_id, left.interface) == (client.linkedid, "PJSIP/102")
    assert [fact.interface for fact in story.told(events.CallAnswered)] == [
        "PJSIP/101",
        "PJSIP/102",  # his colleague, in the call between them
    ]
    story.unbridged(agent)
    story.gone(agent, second)
    story.quits(client)
    story.gone(client)
    assert story.record().answered_by == ("PJSIP/101",)


def test_a_transfer_into_a_queue_where_phones_still_ring_leads_to_the_queue() -> None:
    story = Story()
    client, agent = talk(story)
    second = story.dials_out(exten="201")
    story.say("QueueCallerJoin", second.headers(), queue="sales", position="1")
    story.dials(second, "PJSIP/103")
    story.say(
        "AttendedTransfer",
        agent.headers("origtransferer"),
        second.headers("secondtransferer"),
        client.headers("transferee"),
        result="Success",
    )
    assert [fact.to for fact in story.told(events.CallTransferred)] == ["201"]


def test_the_call_with_the_client_absorbs_an_older_one_without() -> None:
    story = Story()
    colleague = story.dials_out("PJSIP/102", exten="101")
    other = story.dials(colleague, "PJSIP/101")
    story.answers(colleague, other)
    story.bridged(colleague, other, bridge="b2")
    story.wait(5)
    client, _ = talk(story, "PJSIP/103")
    story.bridged(client, bridge="b2")
    (joined,) = story.told(events.CallsJoined)
    assert joined.call_id == client.uniqueid


def test_both_on_hold_is_one_hold_until_both_are_back() -> None:
    story = Story()
    client, agent = talk(story)
    story.wait(1).say("Hold", agent.headers())
    story.wait(1).say("Hold", client.headers())
    story.wait(1).say("Unhold", agent.headers())
    story.wait(1).say("Unhold", client.headers())
    story.wait(1).quits(agent)
    story.gone(agent, client)
    record = story.record()
    assert (record.talk_seconds, record.hold_seconds) == (2.0, 3.0)
    assert len(record.holds) == 2


def test_in_a_conference_one_on_hold_does_not_silence_the_others() -> None:
    story = Story()
    client, agent = talk(story)
    colleague = story.dials(client, "PJSIP/102")
    story.bridged(colleague)
    story.say("Hold", agent.headers())
    story.wait(7).quits(client)
    story.gone(client, agent, colleague)
    assert story.record().talk_seconds == 7.0
    assert story.record().hold_seconds == 0.0


def test_music_before_the_answer_is_no_hold() -> None:
    story = Story()
    client = story.rings_in()
    story.up(client)
    story.say("Hold", client.headers())
    story.wait(5).quits(client)
    story.gone(client)
    assert story.record().hold_seconds == 0.0


@pytest.mark.parametrize("parked_first", [False, True])
def test_a_blind_transfer_into_the_parking_lot_is_a_hold_and_no_transfer(
    parked_first: bool,
) -> None:
    """The two events come in either order."""
    story = Story()
    client, agent = talk(story)

    def transferred() -> None:
        moved = (agent.headers("transferer"), client.headers("transferee"))
        story.say("BlindTransfer", *moved, result="Success", extension="700")

    if not parked_first:
        transferred()
    story.unbridged(client, agent)
    story.say("ParkedCall", client.headers("parkee"), parkerdialstring="PJSIP/101")
    if parked_first:
        transferred()
    story.gone(agent)
    story.wait(20).quits(client)
    story.say("ParkedCallGiveUp", client.headers("parkee"))
    story.gone(client)
    record = story.record()
    assert record.transfers == ()
    assert record.hold_seconds == 20.0
    assert record.ended_by is EndedBy.CLIENT
    assert [hold.parked for hold in record.holds] == [True]


def test_a_refused_transfer_is_none() -> None:
    story = Story()
    client, agent = talk(story)
    story.say("BlindTransfer", agent.headers("transferer"), result="Fail", extension="102")
    story.quits(client)
    story.gone(client, agent)
    assert story.record().transfers == ()


def test_machine_and_message_are_outcomes_of_calls_without_an_agent() -> None:
    for variable, value, outcome in (
        ("AMDSTATUS", "MACHINE", Outcome.MACHINE),
        ("AMDSTATUS", "HUMAN", Outcome.ABANDONED),
        ("VMSTATUS", "SUCCESS", Outcome.VOICEMAIL),
        ("VMSTATUS", "FAILED", Outcome.ABANDONED),
    ):
        story = Story()
        client = story.rings_in()
        story.up(client)
        story.say("VarSet", client.headers(), variable=variable, value=value)
        story.quits(client)
        story.gone(client)
        assert story.record().outcome is outcome, (variable, value)


def test_a_client_dialled_for_an_agent_who_never_came_has_abandoned() -> None:
    story = Story()
    client = story.dials(None, "PJSIP/provider", "79161234567@provider")
    story.wait(2).up(client)
    story.say("QueueCallerJoin", client.headers(), queue="sales", position="1")
    story.wait(5).quits(client)
    story.gone(client)
    record = story.record()
    assert (record.direction, record.dialled) == (Direction.OUTBOUND, "79161234567")
    assert (record.outcome, record.ended_by) == (Outcome.ABANDONED, EndedBy.CLIENT)
    assert record.queue == "sales"


def test_causes_speak_where_no_dial_status_does() -> None:
    for cause, outcome in ((17, Outcome.BUSY), (34, Outcome.CONGESTION), (1, Outcome.FAILED)):
        story = Story()
        phone = story.dials_out()
        trunk = story.dials(phone, "PJSIP/provider")
        story.gone(trunk, cause=cause)
        story.gone(phone, cause=cause)
        assert (story.record().outcome, story.record().hangup_cause) == (outcome, cause)


def test_an_earlier_failure_does_not_spoil_a_later_try() -> None:
    story = Story()
    client = story.rings_in()
    story.say("VarSet", client.headers(), variable="DIALSTATUS", value="BUSY")
    story.say("QueueCallerJoin", client.headers(), queue="sales", position="1")
    story.wait(5).quits(client)
    story.gone(client)
    assert story.record().outcome is Outcome.ABANDONED


def test_a_second_trunk_after_a_failed_one_reaches_the_same_client() -> None:
    story = Story()
    phone = story.dials_out()
    first = story.dials(phone, "PJSIP/provider")
    story.gone(first, cause=34)
    second = story.dials(phone, "PJSIP/reserve")
    story.answers(phone, second)
    story.bridged(phone, second)
    story.wait(4).quits(second)
    story.gone(second, phone)
    record = story.record()
    assert (record.outcome, record.answered_by) == (Outcome.ANSWERED, ("PJSIP/101",))
    assert (record.talk_seconds, record.ended_by) == (4.0, EndedBy.CLIENT)


def test_a_desk_phone_forwarded_outside_is_answered_by_the_line_that_took_it() -> None:
    story = Story()
    client = story.rings_in()
    desk = story.dials(client, "PJSIP/101")
    story.gone(desk, cause=23)
    mobile = story.dials(client, "PJSIP/provider")
    story.answers(client, mobile)
    story.bridged(client, mobile)
    story.wait(9).quits(mobile)
    story.gone(mobile, client)
    record = story.record()
    assert (record.direction, record.outcome) == (Direction.INBOUND, Outcome.ANSWERED)
    assert record.answered_by == ("PJSIP/provider",)
    assert (record.talk_seconds, record.ended_by) == (9.0, EndedBy.AGENT)


def test_two_halves_of_a_local_channel_join_two_bridges_into_one_talk() -> None:
    story = Story()
    client = story.rings_in()
    one = story.born("Local/101@reach", of=client, suffix=";1")
    two = Line(one.uniqueid + "9", one.channel[:-1] + "2", one.linkedid, 4)
    story.say("Newchannel", two.headers())
    agent = story.dials(two, "PJSIP/101")
    story.bridged(client, one, bridge="b1")
    assert story.told(events.CallAnswered) == []
    story.bridged(two, agent, bridge="b2")
    assert [fact.interface for fact in story.told(events.CallAnswered)] == ["PJSIP/101"]
    story.wait(3).quits(agent)
    story.gone(agent, two, one, client)
    record = story.record()
    assert record.talk_seconds == 3.0
    assert [leg.interface for leg in record.legs] == ["PJSIP/provider", "PJSIP/101"]


def test_pickup_moves_the_line_under_the_ringing_channels_id() -> None:
    story = Story()
    client = story.rings_in()
    ringing = story.dials(client, "PJSIP/101")
    picker = story.born("PJSIP/102", exten="*8", state=4)
    story.up(picker)
    story.say("Pickup", picker.headers(), ringing.headers("target"))
    old, new = ringing.channel, picker.channel
    story.say("Rename", uniqueid=picker.uniqueid, channel=new, newname=f"{new}<MASQ>")
    story.say("Rename", uniqueid=ringing.uniqueid, channel=old, newname=new)
    story.say("Rename", uniqueid=picker.uniqueid, channel=f"{new}<MASQ>", newname=f"{old}<ZOMBIE>")
    story.gone(picker)
    ringing.state = 6
    story.bridged(client, ringing)
    story.wait(2).quits(ringing)
    story.gone(ringing, client)
    record = story.record()
    assert record.answered_by == ("PJSIP/102",)
    assert [(o.interface, o.result) for o in record.offered] == [
        ("PJSIP/101", OfferResult.ANSWERED_ELSEWHERE)
    ]
    assert record.ended_by is EndedBy.AGENT


def test_a_late_copy_of_a_birth_makes_no_second_call() -> None:
    story = Story()
    client = story.rings_in()
    story.quits(client)
    story.gone(client)
    story.say("Newchannel", client.headers())
    assert len(story.told(events.CallStarted)) == 1
    assert story.tracker.live() == ()


def test_a_channel_name_used_again_means_that_its_bearer_has_gone() -> None:
    story = Story()
    client = story.rings_in()
    again = Line("1795309999.1", client.channel, "1795309999.1", 4, "79990000000", exten="7495")
    story.say("Newchannel", again.headers())
    assert len(story.records()) == 1
    assert [record.caller for record in story.tracker.live()] == ["79990000000"]


def test_strangers_are_not_believed() -> None:
    story = Story()
    client, agent = talk(story)
    stranger = Line("6.6", "PJSIP/666-00000666", client.linkedid, 6)
    story.bridged(stranger)
    story.say("Hold", stranger.headers())
    story.gone(stranger)
    story.say("BlindTransfer", stranger.headers("transferer"), extension="666")
    story.quits(client)
    story.gone(client, agent)
    assert [leg.interface for leg in story.record().legs] == ["PJSIP/provider", "PJSIP/101"]
    assert story.record().transfers == ()


def test_which_interface_is_a_phone_is_decided_from_outside() -> None:
    story = Story(phones_matching(r"desk-\w+"))
    client = story.born("PJSIP/101", number="1", exten="2", state=4)
    desk = story.dials(client, "PJSIP/desk-anna")
    story.gone(desk, cause=17)
    story.gone(client)
    record = story.record()
    assert record.direction is Direction.INBOUND
    assert [offer.interface for offer in record.offered] == ["PJSIP/desk-anna"]


def test_each_way_of_not_taking_a_call_has_its_word() -> None:
    for cause, result in (
        (17, OfferResult.BUSY),
        (21, OfferResult.REFUSED),
        (26, OfferResult.ANSWERED_ELSEWHERE),
        (19, OfferResult.NO_ANSWER),
        (20, OfferResult.FAILED),
        (0, OfferResult.NO_ANSWER),
    ):
        story = Story()
        client = story.rings_in()
        story.gone(story.dials(client, "PJSIP/101"), cause=cause)
        (ended,) = story.told(events.OfferEnded)
        assert ended.result is result, cause


def test_a_call_moved_between_queues_belongs_to_the_one_where_it_was_answered() -> None:
    story = Story()
    client = story.rings_in()
    for queue in ("sales", "support"):
        story.say("QueueCallerJoin", client.headers(), queue=queue, position="1")
        if queue == "sales":
            story.say("QueueCallerLeave", client.headers(), queue=queue)
    agent = story.dials(client, "PJSIP/101")
    story.answers(client, agent)
    story.say("QueueCallerLeave", client.headers(), queue="support")
    story.bridged(client, agent)
    story.say("QueueCallerJoin", client.headers(), queue="survey", position="1")
    story.quits(client)
    story.gone(client, agent)
    assert story.record().queue == "support"
    assert [offer.queue for offer in story.record().offered] == ["support"]
    assert len(story.told(events.CallLeftQueue)) == 2


def test_time_that_runs_backwards_adds_nothing() -> None:
    story = Story()
    client, agent = talk(story)
    story.wait(-30).quits(client)
    story.unbridged(client, agent)
    story.gone(client, agent)
    record = story.record()
    assert record.talk_seconds == 0.0
    assert record.wait_seconds >= 0.0


def test_a_hang_up_asked_for_by_an_agent_is_his_though_the_exchange_did_it() -> None:
    story = Story()
    client = story.rings_in()
    agent = story.dials(client, "PJSIP/101")
    story.answers(client, agent)
    story.bridged(client, agent)
    story.tracker.hang_up_asked(agent.channel, True)
    story.wait(5).gone(client, agent)
    assert story.record().ended_by is EndedBy.AGENT


def test_the_client_who_was_faster_than_the_agents_click_ended_the_call() -> None:
    story = Story()
    client = story.rings_in()
    agent = story.dials(client, "PJSIP/101")
    story.answers(client, agent)
    story.bridged(client, agent)
    story.tracker.hang_up_asked(agent.channel, True)
    story.wait(5).quits(client)
    story.wait(1).gone(client, agent)
    assert story.record().ended_by is EndedBy.CLIENT


def test_a_hang_up_that_was_refused_ends_nothing_in_anybodys_name() -> None:
    story = Story()
    client = story.rings_in()
    agent = story.dials(client, "PJSIP/101")
    story.answers(client, agent)
    story.bridged(client, agent)
    story.tracker.hang_up_asked(agent.channel, True)
    story.tracker.hang_up_asked(agent.channel, False)
    story.tracker.hang_up_asked("PJSIP/nobody-00000001", True)
    story.wait(5).gone(client, agent)
    assert story.record().ended_by is EndedBy.SYSTEM


def test_an_agent_who_clicks_while_the_client_still_rings_has_given_up() -> None:
    story = Story()
    phone = story.dials_out()
    client = story.dials(phone, "PJSIP/provider")
    story.tracker.hang_up_asked(phone.channel, True)
    story.wait(5).gone(client, phone)
    record = story.record()
    assert (record.outcome, record.ended_by) == (Outcome.NO_ANSWER, EndedBy.AGENT)


def test_who_gives_up_waiting_after_one_phone_refused_has_ended_the_call_himself() -> None:
    story = Story()
    client = story.rings_in()
    refusing = story.dials(client, "PJSIP/101")
    story.wait(2).quits(refusing)
    story.gone(refusing, cause=21)
    story.wait(10).quits(client)
    story.gone(client)
    record = story.record()
    assert (record.outcome, record.ended_by) == (Outcome.ABANDONED, EndedBy.CLIENT)


def test_a_phone_that_refused_its_caller_has_ended_the_call() -> None:
    story = Story()
    client = story.rings_in()
    refusing = story.dials(client, "PJSIP/101")
    story.wait(2).quits(refusing)
    story.gone(refusing, client, cause=21)
    assert story.record().ended_by is EndedBy.AGENT


def test_hold_ends_when_the_client_goes_while_his_agent_asks_a_colleague() -> None:
    story = Story()
    client, agent = talk(story)
    story.wait(5).say("Hold", agent.headers())
    asking = story.dials_out("PJSIP/101", exten="102")
    colleague = story.dials(asking, "PJSIP/102")
    story.answers(asking, colleague)
    story.bridged(asking, colleague, bridge="b2")
    story.wait(10).quits(client)
    story.unbridged(client)
    story.gone(client)
    assert [fact.at for fact in story.told(events.CallResumed)] == [story.now]
    left_at = story.now
    story.wait(2).gone(agent)
    record = story.records()[0]
    assert (record.talk_seconds, record.hold_seconds) == (5.0, 10.0)
    assert [hold.ended_at for hold in record.holds] == [left_at]


def test_hold_by_feature_code_ends_when_the_client_goes_before_the_colleague_does() -> None:
    story = Story()
    client, agent = talk(story)
    story.wait(5).say("Hold", agent.headers())
    colleague = story.dials(agent, "PJSIP/102")
    story.answers(agent, colleague)
    story.bridged(agent, colleague, bridge="b2")
    story.wait(10).quits(client)
    story.unbridged(client)
    story.gone(client)
    story.wait(7).gone(colleague, agent)
    assert story.record().hold_seconds == 10.0


def test_hold_between_phones_ends_when_the_one_on_hold_goes() -> None:
    story = Story()
    caller = story.dials_out("PJSIP/101", exten="102")
    called = story.dials(caller, "PJSIP/102")
    story.answers(caller, called)
    story.bridged(caller, called)
    story.wait(5).say("Hold", caller.headers())
    story.wait(10).quits(called)
    story.gone(called)
    story.wait(4).gone(caller)
    record = story.record()
    assert (record.talk_seconds, record.hold_seconds) == (5.0, 10.0)


def test_one_client_who_goes_leaves_the_other_on_hold() -> None:
    story = Story()
    client, agent = talk(story)
    second = story.dials(client, "PJSIP/provider", number="79031112233")
    story.bridged(second)
    story.wait(5).say("Hold", agent.headers())
    story.wait(10).gone(second)
    story.wait(10).gone(client, agent)
    assert story.record().hold_seconds == 20.0
