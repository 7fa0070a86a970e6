"""Calls from the city to phones, without a queue."""

from typing import Any

from tests.lab.scenes import scene
from tests.lab.sip_phone import Dialog
from tests.lab.stage import CLIENT, DID, Stage


@scene("A client calls extension 101, which rings, answers; the client hangs up.")
async def inbound_answered(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("101", name="Иван Петров")
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(1.2)
    await ring.answer()
    await client.answered()
    ended = await stage.pause(1.6)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        caller_name="Иван Петров",
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("A client calls extension 101, which answers; the agent hangs up.")
async def inbound_answered_agent_hangs_up(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("101")
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(0.8)
    await ring.answer()
    await client.answered()
    ended = await stage.pause(1.2)
    await ring.hang_up()
    await client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=answered - began,
        talk=ended - answered,
        ended_by="agent",
        hangup_cause=16,
    )


@scene("A client calls 101, which rings until the exchange gives up after four seconds.")
async def inbound_no_answer(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("101")
    ring = await stage.phones["101"].incoming()
    await ring.over()
    await client.refused()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="no_answer",
        offered=(("101", "no_answer"),),
        wait=stage.now() - began,
        talk=0,
        ended_by="system",
    )


@scene("A client calls 101 and hangs up while it still rings.")
async def inbound_abandoned_ringing(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("101")
    ring = await stage.phones["101"].incoming()
    await stage.pause(1.5)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="abandoned",
        offered=(("101", "abandoned"),),
        wait=stage.now() - began,
        talk=0,
        ended_by="client",
    )


async def _refused(stage: Stage, status: int, result: str | list[str], **known: Any) -> None:
    began = stage.now()
    client = stage.from_city("101")
    ring = await stage.phones["101"].incoming()
    await stage.pause(0.6)
    ring.refuse(status)
    await client.refused()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        offered=(("101", result),),
        wait=stage.now() - began,
        talk=0,
        **known,
    )


@scene("A client calls 101, which is busy (486).")
async def inbound_busy(stage: Stage) -> None:
    await _refused(stage, 486, "busy", outcome="busy", hangup_cause=17)


@scene("A client calls 101; the agent presses Decline (603).")
async def inbound_refused(stage: Stage) -> None:
    await _refused(stage, 603, "refused", outcome=["busy", "no_answer", "failed"])


@scene("A client calls 101, which is registered but says 480: do not disturb.")
async def inbound_do_not_disturb(stage: Stage) -> None:
    await _refused(
        stage, 480, ["no_answer", "refused", "failed"], outcome=["no_answer", "busy", "failed"]
    )


@scene("A client calls 106, whose phone is unplugged (not registered).")
async def inbound_unreachable(stage: Stage) -> None:
    await stage.phones["106"].register(expires=0)
    began = stage.now()
    client = stage.from_city("106")
    await client.refused()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}106",
        queue=None,
        outcome="failed",
        wait=stage.now() - began,
        talk=0,
        ended_by="system",
    )
    await stage.quiet()
    await stage.phones["106"].register()


@scene("A client calls a number of ours behind which there is nothing.")
async def inbound_unknown_extension(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("999")
    await client.refused()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}999",
        queue=None,
        outcome="failed",
        wait=stage.now() - began,
        talk=0,
        ended_by="system",
    )


async def _answered(
    stage: Stage, client: Dialog, phone: str = "101", *, talk: float = 1.0, **known: Any
) -> None:
    began = stage.now()
    ring = await stage.phones[phone].incoming()
    answered = await stage.pause(0.7)
    await ring.answer()
    await client.answered()
    ended = await stage.pause(talk)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        queue=None,
        outcome="answered",
        answered_by=(phone,),
        offered=((phone, "answered"),),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
        **known,
    )


@scene("A client who hides the number calls 101.")
async def inbound_anonymous(stage: Stage) -> None:
    client = stage.from_city("101", caller="anonymous", name="Anonymous")
    await _answered(stage, client, caller=["", "anonymous"], dialled=f"{DID}101")


@scene("A client calls 101 with no number at all in From.")
async def inbound_without_number(stage: Stage) -> None:
    client = stage.from_city("101", caller="")
    await _answered(stage, client, caller="", dialled=f"{DID}101")


@scene("The dialplan rewrites the caller's number on the way in (+7 becomes 8).")
async def inbound_number_rewritten(stage: Stage) -> None:
    client = stage.from_city("74952000101", caller=f"+{CLIENT}")
    known = [f"+{CLIENT}", "89161234567"]
    await _answered(stage, client, caller=known, dialled="74952000101")


@scene("A caller's name that would be a script in a web page.")
async def hostile_name_script(stage: Stage) -> None:
    name = "<script>alert('x')</script>"
    client = stage.from_city("101", name=name)
    await _answered(stage, client, caller=CLIENT, caller_name=name, dialled=f"{DID}101")


@scene("A caller's name with quotes, commas, semicolons, a backslash and a formula.")
async def hostile_name_quotes(stage: Stage) -> None:
    client = stage.from_city("101", name='=HYPERLINK("a";"b"), \\ O\'Neil & Co; 100%')
    await _answered(stage, client, caller=CLIENT, dialled=f"{DID}101")


@scene("A caller's name in Cyrillic with an emoji, a flag and a right-to-left mark.")
async def hostile_name_unicode(stage: Stage) -> None:
    client = stage.from_city("101", name="Ёлка 🎄 🇷🇺 \u202eкод\u202c 東京")
    await _answered(stage, client, caller=CLIENT, dialled=f"{DID}101")


@scene("A caller's name of 200 letters.")
async def hostile_name_long(stage: Stage) -> None:
    client = stage.from_city("101", name="Длинноимя" * 22 + "конец")
    await _answered(stage, client, caller=CLIENT, dialled=f"{DID}101")


@scene("A caller's name with real line breaks and a forged action and event behind them.")
async def hostile_name_line_breaks(stage: Stage) -> None:
    name = (
        "Bob%0D%0AAction: Originate%0D%0A%0D%0AEvent: Hangup%0D%0AChannel: PJSIP/101-00000000%0D%0A"
        "Uniqueid: 1.1%0D%0ALinkedid: 1.1%0D%0ACause: 16%0D%0A%0D%0A"
    )
    client = stage.from_city("74953000101", name=name)
    await _answered(stage, client, caller=CLIENT, dialled="74953000101")


@scene("A caller's number that is no number: letters, quotes and a slash.")
async def hostile_number(stage: Stage) -> None:
    client = stage.from_city("101", caller="a'b%22%3C1%3E/../x")
    await _answered(stage, client, dialled=f"{DID}101")


@scene("Sound before the answer: the caller hears an announcement, then 101 rings and answers.")
async def early_media_announcement(stage: Stage) -> None:
    client = stage.from_city("232")
    await _answered(stage, client, caller=CLIENT, dialled=f"{DID}232")


@scene("The exchange answers, plays an announcement, then 101 rings with music and answers.")
async def announcement_then_answered(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("233")
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(1.0)
    await ring.answer()
    ended = await stage.pause(1.5)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}233",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("The exchange answers and plays an announcement; the client leaves during it.")
async def announcement_abandoned(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("233")
    await client.answered()
    await stage.pause(0.5)
    await client.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}233",
        queue=None,
        outcome="abandoned",
        wait=stage.now() - began,
        talk=0,
        ended_by="client",
    )


@scene("The exchange itself says congestion to an incoming call.")
async def inbound_congestion(stage: Stage) -> None:
    client = stage.from_city("230")
    await client.refused()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}230",
        queue=None,
        outcome=["congestion", "failed"],
        talk=0,
        ended_by="system",
    )


@scene("101 does not answer within two seconds; the client leaves a message in its voicemail.")
async def voicemail_after_no_answer(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("151")
    ring = await stage.phones["101"].incoming()
    await ring.over()
    await client.answered()
    await stage.pause(3.5)
    await client.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}151",
        queue=None,
        outcome="voicemail",
        offered=(("101", "no_answer"),),
        wait=stage.now() - began,
        talk=0,
        ended_by="client",
    )


@scene("A client comes straight to voicemail and leaves a message.")
async def voicemail_direct(stage: Stage) -> None:
    client = stage.from_city("234")
    await client.answered()
    await stage.pause(3.5)
    await client.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}234",
        queue=None,
        outcome="voicemail",
        talk=0,
        ended_by="client",
    )


@scene("Dial rings 101 and 102 at once; 102 answers.")
async def both_phones_one_answers(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("220")
    other = await stage.phones["101"].incoming()
    ring = await stage.phones["102"].incoming()
    answered = await stage.pause(1.0)
    await ring.answer()
    await other.over()
    ended = await stage.pause(1.0)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}220",
        queue=None,
        outcome="answered",
        answered_by=("102",),
        offered=(("101", "answered_elsewhere"), ("102", "answered")),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("Dial rings 101 for two seconds, then 102, which answers.")
async def one_phone_then_another(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("221")
    ring = await stage.phones["102"].incoming()
    answered = await stage.pause(0.8)
    await ring.answer()
    await client.answered()
    ended = await stage.pause(1.0)
    await ring.hang_up()
    await client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}221",
        queue=None,
        outcome="answered",
        answered_by=("102",),
        offered=(("101", "no_answer"), ("102", "answered")),
        wait=answered - began,
        talk=ended - answered,
        ended_by="agent",
        hangup_cause=16,
    )


@scene("Two clients call two phones within one second; both talk at the same time.")
async def two_calls_in_one_second(stage: Stage) -> None:
    second_number = "79037654321"
    began = stage.now()
    first, second = stage.from_city("101"), stage.from_city("102", caller=second_number)
    ring_1 = await stage.phones["101"].incoming()
    ring_2 = await stage.phones["102"].incoming()
    answered_2 = await stage.pause(0.5)
    await ring_2.answer()
    answered_1 = await stage.pause(0.5)
    await ring_1.answer()
    ended_1 = await stage.pause(1.0)
    await first.hang_up()
    ended_2 = await stage.pause(0.6)
    await ring_2.hang_up()
    await second.over()
    for number, phone, answered, ended, by in (
        (CLIENT, "101", answered_1, ended_1, "client"),
        (second_number, "102", answered_2, ended_2, "agent"),
    ):
        stage.expect(
            direction="inbound",
            caller=number,
            dialled=f"{DID}{phone}",
            queue=None,
            outcome="answered",
            answered_by=(phone,),
            offered=((phone, "answered"),),
            wait=answered - began,
            talk=ended - answered,
            ended_by=by,
            hangup_cause=16,
        )


@scene("101 talks with one client, puts him on hold to take a second, ends it and goes back.")
async def call_waiting(stage: Stage) -> None:
    second_number = "79037654321"
    began_1 = stage.now()
    first = stage.from_city("101")
    ring_1 = await stage.phones["101"].incoming()
    answered_1 = await stage.pause(0.5)
    await ring_1.answer()
    began_2 = await stage.pause(0.8)
    second = stage.from_city("101", caller=second_number)
    ring_2 = await stage.phones["101"].incoming()
    held = await stage.pause(0.6)
    await ring_1.hold()
    answered_2 = stage.now()
    await ring_2.answer()
    ended_2 = await stage.pause(1.2)
    await second.hang_up()
    resumed = await stage.pause(0.3)
    await ring_1.resume()
    ended_1 = await stage.pause(1.0)
    await ring_1.hang_up()
    await first.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=answered_1 - began_1,
        talk=ended_1 - answered_1 - (resumed - held),
        hold=resumed - held,
        ended_by="agent",
        hangup_cause=16,
    )
    stage.expect(
        direction="inbound",
        caller=second_number,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=answered_2 - began_2,
        talk=ended_2 - answered_2,
        ended_by="client",
        hangup_cause=16,
    )
