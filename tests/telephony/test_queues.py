"""The queue board: seats, callers and phones, told only when they change."""

from telephony import events
from telephony.events import Fact
from telephony.ids import Interface
from telephony.queues import QueueBoard
from telephony.stream import AmiMessage
from telephony.wire import parse
from tests.telephony.story import NOON

MEMBER = {"queue": "sales", "interface": "PJSIP/101", "membername": "Анна", "status": "1"}
CALLER = {"uniqueid": "1.1", "channel": "PJSIP/provider-00000001", "linkedid": "1.1"}


class Board:
    """A queue board that is told AMI events."""

    def __init__(self) -> None:
        self.board = QueueBoard()

    def say(self, name: str, **headers: str) -> list[Fact]:
        wire = parse(AmiMessage(name, headers, NOON, NOON))
        assert wire is not None
        return self.board.feed(wire)


def kinds(facts: list[Fact]) -> list[type[Fact]]:
    return [type(fact) for fact in facts]


def test_a_member_is_told_once_and_again_when_something_changes() -> None:
    board = Board()
    assert events.MemberSeen in kinds(board.say("QueueMemberAdded", **MEMBER))
    assert board.say("QueueMemberStatus", **MEMBER) == []
    (seen,) = board.say("QueueMemberStatus", **MEMBER, incall="1")
    assert isinstance(seen, events.MemberSeen)
    assert seen.in_call
    assert seen.name == "Анна"


def test_a_pause_is_told_with_its_reason_and_its_end() -> None:
    board = Board()
    board.say("QueueMemberAdded", **MEMBER)
    (paused,) = board.say("QueueMemberPause", **MEMBER, paused="1", pausedreason="lunch")
    assert paused == events.MemberPaused(
        at=NOON, queue="sales", interface=Interface("PJSIP/101"), reason="lunch"
    )
    (other,) = board.say("QueueMemberPause", **MEMBER, paused="1", pausedreason="wrap-up")
    assert isinstance(other, events.MemberPaused)
    assert other.reason == "wrap-up"
    assert kinds(board.say("QueueMemberPause", **MEMBER, paused="0")) == [events.MemberUnpaused]
    assert board.say("QueueMemberPause", **MEMBER, paused="0") == []


def test_a_removed_member_is_told_once() -> None:
    board = Board()
    board.say("QueueMemberAdded", **MEMBER)
    assert kinds(board.say("QueueMemberRemoved", **MEMBER)) == [events.MemberRemoved]
    assert board.say("QueueMemberRemoved", **MEMBER) == []


def test_a_caller_waits_until_he_leaves_whichever_way() -> None:
    for last in ("QueueCallerLeave", "QueueCallerAbandon", "Hangup"):
        board = Board()
        (waiting,) = board.say("QueueCallerJoin", **CALLER, queue="sales", position="2")
        assert isinstance(waiting, events.CallerWaiting)
        assert (waiting.position, waiting.since) == (2, NOON)
        assert len(board.board.waiting()) == 1
        assert kinds(board.say(last, **CALLER, queue="sales")) == [events.CallerStoppedWaiting]
        assert board.say("Hangup", **CALLER) == []
        assert board.board.waiting() == ()


def test_a_list_is_the_whole_truth_about_its_queues() -> None:
    board = Board()
    board.say("QueueMemberAdded", **MEMBER)
    board.say("QueueMemberAdded", **MEMBER | {"queue": "support"})
    board.say("QueueCallerJoin", **CALLER, queue="sales", position="1")
    board.say("QueueParams", queue="sales")
    board.say("QueueMember", **MEMBER | {"location": "PJSIP/102", "interface": "PJSIP/102"})
    facts = board.say("QueueStatusComplete")
    assert kinds(facts) == [events.MemberRemoved, events.CallerStoppedWaiting]
    (gone, _) = facts
    assert isinstance(gone, events.MemberRemoved)
    assert (gone.queue, gone.interface) == ("sales", "PJSIP/101")


def test_after_a_new_link_a_queue_that_is_not_listed_has_gone() -> None:
    board = Board()
    board.say("QueueMemberAdded", **MEMBER)
    board.board.link_up()
    assert kinds(board.say("QueueStatusComplete")) == [events.MemberRemoved]


def test_a_listed_caller_has_waited_since_he_came() -> None:
    board = Board()
    (waiting,) = board.say("QueueEntry", queue="sales", uniqueid="1.1", position="1", wait="30")
    assert isinstance(waiting, events.CallerWaiting)
    assert (NOON - waiting.since).total_seconds() == 30
    assert board.say("QueueEntry", queue="sales", uniqueid="1.1", position="1", wait="99") == []


def test_a_phone_state_is_told_when_it_changes() -> None:
    board = Board()
    device = {"device": "PJSIP/101"}
    assert len(board.say("DeviceStateChange", **device, state="RINGING")) == 1
    assert board.say("DeviceStateChange", **device, state="RINGING") == []
    (changed,) = board.say("DeviceStateChange", **device, state="NOT_INUSE")
    assert isinstance(changed, events.PhoneStateChanged)
    assert changed.state == "NOT_INUSE"
