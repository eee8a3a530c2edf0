"""Checkpoints: whole at any moment of a kill, never in the way of training, tried again where the disk fails."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from landscape_app.runs import checkpoint
from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.checkpoint import CheckpointWriter
from landscape_app.runs.run_file import RunState, read_run, write_run
from landscape_app.runs.writer import lock_path, part_path

PATIENCE = 120.0
"""Seconds after which a wait has failed: many, as other processes may keep every core busy."""


def state(epochs: int, size: int = 50) -> RunState:
    """A run of which every number is the number of its epochs."""
    return RunState(
        {"seed": 3},
        {"run": "a"},
        {"epoch": np.arange(epochs)},
        {"x": np.full(size, epochs, np.float32), "trainer/epoch": np.int64(epochs)},
    )


def wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.01)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.h5"


def test_the_newest_state_is_what_is_on_the_disk(path: Path) -> None:
    writer = CheckpointWriter(path)
    for epochs in range(20):
        writer.put(state(epochs))
    assert writer.wait()
    found = read_run(path)
    np.testing.assert_array_equal(found.arrays["x"], np.full(50, 19, np.float32))
    assert found.writer is not None
    writer.finish(state(20))
    writer.close()
    found = read_run(path)
    assert (len(found.metrics["epoch"]), found.writer) == (20, None)
    assert names(path.parent) == ["run.h5"]


def test_a_writer_that_closes_writes_what_waits_and_leaves_a_run_to_be_resumed(path: Path) -> None:
    writer = CheckpointWriter(path)
    writer.put(state(7))
    writer.close()
    assert read_run(path).writer is not None
    assert len(read_run(path).metrics["epoch"]) == 7
    assert names(path.parent) == ["run.h5"]


def test_training_hands_over_at_once_while_the_disk_hangs(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    freed, entered = threading.Event(), threading.Event()
    image = checkpoint.run_image

    def hanging(*arguments: object) -> object:
        entered.set()
        assert freed.wait(PATIENCE)
        return image(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(checkpoint, "run_image", hanging)
    writer = CheckpointWriter(path)
    writer.put(state(0))
    assert entered.wait(PATIENCE)
    for epochs in range(1, 9):
        writer.put(state(epochs))
        assert not writer.is_due
    assert not path.exists()
    freed.set()
    assert writer.wait()
    assert len(read_run(path).metrics["epoch"]) == 8
    writer.close()


def test_checkpoints_take_a_hundredth_of_the_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock of the test's own: a state that took 0.1 s to make is followed by one after 10 s at least."""
    clock = [1_000.0]
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: clock[0])
    writer = CheckpointWriter(path)
    monkeypatch.setattr(checkpoint.time, "thread_time", lambda: 0.0)
    for cost, apart in ((0.0, 2.0), (0.1, 10.0)):
        writer.put(state(1), cost)
        assert writer.wait()
        clock[0] += apart - 0.01
        assert not writer.is_due
        clock[0] += 0.02
        assert writer.is_due
    writer.close()


KILLED = """
import sys
from pathlib import Path
import numpy as np
from landscape_app.runs import CheckpointWriter, RunState
writer = CheckpointWriter(Path(sys.argv[1]))
for epochs in range(100_000):
    arrays = {"x": np.full(200_000, epochs, np.float32)}
    writer.put(RunState({}, {}, {"epoch": np.arange(epochs)}, arrays))
    writer.wait()
    print(epochs, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_process_killed_at_any_moment_leaves_a_whole_file_that_another_may_write(path: Path) -> None:
    for moment in (0.0, 0.003, 0.007, 0.015):
        command = [sys.executable, "-c", KILLED, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(3):
                process.stdout.readline()
            with pytest.raises(RunFileError, match="written by another process"):
                CheckpointWriter(path)
            time.sleep(moment)
            os.kill(process.pid, signal.SIGKILL)
            last = max(map(int, process.stdout.read().split()), default=2)
        found = read_run(path)
        assert len(found.metrics["epoch"]) >= last
        assert (found.arrays["x"] == len(found.metrics["epoch"])).all()
        CheckpointWriter(path).close()
        assert names(path.parent) == ["run.h5"]


def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Fills the disk up; returns what empties it."""
    write = Path.write_bytes

    def fails(self: Path, data: bytes) -> int:
        write(self, bytes(data)[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fails)
    return lambda: monkeypatch.setattr(Path, "write_bytes", write)


def remove_folder(path: Path) -> Callable[[], None]:
    for entry in path.parent.iterdir():
        entry.unlink()
    path.parent.rmdir()
    return path.parent.mkdir


def make_read_only(path: Path) -> Callable[[], None]:
    path.chmod(0o400)
    return lambda: path.chmod(0o600)


@pytest.mark.parametrize(
    ("harm", "words"),
    [(full_disk, "the disk is full"), (remove_folder, "no folder"), (make_read_only, "write-protected")],
    ids=["full", "removed", "read-only"],
)
def test_a_failing_checkpoint_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[..., Callable[[], None]], words: str
) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    monkeypatch.setattr(checkpoint, "BEAT_SECONDS", 0.05)
    writer = CheckpointWriter(folder / "run.h5")
    writer.put(state(1))
    assert writer.wait()
    repair = harm(monkeypatch if harm is full_disk else folder / "run.h5")
    writer.put(state(2))
    assert not writer.wait()
    assert words in str(writer.failure)
    if harm is not remove_folder:
        assert len(read_run(folder / "run.h5").metrics["epoch"]) == 1
        assert names(folder) == [".run.h5.lock", "run.h5"]
    repair()
    wait(lambda: writer.failure is None)
    assert len(read_run(folder / "run.h5").metrics["epoch"]) == 2
    with pytest.raises(RunFileError, match="written by another process"):
        CheckpointWriter(folder / "run.h5")
    writer.close()


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_disk_that_is_really_full_fails_the_checkpoint_and_nothing_else(path: Path) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    writer = CheckpointWriter(path)
    writer.put(state(1))
    assert writer.wait()
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        writer.put(state(2, size=200_000))
        assert not writer.wait()
        assert writer.failure is not None
        with pytest.raises(RunFileError, match="cannot write"):
            writer.finish(RunState({}, {}, {}, {"x": np.random.default_rng(0).normal(size=200_000)}))
        writer.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert len(read_run(path).metrics["epoch"]) == 1
    assert names(path.parent) == ["run.h5"]


def test_a_file_that_was_removed_is_written_anew(path: Path) -> None:
    writer = CheckpointWriter(path)
    writer.put(state(1))
    assert writer.wait()
    path.unlink()
    lock_path(path).unlink()
    writer.put(state(2))
    assert writer.wait()
    assert len(read_run(path).metrics["epoch"]) == 2
    writer.close()
    assert names(path.parent) == ["run.h5"]


def test_a_file_of_somebody_else_is_not_replaced(path: Path) -> None:
    writer = CheckpointWriter(path)
    writer.put(state(1))
    assert writer.wait()
    path.write_bytes(b"another program's")
    writer.put(state(2))
    assert not writer.wait()
    assert "replaced by another program" in str(writer.failure)
    with pytest.raises(RunFileError, match="replaced by another program"):
        writer.finish(state(3))
    writer.close()
    assert path.read_bytes() == b"another program's"


def test_a_run_that_is_being_written_is_not_saved_over(path: Path) -> None:
    writer = CheckpointWriter(path)
    writer.put(state(1))
    assert writer.wait()
    with pytest.raises(RunFileError, match="another process is writing it"):
        write_run(path, state(5))
    writer.close()
    write_run(path, state(5))


def test_what_a_killed_writer_left_half_written_is_overwritten(path: Path) -> None:
    part_path(path).write_bytes(b"half")
    lock_path(path).touch()
    writer = CheckpointWriter(path)
    writer.put(state(1))
    assert writer.wait()
    writer.close()
    assert names(path.parent) == ["run.h5"]
