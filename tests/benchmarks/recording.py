"""What recording costs of training's speed, and what a run of 100,000 epochs comes to on the disk.

python tests/benchmarks/recording.py [--problem digits] [--turns 6] [--seconds 5]
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from landscape_app.problems import PROBLEMS
from landscape_app.runs import read_run, write_run
from landscape_app.session import Recording, Session, open_session

EPOCHS = 100_000
EPOCHS_TIMED = 40


def own_time(session: Session, recording: Recording, epochs: int) -> tuple[float, float]:
    """Seconds of processor time of so many epochs, and of what they take to be recorded, in the training's thread."""
    training, spent = session.train(), [0.0, 0.0]
    for _ in range(epochs):
        for place, do in enumerate((lambda: next(training), recording.after_epoch)):
            start = time.thread_time()
            do()
            spent[place] += time.thread_time() - start
    return spent[0], spent[1]


def speed(session: Session, recording: Recording | None, seconds: float) -> float:
    """Epochs a second over so many seconds."""
    training, start, epochs = session.train(), time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        next(training)
        epochs += 1
        if recording is not None:
            recording.after_epoch()
    return epochs / (time.perf_counter() - start)


def cost(problem: str, turns: int, seconds: float, folder: Path) -> None:
    """Prints the speed with and without a recording, in turns."""
    session = Session(PROBLEMS[problem].defaults, "cpu")
    began = time.perf_counter()
    recording = Recording(session, folder / "cost.h5")
    speed(session, recording, seconds)
    shares = []
    for turn in range(turns):
        order = (None, recording) if turn % 2 else (recording, None)
        found = {each is not None: speed(session, each, seconds) for each in order}
        shares.append(1 - found[True] / found[False])
        print(f"  {found[False]:.2f} epochs/s without, {found[True]:.2f} with", flush=True)
    training, own = own_time(session, recording, EPOCHS_TIMED)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    recording.close()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"of a training's processor time its thread spends {own / (training + own):.2%} on recording")
    print(
        f"the recording process took {process:.2f} s, its start among them, in {time.perf_counter() - began:.0f} s"
    )
    error = np.std(shares, ddof=1) / np.sqrt(turns)
    print(f"recording costs {np.mean(shares):.1%} ± {error:.1%} of the speed on {problem}")
    print(f"the live file: {(folder / 'cost.h5').stat().st_size / 1e6:.1f} MB")


def long_run(problem: str, folder: Path) -> None:
    """Prints size and opening time of a run of 100,000 epochs, whose metrics are noise: nothing compresses them."""
    session = Session(PROBLEMS[problem].defaults, "cpu")
    generator = np.random.default_rng(0)
    for _ in zip(range(3), session.train(), strict=False):
        pass
    columns = session.history.as_arrays()
    more = {
        name: generator.normal(size=(EPOCHS, *column.shape[1:])).astype(column.dtype)
        for name, column in columns.items()
    }
    session.history.extend({name: column[3:] for name, column in more.items()})
    path = folder / "long.h5"
    start = time.perf_counter()
    recording = Recording(session, path)
    recording.close()
    print(f"a live file of {EPOCHS:,} epochs: written in {time.perf_counter() - start:.1f} s", end=", ")
    report(path)
    write_run(path, read_run(path))
    print("the same, sealed", end=", ")
    report(path)


def report(path: Path) -> None:
    """Prints size and opening time."""
    start = time.perf_counter()
    state = read_run(path)
    read = time.perf_counter() - start
    start = time.perf_counter()
    open_session(path, "cpu")
    took = time.perf_counter() - start
    size = path.stat().st_size / 1e6
    print(
        f"{size:.1f} MB, {len(state.metrics['epoch']):,} epochs read in {read:.2f} s, opened in {took:.2f} s"
    )


def main() -> None:
    """Prints both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problem", default="digits", choices=sorted(PROBLEMS))
    parser.add_argument("--turns", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        cost(options.problem, options.turns, options.seconds, Path(folder))
        long_run(options.problem, Path(folder))


if __name__ == "__main__":
    main()
