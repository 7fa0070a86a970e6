"""National lists and other files of numbers: whole or not at all, whatever stops them half-way."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crm_core.audit import list_audit
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.storage.engine import Storage
from dialer.do_not_call import reading, shelving
from dialer.do_not_call.generations import Generations, Progress, list_imports
from dialer.do_not_call.importing import NumberImports, Source
from dialer.do_not_call.kinds import How, ListKind
from dialer.do_not_call.lists import DoNotCallLists, list_lists, list_old_lists
from dialer.do_not_call.looking import list_national, list_numbers
from dialer.do_not_call.records import DoNotCall, Said
from dialer.do_not_call.tables import do_not_call_imported, do_not_call_numbers
from tests.cast import Cast
from tests.dialer.do_not_call.conftest import Naming

FIRST, SECOND, THIRD = "+12015550123", "+12015550124", "+12015550125"
NATIONAL = frozenset({"national"})
File = Callable[[str], Source]


@pytest.fixture
def file(tmp_path: Path) -> File:
    """A source whose file says this."""

    def write(text: str, name: str = "list.txt") -> Source:
        path = tmp_path / name
        path.write_text(text)
        return Source(path, told_by="donotcall.gov")

    return write


@pytest.fixture
async def national(lists: DoNotCallLists, cast: Cast) -> int:
    return await lists.create(cast.vera, ListKind.NATIONAL, "National Registry", country="US")


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten lines at a time."""
    genuine = reading.NumberFile.pieces

    def pieces(self: reading.NumberFile, *, skip: int = 0, size: int = 10) -> object:
        return genuine(self, skip=skip, size=size)

    monkeypatch.setattr(reading.NumberFile, "pieces", pieces)
    monkeypatch.setattr(shelving.Portion, "most", 12)
    monkeypatch.setattr(shelving, "STRETCH", 7)
    monkeypatch.setattr(shelving, "IN_ONE_WRITE", 7)


def many(count: int, first: int = 2015550000) -> str:
    return "\n".join(str(first + n) for n in range(count))


async def stored(storage: Storage, import_id: int) -> int:
    query = select(func.count()).where(do_not_call_imported.c.import_id == import_id)
    async with storage.read() as connection:
        return int((await connection.execute(query)).scalar_one())


async def test_an_imported_list_names_its_numbers_and_says_where_it_is_from(
    imports: NumberImports, naming: Naming, file: File, national: int, cast: Cast,
    storage: Storage, clock: ManualClock,
) -> None:  # fmt: skip
    done = await imports.load(cast.vera, national, file("2015550123\n201-555-0124\n2015550123\n"))
    assert (done.state, done.numbers, done.lines, done.nonsense) == ("in_force", 2, 3, 0)
    assert done.bytes_read == done.bytes_total == 35
    assert await naming(FIRST, SECOND, THIRD) == {FIRST: NATIONAL, SECOND: NATIONAL}
    async with storage.read() as connection:
        (known,) = await list_lists(connection)
        (entry, *_) = await list_audit(connection, subject="do_not_call_list")
        (listing,) = await list_national(connection, [FIRST, THIRD, "112", "nonsense", "+9" * 30])
    assert (known.numbers, known.source) == (2, "donotcall.gov")
    assert (entry.action, entry.details["count"]) == ("imported", 2)
    assert (listing.e164, listing.title) == (FIRST, "National Registry")


async def test_an_american_list_is_old_after_31_days_and_stops_calls_all_the_same(
    imports: NumberImports, naming: Naming, file: File, national: int, cast: Cast,
    storage: Storage, clock: ManualClock,
) -> None:  # fmt: skip
    """16 CFR 310.4(b)(3)(iv): counted from the day it was obtained."""
    source = file("2015550123")
    obtained = clock.now() - timedelta(days=1)
    future = Source(source.path, obtained_at=clock.now() + timedelta(days=1))
    with pytest.raises(Invalid, match="in_future"):
        await imports.load(cast.vera, national, future)
    await imports.load(cast.vera, national, Source(source.path, obtained_at=obtained))
    await clock.advance(30 * 86400 - 1)
    async with storage.read() as connection:
        assert await list_old_lists(connection, clock.now()) == []
        await clock.advance(1)
        assert [each.list.id for each in await list_old_lists(connection, clock.now())] == [
            national
        ]
    assert await naming(FIRST) == {FIRST: NATIONAL}


@pytest.mark.usefixtures("small_pieces")
async def test_the_old_list_holds_until_the_new_one_is_whole(
    imports: NumberImports, naming: Naming, file: File, national: int, cast: Cast,
    storage: Storage,
) -> None:  # fmt: skip
    old = await imports.load(cast.vera, national, file(many(200, 2015550100)))
    seen: list[Progress] = []
    new = await imports.load(cast.vera, national, file(many(55, 2015550124)), seen.append)
    assert [each.lines for each in seen] == [10, 20, 30, 40, 50, 55]
    assert {each.state for each in seen} == {"reading"}
    assert await naming(FIRST, SECOND) == {SECOND: NATIONAL}
    third = await imports.load(cast.vera, national, file(many(5, 2015550123)))
    assert await naming(FIRST, SECOND) == {FIRST: NATIONAL, SECOND: NATIONAL}
    # The one before is kept for being taken back, the one before that only by its proof.
    kept = [await stored(storage, each.import_id) for each in (old, new, third)]
    assert kept == [0, 55, 5]
    async with storage.read() as connection:
        states = [(each.state, each.numbers) for each in await list_imports(connection, national)]
    assert states == [("in_force", 5), ("replaced", 55), ("replaced", 200)]


@pytest.mark.usefixtures("small_pieces")
async def test_while_it_is_read_the_old_list_alone_is_asked(
    imports: NumberImports, storage: Storage, file: File, national: int, cast: Cast,
    naming: Naming,
) -> None:  # fmt: skip
    await imports.load(cast.vera, national, file("2015550123"))

    def stop(progress: Progress) -> None:
        if progress.lines == 20:
            raise _PowerFails

    with pytest.raises(_PowerFails):
        await imports.load(cast.vera, national, file(many(50, 2015550124)), stop)
    async with storage.read() as connection:
        newest, _ = await list_imports(connection, national)
    assert await stored(storage, newest.import_id) == 20
    assert await naming(FIRST, SECOND) == {FIRST: NATIONAL}


class _PowerFails(BaseException):
    pass


@pytest.mark.usefixtures("small_pieces")
async def test_after_a_stop_the_same_file_goes_on_and_another_one_begins_anew(
    imports: NumberImports, storage: Storage, file: File, national: int, cast: Cast,
    clock: ManualClock, naming: Naming,
) -> None:  # fmt: skip
    def stop(progress: Progress) -> None:
        if progress.lines == 30:
            raise _PowerFails

    source = file(many(20) + "\nnonsense\n" + many(35, 2015550123))
    for _ in range(2):
        with pytest.raises(_PowerFails):
            await imports.load(cast.vera, national, source, stop)
        other = NumberImports(storage, clock, "RU")  # as after a restart
        seen: list[Progress] = []
        done = await other.load(cast.vera, national, source, seen.append)
        assert [each.lines for each in seen] == [40, 50, 56]
        assert (done.numbers, done.nonsense, done.samples) == (55, 1, ((21, "nonsense"),))
        assert await stored(storage, done.import_id) == 55
    with pytest.raises(_PowerFails):
        await imports.load(cast.vera, national, file(many(40, 3015550100)), stop)
    begun = await imports.load(cast.vera, national, file("2015550125"))
    async with storage.read() as connection:
        states = [each.state for each in await list_imports(connection, national)]
    assert states == ["in_force", "broken_off", "replaced", "replaced"]
    assert await naming(FIRST, THIRD) == {THIRD: NATIONAL}
    assert await stored(storage, begun.import_id - 1) == 0


async def test_two_who_import_into_one_list_at_once_do_not_mix(
    imports: NumberImports, storage: Storage, file: File, national: int, cast: Cast,
    clock: ManualClock,
) -> None:  # fmt: skip
    source = file(many(100))
    both = await asyncio.gather(
        imports.load(cast.vera, national, source),
        imports.load(cast.dina, national, source),
        return_exceptions=True,
    )
    refused = [each for each in both if isinstance(each, Conflict)]
    assert [each.code for each in refused] == ["import_running"]
    processes = [NumberImports(storage, clock, "RU") for _ in range(2)]
    await asyncio.gather(
        *(each.load(cast.vera, national, source) for each in processes), return_exceptions=True
    )
    async with storage.read() as connection:
        states = [each.state for each in await list_imports(connection, national)]
    assert states.count("in_force") == 1
    assert "reading" not in states


async def test_a_list_that_is_mostly_nonsense_changes_nothing(
    imports: NumberImports, storage: Storage, file: File, national: int, cast: Cast,
    naming: Naming,
) -> None:  # fmt: skip
    await imports.load(cast.vera, national, file("2015550123"))
    with pytest.raises(Invalid) as refused:
        await imports.load(cast.vera, national, file(many(300, 2015550124) + "\noops" * 40))
    assert refused.value.code == "too_much_nonsense"
    assert refused.value.values["lines"][0] == [301, "oops"]  # type: ignore[index]
    with pytest.raises(Invalid, match="file_empty"):
        await imports.load(cast.vera, national, file(""))
    assert await naming(FIRST, SECOND) == {FIRST: NATIONAL}
    async with storage.read() as connection:
        newest, _ = await list_imports(connection, national)
    assert newest.state == "broken_off"
    assert await stored(storage, newest.import_id) == 0


async def test_an_import_is_taken_back_and_the_one_before_holds_again(
    imports: NumberImports, storage: Storage, clock: ManualClock, file: File, national: int,
    cast: Cast, naming: Naming,
) -> None:  # fmt: skip
    generations = Generations(storage, clock)
    first = await imports.load(cast.vera, national, file("2015550123"))
    second = await imports.load(cast.vera, national, file("2015550124"))
    with pytest.raises(Conflict, match="import_not_in_force"):
        await generations.undo(cast.vera, first.import_id)
    await generations.undo(cast.vera, second.import_id)
    assert await naming(FIRST, SECOND) == {FIRST: NATIONAL}
    await generations.clean()
    assert await stored(storage, second.import_id) == 0
    await generations.undo(cast.vera, first.import_id)
    assert await naming(FIRST, SECOND) == {}
    with pytest.raises(NotFound):
        await generations.undo(cast.vera, 99_999)


@pytest.mark.usefixtures("small_pieces")
async def test_a_file_only_adds_to_an_own_list_and_is_taken_off_it_again(
    imports: NumberImports, lists: DoNotCallLists, do_not_call: DoNotCall, storage: Storage,
    clock: ManualClock, file: File, cast: Cast, naming: Naming,
) -> None:  # fmt: skip
    own = await lists.create(cast.vera, ListKind.OWN, "Ours")
    said = await do_not_call.add(cast.anna, own, "+79160000003", Said(How.SAID))
    done = await imports.load(cast.vera, own, file("\n".join(f"8916000000{n}" for n in range(9))))
    again = await imports.load(cast.vera, own, file("89160000001\n89160000009"))
    assert (done.state, again.state) == ("in_force", "in_force")
    assert await naming("+79160000003", "+79160000001") == {
        "+79160000003": frozenset({"opt_out"}),
        "+79160000001": frozenset({"own"}),
    }
    async with storage.read() as connection:
        assert len(await list_numbers(connection, own)) == 10
    generations = Generations(storage, clock)
    await generations.undo(cast.vera, done.import_id)
    async with storage.read() as connection:
        left = await list_numbers(connection, own)
        gone = await list_numbers(connection, own, removed=True)
    assert {each.e164 for each in left} == {"+79160000003", "+79160000009"}
    assert said in {each.id for each in left}
    assert {each.removal for each in gone} == {f"import {done.import_id}"}
    assert len(gone) == 8


async def test_only_who_keeps_the_lists_imports(
    imports: NumberImports, storage: Storage, clock: ManualClock, file: File, national: int,
    cast: Cast,
) -> None:  # fmt: skip
    for actor in (cast.anna, cast.grigory):
        with pytest.raises(Forbidden):
            await imports.load(actor, national, file("2015550123"))
        with pytest.raises(Forbidden):
            await Generations(storage, clock).undo(actor, 1)
    with pytest.raises(NotFound):
        await imports.load(cast.vera, national + 1, file("2015550123"))
    async with storage.read() as connection:
        counted = select(func.count()).select_from(do_not_call_numbers)
        assert (await connection.execute(counted)).scalar_one() == 0


async def test_what_holds_again_is_not_cleaned_away(
    imports: NumberImports, storage: Storage, clock: ManualClock, file: File, national: int,
    lists: DoNotCallLists, cast: Cast, naming: Naming,
) -> None:  # fmt: skip
    """Somebody took an import back in the moment in which its room was to be given back."""
    done = await imports.load(cast.vera, national, file("2015550123"))
    with pytest.raises(Conflict, match="import_in_force"):
        await shelving.drop(storage, [done.import_id])
    own = await lists.create(cast.vera, ListKind.OWN, "Ours")
    added = await imports.load(cast.vera, own, file("+12015550124"))
    with pytest.raises(Conflict, match="import_in_force"):
        await shelving.take_off(storage, clock.now(), None, added.import_id)
    assert await naming(FIRST, SECOND) == {FIRST: NATIONAL, SECOND: frozenset({"own"})}


def test_a_write_takes_as_many_numbers_as_there_is_time_for() -> None:
    portion = shelving.Portion()
    for seconds, size in ((0.01, 5_000), (0.01, 10_000), (0.01, 10_000), (0.03, 10_000)):
        portion.took(seconds)
        assert portion.size == size
    for _ in range(9):
        portion.took(0.06)
    assert portion.size == 250
