"""Kills training processes with SIGKILL at random moments: does every file open and go on, and how much is lost?

    python tests/benchmarks/crashes.py [--runs 200] [--seed 0] [--command]

With --command it is `landscape train digits` that is killed, from its very start on; times then count from there.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.tail import is_being_written
from landscape_app.session.checkpoint import resume_session

TRAINING = """
import sys, torch
from dataclasses import replace
from pathlib import Path
from landscape_app.problems import PROBLEMS
from landscape_app.session.autosave import Autosave
from landscape_app.session.session import Session
torch.set_num_threads(1)
session = Session(replace(PROBLEMS["rings"].defaults, planned_epochs=100_000), "cpu")
autosave = Autosave(session, Path(sys.argv[1]))
for record in session.train():
    autosave.after_epoch()
    print(record.seconds, flush=True)
"""
LONGEST = 9.0
"""Seconds of training before the latest kill: beyond several checkpoints."""


def killed(path: Path, after: float) -> float:
    """Trains, and kills some seconds after the first checkpoint; returns how many seconds had been trained."""
    with subprocess.Popen(
        [sys.executable, "-c", TRAINING, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        while not path.exists():
            time.sleep(0.001)
        end = time.monotonic() + after
        lines = []
        while time.monotonic() < end:
            lines.append(process.stdout.readline())
        process.kill()
        lines += process.stdout.read().splitlines(keepends=True)
    return max((float(line) for line in lines if line.endswith("\n")), default=0.0)


def first_state(path: Path) -> float:
    """Seconds from the start of `landscape train digits` until its file is there; kills it then."""
    start = time.monotonic()
    command = [sys.executable, "-m", "landscape_app", "train", "digits", "-o", str(path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while not path.exists():
            time.sleep(0.005)
        took = time.monotonic() - start
        os.kill(process.pid, signal.SIGKILL)
    return took


def main() -> None:
    """Prints how many files opened and went on, and the largest loss."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--command", action="store_true", help="time the command's first checkpoint instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.command:
            times_to_first_state(options.runs, Path(folder))
        else:
            losses(options.runs, np.random.default_rng(options.seed), Path(folder))


def times_to_first_state(runs: int, folder: Path) -> None:
    """Prints how long the command takes until there is a state that opens."""
    took = []
    for number in range(runs):
        path = folder / f"{number}.h5"
        took.append(first_state(path))
        resume_session(path, {}, "cpu")
    print(
        f"landscape train digits, {runs} times: first state after {np.median(took):.1f} s in the median, "
        f"{max(took):.1f} s at most; every one opened"
    )


def losses(runs: int, generator: np.random.Generator, folder: Path) -> None:
    """Prints how many files opened and went on, and the largest loss."""
    opened = resumed = litter = 0
    lost: list[float] = []
    for number in range(runs):
        path = folder / f"{number}.h5"
        trained = killed(path, float(generator.uniform(0, LONGEST)))
        try:
            if is_being_written(path):
                raise ValueError("a killed process counts as alive")
            session = resume_session(path, {}, "cpu")
            opened += 1
            kept, epoch = session.trainer.seconds, session.trainer.epoch
            resumed += next(session.train()).epoch == epoch + 1
            lost.append(max(0.0, trained - kept))
        except (RunFileError, ValueError) as error:
            print(f"run {number}: {error}")
        path.unlink()
        litter = len(list(folder.iterdir()))
        if (number + 1) % 10 == 0:
            print(
                f"{number + 1} runs: {opened} opened, {resumed} resumed, {max(lost):.2f} s lost at most",
                flush=True,
            )
    print(
        f"{runs} runs killed: {opened} opened, {resumed} resumed; lost {np.median(lost):.2f} s in the median, "
        f"{max(lost):.2f} s at most; {litter} lock and part files left beside them"
    )


if __name__ == "__main__":
    main()
