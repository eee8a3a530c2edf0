"""A small trained run, made once by the command itself, and how the tests call it."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import cache, partialmethod
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest
import typer

from landscape_app.cli import main
from landscape_app.problems import PROBLEMS
from landscape_app.session.autosave import Autosave
from landscape_app.session.session import Session
from tests import fresh_chains
from tests.cli.quickly import PASSES


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


ROOT = Path(__file__).resolve().parents[2]


def launch(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """Starts the command in a process of its own, whose classifier learns for moments only."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.cli.quickly", *arguments],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def interrupted(path: Path, epochs: int, planned: int) -> None:
    """A file of so many epochs of a training that has not come to its end."""
    configuration = replace(PROBLEMS["two-gaussians"].defaults, chains=64, planned_epochs=planned)
    session = Session(configuration, "cpu")
    autosave = Autosave(session, path)
    for _ in islice(session.train(), epochs):
        autosave.after_epoch()
    autosave.save_now()
    autosave.close()


@pytest.fixture(autouse=True, scope="session")
def built_once() -> Iterator[None]:
    """The parser of the command is built once, which takes longer than most of what tests ask of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.main.get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(autouse=True, scope="module")
def quick_measurements() -> Iterator[None]:
    """Trainings that end with short measurements and samples."""
    with pytest.MonkeyPatch.context() as patch:
        fresh_chains.quick_measurements(patch.setattr)
        yield


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """A run file of three epochs, and what the command that trained it said."""
    path = tmp_path_factory.mktemp("trained") / "run.h5"
    small = ("--epochs", "3", "--chains", "16", "--channels", "4,8", "--device", "cpu")
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(
            Session, "classifier_training", partialmethod(Session.classifier_training, epochs=PASSES)
        )
        patch.setattr("landscape_app.cli.progress.SAID_AFTER", 1e6)
        patch.chdir(path.parent)
        code = main(("train", "digits", *small, "-o", "run.h5"))
    return path, Done(code, out.getvalue(), err.getvalue())


@pytest.fixture
def run_file(trained: tuple[Path, Done], tmp_path: Path) -> Path:
    """A copy of the trained run in a folder of the test's own."""
    path = tmp_path / "run.h5"
    path.write_bytes(trained[0].read_bytes())
    return path


@pytest.fixture
def landscape(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the command in this process, in an empty folder of the test's own."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    # On a machine under load any wait is one of more than a second, and not what a test is about.
    monkeypatch.setattr("landscape_app.cli.progress.SAID_AFTER", 1e6)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Done:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return call
