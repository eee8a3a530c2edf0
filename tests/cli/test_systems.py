"""What differs between systems, simulated: names that Windows lacks, and files of one name however it is spelled."""

import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Landscape = Callable[..., Any]

LACKING = {
    os: ("fork", "getuid", "geteuid", "getpgid", "killpg", "setsid", "sched_getaffinity", "statvfs", "uname"),
    signal: ("SIGHUP", "SIGKILL", "SIGALRM", "SIGUSR1", "SIGCHLD", "alarm", "pause", "setitimer"),
    socket: ("AF_UNIX",),
}
"""Names of the standard library that there are on Linux and macOS and not on Windows."""


def test_commands_do_without_what_windows_lacks(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, names in LACKING.items():
        for name in names:
            monkeypatch.delattr(module, name, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    small = ("--epochs", "2", "--chains", "8", "--device", "cpu")
    for arguments in (
        ("train", "two-gaussians", *small, "-o", "run.h5"),
        ("info", "run.h5"),
        ("check", "run.h5"),
        ("sample", "run.h5", "-n", "4", "--steps", "2", "--device", "cpu", "-o", "samples.npz"),
        ("script", "run.h5", "-o", "again.py"),
    ):
        done = landscape(*arguments)
        assert done.code == 0, done.err
    assert np.load(tmp_path / "samples.npz")["x"].shape == (4, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "Data.h5", "-o", "data.h5"), "is the data itself; choose another name"),
        (("sample", "Data.h5", "-o", "data.h5"), "is the run itself; choose another name"),
        (("import", "Data.h5", "-o", "data.h5"), "is the source itself; choose another name"),
    ],
)
def test_an_output_is_known_to_be_the_input_however_it_is_spelled(
    landscape: Landscape, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    """A second name of one file stands for a file system that takes upper and lower case for the same."""
    (tmp_path / "Data.h5").write_bytes(b"what must not be lost")
    (tmp_path / "data.h5").hardlink_to(tmp_path / "Data.h5")
    done = landscape(*arguments)
    assert done.code == 2
    assert message in done.err
    assert (tmp_path / "Data.h5").read_bytes() == b"what must not be lost"
