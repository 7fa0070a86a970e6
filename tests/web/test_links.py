"""Every link and every form of every page leads somewhere, whoever looks and in every language."""

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from crm_core.agents.roles import Role
from telephony.events import Outcome
from tests.web.browsing import Answer, Visitor
from tests.web.conftest import ClientAs, Office
from tests.web.shift import ANNAS, IVAN, PAVEL, STRANGER, Shift, at_work
from tests.web.test_routes import PEOPLE
from web.app import make_app
from web.i18n import LANGUAGES

HOSTILE = '<script>alert("x")</script>{{ 7*7 }}%(name)s'
MOST_PAGES = 150
LOOKERS = [(role, "ru") for role in Role]
LOOKERS += [(Role.ADMINISTRATOR, language) for language in LANGUAGES if language != "ru"]
"""Everybody in one language, and in every language whoever sees most."""
_HREF = re.compile(r'<a\b[^>]*?\bhref="([^"#]*)')
_ACTION = re.compile(r'<form\b[^>]*?\bmethod="post"[^>]*?\baction="([^"]*)"')


@pytest.fixture
async def shift(office: Office) -> AsyncIterator[Shift]:
    """A little of everything: a finished call, a missed one, one that rings, tasks, a client."""
    async with at_work(office) as working:
        await working.sit("anna", "desk_101")
        await working.ring(ANNAS, caller=IVAN, name=HOSTILE)
        await working.answer(ANNAS)
        await working.hang_up(ANNAS)
        working.next_call()
        await working.ring(ANNAS, caller=PAVEL, name=HOSTILE)
        await working.hang_up(None, Outcome.ABANDONED)
        working.next_call()
        await working.ring(ANNAS, caller=STRANGER)
        await office.services.clients.create(
            office.cast.dina, name=HOSTILE, number="+7 921 555-44-33", contact_name=HOSTILE
        )
        await working.settled()
        yield working


async def _walk(visitor: Visitor) -> dict[str, Answer]:
    """Every page that can be reached by links, with one page of each long series."""
    seen: dict[str, Answer] = {}
    ahead = ["/", "/me", "/help/connect"]
    while ahead and len(seen) < MOST_PAGES:
        path = ahead.pop(0)
        if path in seen:
            continue
        seen[path] = await visitor.get(path)
        if "text/html" in seen[path].headers["Content-Type"]:
            links = (unescape(link) for link in _HREF.findall(seen[path].text))
            ahead += [link for link in links if link.startswith("/") and "export" not in link]
    return seen


@pytest.mark.parametrize(("role", "language"), LOOKERS)
async def test_no_page_has_a_dead_link_a_form_to_nowhere_or_anything_hostile(
    role: Role, language: str, office: Office, shift: Shift, client_as: ClientAs
) -> None:
    agent = getattr(office.cast, PEOPLE[role])
    await office.services.accounts.set_preferences(agent, language=language)
    pages = await _walk(await client_as(PEOPLE[role]))
    assert len(pages) > 5
    assert {path: page.status for path, page in pages.items() if page.status != 200} == {}
    app = make_app(office.services)
    nowhere = {
        (path, action)
        for path, page in pages.items()
        for action in map(unescape, _ACTION.findall(page.text))
        if not await _leads_somewhere(app, action)
    }
    assert nowhere == set()
    for path, page in pages.items():
        _is_harmless(path, page.text)
        _carries_its_token(path, page.text)


def _is_harmless(path: str, page: str) -> None:
    """Nothing hostile reached the page unescaped."""
    assert "<script>alert" not in page, path
    assert "49%(name)s" not in page, path
    assert "style=" not in page, path
    assert not re.search(r"<[^>]+\son\w+=", page), path


def _carries_its_token(path: str, page: str) -> None:
    """Every form that is sent by POST does."""
    for form in re.findall(r'<form\b[^>]*method="post".*?</form>', page, re.S):
        assert 'name="csrf"' in form or "data-sends" in form, (path, form[:200])


async def _leads_somewhere(app: web.Application, action: str) -> bool:
    found = await app.router.resolve(make_mocked_request("POST", action.partition("?")[0]))
    return found.http_exception is None
