"""What an intruder tries: fixed sessions, planted headers, other hosts, other people's logs."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from crm_core.agents.roles import Role
from crm_core.agents.sessions import session_id
from tests.cast import PASSWORD
from tests.web.conftest import ClientAs, Office
from tests.web.raw_http import send
from tests.web.test_socket import tab_of
from web.guarding import ANYBODY
from web.logs import set_up_logs
from web.routes import ROUTES
from web.sessions import GUEST, SESSION
from web.settings import HttpSettings, Settings

STAYS = frozenset({"/static/{hash}/{name:.+}"})  # the same for everybody, so caches may keep it
AWAY = (
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "/tasks?view=mine\r\nSet-Cookie: perezvon=stolen",
    "/tasks\u2028?view=mine",
)


class TestTheSession:
    async def test_a_session_that_was_planted_before_the_login_is_not_the_one_after(
        self, office: Office, client_as: ClientAs
    ) -> None:
        planted = "planted-by-somebody-else-0123456789"
        guest = await client_as()
        guest.session.cookie_jar.update_cookies({SESSION: planted}, guest.base)
        await guest.post("/login", {"login": "anna", "password": PASSWORD}, follow=False)
        given = guest.cookie(SESSION)
        assert given not in (None, planted)
        assert await office.services.sessions.find(planted) is None
        assert await office.services.sessions.find(str(given)) is not None

    async def test_the_guests_token_opens_nothing_after_the_login(
        self, office: Office, client_as: ClientAs
    ) -> None:
        guest = await client_as()
        await guest.get("/login")
        before = str(guest.cookie(GUEST))
        form = await guest.csrf()
        await guest.post("/login", {"login": "anna", "password": PASSWORD}, follow=False)
        assert guest.cookie(SESSION) != before
        assert await office.services.sessions.find(before) is None
        forged = await guest.post("/me", {"theme": "dark"}, csrf=form)
        assert forged.status == 403

    async def test_another_persons_token_is_no_token(self, client_as: ClientAs) -> None:
        anna, boris = await client_as("anna"), await client_as("boris")
        forged = await anna.post("/me", {"theme": "dark"}, csrf=await boris.csrf())
        assert forged.status == 403

    async def test_the_token_is_kept_nowhere_as_it_is(
        self, office: Office, client_as: ClientAs
    ) -> None:
        anna = await client_as("anna")
        assert session_id(anna.token) != anna.token
        assert anna.token not in (await anna.get("/me")).text

    @pytest.mark.parametrize("cookie", [b"\xff" * 40, b'"; a=b', b"=" * 9, b"x" * 5_000])
    async def test_a_broken_cookie_is_a_guests(self, cookie: bytes, office: Office) -> None:
        answer = await send(office.url, "GET", b"/me", (b"Cookie", b"perezvon=" + cookie))
        assert answer.status == 303
        assert answer.all("location") == ["/login?next=%2Fme"]


class TestOverHttps:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(http=HttpSettings(public_url="https://crm.example.com"))

    async def test_the_session_leaves_only_over_https_and_only_to_this_host(
        self, office: Office
    ) -> None:
        form = await send(office.url, "GET", b"/login")
        guest = form.all("set-cookie")[0].split(";")[0]
        token = form.body.split(b'name="csrf" content="')[1][:64]
        answer = await send(
            office.url,
            "POST",
            b"/login",
            (b"Cookie", guest.encode()),
            (b"X-CSRF-Token", token),
            (b"Origin", b"https://crm.example.com"),
            (b"Content-Type", b"application/x-www-form-urlencoded"),
            body=b"login=anna&password=" + PASSWORD.encode(),
        )
        assert answer.status == 303
        [cookie] = answer.all("set-cookie")
        flags = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert cookie.startswith("__Host-perezvon=")
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= flags
        assert not any(flag.startswith("domain") for flag in flags)

    async def test_the_host_that_a_request_names_is_not_where_it_is_sent(
        self, office: Office
    ) -> None:
        for host in (b"evil.example", b"crm.example.com.evil.example", b"evil.example:443", b""):
            for path in (b"/", b"/login", b"/nowhere", b"/help/connect", b"/favicon.ico"):
                answer = await send(
                    office.url, "GET", path, (b"Host", host), (b"X-Forwarded-Host", host)
                )
                assert answer.status != 500
                assert b"evil.example" not in answer.body
                assert not any("evil" in value for _, value in answer.headers), path

    async def test_an_unencrypted_copy_of_the_site_is_another_site(self, office: Office) -> None:
        answer = await send(
            office.url, "POST", b"/login", (b"Origin", b"http://crm.example.com"), body=b"login=x"
        )
        assert answer.status == 403


async def test_nobody_is_led_away_by_a_form(office: Office, client_as: ClientAs) -> None:
    anna = await client_as("anna")
    await anna.post(
        "/tasks", {"text": "Call", "pick": "hour", "assignee": f"agent:{office.cast.anna.id}"}
    )
    for path in ("/tasks/1/done", "/tasks/1/reopen", "/tasks/1/take", "/tasks/1/postpone"):
        for wanted in AWAY:
            answer = await anna.post(
                path,
                {"back": wanted, "next": wanted, "pick": "hour", "version": "1"},
                headers={"Referer": "https://evil.example/"},
                follow=False,
            )
            assert answer.status == 303, (path, wanted)
            assert answer.headers["Location"].startswith(("/tasks", "/")), path
            assert "evil" not in answer.headers["Location"].partition("?")[0]
            assert not answer.headers["Location"].startswith(("//", "/\\"))
            assert "stolen" not in answer.headers.get("Set-Cookie", "")


async def test_nobody_is_led_away_by_the_login(client_as: ClientAs) -> None:
    anna = await client_as("anna")
    for wanted in AWAY:
        answer = await anna.request("GET", "/login", params={"next": wanted})
        assert (answer.status, answer.headers["Location"]) == (303, "/"), wanted


async def test_a_path_that_reads_as_another_host_comes_back_as_a_path(office: Office) -> None:
    for path in (b"//evil.example/me", b"/%2f/evil.example", b"/me?x=%0d%0aSet-Cookie:+a=b"):
        answer = await send(office.url, "GET", path)
        for place in answer.all("location"):
            assert place.startswith("/login?next=%2F") or place == "/login"
        assert not any(cookie.startswith("a=b") for cookie in answer.all("set-cookie"))


async def test_no_name_of_a_call_becomes_a_header(office: Office, client_as: ClientAs) -> None:
    dina = await client_as("dina")
    for name in ("x%0d%0aSet-Cookie:%20a=b", "%22;%20filename=evil.exe", "x%00y"):
        for path in (f"/calls/{name}", f"/calls/export.{name}", f"/static/{name}/{name}"):
            answer = await send(
                office.url, "GET", path.encode(), (b"Cookie", f"perezvon={dina.token}".encode())
            )
            assert answer.status == 404, path
            assert not any(cookie.startswith("a=b") for cookie in answer.all("set-cookie"))
            assert answer.all("content-disposition") == []


async def test_a_file_is_named_by_us_and_never_opened_in_the_page(client_as: ClientAs) -> None:
    vera = await client_as("vera")
    for ending in ("csv", "xlsx"):
        answer = await vera.get(f"/calls/export.{ending}?period=all&search=x%22%0d%0ay")
        named = answer.headers["Content-Disposition"]
        assert named.startswith('attachment; filename="calls-2026-')
        assert named.endswith(f'.{ending}"')
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_every_page_forbids_frames_sniffing_and_caches(client_as: ClientAs) -> None:
    for route in ROUTES:
        if route.method != "GET" or "{" in route.path:
            continue
        may = route.roles is ANYBODY or Role.ADMINISTRATOR in route.roles
        visitor = await client_as("dina" if may else "anna")
        headers = (await visitor.get(route.path, follow=False)).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], route.path
        assert headers["X-Frame-Options"] == "DENY", route.path
        assert headers["X-Content-Type-Options"] == "nosniff", route.path
        if route.path not in STAYS:
            assert headers["Cache-Control"] == "no-store", route.path


@pytest.mark.parametrize(
    "name",
    [
        b"..%2f..%2fsettings.py",
        b"%2e%2e/%2e%2e/settings.py",
        b"css/..%5c..%5csettings.py",
        b"....//settings.py",
        b"/etc/passwd",
        b"%2fetc%2fpasswd",
        b"css/tokens.css%00.py",
        b"css//tokens.css",
        b"css/./tokens.css/",
        b"CSS/TOKENS.CSS",
        b"%c0%ae%c0%ae/settings.py",
        b"\xff\xfe",
    ],
)
async def test_nothing_but_the_listed_files_is_served(name: bytes, office: Office) -> None:
    answer = await send(office.url, "GET", b"/static/000000000000/" + name)
    assert answer.status in (400, 404)
    assert b"dataclass" not in answer.body
    assert b"root:" not in answer.body


@pytest.mark.parametrize("name", [b"Origin", b"X-CSRF-Token", b"User-Agent", b"Accept-Language"])
async def test_bytes_that_are_no_text_break_no_header(name: bytes, office: Office) -> None:
    token = await office.services.sessions.open(office.cast.anna.id)
    for value in (b"\xff\xfe", b"\xed\xa0\x80", b"\xc3", b"x" * 7_000, b"q=;;;,,;q=1e999"):
        cookie = (b"Cookie", b"perezvon=" + token.encode())
        answer = await send(office.url, "POST", b"/me", cookie, (name, value), body=b"theme=dark")
        assert answer.status == 403, (name, value)
        read = await send(office.url, "GET", b"/me", cookie, (name, value))
        assert read.status == 200, (name, value)


async def test_a_browser_with_an_unreadable_name_may_log_in(office: Office) -> None:
    form = await send(office.url, "GET", b"/login")
    answer = await send(
        office.url,
        "POST",
        b"/login",
        (b"Cookie", form.all("set-cookie")[0].split(";")[0].encode()),
        (b"X-CSRF-Token", form.body.split(b'name="csrf" content="')[1][:64]),
        (b"User-Agent", b"Mozilla/5.0 \xff\xfe\xed\xa0\x80"),
        (b"Content-Type", b"application/x-www-form-urlencoded"),
        body=b"login=anna&password=" + PASSWORD.encode(),
    )
    assert answer.status == 303


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the service's own log would hold, as it is written to a file."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    set_up_logs()
    yield written
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


async def test_no_stranger_writes_a_line_of_the_log(
    office: Office, log_lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError('fault\n{"event": "forged"}\x1b[2J')

    monkeypatch.setattr(type(office.services.sessions), "find", fail)
    hostile = b"/me/%0A%7B%22event%22:%22forged%22%7D%1b%5b2J"
    await send(
        office.url,
        "GET",
        hostile,
        (b"Cookie", b"perezvon=" + b"x" * 40),
        (b"User-Agent", b'"}{"event": "forged"}'),
    )
    lines = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    ours = [line["event"] for line in lines if line["logger"] != "aiohttp.access"]
    assert ours == ["request_failed"]  # the service itself keeps no log of requests
    assert "\x1b" not in log_lines.getvalue()


async def test_no_socket_opens_for_a_guest_or_for_a_cookie_that_is_over(
    office: Office, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    await (await tab_of(anna)).socket.close()
    await office.services.sessions.close(anna.token)
    upgrade = (
        (b"Upgrade", b"websocket"),
        (b"Sec-WebSocket-Version", b"13"),
        (b"Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
        (b"Origin", str(office.url.origin()).encode()),
    )
    for cookie in (b"", b"perezvon=" + anna.token.encode()):
        answer = await send(office.url, "GET", b"/socket", *upgrade, (b"Cookie", cookie))
        assert answer.status == 401


@pytest.mark.parametrize(
    "told", [b"", b"no_such_code", b"too_many_logins", b"<i>x", b"%(x)s", b"\xff\xfe", b"x" * 3_000]
)
async def test_a_planted_message_is_no_message(told: bytes, office: Office) -> None:
    """Another page of the same host may plant the cookie that carries what was just done."""
    token = await office.services.sessions.open(office.cast.anna.id)
    cookie = b"perezvon=" + token.encode() + b"; perezvon-told=" + told
    answer = await send(office.url, "GET", b"/me", (b"Cookie", cookie))
    assert answer.status == 200
    assert b"<i>x" not in answer.body
