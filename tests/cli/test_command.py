"""The command as a whole: version, help, and one line for every wrong usage."""

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import typer
from rich.text import Text

from landscape_app import __version__
from landscape_app.cli.command import app

Landscape = Callable[..., Any]


def test_version_is_the_packages(landscape: Landscape) -> None:
    done = landscape("--version")
    assert (done.code, done.out) == (0, f"landscape {__version__}\n")


COMMANDS = [
    command.name or command.callback.__name__ for command in app.registered_commands if command.callback
]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_explains_every_command_with_examples(landscape: Landscape, command: str) -> None:
    done = landscape(*command.split(), "--help")
    assert done.code == 0
    assert "Example" in done.out
    assert f"landscape {command}".strip() in done.out


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_loses_no_brackets_and_fits_a_terminal(command: str) -> None:
    group: Any = typer.main.get_command(app)
    found = group.commands[command] if command else group
    texts = [found.help, *(getattr(one, "help", None) or "" for one in found.params)]
    for text in (text.replace("\b", "") for text in texts):
        assert Text.from_markup(text).plain == text.replace("\\[", "["), "write \\\\[ for a bracket"
    # Rich leaves a blank on each side.
    assert not [line for line in found.help.splitlines()[1:] if len(line) > 80 - 2]


def test_info_and_lists_start_without_torch(run_file: Path) -> None:
    script = (
        "import sys; from landscape_app.cli import main; main(['info', 'run.h5']); main(['runs'])\n"
        "print([n for n in ('torch', 'PySide6') if n in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=run_file.parent, capture_output=True, text=True)
    assert done.stderr.strip() == "[]"


SAMPLE = ("sample", "run.h5", "-o", "out.png")
TRAIN = ("train", "digits", "-o", "out.h5")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fly",), "no such command 'fly'"),
        (("trian", "digits"), "no such command 'trian'. Did you mean 'train'? See landscape --help"),
        (("photos",), "no such command 'photos'"),
        (("none.h5",), "there is no file none.h5"),
        (("truncated.h5", "--theme", "dark"), "damaged, cut short or of another format"),
        (("photos/none",), "there is no file photos/none"),
        (("notes.pdf",), "Landscape cannot use notes.pdf: it takes a run or imported data (.h5)"),
        (("info",), "missing argument 'RUN.h5'"),
        (("info", "none.h5"), "there is no file none.h5"),
        (("info", "."), ". is a folder"),
        (("info", "truncated.h5"), "damaged, cut short or of another format"),
        (("info", "text.h5"), "damaged, cut short or of another format"),
        (("info", "foreign.h5"), "not a run of Landscape"),
        (("train", "digits"), "missing option '-o'"),
        (("train", "faces", "-o", "out.h5"), "no data set is called 'faces'; choose from digits"),
        (
            ("train", "digit", "-o", "out.h5"),
            "'digit'; did you mean 'digits'? choose from digits, binary-digits",
        ),
        (("train", "digits", "-o", "out.npz"), "ends in .h5"),
        (("train", "digits", "-o", "none/out.h5"), "there is no folder none"),
        (("train", "digits", "-o", "folder.h5"), "it is a folder"),
        ((*TRAIN, "--seconds", "3", "--epochs", "3"), "give --seconds or --epochs, not both"),
        ((*TRAIN, "--seconds", "0"), "--seconds must be a positive number"),
        ((*TRAIN, "--seconds", "nan"), "--seconds must be a positive number"),
        ((*TRAIN, "--seconds", "soon"), "invalid value for '--seconds'"),
        ((*TRAIN, "--epochs", "0"), "--epochs must be"),
        ((*TRAIN, "--epochs", "many"), "'--epochs': expected a whole number, got 'many'"),
        ((*TRAIN, "--seconds", "1e"), "'--seconds': expected a number, got '1e'"),
        ((*TRAIN, "--chains", "0"), "the number of chains must be 2 to"),
        ((*TRAIN, "--chains", "-5"), "the number of chains must be 2 to"),
        ((*TRAIN, "--seed", "-1"), "the seed must be a whole number from 0"),
        ((*TRAIN, "--device", "tpu"), "'tpu' is none of auto, cpu, cuda"),
        (("sample", "none.h5", "-o", "out.png"), "there is no file none.h5"),
        (("sample", "truncated.h5", "-o", "out.png"), "damaged, cut short or of another format"),
        (("sample", "text.h5", "-o", "out.png"), "damaged, cut short or of another format"),
        (("sample", "foreign.h5", "-o", "out.png"), "not a run of Landscape"),
        (("sample", "run.h5", "-o", "out.txt"), "samples are written to .npz, .h5, .csv, .png, .gif"),
        (("sample", "run.h5", "-o", "none/out.png"), "there is no folder none"),
        (("sample", "run.h5", "-o", "run.h5"), "is the run itself"),
        ((*SAMPLE, "-n", "0"), "-n must be a number of samples of 1 to 100,000"),
        ((*SAMPLE, "-n", "-3"), "-n must be a number of samples of 1 to 100,000"),
        ((*SAMPLE, "-n", "1000000"), "-n must be a number of samples of 1 to 100,000"),
        ((*SAMPLE, "--steps", "-1"), "--steps must be a number of kernel steps"),
        ((*SAMPLE, "--seed", "-1"), "the seed must be a whole number from 0"),
        ((*SAMPLE, "--from", "moon"), "'moon' is not one of 'base', 'noise', 'data', 'chains'"),
        ((*SAMPLE, "--kernel", "teleport"), "no kernel is called 'teleport'; choose from discrete-langevin"),
        ((*SAMPLE, "--target", "10"), "there is no class 10; choose one of 0 to 9"),
        ((*SAMPLE, "--target", "-1"), "there is no class -1; choose one of 0 to 9"),
        ((*SAMPLE, "--target", "7", "--strength", "-1"), "the strength must be a number from 0"),
        ((*SAMPLE, "--target", "7", "--strength", "nan"), "the strength must be a number from 0"),
        ((*SAMPLE, "--target", "7", "--strength", "1e300"), "the strength must be a number from 0"),
        ((*SAMPLE, "--strength", "2"), "add --target"),
        ((*SAMPLE, "--temperature", "0"), "the temperature must be a positive number"),
        ((*SAMPLE, "--temperature", "nan"), "the temperature must be a positive number"),
        (("gui", "none.h5"), "there is no file none.h5"),
        (("gui", "truncated.h5"), "damaged, cut short or of another format"),
        (("gui", "--size", "large"), "a size is WIDTHxHEIGHT in pixels"),
        (("gui", "--size", "1x1"), "a size is WIDTHxHEIGHT in pixels"),
        (("gui", "--theme", "pink"), "'pink' is not one of 'light', 'dark', 'auto'"),
        (("gui", "--after", "3"), "add --screenshot"),
        (("gui", "--screenshot", "window.jpg"), "ends in .png"),
        (("gui", "--screenshot", "none/window.png"), "there is no folder none"),
        (("gui", "--screenshot", "window.png", "--after", "-1"), "--after needs a number of seconds"),
        (
            ("gui", "--screenshot", "window.png", "--after", str(math.inf)),
            "--after needs a number of seconds",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage_is_one_line_and_leaves_nothing_behind(
    landscape: Landscape, run_file: Path, arguments: tuple[str, ...], message: str
) -> None:
    folder = run_file.parent
    (folder / "truncated.h5").write_bytes(run_file.read_bytes()[:5_000])
    (folder / "text.h5").write_text("These are no samples.")
    (folder / "folder.h5").mkdir()
    (folder / "photos").mkdir()
    (folder / "notes.pdf").write_text("No data.")
    with h5py.File(folder / "foreign.h5", "w") as file:
        file["x"] = np.zeros(3)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    done = landscape(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("landscape: ")
    assert done.err.count("\n") == 1
    assert message in done.err
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
