"""Runs that go on: resumed, watched and checked from the command line."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landscape_app.problems import PROBLEMS
from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.run_file import read_run
from landscape_app.session.autosave import Autosave
from landscape_app.session.checkpoint import resume_session
from landscape_app.session.many_runs import has_ended
from landscape_app.session.session import Session
from tests.cli.conftest import interrupted

Landscape = Callable[..., Any]
LINE = ("train", "two-gaussians", "--chains", "64", "--device", "cpu")


def equal(a: Path, b: Path) -> None:
    first, second = read_run(a), read_run(b)
    assert set(first.arrays) == set(second.arrays)
    own = {"trainer/seconds", "estimator/seconds", "journal"}
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


def test_a_run_that_was_interrupted_after_its_last_epoch_is_measured(
    landscape: Landscape, tmp_path: Path
) -> None:
    interrupted(tmp_path / "run.h5", 5, 5)
    assert not has_ended(tmp_path / "run.h5")
    done = landscape("train", "--resume", "run.h5")
    assert done.code == 0, done.err
    assert len(read_run(tmp_path / "run.h5").metrics["epoch"]) == 5
    assert has_ended(tmp_path / "run.h5")


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
    before = (tmp_path / "run.h5").read_bytes()
    done = landscape("train", *options, "--resume", "run.h5")
    assert done.code == 2
    assert message in done.err
    assert (tmp_path / "run.h5").read_bytes() == before


def test_a_run_that_is_being_written_is_not_resumed_but_watched(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(replace(PROBLEMS["two-gaussians"].defaults, chains=64), "cpu")
    autosave = Autosave(session, tmp_path / "run.h5")
    next(session.train())
    autosave.save_now()
    assert autosave.wait()
    before = (tmp_path / "run.h5").read_bytes()
    now = time.time()
    # A clock that is ahead, or a file that is old, says nothing.
    monkeypatch.setattr(time, "time", lambda: now + 30.0)
    for options in (("--resume", "run.h5"), ("--resume", "run.h5", "-o", "b.h5"), ("rings", "-o", "run.h5")):
        done = landscape("train", *options)
        assert done.code == 2
        assert "run.h5 is being written by another process" in done.err
    assert (tmp_path / "run.h5").read_bytes() == before
    assert "another process is training it" in landscape("check", "run.h5").out
    autosave.finish()
    autosave.close()
    done = landscape("watch", "run.h5")
    assert done.code == 0
    assert "epoch 1 " in done.out
    assert "The run has ended after 1 epoch." in done.out


def test_watching_and_checking_say_where_a_writer_has_gone(landscape: Landscape, tmp_path: Path) -> None:
    interrupted(tmp_path / "run.h5", 4, 10)
    done = landscape("watch", "run.h5")
    assert "Nobody writes this run any more; it stands at 4 epochs." in done.out
    assert "--resume run.h5" in done.out
    done = landscape("check", "run.h5")
    assert done.code == 0
    assert "at epoch 4" in done.out
    assert "the training was interrupted" in done.out


def test_a_run_is_saved_elsewhere_where_its_place_has_gone(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "landscape_app.runs.autosave.platformdirs.user_data_path", lambda *a, **k: tmp_path / "data"
    )

    def gone(self: object, state: object, compress: bool) -> None:
        raise RunFileError("cannot write run.h5: the disk is gone")

    monkeypatch.setattr("landscape_app.runs.CheckpointWriter._write", gone)
    done = landscape(*LINE, "--epochs", "2", "-o", "run.h5")
    assert done.code == 0, done.err
    assert "cannot be saved now" in done.err
    assert done.err.count("the disk is gone") == 2
    assert "is saved in" in done.err
    (path,) = (tmp_path / "data" / "runs").iterdir()
    assert len(read_run(path).metrics["epoch"]) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_run_of_images_that_is_killed_before_its_first_epoch_goes_on(
    landscape: Landscape, tmp_path: Path
) -> None:
    """Its first checkpoint comes before the classifier, which takes a while."""
    command = (sys.executable, "-m", "landscape_app", "train", "digits", "--epochs", "1", "--chains", "16")
    with subprocess.Popen((*command, "-o", "run.h5"), cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        while not (tmp_path / "run.h5").exists():
            assert process.poll() is None
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    found = read_run(tmp_path / "run.h5")
    assert int(found.arrays["trainer/epoch"]) == 0
    assert "classifier/accuracy" not in found.arrays
    assert "not trained yet" in landscape("check", "run.h5").out
    session = resume_session(tmp_path / "run.h5", {}, "cpu")
    assert next(session.train()).epoch == 1
    assert {path.name for path in tmp_path.iterdir()} == {"run.h5"}
