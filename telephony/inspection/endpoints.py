"""Which endpoints are phones, which are trunks, and whose phones they are. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from telephony.events import LegRole
from telephony.inspection.expected import Expected
from telephony.inspection.finding import Finding, bad, ok, warn
from telephony.stream import Reply


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint: what it is taken for, what it looks like ("" unknown), whose extension it is
    ("" nobody's), and whether people have said what it is."""

    name: str
    interface: str
    role: LegRole
    looks: str
    extension: str
    corrected: bool

    @property
    def is_doubtful(self) -> bool:
        return bool(self.looks) and self.looks != self.role and not self.corrected


def read(told: Reply, technology: str, expected: Expected) -> list[Endpoint]:
    """The endpoints of PJSIPShowEndpoints' answer, judged, by name."""
    found = []
    for item in told.items:
        name = item.headers.get("objectname", "")
        if item.name != "EndpointList" or not name:
            continue
        interface = f"{technology}/{name}"
        role = LegRole.PHONE if expected.is_phone(interface) else LegRole.TRUNK
        extension = expected.extensions.get(interface, "")
        corrected = name in expected.corrected
        looks = _looks(
            bool(item.headers.get("auths")),
            bool(item.headers.get("outboundauths")),
            bool(item.headers.get("contacts")),
        )
        found.append(Endpoint(name, interface, role, looks, extension, corrected))
    return sorted(found, key=_order)


def _order(each: Endpoint) -> tuple[bool, bool, str]:
    """What deserves a look comes first, then phones, then trunks."""
    is_trunk = each.role is LegRole.TRUNK
    deserves_a_look = each.is_doubtful or (is_trunk and bool(each.extension))
    return (not deserves_a_look, is_trunk, each.name)


def _looks(lets_in: bool, logs_in: bool, has_contact: bool) -> str:
    """A phone logs in with us; a provider is logged in to, or is known by its address alone."""
    if logs_in:
        return LegRole.TRUNK
    if lets_in:
        return LegRole.PHONE
    return LegRole.TRUNK if has_contact else ""


def judged(endpoints: list[Endpoint], expected: Expected) -> Iterator[Finding]:
    """What `read` gave: all of them, then what deserves a look."""
    phones = [each for each in endpoints if each.role is LegRole.PHONE]
    trunks = [each for each in endpoints if each.role is LegRole.TRUNK]
    listed = {each.name for each in endpoints}
    yield ok(
        "endpoints.listed",
        endpoints=[_row(each) for each in endpoints],
        corrected_and_gone=sorted(expected.corrected - listed),
    )
    if not phones:
        yield bad("endpoints.no_phones")
    if not trunks:
        yield warn("endpoints.no_trunks")
    if mistaken := [each for each in trunks if each.extension]:
        yield bad("endpoints.extension_is_trunk", names=_names(mistaken))
    yield from _doubts(phones, [each for each in trunks if not each.extension])
    if expected.known:
        yield from _extensions(phones, endpoints, expected)


def _doubts(phones: list[Endpoint], trunks: list[Endpoint]) -> Iterator[Finding]:
    if like_trunks := [each for each in phones if each.is_doubtful]:
        yield warn("endpoints.phones_like_trunks", names=_names(like_trunks))
    if like_phones := [each for each in trunks if each.is_doubtful]:
        yield warn("endpoints.trunks_like_phones", names=_names(like_phones))


def _extensions(
    phones: list[Endpoint], endpoints: list[Endpoint], expected: Expected
) -> Iterator[Finding]:
    there = {each.interface for each in endpoints}
    listed = {technology_of(interface) for interface in there}
    missing = [
        number
        for interface, number in expected.extensions.items()
        if interface not in there and (not there or technology_of(interface) in listed)
    ]
    if missing:
        yield bad("endpoints.extension_missing", names=sorted(missing))
    elif expected.extensions:
        yield ok("endpoints.extensions", count=len(expected.extensions))
    if unused := [each for each in phones if not each.extension]:
        yield warn("endpoints.without_extension", names=_names(unused))


def technology_of(interface: str) -> str:
    return interface.partition("/")[0]


def _names(endpoints: list[Endpoint]) -> list[str]:
    return [each.name for each in endpoints]


def _row(each: Endpoint) -> dict[str, Any]:
    return {
        "name": each.name,
        "role": each.role.value,
        "looks": str(each.looks),
        "corrected": each.corrected,
        "extension": each.extension,
    }
