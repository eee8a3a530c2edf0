"""Kills training processes with SIGKILL at random moments: does every file open and go on, and how much is lost?

python tests/benchmarks/crashes.py [--runs 200] [--seed 0]

Every other run its recording process is killed too, just before, as where the whole machine goes down.
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

from landscape_app.runs import RunFileError
from landscape_app.session import resume_session

TRAINING = """
import sys, torch
from dataclasses import replace
from pathlib import Path
from landscape_app.problems import PROBLEMS
from landscape_app.session import Recording, Session
torch.set_num_threads(1)
session = Session(replace(PROBLEMS["rings"].defaults, planned_epochs=100_000), "cpu")
recording = Recording(session, Path(sys.argv[1]))
print(recording.process, flush=True)
for record in session.train():
    recording.after_epoch()
    print(record.seconds, flush=True)
"""
LONGEST = 9.0
"""Seconds of training before the latest kill: beyond two states of the recording."""


def killed(path: Path, after: float, whole_machine: bool) -> float:
    """Trains, and kills; returns how many seconds had been trained."""
    with subprocess.Popen(
        [sys.executable, "-c", TRAINING, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        writer = int(process.stdout.readline())
        while not path.exists():
            process.stdout.readline()
        end = time.monotonic() + after
        lines = []
        while time.monotonic() < end:
            lines.append(process.stdout.readline())
        if whole_machine:
            os.kill(writer, signal.SIGKILL)
        process.kill()
        lines += process.stdout.read().splitlines(keepends=True)
    return max((float(line) for line in lines if line.endswith("\n")), default=0.0)


def main() -> None:
    """Prints how many files opened and went on, and the largest loss."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    generator = np.random.default_rng(options.seed)
    opened = resumed = 0
    losses = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.runs):
            path = Path(folder) / f"{number}.h5"
            trained = killed(path, float(generator.uniform(0, LONGEST)), number % 2 == 1)
            # What the killed process leaves to the recording one is still written.
            time.sleep(0.3)
            try:
                session = resume_session(path, {}, "cpu")
                opened += 1
                kept = session.trainer.seconds
                epoch = session.trainer.epoch
                resumed += next(session.train()).epoch == epoch + 1
                losses.append(max(0.0, trained - kept))
            except (RunFileError, ValueError) as error:
                print(f"run {number}: {error}")
            path.unlink()
            if (number + 1) % 10 == 0:
                print(
                    f"{number + 1} runs: {opened} opened, {resumed} resumed, {max(losses):.2f} s lost at most",
                    flush=True,
                )
    print(
        f"{options.runs} runs killed: {opened} opened, {resumed} resumed; "
        f"lost {np.median(losses):.2f} s in the median, {max(losses):.2f} s at most"
    )


if __name__ == "__main__":
    main()
