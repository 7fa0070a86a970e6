"""People log in, are hired and let go, and the office is never left without an administrator."""

import asyncio
import time

import pytest
from sqlalchemy import select, update

from crm_core.agents.accounts import Accounts
from crm_core.agents.credentials import Passwords, check_rules
from crm_core.agents.directory import DirectoryChanged, list_extensions, list_members
from crm_core.agents.roles import Role
from crm_core.agents.sessions import Sessions, SessionsClosed
from crm_core.agents.tables import agent_states, agents
from crm_core.audit import list_audit
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.events import RoleChanged
from crm_core.storage.engine import Storage
from tests.cast import PASSWORD, Cast


@pytest.fixture
def passwords() -> Passwords:
    return Passwords()


@pytest.fixture
def accounts(storage: Storage, clock: ManualClock, passwords: Passwords) -> Accounts:
    return Accounts(storage, clock, passwords)


@pytest.fixture
def told(storage: Storage) -> list[object]:
    facts: list[object] = []
    storage.on_commit = facts.extend
    return facts


async def test_the_first_administrator_is_made_by_the_system_itself(accounts: Accounts) -> None:
    made = await accounts.create(None, "Root ", "  Первый\tадмин ", Role.ADMINISTRATOR, PASSWORD)
    assert (made.login, made.name, made.role) == ("root", "Первый админ", Role.ADMINISTRATOR)
    assert await accounts.verify("root", PASSWORD) == made
    assert await accounts.get(made.id) == made


@pytest.mark.parametrize("typed", ["anna", "ANNA", " Anna ", "ａｎｎａ"])
async def test_a_login_is_known_however_it_is_typed(
    accounts: Accounts, cast: Cast, typed: str
) -> None:
    assert await accounts.verify(typed, PASSWORD) == cast.anna


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("anna", "wrong"),
        ("anna", ""),
        ("anna", PASSWORD + " "),
        ("nobody", PASSWORD),
        ("", ""),
        ("anna\0", PASSWORD + "\0"),
        ("\ud800", "\ud800"),
        ("anna", "x" * 1_000_000),
    ],
)
async def test_a_wrong_login_or_password_opens_nothing(
    accounts: Accounts, cast: Cast, login: str, password: str
) -> None:
    assert await accounts.verify(login, password) is None


async def test_an_unknown_login_takes_as_much_hashing_as_a_known_one(
    accounts: Accounts, passwords: Passwords, cast: Cast
) -> None:
    async def seconds(login: str) -> float:
        began = time.perf_counter()
        for _ in range(5):
            await accounts.verify(login, "wrong")
        return time.perf_counter() - began

    await seconds("anna")
    known, unknown = await seconds("anna"), await seconds("nobody")
    assert unknown > known / 4  # without the decoy it is some fifty times quicker


async def test_no_more_than_two_passwords_are_hashed_at_once(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most = 0, 0

    def slow(_stored: str, _password: str) -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.02)
        running -= 1
        return False

    await passwords.matches("x", "y")
    monkeypatch.setattr("crm_core.agents.credentials._verify", slow)
    await asyncio.gather(*(passwords.matches("x", "y") for _ in range(8)))
    assert most == 2


async def test_the_event_loop_goes_on_while_a_password_is_hashed(passwords: Passwords) -> None:
    hashing = asyncio.ensure_future(passwords.hash(PASSWORD))
    turns = 0
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 10
    assert hashing.result().startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_weaker_hash_of_old_is_replaced_at_the_next_login(
    accounts: Accounts, passwords: Passwords, storage: Storage, cast: Cast
) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with storage.write() as tx:
        await tx.execute(
            update(agents).where(agents.c.id == cast.anna.id).values(password_hash=weak)
        )
    assert await accounts.verify("anna", PASSWORD) == cast.anna
    async with storage.read() as connection:
        query = select(agents.c.password_hash).where(agents.c.id == cast.anna.id)
        stored = (await connection.execute(query)).scalar_one()
    assert not passwords.is_outdated(stored)
    assert await accounts.verify("anna", PASSWORD) == cast.anna


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short-7", "password_too_short"),
        ("x1" * 101, "password_too_long"),
        ("aaaaaaaaaa", "password_too_simple"),
        ("1212121212", "password_too_simple"),
        ("Password123", "password_too_simple"),
        ("йцукенгш", "password_too_simple"),
        ("my-ANNA-password", "password_contains_login"),
    ],
)
def test_a_password_that_would_be_guessed_is_refused(password: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_rules(password, "anna")
    assert (refused.value.field, refused.value.code) == ("password", code)


def test_a_long_passphrase_in_any_script_is_welcome() -> None:
    check_rules("четыре слова о погоде", "anna")


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"login": ""}, "login", "required"),
        ({"login": "a b"}, "login", "login_bad"),
        ({"login": "x"}, "login", "login_bad"),
        ({"login": "a" * 65}, "login", "login_bad"),
        ({"login": "ANNA"}, "login", "login_taken"),
        ({"name": " \t\n"}, "name", "required"),
        ({"name": "x" * 201}, "name", "too_long"),
        ({"role": "king"}, "role", "unknown_choice"),
        ({"language": "tlh"}, "language", "unknown_choice"),
        ({"time_zone": "Mars/Base"}, "time_zone", "unknown_choice"),
        ({"time_zone": "../../etc/passwd"}, "time_zone", "unknown_choice"),
        ({"theme": "pink"}, "theme", "unknown_choice"),
        ({"password": "short"}, "password", "password_too_short"),
    ],
)
async def test_what_cannot_be_accepted_is_named_by_field_and_code(
    accounts: Accounts, cast: Cast, fields: dict[str, str], field: str, code: str
) -> None:
    given = {
        "login": "new",
        "name": "New",
        "role": "operator",
        "password": "колокол-43",
        **fields,
    }
    with pytest.raises(Invalid) as refused:
        await accounts.create(cast.dina, **given)  # type: ignore[arg-type]
    assert (refused.value.field, refused.value.code) == (field, code)
    assert len(await accounts.list_agents(active=None)) == 5


@pytest.mark.parametrize("who", ["anna", "vera", "grigory"])
async def test_only_an_administrator_hires_edits_and_lets_go(
    accounts: Accounts, cast: Cast, who: str
) -> None:
    actor = getattr(cast, who)
    for attempt in (
        accounts.create(actor, "new", "New", Role.OPERATOR, "колокол-43"),
        accounts.edit(actor, cast.boris.id, name="Bob"),
        accounts.deactivate(actor, cast.boris.id),
        accounts.reactivate(actor, cast.boris.id),
        accounts.set_password(actor, cast.boris.id, "колокол-43"),
    ):
        with pytest.raises(Forbidden):
            await attempt


async def test_an_edit_is_audited_from_and_to_and_told(
    accounts: Accounts, storage: Storage, cast: Cast, told: list[object]
) -> None:
    changed = await accounts.edit(
        cast.dina, cast.anna.id, name="Anna Petrova", role="supervisor", language="en"
    )
    assert (changed.name, changed.role) == ("Anna Petrova", Role.SUPERVISOR)
    async with storage.read() as connection:
        (entry, *_) = await list_audit(connection, subject="agent", subject_id=cast.anna.id)
    assert (entry.action, entry.agent_id, entry.agent_name) == (
        "edited",
        cast.dina.id,
        "Dina Belova",
    )
    assert entry.details == {
        "name": ["Anna Orlova", "Anna Petrova"],
        "role": ["operator", "supervisor"],
    }
    assert told == [DirectoryChanged("agents"), RoleChanged(agent_id=cast.anna.id)]


async def test_an_edit_that_changes_nothing_leaves_no_trace(
    accounts: Accounts, storage: Storage, cast: Cast, told: list[object]
) -> None:
    await accounts.edit(cast.dina, cast.anna.id, name="Anna Orlova")
    async with storage.read() as connection:
        assert await list_audit(connection) == []
    assert told == []


async def test_a_new_login_must_be_free_but_may_be_kept(accounts: Accounts, cast: Cast) -> None:
    assert (await accounts.edit(cast.dina, cast.anna.id, login="anna")).login == "anna"
    with pytest.raises(Invalid, match="login_taken"):
        await accounts.edit(cast.dina, cast.anna.id, login="BORIS")


@pytest.mark.parametrize("missing", [0, -1, 999, 2**40, 10**30])
async def test_an_agent_who_is_not_there_is_not_found(
    accounts: Accounts, cast: Cast, missing: int
) -> None:
    for attempt in (
        accounts.get(missing),
        accounts.edit(cast.dina, missing, name="x"),
        accounts.deactivate(cast.dina, missing),
        accounts.set_password(cast.dina, missing, "колокол-43"),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_the_last_administrator_is_neither_let_go_nor_demoted(
    accounts: Accounts, cast: Cast
) -> None:
    with pytest.raises(Conflict, match="last_administrator"):
        await accounts.deactivate(cast.dina, cast.dina.id)
    with pytest.raises(Conflict, match="last_administrator"):
        await accounts.edit(cast.dina, cast.dina.id, role="operator")
    await accounts.edit(cast.dina, cast.vera.id, role="administrator")
    await accounts.deactivate(cast.dina, cast.dina.id)
    with pytest.raises(Conflict, match="last_administrator"):
        await accounts.edit(None, cast.vera.id, role="operator")


async def test_two_administrators_cannot_remove_each_other_at_once(
    accounts: Accounts, cast: Cast
) -> None:
    vera = await accounts.edit(cast.dina, cast.vera.id, role="administrator")
    results = await asyncio.gather(
        accounts.deactivate(cast.dina, vera.id),
        accounts.deactivate(vera, cast.dina.id),
        return_exceptions=True,
    )
    assert sorted(type(r).__name__ for r in results) == ["Conflict", "NoneType"]
    assert len(await accounts.list_agents(role=Role.ADMINISTRATOR)) == 1


async def test_letting_somebody_go_closes_his_sessions_and_frees_his_desk(
    accounts: Accounts, storage: Storage, clock: ManualClock, cast: Cast, told: list[object]
) -> None:
    sessions = Sessions(storage, clock)
    token = await sessions.open(cast.anna.id)
    async with storage.write() as tx:
        await tx.execute(
            agent_states.insert().values(
                agent_id=cast.anna.id, state="ready", since=clock.now(), extension_id=cast.desk_101
            )
        )
    await accounts.deactivate(cast.dina, cast.anna.id)
    assert await sessions.find(token) is None
    assert await accounts.verify("anna", PASSWORD) is None
    async with storage.read() as connection:
        desks = {e.number: e.agent_id for e in await list_extensions(connection)}
        seat = (await connection.execute(select(agent_states.c.extension_id))).scalar_one()
        team = [m.agent_id for m in await list_members(connection, cast.sales)]
    assert desks["101"] is None
    assert seat is None
    assert team == [cast.boris.id]
    assert DirectoryChanged("agents") in told
    assert DirectoryChanged("extensions") in told
    assert any(isinstance(f, SessionsClosed) and f.agent_id == cast.anna.id for f in told)
    assert cast.anna.id not in [a.id for a in await accounts.list_agents()]
    await accounts.reactivate(cast.dina, cast.anna.id)
    assert await accounts.verify("anna", PASSWORD) == cast.anna


async def test_a_new_password_closes_every_session_but_the_one_it_was_set_in(
    accounts: Accounts, storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    sessions = Sessions(storage, clock)
    here, elsewhere = await sessions.open(cast.anna.id), await sessions.open(cast.anna.id)
    await accounts.set_password(
        cast.anna, cast.anna.id, "колокол-43", current=PASSWORD, keep_token=here
    )
    assert await sessions.find(here) == cast.anna
    assert await sessions.find(elsewhere) is None
    assert await accounts.verify("anna", PASSWORD) is None
    assert await accounts.verify("anna", "колокол-43") == cast.anna


async def test_one_s_own_password_is_changed_only_with_the_current_one(
    accounts: Accounts, cast: Cast
) -> None:
    for current in (None, "wrong"):
        with pytest.raises(Invalid, match="password_wrong"):
            await accounts.set_password(cast.anna, cast.anna.id, "колокол-43", current=current)
    await accounts.set_password(cast.dina, cast.anna.id, "колокол-43")
    assert await accounts.verify("anna", "колокол-43") == cast.anna


async def test_everybody_chooses_his_own_language_zone_and_theme(
    accounts: Accounts, cast: Cast
) -> None:
    anna = await accounts.set_preferences(
        cast.anna, language="ru", time_zone="Europe/Moscow", theme="dark"
    )
    assert (anna.language, anna.time_zone, anna.theme) == ("ru", "Europe/Moscow", "dark")
    assert (await accounts.set_preferences(anna, theme="light")).language == "ru"


async def test_no_password_ever_reaches_the_audit(
    accounts: Accounts, storage: Storage, cast: Cast
) -> None:
    await accounts.create(cast.dina, "new", "New", Role.OPERATOR, "колокол-43")
    await accounts.set_password(cast.dina, cast.anna.id, "колокол-44")
    async with storage.read() as connection:
        entries = await list_audit(connection)
    assert [entry.action for entry in entries] == ["password_set", "created"]
    assert "колокол" not in repr(entries)
    assert "argon2" not in repr(entries)
