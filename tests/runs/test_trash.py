"""Deleted runs: they come back whole, never over another file, and go for good after a day."""

import os
import time
from pathlib import Path

import pytest

from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.trash import KEPT_SECONDS, bring_back, delete_run, empty_trash, trash_folder
from landscape_app.runs.writer import lock_path


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of the application of the test's own."""
    monkeypatch.setattr(
        "landscape_app.runs.autosave.platformdirs.user_data_path", lambda *a, **k: tmp_path / "data"
    )


def test_a_deleted_run_comes_back_whole_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.write_bytes(b"one")
    first = delete_run(path)
    path.write_bytes(b"two")
    second = delete_run(path)
    assert not path.exists()
    bring_back(second)
    assert path.read_bytes() == b"two"
    with pytest.raises(RunFileError, match="there is another file now"):
        bring_back(first)
    assert path.read_bytes() == b"two"
    path.unlink()
    bring_back(first)
    assert path.read_bytes() == b"one"
    assert list(trash_folder().iterdir()) == []


def test_a_run_that_is_trained_and_one_that_is_not_there_are_not_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.h5"
    with pytest.raises(RunFileError, match="cannot delete"):
        delete_run(path)
    path.write_bytes(b"one")
    monkeypatch.setattr("landscape_app.runs.trash.is_locked", lambda _: True)
    with pytest.raises(RunFileError, match="it is being trained; stop that first"):
        delete_run(path)
    assert path.read_bytes() == b"one"
    assert not any(trash_folder().glob("*/*"))
    assert not lock_path(path).exists()


def test_the_trash_is_emptied_of_what_has_been_there_for_a_day(tmp_path: Path) -> None:
    empty_trash()
    paths = [tmp_path / "old.h5", tmp_path / "new.h5"]
    for path in paths:
        path.write_bytes(b"run")
    old, new = map(delete_run, paths)
    before = time.time() - KEPT_SECONDS - 60
    os.utime(old.now.parent, (before, before))
    empty_trash()
    assert not old.now.parent.exists()
    assert new.now.exists()
