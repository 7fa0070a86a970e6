"""Who keeps a client waiting in a parking lot (pure): his phone is free, but the call is still his.

Holding by parking releases the phone, which may have hung up before the exchange tells why. Its
person is out of the call only when somebody else talks with the client, or when the call is over.
"""


class Parking:
    """Fed with the facts of calls, in their order; `phone` is an interface."""

    def __init__(self) -> None:
        self._parked: dict[str, dict[str, bool]] = {}  # call -> phone -> whether it has hung up
        self._left: dict[str, set[str]] = {}

    def hold(self, call_id: str, phone: str) -> bool:
        """The person at `phone` has parked the client; whether the phone had left by then."""
        had_left = phone in self._left.get(call_id, ())
        self._parked.setdefault(call_id, {}).setdefault(phone, had_left)
        return had_left

    def stays(self, call_id: str, phone: str) -> bool:
        """`phone` has left: whether its person is in the call all the same."""
        phones = self._parked.get(call_id, {})
        if phone not in phones:
            self._left.setdefault(call_id, set()).add(phone)
            return False
        phones[phone] = True
        return True

    def relieved(self, call_id: str, phone: str) -> list[str]:
        """`phone` talks with the client: the phones whose persons are out of the call by that."""
        self._left.get(call_id, set()).discard(phone)
        phones = self._parked.pop(call_id, {})
        return [each for each, away in phones.items() if away and each != phone]

    def join(self, call_id: str, absorbed_id: str) -> None:
        """Two calls became one."""
        self._left.pop(absorbed_id, None)
        if absorbed_id in self._parked:
            self._parked.setdefault(call_id, {}).update(self._parked.pop(absorbed_id))

    def forget(self, call_id: str) -> None:
        """The call is over."""
        self._left.pop(call_id, None)
        self._parked.pop(call_id, None)
