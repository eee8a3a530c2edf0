"""What is asked of the background: the latest, once, in words where it fails; and what files are taken for."""

import gzip
import threading
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from landscape_app.cli.options import plan_rows
from landscape_app.counting import byte_size
from landscape_app.data.dataset import Dataset
from landscape_app.gui.importing.file_type import FileType, inspect, may_be_used
from landscape_app.gui.importing.source import DatasetSource, read_source_file
from landscape_app.gui.request_worker import Answer, Report, RequestWorker
from landscape_app.problems import PROBLEMS, load_problem
from landscape_app.problems.cost import cost, duration
from landscape_app.runs.atomic import RunFileError
from landscape_app.session.api import new_session
from landscape_app.session.checkpoint import save_session
from landscape_app.session.dataset_io import save_data
from landscape_app.session.device import HOST
from landscape_app.session.load import load_data
from landscape_app.session.plan import memory_of
from tests.gui.driving import PATIENCE


def wait_for(worker: RequestWorker) -> Answer:
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        answer = worker.take()
        if answer is not None:
            return answer
        time.sleep(0.002)
    raise AssertionError("nothing came of the request")


def test_a_later_request_overtakes_an_earlier_one() -> None:
    worker, begun = RequestWorker("test"), threading.Event()
    ends: list[str] = []

    def endless(report: Report) -> str:
        begun.set()
        try:
            while True:
                report(0.5)
                time.sleep(0.001)
        finally:
            ends.append("overtaken")

    worker.ask(endless)
    assert begun.wait(PATIENCE / 1000)
    assert worker.is_busy
    worker.ask(lambda _: "later")
    assert wait_for(worker).value == "later"
    assert ends == ["overtaken"]
    assert worker.take() is None
    assert not worker.is_busy
    worker.end()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("too small"), "Too small"),
        (FileNotFoundError(2, "No such file or directory", "a.csv"), "a.csv: No such file or directory"),
        (RuntimeError("odd"), "Something went wrong: odd"),
    ],
)
def test_a_failure_is_told_in_words(error: Exception, words: str) -> None:
    def fail(_: Report) -> None:
        raise error

    worker = RequestWorker("test")
    worker.ask(fail)
    answer = wait_for(worker)
    worker.end()
    assert answer.failure.casefold() == words.casefold()
    assert answer.value is None
    assert bool(answer.detail) == isinstance(error, RuntimeError)


def test_what_nobody_waits_for_any_longer_is_not_told() -> None:
    worker, go = RequestWorker("test"), threading.Event()
    worker.ask(lambda _: go.wait(10))
    worker.drop()
    go.set()
    worker.ask(lambda _: "after")
    assert wait_for(worker).value == "after"
    worker.end()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0213, "0.021 s"),
        (9.94, "9.9 s"),
        (31.0, "31 s"),
        (59.9, "1 minute"),
        (120.0, "2 minutes"),
        (5_400.0, "1.5 hours"),
        (180_000.0, "2.1 days"),
    ],
)
def test_durations_are_told_in_two_digits(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_cost_is_that_of_the_plan_in_the_window_and_on_the_command_line() -> None:
    plan = PROBLEMS["ising"].defaults
    memory = memory_of(plan, load_problem("ising")).total
    size = byte_size(memory)
    assert cost(0.2, plan, memory) == f"About 0.2 s an epoch, 2 minutes for 600; at most {size} of memory"
    rows = dict(plan_rows(plan, load_problem("ising"), 0.2, HOST))
    assert rows["an epoch here"] == "0.2 s; 600 of them 2 minutes"
    assert rows["memory"] == f"{size} at most beside the program"


def _arrays(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["images"] = np.zeros((5, 4, 4), np.uint8)


def _data(path: Path) -> None:
    save_data(Dataset.of_points(np.random.default_rng(0).normal(size=(20, 2)), "mine"), path)


def _idx(path: Path) -> None:
    path.write_bytes(gzip.compress(b"\0\0\x08\x03" + np.array([3, 2, 2], ">u4").tobytes() + bytes(12)))


@pytest.mark.parametrize(
    ("name", "make", "kind"),
    [
        ("arrays.h5", _arrays, FileType.SOURCE),
        ("data.h5", _data, FileType.DATA),
        ("train-images-idx3-ubyte.gz", _idx, FileType.SOURCE),
        ("table.tsv", lambda path: path.write_text("1\t2\n"), FileType.SOURCE),
        ("composition.json", lambda path: path.write_text("{}"), FileType.COMPOSITION),
        ("lesson.md", lambda path: path.write_text("# Sevens\n"), FileType.LESSON),
        ("folder", Path.mkdir, FileType.SOURCE),
    ],
)
def test_files_are_taken_for_what_they_are(
    name: str, make: Callable[[Path], object], kind: FileType, tmp_path: Path
) -> None:
    path = tmp_path / name
    make(path)
    assert may_be_used(path)
    assert inspect(path).type is kind


def test_a_run_is_taken_for_one_and_other_files_for_none(small_run: Path, tmp_path: Path) -> None:
    assert inspect(small_run).type is FileType.RUN
    for name in ("letter.pdf", "picture.png", "archive.gz"):
        (tmp_path / name).write_bytes(b"something else")
        assert not may_be_used(tmp_path / name)
        with pytest.raises(ValueError, match=f"cannot use {name}: it takes a run") as refused:
            inspect(tmp_path / name)
        assert ("or their folder" in str(refused.value)) == name.endswith(".png")
    with pytest.raises(ValueError, match="no file or folder"):
        inspect(tmp_path / "missing.h5")


def test_the_data_of_a_run_are_those_that_it_carries_not_its_chains(small_run: Path, tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 4, (20, 6, 6)).astype(np.uint8)
    session = new_session(load_data(images), chains=16, replicas=1, device="cpu", sampler_chains=4)
    save_session(session, tmp_path / "run.h5")
    material = read_source_file(tmp_path / "run.h5", lambda _: None)
    assert isinstance(material, DatasetSource)
    np.testing.assert_array_equal(material.dataset.items, images)
    with pytest.raises(RunFileError, match="carries no data of its own: it is a run on “digits”"):
        read_source_file(small_run, lambda _: None)
