"""The run file: what goes in comes out, and nothing else is taken for one."""

import errno
import gc
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from landscape_app.runs.atomic import RunFileError, atomic_write, check_writable
from landscape_app.runs.run_file import (
    RunState,
    has_no_checksum,
    read_run,
    run_image,
    write_checksum,
    write_run,
)


@pytest.fixture
def state() -> RunState:
    generator = np.random.default_rng(0)
    return RunState(
        configuration={"problem": "digits", "seed": 3, "schedule": {"moves": 6}},
        provenance={"program": "Landscape", "date": "2026-01-01"},
        metrics={"epoch": np.arange(5), "residuals": generator.normal(size=(5, 4)).astype(np.float32)},
        arrays={
            "multipliers": generator.normal(size=4).astype(np.float32),
            "chains/x": generator.integers(0, 17, (300, 8, 8)).astype(np.uint8),
            "trainer/seconds": np.float64(1.5),
        },
    )


@pytest.fixture
def run(tmp_path: Path, state: RunState) -> Path:
    write_run(tmp_path / "run.h5", state)
    return tmp_path / "run.h5"


def test_a_run_comes_back_as_it_was_written(run: Path, state: RunState) -> None:
    back = read_run(run)
    assert back.configuration == state.configuration
    assert back.provenance == state.provenance
    for written, found in ((state.metrics, back.metrics), (state.arrays, back.arrays)):
        assert set(written) == set(found)
        for name, array in written.items():
            assert found[name].dtype == array.dtype
            np.testing.assert_array_equal(found[name], array)


def test_bytes_that_a_cycle_holds_end_without_a_word(
    state: RunState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From Python 3.13 on, a file in memory that ends before a view of it does is told on the standard error."""
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    circle: list[object] = [run_image(state)]
    assert isinstance(circle[0], bytes)
    circle.append(circle)
    del circle
    gc.collect()
    assert not told


def test_arrays_of_every_size_come_back_from_an_image_that_is_not_compressed(
    state: RunState, run: Path
) -> None:
    arrays = {
        "number": np.float64(1.5),
        "none": np.zeros((0, 3), np.float32),
        "turned": np.arange(12.0).reshape(3, 4).T,
        "large": np.random.default_rng(0).integers(0, 255, (5, 1_000, 999)).astype(np.uint8),
    }
    run.write_bytes(run_image(replace(state, arrays=arrays), compress=False))
    for name, array in arrays.items():
        found = read_run(run).arrays[name]
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)


def test_a_run_file_has_the_permissions_of_any_new_file(run: Path) -> None:
    (run.parent / "other").touch()
    assert run.stat().st_mode == (run.parent / "other").stat().st_mode


def test_no_run_file_is_missing_truncated_or_foreign_without_being_told(run: Path, tmp_path: Path) -> None:
    whole = run.read_bytes()
    for size in (0, 7, 100, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.h5").write_bytes(whole[:size])
        with pytest.raises(RunFileError, match="damaged, cut short or of another format"):
            read_run(tmp_path / "cut.h5")
    (tmp_path / "text.h5").write_text("not a run")
    with pytest.raises(RunFileError, match="another format"):
        read_run(tmp_path / "text.h5")
    with pytest.raises(RunFileError, match="no file"):
        read_run(tmp_path / "missing.h5")
    with pytest.raises(RunFileError, match="is a folder"):
        read_run(tmp_path)


def test_any_damaged_byte_is_noticed(run: Path, tmp_path: Path) -> None:
    whole, generator = run.read_bytes(), np.random.default_rng(1)
    for place in (0, 511, 512, len(whole) - 1, *generator.integers(0, len(whole), 200)):
        damaged = bytearray(whole)
        damaged[place] ^= int(generator.integers(1, 256))
        (tmp_path / "damaged.h5").write_bytes(damaged)
        with pytest.raises(RunFileError, match="damaged"):
            read_run(tmp_path / "damaged.h5")


def test_other_hdf5_files_are_told_from_runs(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = np.arange(4)
    with h5py.File(tmp_path / "block.h5", "w", userblock_size=512) as file:
        file["x"] = np.arange(4)
    for name in ("other.h5", "block.h5"):
        assert has_no_checksum(tmp_path / name)
        with pytest.raises(RunFileError, match="not a run of Landscape"):
            read_run(tmp_path / name)


def as_older_file(file: h5py.File) -> None:
    """Texts as attributes of variable length, as files had them up to version 3."""
    for name in ("configuration", "provenance"):
        file.attrs[name] = bytes(file[name][()]).decode()
        del file[name]
    file.attrs["format"] = "landscape-run"
    file.attrs["version"] = 3


def text_on_the_heap(file: h5py.File) -> None:
    file.attrs["writer"] = "a text of variable length"


def test_a_run_file_is_plain_hdf5(run: Path, state: RunState) -> None:
    with h5py.File(run) as file:
        np.testing.assert_array_equal(file["chains/x"][:], state.arrays["chains/x"])


def edit(run: Path, change: Callable[[h5py.File], None]) -> None:
    """Changes a run file as a stranger could who knows how it is checked."""
    with h5py.File(run, "r+") as file:
        change(file)
    image = bytearray(run.read_bytes())
    write_checksum(image)
    run.write_bytes(image)


def write_text(file: h5py.File, name: str, text: str) -> None:
    del file[name]
    file[name] = np.frombuffer(text.encode(), np.uint8)


def foreign(file: h5py.File) -> None:
    del file.attrs["format"]


def newer(file: h5py.File) -> None:
    file.attrs["version"] = 99


def strange_version(file: h5py.File) -> None:
    file.attrs["version"] = "first"


def strange_format(file: h5py.File) -> None:
    file.attrs["format"] = np.arange(4)


def no_text(file: h5py.File) -> None:
    del file["configuration"]
    file["configuration"] = np.zeros((2, 3))


def no_configuration(file: h5py.File) -> None:
    del file["configuration"]


def broken_json(file: h5py.File) -> None:
    write_text(file, "configuration", "{")


def list_for_an_object(file: h5py.File) -> None:
    write_text(file, "provenance", "[1, 2]")


def text_for_numbers(file: h5py.File) -> None:
    file["words"] = "a stranger's text"


def oversized(file: h5py.File) -> None:
    file.create_dataset("huge", shape=(10**6, 10**6), dtype="f8", chunks=(1_000, 1_000))


def outside_storage(file: h5py.File) -> None:
    file.create_dataset("secret", shape=(4,), dtype="u1", external=[("/etc/hostname", 0, 4)])


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", shape=(4,))
    file.create_virtual_dataset("virtual", layout)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (foreign, "not a run of Landscape"),
        (newer, "newer than this program"),
        (strange_version, "damaged"),
        (strange_format, "damaged"),
        (as_older_file, "older than this program reads; train it anew"),
        (text_on_the_heap, "damaged"),
        (no_text, "damaged"),
        (no_configuration, "damaged"),
        (broken_json, "damaged"),
        (list_for_an_object, "not a JSON object"),
        (text_for_numbers, "expected numbers"),
        (oversized, "declares more than"),
        (outside_storage, "points to another file"),
        (virtual, "points to another file"),
    ],
)
def test_a_file_that_is_no_run_is_refused(
    run: Path, change: Callable[[h5py.File], None], message: str
) -> None:
    edit(run, change)
    with pytest.raises(RunFileError, match=message):
        read_run(run)


def test_links_out_of_the_file_are_not_followed(run: Path, state: RunState, tmp_path: Path) -> None:
    write_run(tmp_path / "other.h5", state)
    edit(run, lambda file: file.__setitem__("elsewhere", h5py.ExternalLink("other.h5", "/multipliers")))
    assert "elsewhere" not in read_run(run).arrays


def test_a_failing_write_leaves_the_older_file_and_nothing_else(
    run: Path, state: RunState, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = run.read_bytes()

    def fail(part: Path, image: bytes) -> int:
        with part.open("wb") as file:
            file.write(image[:1_000])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(RunFileError, match="the disk is full"):
        write_run(run, state)
    assert run.read_bytes() == before
    assert list(run.parent.iterdir()) == [run]


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_disk_that_fills_up_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    script = (
        "import resource, signal, sys; from pathlib import Path; import numpy as np\n"
        "from landscape_app.runs import RunFileError, RunState, write_run\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "noise = np.random.default_rng(0).integers(0, 255, 10**6)\n"
        "try:\n    write_run(Path('run.h5'), RunState({}, {}, {}, {'noise': noise}))\n"
        "except RunFileError as error:\n    print(error); sys.exit(7)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 7, done.stderr
    assert done.stdout.startswith("cannot write run.h5: ")
    assert not list(tmp_path.iterdir())


def test_an_interruption_while_writing_leaves_the_older_file(run: Path) -> None:
    before = run.read_bytes()

    def interrupted() -> None:
        with atomic_write(run) as part:
            part.write_bytes(b"half")
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert run.read_bytes() == before
    assert list(run.parent.iterdir()) == [run]


def test_a_file_that_another_program_has_open_is_replaced_when_it_is_closed(
    run: Path, state: RunState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows refuses to replace a file that somebody reads."""
    refused, replace = [3], os.replace

    def sharing_violation(part: Path, place: Path) -> None:
        if refused[0]:
            refused[0] -= 1
            raise PermissionError(errno.EACCES, "Access is denied")
        replace(part, place)

    monkeypatch.setattr(os, "replace", sharing_violation)
    run.write_bytes(b"old")
    write_run(run, state)
    assert read_run(run).configuration == state.configuration
    refused[0] = 10**9
    monkeypatch.setattr("landscape_app.runs.atomic.SHARING_SECONDS", 0.1)
    before = run.read_bytes()
    with pytest.raises(RunFileError, match="Access is denied"):
        write_run(run, state)
    assert run.read_bytes() == before
    assert list(run.parent.iterdir()) == [run]


def test_no_handle_stays_open_on_a_run_that_was_read(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses to replace a file that is open: reading takes the bytes, and HDF5 never sees the path."""
    opened = h5py.File

    def in_memory(name: object, *arguments: object, **options: object) -> h5py.File:
        assert not isinstance(name, str | bytes | os.PathLike)
        return opened(name, *arguments, **options)

    monkeypatch.setattr(h5py, "File", in_memory)
    read_run(run)
    if Path("/proc/self/fd").exists():
        assert str(run) not in {os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()}


def test_a_file_and_its_folder_are_on_the_disk_when_it_takes_its_name(
    run: Path, state: RunState, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def replaced(part: Path, place: Path) -> None:
        done.append("name")
        replace(part, place)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    write_run(run, state)
    assert done == (["file", "name"] if os.name == "nt" else ["file", "name", "folder"])


def test_a_file_keeps_the_permissions_that_its_owner_gave_it(run: Path, state: RunState) -> None:
    run.chmod(0o600)
    write_run(run, state)
    assert stat.S_IMODE(run.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_writing_to_a_link_writes_the_file_it_names(run: Path, state: RunState, tmp_path: Path) -> None:
    link = tmp_path / "latest.h5"
    link.symlink_to(run)
    run.write_bytes(b"old")
    write_run(link, state)
    assert link.is_symlink()
    assert read_run(run).configuration == state.configuration


def test_a_place_that_cannot_be_written_is_known_before(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, message in (
        (tmp_path / "missing" / "run.h5", "no folder"),
        (tmp_path, "it is a folder"),
        (tmp_path / "file" / "run.h5", "no folder"),
        (tmp_path / ("x" * 300), "cannot write"),
    ):
        with pytest.raises(RunFileError, match=message):
            check_writable(path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no devices here")
def test_a_device_is_no_place_for_a_run() -> None:
    with pytest.raises(RunFileError, match="ordinary file"):
        check_writable(Path("/dev/null"))


def test_a_protected_file_is_not_replaced_by_anybody(run: Path, state: RunState) -> None:
    run.chmod(0o400)
    with pytest.raises(RunFileError, match="write-protected"):
        write_run(run, state)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_closed_folders_and_files_are_told(run: Path, state: RunState) -> None:
    run.chmod(0o000)
    with pytest.raises(RunFileError, match="Permission denied"):
        read_run(run)
    run.parent.chmod(0o500)
    try:
        with pytest.raises(RunFileError, match="Permission denied"):
            check_writable(run.parent / "other.h5")
    finally:
        run.parent.chmod(0o700)
