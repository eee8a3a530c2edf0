"""Is a run that was killed and resumed the same as one that went through, to the last bit?

    python tests/benchmarks/resume.py [--epochs 50] [--only digits]         about 2 minutes

For every problem: 2 × 50 epochs in one process; and 50, after which the process kills itself with SIGKILL, and the
rest by `landscape train --resume`. Every array and every metric of the two files is compared; what only tells the
time is not.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from landscape_app.runs.run_file import RunState, read_run

PROBLEMS = ("digits", "two-gaussians", "rings", "ising")
TIMES = ("seconds", "share", "journal")
"""Ends of the names of arrays that tell how long something took, or what a person has done."""

KILLED = """
import os, signal, sys
from dataclasses import replace
from itertools import islice
from pathlib import Path
from landscape_app.problems import PROBLEMS
from landscape_app.session.autosave import Autosave
from landscape_app.session.session import Session
name, path, epochs = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
planned = replace(PROBLEMS[name].defaults, planned_epochs=2 * epochs, planned_seconds=None)
session = Session(planned, "cpu")
autosave = Autosave(session, path)
for _ in islice(session.train(), epochs):
    autosave.after_epoch()
autosave.save_now()
autosave.wait()
os.kill(os.getpid(), signal.SIGKILL)
"""


def landscape(*arguments: str) -> None:
    """Runs the command."""
    subprocess.run([sys.executable, "-m", "landscape_app", *arguments], check=True, capture_output=True)


def differing(first: RunState, second: RunState) -> tuple[int, list[str]]:
    """How many arrays and metrics two runs have, and the names of those in which they differ."""
    names, unlike = 0, []
    for a, b in ((first.arrays, second.arrays), (first.metrics, second.metrics)):
        for name in sorted(set(a) | set(b)):
            if name.endswith(TIMES):
                continue
            names += 1
            if name not in a or name not in b or not np.array_equal(a[name], b[name], equal_nan=True):
                unlike.append(name)
    return names, unlike


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=50, help="before the kill, and after it")
    parser.add_argument("--only", choices=PROBLEMS)
    options = parser.parse_args()
    for problem in (options.only,) if options.only else PROBLEMS:
        with tempfile.TemporaryDirectory() as folder:
            straight, halved = Path(folder, "straight.h5"), Path(folder, "halved.h5")
            landscape(
                "train", problem, "--epochs", str(2 * options.epochs), "--device", "cpu", "-o", str(straight)
            )
            subprocess.run(
                [sys.executable, "-c", KILLED, problem, str(halved), str(options.epochs)], check=False
            )
            landscape("train", "--resume", str(halved))
            runs = read_run(straight), read_run(halved)
        epochs = [len(run.metrics["epoch"]) for run in runs]
        names, unlike = differing(*runs)
        verdict = "equal to the last bit" if not unlike else f"differ in {', '.join(unlike)}"
        print(
            f"{problem:15s} {epochs[0]} and {epochs[1]} epochs: {names} arrays and metrics, {verdict}",
            flush=True,
        )


if __name__ == "__main__":
    main()
