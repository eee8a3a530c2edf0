"""Kills workers of dask at random moments while they train: is every run made, and each once?

    python tests/benchmarks/sweep.py [--tasks 6] [--epochs 150] [--kills 6] [--pause 15] [--seed 0]

A run is made once if its file, from when it first says that its run has ended, stays the same to the last byte.
Wanted: all runs made, each once, and no process left behind.
"""

import argparse
import hashlib
import os
import signal
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from landscape_app.session.many_runs import LOCKS, Task, connected, run_tasks

WORKERS = 2


def training(folder: Path, seed: int, epochs: int) -> Task:
    """A training of two Gaussians."""
    result = folder / f"seed={seed}.h5"
    options = ("--device=cpu", f"--epochs={epochs}", f"--seed={seed}")
    return Task(
        f"seed={seed}",
        ("train", "two-gaussians", *options, "-o", str(result)),
        ("train", "--resume", str(result)),
        folder,
        folder,
        result,
    )


def main() -> None:
    """Prints the numbers of tasks, of workers that were killed, of runs that were made, and made once."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--pause", type=float, default=15.0, help="mean seconds between two kills")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    numbers = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / LOCKS).mkdir()
        tasks = [training(folder, seed, options.epochs) for seed in range(options.tasks)]
        start = time.monotonic()
        kills, first, ended = 0, dict[str, str](), dict[str, str]()
        due = start + options.pause
        with connected(None, WORKERS, processes=True) as client:
            for standing in run_tasks(tasks, client, 1, retries=0):
                ended = standing.ended
                for task in tasks:
                    if task.name not in first and task.is_done():
                        first[task.name] = digest(task.result)
                if kills < options.kills and time.monotonic() > due:
                    due = time.monotonic() + numbers.uniform(0.5, 1.5) * options.pause
                    pids = list(client.run(os.getpid).values())
                    if pids:
                        os.kill(int(numbers.choice(pids)), signal.SIGKILL)
                        kills += 1
            failed = {name: reason for name, reason in ended.items() if reason}
        made = [task for task in tasks if task.is_done()]
        once = [task for task in made if first.get(task.name) == digest(task.result)]
        left = [process for process in psutil.Process().children(recursive=True) if runs_ours(process)]
    print(
        f"{len(tasks)} tasks on {WORKERS} workers, {kills} workers killed, {len(made)} runs made, "
        f"{len(once)} of them once, {len(left)} processes left, {time.monotonic() - start:.0f} s"
    )
    for name, reason in failed.items():
        print(f"{name}: {reason}")


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def runs_ours(process: psutil.Process) -> bool:
    """True of a process that trains."""
    return "landscape_app" in process.cmdline()


if __name__ == "__main__":
    main()
