"""Transfers of a call, and those that turn out to be parkings (pure)."""

from datetime import datetime, timedelta

from telephony.call import Call, LiveTransfer
from telephony.events import CallTransferred, TransferKind
from telephony.ids import Uniqueid
from telephony.legs import Channel

_SAME = timedelta(seconds=1)


def note(
    call: Call,
    kind: TransferKind,
    at: datetime,
    from_interface: str,
    to: str,
    moved: Uniqueid | None = None,
) -> None:
    """A transfer was asked for. A blind one is told only when it is clear that it did not lead into
    a parking lot, which Asterisk announces as a transfer too. `moved` is the channel that goes
    elsewhere; of an attended one, which leaves nobody to be asked twice, the transferer's own."""
    if _is_known(call, kind, at, to, moved):
        return
    transfer = LiveTransfer(kind, at, from_interface, to, moved)
    call.transfers.append(transfer)
    if kind is TransferKind.ATTENDED:
        _settle(call, transfer)


def _is_known(
    call: Call, kind: TransferKind, at: datetime, to: str, moved: Uniqueid | None
) -> bool:
    """The leaving of a bridge and the event that explains it come in any order; an event may come
    twice."""
    same = [one for one in call.transfers if one.moved == moved]
    if kind is TransferKind.ATTENDED:
        return any(one.kind is kind for one in same)
    return any(one.to == to and abs(at - one.at) < _SAME for one in same)


def is_expected(call: Call, moved: Uniqueid) -> bool:
    """Whether this channel's leaving its bridge is explained by a transfer not yet settled."""
    return any(not transfer.settled and transfer.moved == moved for transfer in call.transfers)


def settle(call: Call) -> None:
    """Something happened that no parking would bring: the open transfers were true ones."""
    for transfer in call.transfers:
        if not transfer.settled:
            _settle(call, transfer)


def was_parking(call: Call, moved: Uniqueid) -> None:
    """`moved` lies in a parking lot: what seemed to be its transfer is none."""
    call.transfers = [
        transfer
        for transfer in call.transfers
        if transfer.settled or transfer.moved not in (moved, None)
    ]


def _settle(call: Call, transfer: LiveTransfer) -> None:
    transfer.settled = True
    call.say(
        CallTransferred(
            at=transfer.at,
            call_id=call.id,
            kind=transfer.kind,
            from_interface=transfer.from_interface,
            to=transfer.to,
        )
    )


def goal(target: Channel | None, second: Channel) -> str:
    """To whom an attended transfer led: the line at `target`; where that is plumbing or nothing
    yet, the line that was dialled last; in a queue, or where none was, what the transferer
    dialled."""
    if target is not None and target.leg.role is not None:
        return target.leg.interface
    if second.call.waiting_in is not None:
        return second.leg.dialled or second.exten
    for leg in reversed(second.call.legs):
        if leg.role is not None and not leg.incoming and leg is not second.leg:
            return leg.interface
    return second.leg.dialled or second.exten
