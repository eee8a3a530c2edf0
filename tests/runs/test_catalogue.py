"""The catalogue of runs: what it tells is what the whole file says, it reads little, and no file stops it."""

import os
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from landscape_app.data import Kind
from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.catalogue import (
    KINDS,
    CatalogueReader,
    NotListed,
    RunSummary,
    catalogue_of,
    latest_figures,
    read_summary,
    run_files_in,
    summary_of,
)
from landscape_app.runs.run_file import RunState, read_part, read_run, write_checksum, write_run
from tests.small_runs import small_run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run that carries its data."""
    return small_run(tmp_path_factory.mktemp("catalogue") / "run.h5", seed=3)


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    path = tmp_path / "run.h5"
    path.write_bytes(trained.read_bytes())
    return path


def facts(summary: RunSummary) -> dict[str, object]:
    return asdict(summary) | {"data": summary.data, "saved": summary.saved}


def test_facts_of_a_part_are_those_of_the_whole_file(run: Path) -> None:
    whole = read_run(run)
    summary = read_summary(run)
    assert facts(summary) == facts(summary_of(whole, run))
    assert (summary.epochs, summary.kind, summary.shape) == (6, "spins", (6,))
    assert summary.figures["validation_nats"] == whole.arrays["kept/validation_nats"]
    assert summary.seconds == whole.arrays["trainer/seconds"]
    assert summary.size == run.stat().st_size
    assert summary.saved.isoformat() == whole.provenance["date"]
    assert summary.is_kept
    assert not summary.is_unfinished


def test_a_run_that_goes_on_is_told_by_its_last_measurement(run: Path) -> None:
    whole = read_run(run)
    arrays = {name: array for name, array in whole.arrays.items() if not name.startswith("kept/")}
    arrays["measurements/epoch"] = np.array([2, 5])
    arrays["measurements/validation_nats"] = np.array([4.0, 3.5])
    write_run(run, replace(whole, arrays=arrays, writer="elsewhere"))
    summary = read_summary(run)
    assert facts(summary) == facts(summary_of(read_run(run), run))
    assert (summary.figures["epoch"], summary.figures["validation_nats"]) == (5, 3.5)
    assert summary.is_unfinished
    assert not summary.is_kept
    assert latest_figures({}) == ({}, False)


def test_kinds_are_those_of_data_sets() -> None:
    assert set(KINDS) == {kind.value for kind in Kind}


def test_little_is_read_of_a_large_file(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chains that nobody asks for may be anything."""
    whole = read_run(run)
    noise = np.random.default_rng(0).integers(0, 256, (1000, 2000)).astype(np.uint8)
    write_run(run, replace(whole, arrays={**whole.arrays, "samples/x": noise, "trainer/chains/x": noise}))
    image = bytearray(run.read_bytes())
    with h5py.File(run) as file:
        first, size = file["trainer/chains/x"].id.get_chunk_info(0)[2:]
    image[first : first + size] = bytes(size)
    run.write_bytes(image)
    assert read_summary(run).epochs == 6
    with pytest.raises(RunFileError, match="damaged"):
        read_run(run)


def cut(run: Path) -> None:
    run.write_bytes(run.read_bytes()[:-100])


def empty(run: Path) -> None:
    run.write_bytes(b"")


def text(run: Path) -> None:
    run.write_text("not a run")


def foreign(run: Path) -> None:
    with h5py.File(run, "w") as file:
        file["x"] = np.arange(4)


def older(run: Path) -> None:
    with h5py.File(run, "r+") as file:
        file.attrs["version"] = 3


def data_alone(run: Path) -> None:
    state = read_run(run)
    arrays = {name: array for name, array in state.arrays.items() if name.startswith("data/")}
    write_run(run, replace(state, arrays=arrays))


def of_no_time(run: Path) -> None:
    state = read_run(run)
    write_run(run, replace(state, arrays={**state.arrays, "trainer/seconds": np.float64("nan")}))


def without_epochs(run: Path) -> None:
    write_run(run, RunState({}, {}, {}, {"samples/x": np.zeros((2, 3), np.uint8)}))


def huge(run: Path) -> None:
    with h5py.File(run, "r+") as file:
        del file["kept/epoch"]
        file.create_dataset("kept/epoch", shape=(2**40,), chunks=(2**16,), dtype="f8")


def absurd_chunk(run: Path) -> None:
    with h5py.File(run, "r+") as file:
        del file["kept/epoch"]
        file.create_dataset("kept/epoch", shape=(4,), maxshape=(None,), chunks=(2**28,), dtype="f8")


def elsewhere(run: Path) -> None:
    with h5py.File(run, "r+") as file:
        del file["trainer/epoch"]
        file["trainer/epoch"] = h5py.ExternalLink("other.h5", "/trainer/epoch")


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (cut, "is damaged, cut short or of another format"),
        (empty, "is damaged, cut short or of another format"),
        (text, "is damaged, cut short or of another format"),
        (foreign, "is an HDF5 file, but not a run of Landscape"),
        (older, "is a run file of version 3, older than this program reads"),
        (data_alone, "holds data to train on, and no model yet"),
        (of_no_time, "is not a whole run file: its time of training is no number"),
        (without_epochs, "is not a whole run file: “trainer/seconds” is missing"),
        (huge, "is damaged"),
        (absurd_chunk, "is damaged"),
        (elsewhere, "is not a whole run file: “trainer/epoch” is missing"),
    ],
)
def test_what_cannot_be_listed_is_named_with_the_reason_and_stops_nothing(
    run: Path, trained: Path, harm: Callable[[Path], None], reason: str
) -> None:
    (run.parent / "other.h5").write_bytes(trained.read_bytes())
    harm(run)
    found = catalogue_of([run.parent])
    assert [summary.path.name for summary in found.runs] == ["other.h5"]
    assert [one.path for one in found.left_out] == [run]
    assert reason in found.left_out[0].reason
    assert found.left_out[0].holds_data is (harm is data_alone)
    assert str(run) not in found.left_out[0].reason


def test_any_damaged_byte_is_told_or_does_no_harm(run: Path) -> None:
    whole, generator = run.read_bytes(), np.random.default_rng(1)
    for number in range(60):
        image = bytearray(whole)
        reach = len(whole) if number % 2 else 20_000
        for place in generator.integers(512, min(reach, len(whole)), 3):
            image[place] ^= int(generator.integers(1, 256))
        write_checksum(image)
        run.write_bytes(image)
        # RunFileError and nothing else, which the catalogue tells.
        found = catalogue_of([run])
        assert len(found.runs) + len(found.left_out) == 1


def test_folders_are_searched_and_each_file_is_told_once(trained: Path, tmp_path: Path) -> None:
    for name in ("a.h5", "deep/er/b.HDF5", "deep/notes.txt", ".hidden.h5", ".venv/c.h5"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(trained.read_bytes())
    found = catalogue_of([tmp_path, tmp_path / "deep", tmp_path / "a.h5"])
    assert [str(run.path.relative_to(tmp_path).as_posix()) for run in found.runs] == [
        "a.h5",
        "deep/er/b.HDF5",
    ]
    assert not found.left_out
    assert len(catalogue_of([tmp_path / ".hidden.h5"]).runs) == 1
    with pytest.raises(RunFileError, match="no file or folder"):
        catalogue_of([tmp_path / "missing"])


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_closed_folder_is_named(run: Path) -> None:
    closed = run.parent / "closed"
    closed.mkdir(mode=0o000)
    try:
        found = catalogue_of([run.parent])
    finally:
        closed.chmod(0o700)
    assert len(found.runs) == 1
    assert [one.path for one in found.left_out] == [closed]


def test_a_date_that_no_clock_has_is_that_of_the_file(run: Path) -> None:
    state = read_run(run)
    for date in ("yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", 7, None):
        write_run(run, replace(state, provenance={**state.provenance, "date": date}))
        summary = read_summary(run)
        assert summary.saved.timestamp() == pytest.approx(summary.changed, abs=1e-3)


def test_rows_that_are_asked_for_are_read_and_others_are_not(run: Path) -> None:
    whole = read_run(run)
    part = read_part(
        run, {"samples/x": slice(-2, None), "kept/": slice(None), "none": slice(None), "no/": slice(1)}
    )
    assert (part.configuration, part.provenance, part.metrics) == (whole.configuration, whole.provenance, {})
    assert set(part.arrays) == {"samples/x"} | {name for name in whole.arrays if name.startswith("kept/")}
    np.testing.assert_array_equal(part.arrays["samples/x"], whole.arrays["samples/x"][-2:])


def test_only_what_has_changed_is_read_again(trained: Path, tmp_path: Path) -> None:
    for name in ("a.h5", "b.h5"):
        (tmp_path / name).write_bytes(trained.read_bytes())
    (tmp_path / "c.h5").write_text("no run")
    reader, missing = CatalogueReader(), tmp_path / "missing"
    first = list(reader.entries([tmp_path, missing]))
    assert [entry.path.name for entry in first] == ["a.h5", "b.h5", "c.h5", "missing"]
    assert first[-1] == NotListed(missing, "is not there")
    write_run(tmp_path / "a.h5", replace(read_run(trained), writer="elsewhere"))
    (tmp_path / "c.h5").unlink()
    second = list(reader.entries([tmp_path]))
    assert [entry.path.name for entry in second] == ["a.h5", "b.h5"]
    assert second[0] is not first[0]
    assert second[1] is first[1]
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "d.h5").write_bytes(trained.read_bytes())
    assert run_files_in(tmp_path) == [tmp_path / "a.h5", tmp_path / "b.h5"]
    assert run_files_in(missing) == []
