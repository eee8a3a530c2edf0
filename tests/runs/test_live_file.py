"""The live file: read while it is written, after its writer was killed, and with its place gone."""

import os
import signal
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from landscape_app.runs import Follower, Recorder, RunFileError, read_run
from landscape_app.runs.examination import examine
from landscape_app.runs.follower import Life
from landscape_app.runs.live_file import SLOTS, is_being_written, opened
from landscape_app.runs.parcel import pack, unpack
from landscape_app.runs.superblock import SIZE, lookup3

COLUMNS = {
    "metrics": {"epoch": ("<i8", ()), "residuals": ("<f4", (3,))},
    "measurements": {"epoch": ("<i8", ()), "entropy": ("<f8", ())},
}
PATIENCE = 120.0
"""Seconds after which a wait has failed: many, as other processes may keep every core busy."""


def recorder(path: Path) -> Recorder:
    return Recorder(path, {"seed": 3}, {"run": "a"}, {"data/points": np.arange(6.0).reshape(3, 2)}, COLUMNS)


def epochs(first: int, last: int) -> dict[str, np.ndarray]:
    rows = np.arange(first, last)
    return {"epoch": rows, "residuals": np.repeat(rows[:, None], 3, 1).astype(np.float32)}


def keep(recording: Recorder, rows: int, size: int = 50) -> None:
    """A state of which every number is the number of its rows."""
    note = {"rows": {"metrics": rows, "measurements": 0}}
    recording.keep(note, {"x": np.full(size, rows, np.float32), "clock/epoch": np.int64(rows)})


def wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


def reads(path: Path, rows: int) -> bool:
    try:
        return len(read_run(path).metrics.get("epoch", ())) == rows
    except RunFileError:
        return False


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """A live file of 40 epochs, its last state after 30, whose writer has ended."""
    recording = recorder(tmp_path / "run.h5")
    recording.append("metrics", epochs(0, 20))
    keep(recording, 20)
    wait(lambda: reads(tmp_path / "run.h5", 20))
    recording.append("metrics", epochs(20, 40))
    keep(recording, 30)
    assert recording.close()
    return tmp_path / "run.h5"


def test_a_live_file_is_read_as_of_its_last_state(live: Path) -> None:
    state = read_run(live)
    assert state.configuration == {"seed": 3}
    assert state.provenance == {"run": "a"}
    np.testing.assert_array_equal(state.metrics["epoch"], np.arange(30))
    np.testing.assert_array_equal(state.metrics["residuals"][:, 2], np.arange(30))
    np.testing.assert_array_equal(state.arrays["x"], np.full(50, 30, np.float32))
    np.testing.assert_array_equal(state.arrays["data/points"], np.arange(6.0).reshape(3, 2))
    assert [path.name for path in live.parent.iterdir()] == ["run.h5"]


def test_a_file_is_followed_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    recording = recorder(path)
    keep(recording, 0)
    wait(lambda: reads(path, 0))
    assert is_being_written(path)
    follower = Follower(path)
    assert follower.look().life is Life.WRITING
    seen: list[int] = []
    for first in (0, 10, 20):
        recording.append("metrics", epochs(first, first + 10))
        keep(recording, first + 10, size=50 * (1 + first))
        latest = None
        while len(seen) < first + 10 or latest is None:
            news = follower.look()
            seen += news.rows["metrics"].get("epoch", np.zeros(0, int)).tolist()
            latest = news.state or latest
            assert news.life is Life.WRITING
        assert latest.arrays["x"][0] == first + 10
    assert seen == list(range(30))
    recording.close()
    assert follower.look().life is Life.FINISHED
    follower.close()


def test_a_writer_that_falls_silent_counts_as_lost(
    live: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "other.h5"
    recording = recorder(path)
    keep(recording, 0)
    wait(lambda: reads(path, 0))
    follower = Follower(path)
    os.kill(recording.process, signal.SIGKILL)
    monkeypatch.setattr("landscape_app.runs.follower.SILENT_SECONDS", 0.2)
    follower.look()
    time.sleep(0.3)
    assert follower.look().life is Life.LOST
    follower.close()
    recording.close()
    assert recording.failure is not None


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
@pytest.mark.parametrize("delay", [0.0, 0.013, 0.037, 0.11])
def test_a_writer_killed_at_any_moment_leaves_a_file_that_opens(tmp_path: Path, delay: float) -> None:
    path = tmp_path / "run.h5"
    recording = recorder(path)
    keep(recording, 0)
    wait(lambda: reads(path, 0))
    end = time.monotonic() + delay
    rows = 0
    while time.monotonic() < end or rows < 3:
        recording.append("metrics", epochs(rows, rows + 1))
        rows += 1
        keep(recording, rows, size=200_000)
    os.kill(recording.process, signal.SIGKILL)
    recording.close()
    state = read_run(path)
    kept = len(state.metrics.get("epoch", ()))
    assert kept <= rows
    assert (state.arrays["x"] == kept).all()


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda path: path.unlink(), "removed"),
        (lambda path: path.chmod(0o400), "read-only"),
        (lambda path: path.write_bytes(b"other"), None),
    ],
    ids=["removed", "read-only", "overwritten"],
)
def test_the_recorder_survives_what_happens_to_its_file(
    tmp_path: Path, harm: Callable[[Path], object], message: str | None
) -> None:
    path = tmp_path / "run.h5"
    recording = recorder(path)
    keep(recording, 0)
    wait(lambda: reads(path, 0))
    harm(path)
    if message is None:
        recording.append("metrics", epochs(0, 10))
        recording.close()
        return
    wait(lambda: recording.failure is not None)
    assert message in str(recording.failure)
    recording.append("metrics", epochs(0, 10))
    keep(recording, 10)
    assert not recording.close()


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_disk_that_fills_up_ends_the_recording_and_nothing_else(tmp_path: Path) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, limits[1]))
    try:
        recording = recorder(tmp_path / "run.h5")
        keep(recording, 0, size=30_000)
        wait(lambda: reads(tmp_path / "run.h5", 0))
        keep(recording, 0, size=400_000)
        wait(lambda: recording.failure is not None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not recording.close()
    assert len(read_run(tmp_path / "run.h5").arrays["x"]) == 30_000


def slot_place(image: bytes, slot: str) -> int:
    """Where the first byte of a slot's first chunk lies in a file."""
    with opened(image) as file:
        return int(file[slot].id.get_chunk_info(0).byte_offset)


def test_of_two_states_the_whole_one_counts(live: Path) -> None:
    image = bytearray(live.read_bytes())
    place = slot_place(image, SLOTS[0])
    image[place + 60] ^= 1
    live.write_bytes(image)
    assert len(read_run(live).metrics["epoch"]) == 20
    image[slot_place(image, SLOTS[1]) + 60] ^= 1
    live.write_bytes(image)
    with pytest.raises(RunFileError, match="no whole state"):
        read_run(live)
    found = examine(live)
    assert not found.whole
    assert found.run is None


def test_an_examination_says_what_a_live_file_has_beyond_its_state(live: Path) -> None:
    found = examine(live)
    assert found.whole
    assert any("10 epochs after its last state" in line for line in found.findings)


def test_what_is_left_of_a_damaged_sealed_file_is_found(tmp_path: Path, live: Path) -> None:
    from landscape_app.runs import write_run

    state = read_run(live)
    write_run(tmp_path / "sealed.h5", state)
    image = bytearray((tmp_path / "sealed.h5").read_bytes())
    with h5py.File(tmp_path / "sealed.h5") as file:
        place = file["data/points"].id.get_offset()
    image[place] ^= 1
    (tmp_path / "sealed.h5").write_bytes(image)
    found = examine(tmp_path / "sealed.h5")
    assert not found.whole
    assert "checksum does not fit" in found.findings[0]
    assert found.run is not None
    np.testing.assert_array_equal(found.run.arrays["x"], state.arrays["x"])


def test_damaged_live_files_are_refused_or_read_whole(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landscape_app.runs.run_file.ATTEMPTS", 1)
    whole, generator = live.read_bytes(), np.random.default_rng(3)
    read = 0
    for number in range(300):
        damaged = bytearray(whole)
        if number % 3:
            for _ in range(int(generator.integers(1, 9))):
                damaged[int(generator.integers(len(whole)))] ^= int(generator.integers(1, 256))
        else:
            del damaged[int(generator.integers(len(whole))) :]
        live.write_bytes(damaged)
        try:
            state = read_run(live)
        except RunFileError:
            continue
        read += 1
        assert float(state.arrays["x"][0]) in (20, 30)
    assert 0 < read < 300


def test_a_parcel_comes_back_and_lies_about_nothing() -> None:
    arrays = {"a": np.arange(6, dtype=np.int16).reshape(2, 3), "b": np.float64(2.5), "c": np.zeros((0, 4))}
    content = pack({"rows": 3}, arrays)
    note, back = unpack(content)
    assert note == {"rows": 3}
    for name, array in arrays.items():
        assert back[name].dtype == np.asarray(array).dtype
        np.testing.assert_array_equal(back[name], array)
    index = b'{"note": {}, "arrays": [["a", "%s", %s]]}'
    for kind, shape in (
        (b"<f8", b"[1000000000000]"),
        (b"|O", b"[1]"),
        (b"<U8", b"[1]"),
        (b"<f8", b"[-1]"),
        (b"<f8", b"[1.5]"),
        (b"(2,)<f8", b"[1]"),
        (b"bytes", b"3"),
    ):
        lie = index % (kind, shape)
        with pytest.raises(ValueError, match="parcel"):
            unpack(struct.pack("<Q", len(lie)) + lie + bytes(64))
    for cut in (0, 7, 20, len(content) - 1):
        with pytest.raises(ValueError, match=r"parcel|Expecting|Unterminated"):
            unpack(content[:cut])


def test_the_checksum_of_metadata_is_that_of_hdf5(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w", libver="latest") as file:
        file["x"] = 1
    image = (tmp_path / "a.h5").read_bytes()
    assert lookup3(image[: SIZE - 4]) == int.from_bytes(image[SIZE - 4 : SIZE], "little")
    # The author's own examples (lookup3.c, driver5).
    assert lookup3(b"") == 0xDEADBEEF
    assert lookup3(b"Four score and seven years ago") == 0x17770551
