"""What lived while nobody listened: adopted, brought up to date, or ended."""

from datetime import timedelta

from telephony import events
from telephony.events import EndedBy, OfferResult, Outcome
from tests.telephony.story import NOON, Line, Story

OUTGOING = {"applicationdata": "(Outgoing Line)"}


def listed(story: Story, line: Line, bridge: str = "", **more: str) -> None:
    story.say("CoreShowChannel", line.headers(), bridgeid=bridge, duration="00:00:30", **more)


def client_line() -> Line:
    return Line(
        "1795305000.1", "PJSIP/provider-00000001", "1795305000.1", 6, "79161234567", "", "101"
    )


def agent_line(state: int = 6) -> Line:
    return Line("1795305000.2", "PJSIP/101-00000002", "1795305000.1", state, "101", "Анна", "")


def relinked(story: Story) -> None:
    story.tracker.link_lost(story.now)
    story.wait(5)
    story.tracker.link_up()


def lists_end(story: Story) -> None:
    story.say("CoreShowChannelsComplete")
    story.facts += story.tracker.resynced(story.now)


def test_a_conversation_found_on_connecting_is_adopted_with_its_parties() -> None:
    story = Story()
    client, agent = client_line(), agent_line()
    listed(story, agent, "b1", **OUTGOING)
    listed(story, client, "b1")
    story.say("CoreShowChannelsComplete")
    epoch = (NOON - timedelta(seconds=20)).timestamp()
    more = {"variable(cdr(answer,u))": str(epoch), "dnid": "74951000101"}
    story.say("Status", client.headers(), bridgeid="b1", **more)
    story.say("Status", agent.headers(), bridgeid="b1", data="(Outgoing Line)", **more)
    story.facts += story.tracker.resynced(story.now)
    (record,) = story.tracker.live()
    assert not record.complete
    assert (record.caller, record.dialled) == ("79161234567", "74951000101")
    assert record.answered_by == ("PJSIP/101",)
    assert record.answered_at == NOON - timedelta(seconds=20)
    assert [offer.result for offer in record.offered] == [OfferResult.ANSWERED]
    story.wait(10).quits(client)
    story.gone(client, agent)
    assert story.record().talk_seconds == 30.0
    assert story.record().ended_by is EndedBy.CLIENT


def test_a_phone_found_ringing_is_an_offer_of_the_queue_where_the_client_stands() -> None:
    story = Story()
    client, agent = client_line(), agent_line(state=5)
    listed(story, client)
    listed(story, agent, **OUTGOING)
    story.say("CoreShowChannelsComplete")
    story.say("QueueEntry", client.headers(), queue="sales", position="1", wait="12")
    story.say("QueueStatusComplete")
    (offered,) = story.told(events.CallOffered)
    assert (offered.interface, offered.queue) == ("PJSIP/101", "sales")
    assert story.told(events.CallAnswered) == []


def test_a_parked_channel_does_not_meet_the_others_in_the_lot() -> None:
    story = Story()
    one = client_line()
    two = Line(
        "1795305000.9", "PJSIP/provider-00000009", "1795305000.9", 6, "79990000000", "", "102"
    )
    for line in (one, two):
        listed(story, line, "lot")
    story.say("CoreShowChannelsComplete")
    story.say("BridgeListItem", bridgeuniqueid="lot", bridgetechnology="holding_bridge")
    story.facts += story.tracker.resynced(story.now)
    assert len(story.tracker.live()) == 2


def test_what_is_no_longer_listed_has_ended_by_nobodys_wish() -> None:
    story = Story()
    client = story.rings_in()
    story.dials(client, "PJSIP/101")
    relinked(story)
    lists_end(story)
    record = story.record()
    assert (record.outcome, record.ended_by) == (Outcome.NO_ANSWER, EndedBy.SYSTEM)
    story.say("Newchannel", client.headers())
    assert story.tracker.live() == ()


def test_after_a_long_gap_a_call_ends_when_it_was_last_heard_of() -> None:
    story = Story()
    story.rings_in()
    story.wait(5)
    story.tracker.link_lost(story.now)
    lost_at = story.now
    story.wait(3600)
    story.tracker.link_up()
    lists_end(story)
    assert story.record().ended_at == lost_at


def test_what_is_still_listed_goes_on() -> None:
    story = Story()
    client = story.rings_in()
    relinked(story)
    listed(story, client)
    lists_end(story)
    assert story.records() == []
    assert len(story.told(events.CallStarted)) == 1
    # What came and went in the gap the exchange's own log knows better.
    assert [record.complete for record in story.tracker.live()] == [False]


def test_an_answer_that_fell_into_the_gap_is_seen_afterwards() -> None:
    story = Story()
    client = story.rings_in()
    agent = story.dials(client, "PJSIP/101")
    relinked(story)
    client.state = agent.state = 6
    listed(story, client, "b1")
    listed(story, agent, "b1", **OUTGOING)
    lists_end(story)
    assert [fact.interface for fact in story.told(events.CallAnswered)] == ["PJSIP/101"]


def test_a_channel_born_while_the_lists_were_told_is_not_ended_by_them() -> None:
    story = Story()
    relinked(story)
    story.rings_in()
    lists_end(story)
    assert len(story.tracker.live()) == 1


def test_a_channel_that_hung_up_while_the_lists_were_told_is_not_adopted() -> None:
    story = Story()
    client = client_line()
    listed(story, client)
    story.say("CoreShowChannelsComplete")
    story.gone(client)
    story.facts += story.tracker.resynced(story.now)
    assert story.tracker.live() == ()


def test_an_event_about_a_listed_channel_makes_it_known_at_once() -> None:
    story = Story()
    client = client_line()
    listed(story, client)
    story.say("CoreShowChannelsComplete")
    story.say("QueueCallerJoin", client.headers(), queue="sales", position="1")
    assert [fact.queue for fact in story.told(events.CallQueued)] == ["sales"]


def test_an_exchange_younger_than_a_call_has_never_known_it() -> None:
    story = Story()
    story.rings_in()
    story.wait(60)
    story.tracker.link_lost(story.now)
    story.wait(5)
    story.tracker.link_up()
    story.say("FullyBooted", uptime="3")
    assert story.record().ended_by is EndedBy.SYSTEM


def test_a_boot_that_no_new_link_announced_is_a_forgery() -> None:
    story = Story()
    story.tracker.link_up()
    story.say("FullyBooted", uptime="900")
    story.rings_in()
    story.wait(60).say("FullyBooted", uptime="3")
    assert story.records() == []


def test_lists_that_nobody_asked_for_are_not_believed() -> None:
    story = Story()
    lists_end(story)
    listed(story, client_line())
    lists_end(story)
    assert story.tracker.live() == ()
