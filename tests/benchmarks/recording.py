"""Cost of saving a run while it trains: speed with and without, the shares of a large model, and very long runs.

    python tests/benchmarks/recording.py [--problem digits] [--turns 6] [--seconds 5] [--large]

With --large also a model of 64 × 64 colour images on 4,096 chains (some 2 GB of memory): what a checkpoint of it
takes in the thread that trains and in the background, and how long it holds up another thread.
"""

import argparse
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from landscape_app.data.dataset import Dataset, Kind
from landscape_app.problems import PROBLEMS
from landscape_app.runs import checkpoint
from landscape_app.runs.history import History
from landscape_app.runs.run_file import read_run, write_run
from landscape_app.session.autosave import Autosave, snapshot
from landscape_app.session.checkpoint import open_session
from landscape_app.session.session import Session

EPOCHS = 100_000
EPOCHS_TIMED = 400


def processor_time(session: Session, autosave: Autosave, epochs: int) -> tuple[float, float]:
    """Seconds of processor time of so many epochs, and of handing them over, in the thread that trains."""
    training, spent = session.train(), [0.0, 0.0]
    for _ in range(epochs):
        for place, do in enumerate((lambda: next(training), autosave.after_epoch)):
            start = time.thread_time()
            do()
            spent[place] += time.thread_time() - start
    return spent[0], spent[1]


def speed(session: Session, autosave: Autosave | None, seconds: float) -> float:
    """Epochs a second over so many seconds."""
    training, start, epochs = session.train(), time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        next(training)
        epochs += 1
        if autosave is not None:
            autosave.after_epoch()
    return epochs / (time.perf_counter() - start)


def cost(problem: str, turns: int, seconds: float, folder: Path) -> None:
    """Prints the speed with and without an autosave, in turns."""
    session = Session(PROBLEMS[problem].defaults, "cpu")
    autosave = Autosave(session, folder / "cost.h5")
    speed(session, autosave, seconds)
    shares = []
    for turn in range(turns):
        order = (None, autosave) if turn % 2 else (autosave, None)
        found = {each is not None: speed(session, each, seconds) for each in order}
        shares.append(1 - found[True] / found[False])
        print(f"  {found[False]:.2f} epochs/s without, {found[True]:.2f} with", flush=True)
    training, own = processor_time(session, autosave, EPOCHS_TIMED)
    autosave.close()
    print(f"of its processor time the thread that trains spends {own / (training + own):.2%} on checkpoints")
    taken, written = processor_time_of_one(session)
    print(f"one checkpoint takes {1e3 * taken:.1f} ms there and {1e3 * written:.1f} ms in the background")
    error = np.std(shares, ddof=1) / np.sqrt(turns)
    print(f"checkpoints cost {np.mean(shares):.1%} ± {error:.1%} of the speed on {problem}")
    print(f"the file of a checkpoint: {(folder / 'cost.h5').stat().st_size / 1e6:.1f} MB")


def processor_time_of_one(session: Session) -> tuple[float, float]:
    """Seconds of processor time to take a snapshot, and to put it in bytes, the least of five."""
    taken, written = [], []
    for _ in range(5):
        start = time.thread_time()
        state = snapshot(session)
        between = time.thread_time()
        checkpoint.run_image(state, False)
        taken.append(between - start)
        written.append(time.thread_time() - between)
    return min(taken), min(written)


def large(folder: Path) -> None:
    """Prints what a checkpoint of a large model takes."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (600, 64, 64, 3)).astype(np.uint8)
    dataset = Dataset(
        name="large",
        kind=Kind.LEVELS,
        items=images,
        training=np.arange(500),
        held_out=np.arange(500, 600),
        labels=None,
        levels=256,
    )
    defaults = replace(PROBLEMS["digits"].defaults, problem="large", chains=4_096, observables=16)
    session = Session(defaults, "cpu", dataset=dataset)
    waits, stop = [], threading.Event()

    def watch() -> None:
        last = time.perf_counter()
        while not stop.is_set():
            time.sleep(0.001)
            now = time.perf_counter()
            waits.append(now - last - 0.001)
            last = now

    taken, written = processor_time_of_one(session)
    start = time.perf_counter()
    state = snapshot(session)
    wall = time.perf_counter() - start
    watcher = threading.Thread(target=watch)
    watcher.start()
    time.sleep(3.0)
    before = max(waits)
    writer = checkpoint.CheckpointWriter(folder / "large.h5")
    start = time.perf_counter()
    writer.put(state, taken)
    writer.wait(600.0)
    total = time.perf_counter() - start
    stop.set()
    watcher.join()
    apart = writer._cost / checkpoint.SHARE
    writer.close()
    size = (folder / "large.h5").stat().st_size / 1e6
    print(
        f"64 × 64 colour, 4,096 chains: {size:.0f} MB; {taken:.2f} s in the thread that trains ({wall:.2f} s by the "
        f"clock), {written:.2f} s in the background, on the disk after {total:.2f} s; another thread waited "
        f"{1e3 * max(waits):.0f} ms at most, {1e3 * before:.0f} ms in 3 s before; the next "
        f"one after {apart:.0f} s, so {taken / apart:.2%} of the time"
    )


def long_run(problem: str, folder: Path) -> None:
    """Prints size and opening time of a run of 100,000 epochs, whose metrics are noise: nothing compresses them."""
    session = Session(PROBLEMS[problem].defaults, "cpu")
    generator = np.random.default_rng(0)
    for _ in zip(range(3), session.train(), strict=False):
        pass
    columns = session.history.as_arrays()
    session.history = History.from_arrays(
        {
            name: generator.normal(size=(EPOCHS, *column.shape[1:])).astype(column.dtype)
            for name, column in columns.items()
        }
    )
    path = folder / "long.h5"
    start = time.perf_counter()
    autosave = Autosave(session, path)
    autosave.wait()
    print(f"a checkpoint of {EPOCHS:,} epochs: written in {time.perf_counter() - start:.1f} s", end=", ")
    autosave.close()
    report(path)
    write_run(path, replace(read_run(path), writer=None))
    print("the same, compressed", end=", ")
    report(path)
    taken, written = processor_time_of_one(session)
    print(f"one checkpoint takes {1e3 * taken:.1f} ms and, in the background, {1e3 * written:.1f} ms")


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
    """Prints all of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problem", default="digits", choices=sorted(PROBLEMS))
    parser.add_argument("--turns", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--large", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        cost(options.problem, options.turns, options.seconds, Path(folder))
        long_run(options.problem, Path(folder))
        if options.large:
            large(Path(folder))


if __name__ == "__main__":
    main()
