"""A small trained run, made once by the command itself, and how the tests call it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from landscape_app.cli import main


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


def launch(*arguments: str, cwd: Path, **environment: str) -> Done:
    """The command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "landscape_app", *arguments],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """A run file of three epochs, and what the command that trained it said."""
    folder = tmp_path_factory.mktemp("trained")
    done = launch(
        "train", "digits", "--epochs", "3", "--chains", "16", "--device", "cpu", "-o", "run.h5", cwd=folder
    )
    return folder / "run.h5", done


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
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Done:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return call
