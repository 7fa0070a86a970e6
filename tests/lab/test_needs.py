"""The laboratory's own parts work, and a missing one is never silent under CI."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.async_api import Browser
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.lab.needs import Missing, had, skip_or_fail


def test_a_missing_part_skips_the_test_with_the_reason() -> None:
    with pytest.raises(pytest.skip.Exception, match="no lathe"):
        skip_or_fail("no lathe", ci=False)


def test_under_ci_a_missing_part_fails_the_test() -> None:
    with pytest.raises(pytest.fail.Exception, match="no lathe"):
        skip_or_fail("no lathe", ci=True)


@pytest.mark.postgres
@pytest.mark.parametrize("visit", [1, 2])
async def test_each_test_has_an_empty_database_of_its_own(postgres_url: str, visit: int) -> None:
    engine = create_async_engine(postgres_url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE visited (n int)"))
            await connection.execute(text("INSERT INTO visited VALUES (:n)"), {"n": visit})
            assert await connection.scalar(text("SELECT count(*) FROM visited")) == 1
    finally:
        await engine.dispose()


@pytest.mark.browser
async def test_chromium_renders_a_page(chromium: Browser) -> None:
    page = await chromium.new_page()
    await page.set_content("<h1>перезвон</h1>")
    assert await page.inner_text("h1") == "перезвон"


def test_a_part_that_cannot_be_had_skips_or_fails_the_test_and_one_that_can_is_given_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given_back = []

    @contextmanager
    def part(*, is_there: bool) -> Iterator[str]:
        if not is_there:
            raise Missing("no such thing")
        yield "the part"
        given_back.append("the part")

    with had(part(is_there=True)) as found:
        assert found == "the part"
    assert given_back == ["the part"]
    monkeypatch.setenv("CI", "")
    with pytest.raises(pytest.skip.Exception, match="no such thing"), had(part(is_there=False)):
        pass
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no such thing"), had(part(is_there=False)):
        pass
