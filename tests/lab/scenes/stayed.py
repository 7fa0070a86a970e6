"""Calls in which somebody stays on the line when the talk is over, or comes in by a detour."""

from tests.lab.scenes import scene
from tests.lab.scenes.reached import Served, served, told
from tests.lab.stage import CLIENT, DID, Stage


@scene("The queue's agent hangs up; the client rates the talk and hangs up two seconds later.")
async def rated_after_queue(stage: Stage) -> None:
    await stage.seat("sales", "101")
    call = await served(stage, "256")
    ended = await stage.pause(1.2)
    await call.agent.hang_up()
    await stage.pause(2.0)
    await call.client.hang_up()
    told(stage, call, "256", ended, queue="sales", ended_by=["agent", "client"])


@scene("A phone's agent hangs up; the client hears the question, and the exchange hangs up.")
async def rated_after_phone(stage: Stage) -> None:
    call = await served(stage, "257")
    ended = await stage.pause(1.2)
    await call.agent.hang_up()
    await call.client.over()
    told(stage, call, "257", ended, ended_by=["agent", "system"])


@scene("101 ends the talk by the code *0 (Dial H).")
async def ended_by_code(stage: Stage) -> None:
    call = await served(stage, "257")
    await stage.pause(0.9)
    call.agent.press("*0")
    await call.agent.over()
    ended = stage.now()
    await stage.pause(0.5)
    await call.client.hang_up()
    told(stage, call, "257", ended, ended_by=["agent", "client"])


@scene("101 stays on the line as agent 7 (AgentLogin) and serves two clients one by one.")
async def agent_stays_on_the_line(stage: Stage) -> None:
    standing = stage.phones["101"].dial("*22")
    await standing.answered()
    for caller in (CLIENT, "79162223344"):
        await stage.pause(6)  # who has just come is on probation for five seconds
        began = stage.now()
        client = stage.from_city("258", caller=caller)
        await client.answered()
        answered = await stage.pause(1.0)  # the agent hears a signal of one second
        ended = await stage.pause(1.4)
        await client.hang_up()
        told(
            stage,
            Served(began, answered, client, standing),
            "258",
            ended,
            caller=caller,
        )
        del stage.truth[-1]["offered"]
    await standing.hang_up()


@scene("A number leads through a Local channel into the sales queue; 101 answers there.")
async def local_into_queue(stage: Stage) -> None:
    await stage.seat("sales", "101")
    call = await served(stage, "259")
    ended = await stage.pause(1.6)
    await call.client.hang_up()
    await call.agent.over()
    told(stage, call, "259", ended, queue="sales")


@scene("101 holds the client, dials the queue, joins them while 102 still rings: 102 answers.")
async def blonde_into_queue(stage: Stage) -> None:
    await stage.seat("sales", "102")
    call = await served(stage, "101")
    held = await stage.pause(0.8)
    await call.agent.hold()
    line = stage.phones["101"].dial("201")
    await line.answered()
    second = await stage.phones["102"].incoming()
    left = await stage.pause(0.6)
    await call.agent.refer_to(line)
    await call.agent.over()
    again = await stage.pause(0.8)
    await second.answer()
    ended = await stage.pause(1.2)
    await call.client.hang_up()
    await second.over()
    told(
        stage,
        call,
        "101",
        ended,
        queue=[None, "sales"],
        answered_by=("101", "102"),
        offered=(("101", "answered"), ("102", "answered")),
        transfers=(("attended", "101", "201"),),
        talk=(held - call.answered) + (ended - again),
        hold=left - held,
    )
    stage.truth[-1]["hold_seconds"] = [round(left - held, 2), round(again - held, 2)]
    stage.truth[-1]["transfers"][0]["to"] = ["201", "PJSIP/102"]


@scene("101 hands the client blind to the menu; he keys 1, waits in the queue, 102 answers.")
async def blind_into_menu(stage: Stage) -> None:
    await stage.seat("sales", "102")
    call = await served(stage, "101")
    left = await stage.pause(0.8)
    await call.agent.refer("210")
    await stage.pause(1.6)
    call.client.press("1")
    second = await stage.phones["102"].incoming()
    again = await stage.pause(0.6)
    await second.answer()
    ended = await stage.pause(1.1)
    await call.client.hang_up()
    await second.over()
    told(
        stage,
        call,
        "101",
        ended,
        queue=[None, "sales"],
        answered_by=("101", "102"),
        offered=(("101", "answered"), ("102", "answered")),
        transfers=(("blind", "101", "210"),),
        talk=(left - call.answered) + (ended - again),
    )


@scene("101 hands the client blind into the conference, where 102 already is; 102 leaves first.")
async def blind_into_conference(stage: Stage) -> None:
    host = stage.phones["102"].dial("300")
    await host.answered()
    call = await served(stage, "101")
    left = await stage.pause(0.8)
    await call.agent.refer("300")
    await call.agent.over()
    ended = await stage.pause(1.8)
    await host.hang_up()
    await stage.pause(0.8)
    await call.client.hang_up()
    told(
        stage,
        call,
        "101",
        ended,
        answered_by=("101", "102"),
        transfers=(("blind", "101", "300"),),
        ended_by=["client", "agent"],
        tolerance_seconds=0.9,
    )
    del stage.truth[-1]["offered"]
    stage.truth[-1]["dialled"] = [f"{DID}101", "300"]
    assert left


@scene("Three clients call at once, one agent: he answers the second, the others give up.")
async def three_at_one_phone(stage: Stage) -> None:
    numbers = ("79160000001", "79160000002", "79160000003")
    began, clients, rings = [], [], []
    for number in numbers:
        began.append(stage.now())
        clients.append(stage.from_city("222", caller=number))
        rings.append(await stage.phones["101"].incoming())
        await stage.pause(0.2)
    answered = stage.now()
    await rings[1].answer()
    gone = []
    for index in (0, 2):
        gone.append(await stage.pause(0.6))
        await clients[index].hang_up()
        await rings[index].over()
    ended = await stage.pause(0.8)
    await rings[1].hang_up()
    await clients[1].over()
    for index, left in zip((0, 2), gone, strict=True):
        stage.expect(
            direction="inbound",
            caller=numbers[index],
            dialled=f"{DID}222",
            queue=None,
            outcome="abandoned",
            offered=(("101", "abandoned"),),
            wait=left - began[index],
            talk=0,
            ended_by="client",
        )
    told(
        stage,
        Served(began[1], answered, clients[1], rings[1]),
        "222",
        ended,
        caller=numbers[1],
        ended_by="agent",
    )
