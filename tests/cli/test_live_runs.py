"""Runs that go on: resumed, watched and checked from the command line."""

import os
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landscape_app.problems import PROBLEMS
from landscape_app.runs import read_run, run_file
from landscape_app.session import Recording, Session

Landscape = Callable[..., Any]
LINE = ("train", "two-gaussians", "--chains", "64", "--device", "cpu")


def interrupted(path: Path, epochs: int, planned: int) -> None:
    """A live file of so many epochs, whose writer was killed."""
    configuration = replace(PROBLEMS["two-gaussians"].defaults, chains=64, planned_epochs=planned)
    session = Session(configuration, "cpu")
    recording = Recording(session, path)
    for _ in islice(session.train(), epochs):
        recording.after_epoch()
    recording.keep()
    recording.close()


def equal(a: Path, b: Path) -> None:
    first, second = read_run(a), read_run(b)
    assert set(first.arrays) == set(second.arrays)
    own = {"clock/seconds", "measuring/seconds", "journal"}
    for name in set(first.arrays) - own:
        if not name.endswith("share"):
            np.testing.assert_array_equal(first.arrays[name], second.arrays[name], err_msg=name)
    for name in set(first.metrics) - {"seconds"}:
        np.testing.assert_array_equal(first.metrics[name], second.metrics[name], err_msg=name)


def test_fifty_and_fifty_epochs_are_a_hundred_to_the_last_bit(landscape: Landscape, tmp_path: Path) -> None:
    assert landscape(*LINE, "--epochs", "100", "-o", "straight.h5").code == 0
    interrupted(tmp_path / "halved.h5", 50, 100)
    done = landscape("train", "--resume", "halved.h5")
    assert done.code == 0, done.err
    equal(tmp_path / "straight.h5", tmp_path / "halved.h5")
    assert read_run(tmp_path / "halved.h5").provenance["parent_run"]


def test_a_run_that_came_to_its_end_goes_on_where_a_longer_plan_is_given(landscape: Landscape) -> None:
    assert landscape(*LINE, "--epochs", "5", "-o", "run.h5").code == 0
    refused = landscape("train", "--resume", "run.h5")
    assert refused.code == 2
    assert "has done its plan (5 epochs" in refused.err
    done = landscape("train", "--resume", "run.h5", "--epochs", "9", "-o", "more.h5")
    assert done.code == 0, done.err
    assert len(read_run(Path("run.h5")).metrics["epoch"]) == 5
    assert len(read_run(Path("more.h5")).metrics["epoch"]) == 9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--seed", "4"), "has seed 0, not 4"),
        (("--chains", "65"), "has chains 64, not 65"),
        (("rings",), "has problem two-gaussians, not rings"),
        (("--points", "x.csv"), "carries its data"),
        (("--epochs", "2"), "has done its plan"),
    ],
    ids=str,
)
def test_options_that_contradict_the_file_are_refused_by_name(
    landscape: Landscape, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    interrupted(tmp_path / "run.h5", 3, 10)
    os.utime(tmp_path / "run.h5", (1, 1))
    before = (tmp_path / "run.h5").read_bytes()
    done = landscape("train", *options, "--resume", "run.h5")
    assert done.code == 2
    assert message in done.err
    assert (tmp_path / "run.h5").read_bytes() == before


def test_a_run_that_is_being_written_is_not_resumed_but_watched(landscape: Landscape, tmp_path: Path) -> None:
    session = Session(replace(PROBLEMS["two-gaussians"].defaults, chains=64), "cpu")
    recording = Recording(session, tmp_path / "run.h5")
    next(session.train())
    recording.keep()
    while not (tmp_path / "run.h5").exists():
        pass
    done = landscape("train", "--resume", "run.h5")
    assert done.code == 2
    assert "landscape watch run.h5" in done.err
    recording.close()
    done = landscape("watch", "run.h5")
    assert done.code == 0
    assert "epoch 1 " in done.out
    assert "The run has ended after 1 epoch." in done.out


def test_watching_says_where_a_writer_has_gone(landscape: Landscape, tmp_path: Path) -> None:
    session = Session(replace(PROBLEMS["two-gaussians"].defaults, chains=64), "cpu")
    recording = Recording(session, tmp_path / "run.h5")
    while not (tmp_path / "run.h5").exists():
        pass
    os.kill(recording.process, signal.SIGKILL)
    recording.close()
    os.utime(tmp_path / "run.h5", (1, 1))
    done = landscape("watch", "run.h5")
    assert "Nobody writes this run any more" in done.out
    assert "--resume run.h5" in done.out


def test_checking_tells_what_is_wrong_and_recovers_what_is_left(landscape: Landscape, tmp_path: Path) -> None:
    interrupted(tmp_path / "run.h5", 4, 10)
    done = landscape("check", "run.h5")
    assert done.code == 0
    assert "a live file" in done.out
    assert "at epoch 4, with its metrics" in done.out
    assert landscape("check", "run.h5", "--recover", "sealed.h5").code == 0
    done = landscape("check", "sealed.h5")
    assert "its checksum fits" in done.out

    image = bytearray((tmp_path / "sealed.h5").read_bytes())
    image[40] ^= 1
    image[-1] ^= 1
    (tmp_path / "damaged.h5").write_bytes(image)
    assert landscape("check", "damaged.h5").code == 2
    image[40] ^= 1
    (tmp_path / "damaged.h5").write_bytes(image)
    done = landscape("check", "damaged.h5")
    assert done.code == 1
    assert "its checksum does not fit" in done.out
    assert done.err.startswith("landscape: damaged.h5 is damaged")


def test_a_run_is_saved_elsewhere_where_its_place_has_gone(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "landscape_app.runs.recorded.platformdirs.user_data_path", lambda *a, **k: tmp_path / "data"
    )
    written = run_file.check_writable

    def gone(path: Path) -> None:
        if path.name == "run.h5":
            raise run_file.RunFileError(f"cannot write {path}: the disk is gone")
        written(path)

    monkeypatch.setattr("landscape_app.runs.whole_file.check_writable", gone)
    done = landscape(*LINE, "--epochs", "2", "-o", "run.h5")
    assert done.code == 0, done.err
    assert "is saved in" in done.err
    (path,) = (tmp_path / "data" / "runs").iterdir()
    assert len(read_run(path).metrics["epoch"]) == 2


def test_watching_gives_units_and_tells_data_from_a_run(landscape: Landscape, tmp_path: Path) -> None:
    interrupted(tmp_path / "run.h5", 4, 9)
    shown = landscape("watch", "run.h5").out
    assert re.search(r"time \d+ s · held-out .* nats · .* · speed [\d.]+ epochs/s", shown)
    np.savetxt(tmp_path / "mine.csv", np.eye(5), delimiter=",")
    assert landscape("import", "mine.csv", "-o", "data.h5").code == 0
    done = landscape("watch", "data.h5")
    assert (done.code, done.out) == (0, "data.h5 holds no epochs, and nobody trains it now.\n")
