"""A run is followed by looking at its file; its writer's life is told by its lock or its beat, never by clocks."""

import os
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from landscape_app.runs import checkpoint, run_file, writer
from landscape_app.runs.atomic import RunFileError, atomic_write
from landscape_app.runs.checkpoint import CheckpointWriter
from landscape_app.runs.run_file import RunState, read_run
from landscape_app.runs.tail import Tail, is_being_written
from landscape_app.runs.writer import WriterStatus, lock_path, part_path


def state(epochs: int) -> RunState:
    return RunState({}, {}, {"epoch": np.arange(epochs)}, {})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.h5"


@pytest.fixture
def writing(path: Path) -> CheckpointWriter:
    written = CheckpointWriter(path)
    written.put(state(1))
    assert written.wait()
    return written


def test_a_run_is_followed_to_its_end(path: Path, writing: CheckpointWriter) -> None:
    tail = Tail(path)
    update = tail.look()
    assert update.state is not None
    assert update.status is WriterStatus.WRITING
    assert tail.look().state is None
    for epochs in (2, 5):
        writing.put(state(epochs))
        assert writing.wait()
        update = tail.look()
        assert update.state is not None
        assert len(update.state.metrics["epoch"]) == epochs
    writing.finish(state(9))
    writing.close()
    update = tail.look()
    assert update.state is not None
    assert (len(update.state.metrics["epoch"]), update.status) == (9, WriterStatus.ENDED)


def test_the_lock_says_whether_a_writer_lives_whatever_the_clocks_say(
    path: Path, writing: CheckpointWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_being_written(path)
    now = time.time()
    for shift in (-86_400.0, 30.0, 86_400.0):
        monkeypatch.setattr(time, "time", lambda shift=shift: now + shift)
        os.utime(path, (1, 1))
        os.utime(lock_path(path), (1, 1))
        assert is_being_written(path)
        assert Tail(path).look().status is WriterStatus.WRITING
    writing.close()
    assert not is_being_written(path)
    assert Tail(path).look().status is WriterStatus.LOST


def test_what_a_killed_writer_left_is_removed_by_who_looks(path: Path, writing: CheckpointWriter) -> None:
    writing.close()
    lock_path(path).touch()
    part_path(path).write_bytes(b"half")
    assert Tail(path).look().status is WriterStatus.LOST
    assert list(path.parent.iterdir()) == [path]


def test_a_writer_on_another_machine_is_known_by_its_beat(
    path: Path, writing: CheckpointWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locks of another machine may not be seen here: what counts is a time that changes, seen twice."""
    writing.close()
    clock = [1_000.0]

    def wait(seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr(writer, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=wait))
    with atomic_write(path) as part:
        part.write_bytes(run_file.run_image(replace(read_run(path), writer="elsewhere")))
    lock_path(path).touch()
    tail = Tail(path)
    for beat in range(4):
        os.utime(lock_path(path), (beat, beat))
        assert tail.look().status is WriterStatus.WRITING
        wait(0.9 * writer.SILENT_SECONDS)
    assert lock_path(path).exists()
    wait(0.2 * writer.SILENT_SECONDS)
    assert tail.look().status is WriterStatus.LOST
    assert not is_being_written(path)
    seen = writer.WriterWatch(path)
    os.utime(lock_path(path), (9, 9))
    assert seen.has_beaten_within(writer.SILENT_SECONDS)


def test_a_file_system_without_locks_leaves_the_beat(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoLock:
        def __init__(self, *arguments: object, **options: object) -> None: ...

        def acquire(self, timeout: float) -> None:
            raise OSError(95, "Operation not supported")

        def release(self) -> None: ...

    monkeypatch.setattr(writer, "FileLock", NoLock)
    monkeypatch.setattr(checkpoint, "BEAT_SECONDS", 0.05)
    written = CheckpointWriter(path)
    written.put(state(1))
    assert written.wait()
    assert is_being_written(path)
    written.close()
    assert not lock_path(path).exists()


def test_a_file_that_is_gone_or_damaged_ends_the_following(path: Path, writing: CheckpointWriter) -> None:
    tail = Tail(path)
    tail.look()
    path.write_bytes(b"something else")
    with pytest.raises(RunFileError, match="damaged"):
        tail.look()
    path.unlink()
    with pytest.raises(RunFileError, match="no file"):
        tail.look()
    writing.close()
