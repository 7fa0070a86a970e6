"""The README is true: its commands exist, its table is the code's, its links lead somewhere."""

import re
from pathlib import Path

import typer

from web.cli import make_app
from web.settings import settings_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_settings_is_the_one_the_code_reads() -> None:
    told = README.partition("<!-- settings: made by `perezvon settings` -->\n")[2]
    assert told.partition("\n<!-- /settings -->")[0] == settings_table()


def test_every_make_command_of_the_documents_is_a_target_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    texts = [README, *(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))]
    told = {name for text in texts for name in re.findall(r"(?:`|^)make ([a-z-]+)", text, re.M)}
    assert told
    assert told <= targets


def test_every_perezvon_command_of_the_documents_exists() -> None:
    known = set(typer.main.get_command(make_app()).commands)  # type: ignore[attr-defined]
    texts = [README, *(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))]
    told = {name for text in texts for name in re.findall(r"(?:`|^)perezvon ([a-z-]+)", text, re.M)}
    named = re.search(r"`\.venv/bin/perezvon` itself: (.*?)\.\n", README, re.DOTALL)
    assert named is not None
    listed = set(re.findall(r"`([a-z-]+)[^`]*`", named[1]))
    assert told | listed <= known
    assert known - {"settings"} <= told | listed, "a command that the README does not tell of"


def test_every_link_of_the_documents_leads_to_a_file() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
        for link in links:
            if not link.startswith("http"):
                assert (page.parent / link).is_file(), f"{page.name}: {link}"
