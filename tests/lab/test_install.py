"""The installer gets what is missing, names what cannot be had, and never goes half-way."""

from pathlib import Path

import pytest

from tests.lab import install
from tests.lab.install import CannotInstall, Part


def refuse() -> None:
    raise CannotInstall("the shop is closed")


def test_what_is_there_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert install.install((Part("kettle", lambda: True, refuse),)) == []
    assert "kettle      is there" in capsys.readouterr().out


def test_a_part_that_cannot_be_had_is_named_and_the_others_are_still_installed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    got: list[str] = []
    parts = (
        Part("kettle", lambda: False, refuse),
        Part("lamp", lambda: False, lambda: got.append("lamp")),
    )
    assert install.install(parts) == ["kettle"]
    assert got == ["lamp"]
    assert "cannot be had: the shop is closed" in capsys.readouterr().out


def test_the_archive_is_the_one_that_apt_uses_for_the_release_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = (
        "http://archive.test/security/ bookworm-security main\n"
        "http://other.test/node/ nodistro main extra\n"
        "http://archive.test/debian/ bookworm contrib\n"
        "http://archive.test/debian/ bookworm main\n"
    )
    monkeypatch.setattr(install, "_read", lambda *command: rows)
    assert install.mirror() == "http://archive.test/debian/"


def test_without_an_archive_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "_read", lambda *command: "")
    with pytest.raises(CannotInstall, match="apt knows no archive"):
        install.mirror()


def test_an_interrupted_build_is_removed_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    root = install.asterisk_root()
    leftover = root.with_suffix(".partial") / "half"
    leftover.mkdir(parents=True)
    seen: list[bool] = []

    def bootstrap(*command: str, **_: object) -> None:
        if command[0] == "debootstrap":
            seen.append(leftover.exists())
            root.with_suffix(".partial").mkdir()

    monkeypatch.setattr(install, "_run", bootstrap)
    monkeypatch.setattr(install, "mirror", lambda: "http://archive.test/debian/")
    monkeypatch.setattr(install, "_proxies", dict)
    install._build_root(0)
    assert seen == [False]
    assert root.is_dir()
    assert not root.with_suffix(".partial").exists()


def test_a_build_that_fails_leaves_no_root_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def bootstrap(*command: str, **_: object) -> None:
        install.asterisk_root().with_suffix(".partial").mkdir(parents=True)
        raise CannotInstall("the line is down")

    monkeypatch.setattr(install, "_run", bootstrap)
    monkeypatch.setattr(install, "mirror", lambda: "http://archive.test/debian/")
    monkeypatch.setattr(install, "_proxies", dict)
    with pytest.raises(CannotInstall, match="the line is down"):
        install._build_root(0)
    assert not install.asterisk_root().exists()
