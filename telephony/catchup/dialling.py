"""What a log tells of a dial: whom it was for, and how it failed (pure)."""

from collections.abc import Mapping, Sequence

from telephony.catchup.lines import Line
from telephony.catchup.rows import CelRow
from telephony.causes import NO_ANSWER, NORMAL_CLEARING, SWITCH_CONGESTION, USER_BUSY
from telephony.ids import endpoint_of, interface_of


def dial_string(rows: Sequence[CelRow], born: CelRow) -> str:
    """What the exchange dialled to reach this channel, out of the Dial that did it; "" of none."""
    wanted = endpoint_of(interface_of(born.channel))
    for row in rows:
        if row.app != "Dial" or row.linkedid != born.linkedid:
            continue
        for device in row.app_data.partition(",")[0].split("&"):
            if device.rpartition("@")[2].rpartition("/")[2] == wanted:
                return device
    return ""


def dial_verdict(lines: Mapping[str, Line], caller: Line, row: CelRow) -> str:
    """DIALSTATUS of the caller's last dial; "" where the log has none.

    The log's NOANSWER covers much: the lines that were dialled last and ended themselves say more,
    by the rule that Asterisk's Dial itself follows.
    """
    end = caller.hang_up
    status = str(end.extra.get("dialstatus") or "") if end is not None else ""
    if status != "NOANSWER":
        return status
    began = max((one.at for one in caller.rows if one.kind == "APP_START"), default=row.at)
    causes = {
        line.hang_up.extra.get("hangupcause")
        for line in lines.values()
        if line.is_outgoing
        and line.rows[0].at >= began
        and line.hang_up is not None
        and line.hang_up.extra.get("hangupsource") == line.hang_up.channel
    } - {0, NORMAL_CLEARING, NO_ANSWER}
    if USER_BUSY in causes:
        return "BUSY"
    if SWITCH_CONGESTION in causes:
        return "CONGESTION"
    return "CHANUNAVAIL" if causes else status
