"""What an administrator said of an endpoint is obeyed by the running product, and after a start."""

from telephony.events import LegRole
from tests.web.conftest import Office


async def test_a_correction_is_obeyed_at_once_and_after_a_restart(office: Office) -> None:
    phones = office.services.phones
    assert phones("PJSIP/101")
    await office.services.endpoint_roles.correct(office.cast.dina, "101", LegRole.TRUNK)
    await office.settled()
    assert not phones("PJSIP/101")

    phones.correct({})  # as a new process begins
    await office.services.endpoint_corrections.restore()
    assert not phones("PJSIP/101")


async def test_the_tracker_judges_by_the_corrections(office: Office) -> None:
    """The object that is corrected is the one the tracker asks."""
    tracker = office.services.feed._tracker
    assert tracker._floor._is_phone is office.services.phones
