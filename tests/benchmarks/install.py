"""From a wheel to the window in two commands, and the stand-alone application, on a machine that has neither.

    python tests/benchmarks/install.py [--python python3.11 …] [--wheel FILE] [--application FOLDER] [--repeats 3]

Every command runs in an environment like a new container's: an empty home, no variables but those of the package
index (PIP_…, UV_…, SSL_CERT_FILE), and a PATH of one folder, which holds that Python and no compiler; for the
stand-alone application it is empty. The window is drawn without a display, and its picture saved once it is there;
the model opens after that, in a background thread.

The wheel, for each Python: `python -m venv` with `pip install WHEEL`, then `landscape`. Time of both, and the size of
what was installed.

The stand-alone application, beside the sources run by this Python in the same run: time to the version, to the
first picture and to later ones; the size; and that the processes which it starts are itself, by two runs of a sweep
on two workers.

Seconds of processors stand beside those of the clock, for a machine that does other things too.

Wanted: two commands and no error; the stand-alone application starts within a second of the sources.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("PIP_", "UV_", "SSL_CERT_FILE")
SWEEP = 'command = "train two-gaussians"\noutput = "results"\nseeds = [0, 1]\n[options]\nepochs = 5\nchains = 64\n'


def bare(home: Path, path: Path) -> dict[str, str]:
    """Environment of a new container: a home, a PATH, and what names the package index."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
    return {**kept, "HOME": str(home), "PATH": str(path), "LANG": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen"}


class Took(NamedTuple):
    """Seconds of a command: on the clock, and of processors, which a busy machine does not lengthen."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:.1f} s ({self.processor:.1f} s of a processor)"

    def __add__(self, other: Took) -> Took:  # type: ignore[override]
        return Took(self.clock + other.clock, self.processor + other.processor)


def timed(command: Sequence[str | Path], environment: Mapping[str, str], folder: Path) -> Took:
    """Time of a command that succeeds; ends the program with what one says that fails."""
    start, before = time.perf_counter(), os.times()
    done = subprocess.run(
        list(map(str, command)), env=dict(environment), cwd=folder, capture_output=True, text=True
    )
    clock, after = time.perf_counter() - start, os.times()
    if done.returncode:
        raise SystemExit(
            f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        )
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Took(clock, used)


def size(folder: Path) -> float:
    """Size of the files in a folder, GB."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_dir()) / 1e9


def starts(
    command: Sequence[str | Path], environment: Mapping[str, str], folder: Path, repeats: int
) -> list[Took]:
    """Time until a picture of the window is saved, start by start."""
    taken = []
    for _ in range(repeats):
        picture = folder / "window.png"
        picture.unlink(missing_ok=True)
        taken.append(timed([*command, "gui", "--screenshot", picture, "--after", "0"], environment, folder))
        if not picture.read_bytes().startswith(b"\x89PNG"):
            raise SystemExit(f"{picture} is no picture")
    return taken


def told(taken: Sequence[Took]) -> str:
    """First start, and the quickest of the later ones, in words."""
    return f"first {taken[0]}" + (f", later {min(taken[1:])}" if len(taken) > 1 else "")


def from_wheel(python: str, wheel: Path, constraints: Path, repeats: int) -> None:
    """Installs a wheel for a Python with two commands, and opens the window."""
    found = shutil.which(python)
    if found is None:
        print(f"{python}: not on this machine")
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        commands, home = folder / "bin", folder / "home"
        commands.mkdir()
        home.mkdir()
        real = subprocess.run(
            [found, "-c", "import sys; print(sys.executable)"], capture_output=True, text=True, check=True
        )
        (commands / "python3").symlink_to(os.path.realpath(real.stdout.strip()))
        environment = bare(home, commands)
        made = timed(["python3", "-m", "venv", "env"], environment, folder)
        pip = [folder / "env" / "bin" / "pip", "install", "--quiet", "-c", constraints, wheel]
        installed = made + timed(pip, environment, folder)
        taken = starts([folder / "env" / "bin" / "landscape"], environment, folder, repeats)
        version = subprocess.run(
            [found, "--version"], capture_output=True, text=True, check=True
        ).stdout.strip()
        print(
            f"{version}: install {installed}, {size(folder / 'env'):.2f} GB; window {told(taken)}", flush=True
        )
        print(f"{version}: from nothing to the window {installed + taken[0]}", flush=True)


def stand_alone(application: Path, repeats: int) -> None:
    """Starts the stand-alone application and the sources in turn, and lets the application start processes."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        home, nothing = folder / "home", folder / "nothing"
        home.mkdir()
        nothing.mkdir()
        # A new copy has compiled nothing yet.
        copy = folder / "Landscape"
        shutil.copytree(application, copy, symlinks=True, ignore=shutil.ignore_patterns("*.nbi", "*.nbc"))
        program = copy / ("landscape.exe" if sys.platform == "win32" else "landscape")
        environment = bare(home, nothing)
        sources = {**environment, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(folder / "compiled")}
        print(f"stand-alone: {size(copy):.2f} GB")
        for name, command, variables in (
            ("stand-alone", [program], environment),
            ("from sources", [sys.executable, "-m", "landscape_app"], sources),
        ):
            version = min(timed([*command, "--version"], variables, folder) for _ in range(repeats))
            window = told(starts(command, variables, folder, repeats))
            print(f"{name}: version {version}, window {window}", flush=True)
        (folder / "sweep.toml").write_text(SWEEP, encoding="utf-8")
        took = timed([program, "sweep", "sweep.toml", "--workers", "2"], environment, folder)
        runs = len(list((folder / "results").glob("*.h5")))
        print(f"stand-alone: {runs} runs of a sweep on 2 workers in {took}")


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", nargs="*", default=[], help="commands of Python to install the wheel for")
    parser.add_argument("--wheel", type=Path, help="that make release-check has built")
    parser.add_argument("--application", type=Path, help="folder that make app has built")
    parser.add_argument("--constraints", type=Path, default=ROOT / "constraints.txt")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    if given.python and given.wheel is None:
        parser.error("--python needs --wheel")
    for python in given.python:
        from_wheel(python, given.wheel.resolve(), given.constraints.resolve(), given.repeats)
    if given.application is not None:
        stand_alone(given.application.resolve(), given.repeats)


if __name__ == "__main__":
    main()
