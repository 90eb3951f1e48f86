"""Files are replaced as a whole or not at all, whatever happens in between, and nothing is left lying about."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from upgradecheck.fixes import writing
from upgradecheck.fixes.writing import Write, forbidden, write_all

OLD, NEW = b"old\r\n", b"new\r\n" * 1000


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Three files; afterwards each is old or new, and there is nothing else."""
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(OLD)
    yield tmp_path
    assert {path.name for path in tmp_path.rglob("*") if path.suffix == ".tmp"} == set()
    assert all(path.read_bytes() in (OLD, NEW, b"changed") for path in tmp_path.rglob("*") if path.is_file())


def writes(folder: Path, names: str = "abc", together: str = "") -> list[Write]:
    return [Write(n, folder / n, OLD, NEW, frozenset(together if n in together else "")) for n in names]


def state(folder: Path) -> str:
    """Which of the files are new."""
    return "".join(n for n in "abc" if (folder / n).exists() and (folder / n).read_bytes() == NEW)


def failing(real: Callable[..., Any], error: BaseException, turn: int, after: bool = False) -> Callable[..., Any]:
    """A function that raises at its n-th call, before or after it did its work."""
    calls = iter(range(1, 1000))

    def call(*args: Any, **kwargs: Any) -> Any:
        now = next(calls) == turn
        if now and not after:
            raise error
        result = real(*args, **kwargs)
        if now:
            raise error
        return result

    return call


FULL = OSError(errno.ENOSPC, "No space left on device")


def test_all_are_written(folder: Path) -> None:
    assert write_all(writes(folder)) == []
    assert state(folder) == "abc"


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o664])
def test_mode_is_kept(folder: Path, mode: int) -> None:
    (folder / "a").chmod(mode)
    assert write_all(writes(folder, "a")) == []
    assert stat.S_IMODE((folder / "a").stat().st_mode) == mode


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_owner_is_kept(folder: Path) -> None:
    os.chown(folder / "a", 12345, 54321)
    assert write_all(writes(folder, "a")) == []
    assert ((folder / "a").stat().st_uid, (folder / "a").stat().st_gid) == (12345, 54321)


def test_links_are_followed(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "real").write_bytes(OLD)
    (folder / "a").unlink()
    (folder / "a").symlink_to(Path("deep") / "real")
    assert write_all(writes(folder, "a")) == []
    assert (folder / "a").is_symlink()
    assert (folder / "deep" / "real").read_bytes() == NEW


def test_two_links_to_one_file(folder: Path) -> None:
    (folder / "b").unlink()
    (folder / "b").symlink_to("a")
    assert write_all(writes(folder, "ab")) == []
    assert state(folder) == "ab"


def test_read_only_files_are_declined(folder: Path) -> None:
    (folder / "b").chmod(0o444)
    assert write_all(writes(folder)) == [("b", "it is read-only: give write permission")]
    assert state(folder) == "ac"
    assert forbidden(folder / "b")
    assert not forbidden(folder / "a")


def test_a_long_name(folder: Path) -> None:
    path = folder / ("x" * 250)
    path.write_bytes(OLD)
    assert write_all([Write("x", path, OLD, NEW)]) == []
    assert path.read_bytes() == NEW


@pytest.mark.parametrize(("change", "reason"), [("write", "it changed while"), ("delete", "it is no longer there")])
def test_changed_meanwhile(folder: Path, change: str, reason: str) -> None:
    (folder / "b").write_bytes(b"changed") if change == "write" else (folder / "b").unlink()
    ((name, why),) = write_all(writes(folder))
    assert name == "b"
    assert why.startswith(reason)
    assert state(folder) == "ac"
    assert (folder / "b").exists() == (change == "write")


@pytest.mark.parametrize("turn", [1, 2, 3])
@pytest.mark.parametrize("function", ["fsync", "chmod", "open"])
def test_no_room(folder: Path, monkeypatch: pytest.MonkeyPatch, function: str, turn: int) -> None:
    monkeypatch.setattr(writing.os, function, failing(getattr(os, function), FULL, turn))
    ((name, why),) = write_all(writes(folder))
    assert name == "abc"[turn - 1]
    assert why.startswith("No space left on device")
    assert state(folder) == "abc".replace(name, "")


def test_no_room_for_the_text(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of it may be on disk by then: the file itself stays as it was."""

    class Full:
        def __init__(self, handle: int, mode: str) -> None:
            self.file = os.fdopen(handle, mode)

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, data: bytes) -> None:
            self.file.write(data[:100])
            raise FULL

    monkeypatch.setattr(writing, "open", Full, raising=False)
    assert [name for name, _ in write_all(writes(folder))] == ["a", "b", "c"]
    assert state(folder) == ""


@pytest.mark.parametrize("turn", [1, 2, 3])
@pytest.mark.parametrize("function", ["fsync", "chmod", "open"])
@pytest.mark.parametrize("after", [False, True])
def test_ctrl_c_before_the_first_rename(
    folder: Path, monkeypatch: pytest.MonkeyPatch, function: str, turn: int, after: bool
) -> None:
    if function == "open" and after:
        pytest.skip("a handle that nobody got cannot be closed")
    monkeypatch.setattr(writing.os, function, failing(getattr(os, function), KeyboardInterrupt(), turn, after))
    with pytest.raises(KeyboardInterrupt):
        write_all(writes(folder))
    assert state(folder) == ""


@pytest.mark.parametrize("turn", [1, 2, 3])
@pytest.mark.parametrize("after", [False, True])
def test_ctrl_c_between_renames(folder: Path, monkeypatch: pytest.MonkeyPatch, turn: int, after: bool) -> None:
    monkeypatch.setattr(writing.os, "replace", failing(os.replace, KeyboardInterrupt(), turn, after))
    with pytest.raises(KeyboardInterrupt):
        write_all(writes(folder))
    assert state(folder) == "abc"[: turn if after else turn - 1]


# -- files that go together ----------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.parametrize("error", [FULL, KeyboardInterrupt()])
@pytest.mark.parametrize("function", ["replace", "fsync"])
def test_both_or_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch, function: str, error: BaseException, turn: int
) -> None:
    monkeypatch.setattr(writing.os, function, failing(getattr(os, function), error, turn))
    if isinstance(error, KeyboardInterrupt):
        with pytest.raises(KeyboardInterrupt):
            write_all(writes(folder, "acb", together="ac"))
        assert state(folder) == ""
    else:
        failed = write_all(writes(folder, "acb", together="ac"))
        assert sorted(name for name, _ in failed) == ["a", "c"]
        assert state(folder) == "b"


@pytest.mark.parametrize("wrong", ["a", "c"])
def test_none_when_one_changed(folder: Path, wrong: str) -> None:
    (folder / wrong).write_bytes(b"changed")
    failed = dict(write_all(writes(folder, together="ac")))
    assert set(failed) == {"a", "c"}
    other = "ac".replace(wrong, "")
    assert failed[other] == f"{wrong} could not be written, and they go together"
    assert state(folder) == "b"


def test_none_when_one_is_read_only(folder: Path) -> None:
    (folder / "c").chmod(0o444)
    assert set(dict(write_all(writes(folder, together="ac")))) == {"a", "c"}
    assert state(folder) == "b"


def test_together_by_way_of_a_third(folder: Path) -> None:
    chain = [
        Write("a", folder / "a", OLD, NEW, frozenset("ab")),
        Write("b", folder / "b", OLD, NEW, frozenset("abc")),
        Write("c", folder / "c", b"other", NEW, frozenset("bc")),
    ]
    assert set(dict(write_all(chain))) == {"a", "b", "c"}
    assert state(folder) == ""
